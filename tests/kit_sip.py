"""A real Asterisk on free ports with our rendered configuration, and callers by SIPp whose media is an `RtpPhone`.

Everything lies in a temporary folder; what is started here is ended here. The Asterisk tree is the shared one.
"""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import pytest

from ivr.asterisk.render import Opening, Places, render
from ivr.asterisk.tree import AsteriskTree, ensure
from ivr.settings import Settings
from tests.kit_rtp import RtpPhone

SCENARIOS = Path(__file__).parent / "sipp"
ALWAYS = Opening(time_of_day(0, 0), time_of_day(0, 0))
SIPP = shutil.which("sipp")


def need_sipp() -> str:
    """The path of sipp; skips the test plainly where there is none."""
    if SIPP is None:
        pytest.skip("no `sipp` on this machine (Debian package sip-tester)")
    return SIPP


def free_ports(n: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> list[int]:
    """Ports that nobody holds now, all different."""
    held = [socket.socket(socket.AF_INET, kind) for _ in range(n)]
    try:
        for s in held:
            s.bind(("127.0.0.1", 0))
        return [s.getsockname()[1] for s in held]
    finally:
        for s in held:
            s.close()


def settings_on_free_ports(var_dir: Path, **more: Any) -> Settings:
    """Settings whose every port is free and whose every file is below `var_dir`."""
    fastagi, ami, http, web = free_ports(4)
    sip, rtp = free_ports(2, socket.SOCK_DGRAM)
    low = min(rtp, 60000) // 2 * 2
    values = {
        "var_dir": var_dir,
        "fastagi_port": fastagi,
        "ami_port": ami,
        "ari_http_port": http,
        "web_port": web,
        "sip_port": sip,
        "rtp_port_range": (low, low + 999),
    }
    return Settings(**{**values, **more})


def wait_until(condition: Callable[[], Any], within_s: float = 10.0, what: str = "") -> Any:
    """Polls for something true and returns it; fails with `what` when it does not come."""
    deadline = time.monotonic() + within_s
    while not (got := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s} s: {what or condition}")
        time.sleep(0.02)
    return got


@dataclass
class Asterisk:
    """A running Asterisk of ours."""

    settings: Settings
    tree: AsteriskTree
    places: Places
    process: subprocess.Popen[bytes]

    def cli(self, *words: str) -> str:
        """What its command line answers."""
        argv = self.tree.command(self.places.conf, "-rx", " ".join(words))
        return subprocess.run(argv, capture_output=True, text=True, timeout=20, check=False).stdout

    def channels(self) -> int:
        """How many channels are up."""
        for line in self.cli("core show channels count").splitlines():
            if "active channel" in line:
                return int(line.split()[0])
        return -1

    @property
    def log(self) -> str:
        path = self.places.home / "log" / "messages.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""


@contextmanager
def asterisk(settings: Settings, opening: Opening, *, more: str = "") -> Iterator[Asterisk]:
    """Renders, starts, waits until it answers, and ends it with everything it started. `more` joins the dialplan."""
    tree = ensure(lambda _: None)
    home = settings.var_dir / "asterisk"
    conf = render(settings, home, tree, opening)
    places = Places(home)
    with (conf.parent / "extensions.conf").open("a", encoding="utf-8") as dialplan:
        dialplan.write(more)
    with (settings.var_dir / "asterisk.out").open("wb") as out:
        process = subprocess.Popen(
            tree.command(conf, "-f"), stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
    running = Asterisk(settings, tree, places, process)
    try:
        wait_until(
            lambda: process.poll() is not None or "fully booted" in running.cli("core waitfullybooted").lower(),
            30,
            "Asterisk is up",
        )
        assert process.poll() is None, (settings.var_dir / "asterisk.out").read_text("utf-8", "replace")[-2000:]
        yield running
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


@dataclass
class SipCaller:
    """One call by SIPp; its sound and keys are `phone`."""

    process: subprocess.Popen[bytes]
    phone: RtpPhone
    folder: Path
    sip_port: int
    ended_code: int | None = field(default=None)

    @property
    def up(self) -> bool:
        """Whether the call has not ended."""
        return self.process.poll() is None

    def hang_up(self) -> None:
        """Sends BYE, as a caller who puts the receiver down."""
        request = (
            f"MESSAGE sip:caller@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-test\r\n"
            f"From: <sip:test@127.0.0.1>;tag=1\r\nTo: <sip:caller@127.0.0.1>\r\n"
            f"Call-ID: {said(self.folder, 'call')}\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.sendto(request.encode(), ("127.0.0.1", self.sip_port))
        self.ended(5)

    def ended(self, within_s: float) -> None:
        """Waits for the call's end."""
        try:
            self.ended_code = self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the call was not over after {within_s} s") from None


@contextmanager
def caller(
    settings: Settings,
    folder: Path,
    *,
    number: str = "+915000000001",
    name: str = '"unknown"',
    scenario: str = "caller",
    dialled: str = "",
) -> Iterator[SipCaller]:
    """Dials our number from a SIP phone of this machine; the call is up when the block begins."""
    folder.mkdir(parents=True, exist_ok=True)
    with RtpPhone() as phone:
        fields = folder / "caller.csv"
        with fields.open("w", encoding="utf-8") as file:
            file.write("SEQUENTIAL\n")
            csv.writer(file, delimiter=";", quoting=csv.QUOTE_NONE, escapechar="\\", lineterminator="\n").writerow(
                [number, name, phone.port]
            )
        argv = [
            need_sipp(),
            f"127.0.0.1:{settings.sip_port}",
            "-sf",
            str(SCENARIOS / f"{scenario}.xml"),
            "-i",
            "127.0.0.1",
        ]
        argv += [
            "-s",
            dialled or settings.number,
            "-inf",
            str(fields),
            "-m",
            "1",
            "-nostdin",
            "-trace_logs",
            "-log_file",
            "said.log",
        ]
        (local,) = free_ports(1, socket.SOCK_DGRAM)
        argv += ["-trace_err", "-error_file", "errors.log", "-p", str(local)]
        with (folder / "sipp.out").open("wb") as out:
            process = subprocess.Popen(
                argv, cwd=folder, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, "TERM": "dumb"}
            )
        call = SipCaller(process, phone, folder, local)
        try:
            phone.remote = ("127.0.0.1", _answered_port(call))
            yield call
        finally:
            if process.poll() is None:
                call.hang_up()


def said(folder: Path, what: str) -> str:
    """The last word of the line that the scenario logged under `what`, or ""."""
    log = folder / "said.log"
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    return next((line.split()[-1] for line in lines if line.startswith(f"{what} ")), "")


def _answered_port(call: SipCaller) -> int:
    """The port at which Asterisk wants our sound, as SIPp read it from the answer."""
    wait_until(lambda: said(call.folder, "call") or not call.up, 15, "an answer")
    port = said(call.folder, "rtp")
    assert port, (call.folder / "sipp.out").read_text("utf-8", "replace")[-1500:]
    return int(port)
