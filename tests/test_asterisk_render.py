"""The rendered configuration, read as text: what must be in it, and what must never be."""

import re
import stat
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from ivr.asterisk.render import Opening, Places, conf, render
from ivr.asterisk.tree import AsteriskTree
from ivr.settings import Settings, key_text

TREE = AsteriskTree(("/t/asterisk",), Path("/t/modules"), Path("/t/data"), "22.0.0")


def rendered(folder: Path, opening: Opening | None = None, **given: Any) -> dict[str, str]:
    settings = Settings(var_dir=folder, **given)
    path = render(settings, settings.asterisk_home, TREE, opening)
    return {p.name: p.read_text("utf-8") for p in path.parent.iterdir()}


def section(text: str, name: str) -> str:
    """All sections of that name."""
    return "\n".join(re.findall(rf"(?m)^\[{re.escape(name)}\][^\n]*\n((?:[^\[\n][^\n]*\n|\n)*)", text))


def test_directories_are_no_template(tmp_path: Path) -> None:
    text = rendered(tmp_path)["asterisk.conf"]
    assert "[directories]\n" in text
    assert f"astdbdir => {tmp_path}/asterisk/db\n" in text and "astmoddir => /t/modules\n" in text


def test_every_file_is_for_us_alone(tmp_path: Path) -> None:
    rendered(tmp_path)
    for path in (tmp_path / "asterisk").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_nothing_of_etc_is_named(tmp_path: Path) -> None:
    assert not [name for name, text in rendered(tmp_path).items() if "/etc/asterisk" in text]


def test_alaw_is_offered_first_and_browsers_sign_in_before_addresses_count(tmp_path: Path) -> None:
    text = rendered(tmp_path, trunk_match="192.0.2.1")["pjsip.conf"]
    assert set(re.findall(r"allow = (\S+)", text)) == {"alaw,ulaw", "all"}
    assert "endpoint_identifier_order = auth_username,username,ip\n" in text


def test_a_phone_without_a_password_comes_from_loopback_alone_and_reaches_one_extension(tmp_path: Path) -> None:
    files = rendered(tmp_path, sip_bind="0.0.0.0", trunk_match="192.0.2.1")
    assert re.findall(r"match = (\S+)", section(files["pjsip.conf"], "14545-phones")) == ["127.0.0.1/32"]
    assert re.findall(r"(?m)^exten => (\S+?),", section(files["extensions.conf"], "from-loopback")) == ["14545"]


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1/32", "localhost"])
def test_a_trunk_on_this_very_address_leaves_no_room_for_claimed_callers(tmp_path: Path, address: str) -> None:
    text = rendered(tmp_path, trunk_match=address)["pjsip.conf"]
    assert "[14545]" not in text and "context = from-trunk" in text


def test_a_trunk_that_registers(tmp_path: Path) -> None:
    given = {"trunk_host": "sip.example", "trunk_user": "u", "trunk_password": "a;b", "trunk_register": True}
    text = section(rendered(tmp_path, **given)["pjsip.conf"], "trunk")
    assert "password = a\\;b\n" in text
    assert "server_uri = sip:sip.example\n" in text and "client_uri = sip:u@sip.example\n" in text


def test_without_a_trunk_there_is_none(tmp_path: Path) -> None:
    assert "[trunk" not in rendered(tmp_path)["pjsip.conf"]


def test_ami_has_the_least_classes_and_no_variables(tmp_path: Path) -> None:
    files = rendered(tmp_path)
    text = files["manager.conf"]
    classes = {c for line in re.findall(r"(?m)^(?:read|write) = (.*)$", text) for c in line.split(",")}
    assert not classes & {"all", "command", "dialplan", "dtmf", "user", "agi", "security"}
    assert "system" not in re.findall(r"(?m)^write = (.*)$", text)[0]
    assert {"VarSet", "DTMFBegin", "DTMFEnd"} == set(re.findall(r"exclude\),name\((\w+)\)", text))
    assert f"secret = {key_text(tmp_path / 'secrets' / 'ami.key')}\n" in text
    assert "bindaddr = 127.0.0.1\n" in text


def test_no_caller_is_written_into_a_log_of_asterisks_own(tmp_path: Path) -> None:
    files = rendered(tmp_path)
    assert "queue_log = no" in files["logger.conf"]
    assert "enable = no" in files["cdr.conf"] and "enable = no" in files["cel.conf"]


def test_seats_keep_their_secrets_when_the_rest_is_written_again(tmp_path: Path) -> None:
    before = rendered(tmp_path)["pjsip_seats.conf"]
    assert rendered(tmp_path)["pjsip_seats.conf"] == before
    found = re.findall(r"password = (\S+)", before)
    assert len(set(found)) == 4 and all(len(secret) >= 32 for secret in found)


def test_seats_reach_each_other_and_nothing_else(tmp_path: Path) -> None:
    text = section(rendered(tmp_path, seats=2)["extensions.conf"], "seats")
    assert [line for line in text.splitlines() if line and line[0] != ";"] == [
        "exten => 701,1,Dial(PJSIP/seat01,30)",
        "exten => 702,1,Dial(PJSIP/seat02,30)",
    ]


def test_the_days_reason_stands_in_the_dialplan(tmp_path: Path) -> None:
    opening = Opening(time(9, 30), time(18), (date(2026, 8, 15), date(2026, 10, 2)))
    text = rendered(tmp_path, opening)["extensions.conf"]
    assert "GotoIfTime(09:30-17:59,*,*,*,IST-5:30?open:done)" in text
    assert re.findall(r"(?m)^exten => (\d{8}),1,Return\(\)", text) == ["20260815", "20261002"]


@pytest.mark.parametrize(
    ("closes", "last"), [(time(20), "19:59"), (time(0), "23:59"), (time(20, 30), "20:29"), (time(0, 1), "00:00")]
)
def test_the_last_minute_of_a_day(closes: time, last: str) -> None:
    assert Opening(closes=closes).last_minute == last


def test_browsers_of_other_machines_come_by_tls_only(tmp_path: Path) -> None:
    for name in ("c.pem", "k.pem"):
        (tmp_path / name).touch()
    files = rendered(tmp_path, bind="0.0.0.0", tls_cert_file=tmp_path / "c.pem", tls_key_file=tmp_path / "k.pem")
    assert "protocol = wss\n" in files["pjsip.conf"] and "protocol = ws\n" not in files["pjsip.conf"]
    assert "tlsbindaddr = 0.0.0.0:8088\n" in files["http.conf"] and "\nbindaddr = 127.0.0.1\n" in files["http.conf"]


def test_a_folder_that_the_dialplan_cannot_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="choose a folder without"):
        rendered(tmp_path / "a,b")


def test_a_deep_folder_gets_a_short_socket(tmp_path: Path) -> None:
    deep = Places(tmp_path / ("x" * 100))
    assert len(str(deep.run)) < 60 and deep.run != Places(tmp_path / ("y" * 100)).run
    assert Places(Path("/srv/mitan/asterisk")).run == Path("/srv/mitan/asterisk/run")


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b"])
def test_a_setting_cannot_become_two(value: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        conf(value)


def test_a_phone_of_this_machine_is_believed_only_where_everybody_is_invented(tmp_path: Path) -> None:
    assert "MITAN_ORIGIN=claimed" in section(rendered(tmp_path)["extensions.conf"], "from-loopback")
    settings = Settings(var_dir=tmp_path)
    path = render(settings, settings.asterisk_home, TREE, invented=True)
    dialplan = (path.parent / "extensions.conf").read_text("utf-8")
    assert "MITAN_ORIGIN=trunk" in section(dialplan, "from-loopback")


def test_conversations_are_recorded_and_nothing_else(tmp_path: Path) -> None:
    text = rendered(tmp_path)["extensions.conf"]
    assert re.findall(r"MixMonitor\((.*)\)\)", text) == ["${MITAN_TAPE}.wav,b", ""], "only while bridged, and stopped"
    steps = [line.partition("n,")[2] for line in section(text, "call").splitlines() if line[:1] != ";"]
    queues = [n for n, step in enumerate(steps) if "Queue(" in step]
    assert len(queues) == 2
    for n in queues:
        assert "?conversation,s,1)" in steps[n - 1] and "?conversation-over,s,1)" in steps[n + 1]
    notice = steps[queues[1] - 2]
    assert notice == "Playback(${SAY}/${MITAN_LANGUAGE}/recording_notice)", "our server may not have given any"
    assert 'GosubIf($["${PLAYBACKSTATUS}"="SUCCESS"]?conversation' in steps[queues[1] - 1]
