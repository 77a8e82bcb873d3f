"""A real Asterisk with the rendered configuration: it starts without a word of complaint and is what was asked for."""

import re
import socket
import ssl
import subprocess
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest

from ivr.asterisk.modules import MODULES
from ivr.asterisk.render import Opening
from tests.kit_sip import asterisk, caller, settings_on_free_ports, wait_until

pytestmark = pytest.mark.asterisk
IST = timezone(timedelta(hours=5, minutes=30))


def complaints(log: str) -> list[str]:
    return [line for line in log.splitlines() if re.search(r"\] (WARNING|ERROR)\[", line)]


def test_it_starts_without_a_complaint_and_with_every_module(tmp_path: Path) -> None:
    settings = settings_on_free_ports(tmp_path, trunk_match="127.0.0.2", sounds_dir=sounds(tmp_path))
    with asterisk(settings, Opening()) as exchange:
        assert "Asterisk 2" in exchange.cli("core show version")
        up = set(re.findall(r"(?m)^(\w+)\.so .* Running ", exchange.cli("module show")))
        assert up == set(MODULES)
        endpoints = exchange.cli("pjsip show endpoints")
        assert {"14545", "trunk", "seat01", "seat04"} <= set(re.findall(r"Endpoint:  (\w+)", endpoints))
        assert "executives has 0 calls" in exchange.cli("queue show executives")
        assert "music" in exchange.cli("moh show classes") or "mitan" in exchange.cli("moh show classes")
        assert complaints(exchange.log) == []


def test_a_browser_elsewhere_speaks_tls_and_plain_http_stays_at_home(tmp_path: Path) -> None:
    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*make, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    settings = settings_on_free_ports(
        tmp_path, bind="0.0.0.0", tls_cert_file=cert, tls_key_file=key, sounds_dir=sounds(tmp_path)
    )
    with asterisk(settings, Opening()) as exchange:
        assert complaints(exchange.log) == []
        context = ssl.create_default_context(cafile=str(cert))
        context.check_hostname = False
        with (
            socket.create_connection(("127.0.0.1", settings.ari_http_port), timeout=5) as plain,
            context.wrap_socket(plain) as line,
        ):
            line.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.1 426")  # Upgrade Required: there is a WebSocket


@pytest.mark.parametrize(
    ("what", "opening", "why"),
    [
        ("a day off", Opening(time(0), time(0), (datetime.now(IST).date(),)), "closed"),
        ("a day off tomorrow", Opening(time(0), time(0), (datetime.now(IST).date() + timedelta(days=1),)), "nobody"),
        ("in the night", Opening(*(((datetime.now(IST) + timedelta(hours=h)).time()) for h in (2, 3))), "night"),
        ("open, no seat signed in", Opening(time(0), time(0)), "nobody"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_the_dialplan_knows_by_itself_why_nobody_can_be_reached(
    tmp_path: Path, what: str, opening: Opening, why: str
) -> None:
    if any(isinstance(day, date) and datetime.now(IST).time() > time(23, 58) for day in opening.closed):
        pytest.skip("midnight is too near")
    settings = settings_on_free_ports(tmp_path, sounds_dir=sounds(tmp_path))
    with asterisk(settings, opening) as exchange:
        # No server listens: the call falls through to the recorded message, with its note.
        with caller(settings, tmp_path / "call"):
            note = wait_until(lambda: next(settings.spool_dir.glob("*.txt"), None), 10, "a note beside the message")
        # He has hung up while he spoke.
        wait_until(lambda: "ended=" in note.read_text(), 15, "its last line")
        fields = dict(line.split("=", 1) for line in note.read_text().splitlines())
        assert fields["why"] == why and fields["origin"] == "claimed" and fields["language"] == "hi"
        wait_until(lambda: exchange.channels() == 0, 10, "no channel left")


def sounds(folder: Path) -> Path:
    """The dialplan's lines, a tenth of a second each."""
    root = folder / "sounds"
    for name in ("trouble", "nobody", "night", "closed", "record", "thanks", "wait", "recording_notice"):
        path = root / "fallback" / "hi" / f"{name}.alaw"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xd5" * 800)
    (root / "fallback" / "beep.alaw").write_bytes(b"\xd5" * 800)
    (root / "fallback" / "moh").mkdir()
    (root / "fallback" / "moh" / "hold.alaw").write_bytes(b"\xd5" * 8000)
    return root
