"""Settings: half a configuration is refused, secrets are not shown, keys are made once."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ivr.settings import Settings, is_loopback, key_text, unknown_names


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in unknown_names():
        monkeypatch.delenv(name)
    monkeypatch.setenv("MITAN_CONFIG", str(tmp_path / "none.toml"))
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MITAN_{name.upper()}", raising=False)


@pytest.mark.parametrize(
    ("what", "given", "told"),
    [
        ("open to the world without TLS", {"bind": "0.0.0.0"}, "MITAN_BIND=0.0.0.0 is not loopback"),
        ("a name nobody can judge", {"bind": "console.example"}, "is not loopback"),
        ("half of TLS", {"tls_cert_file": "/c.pem"}, "go together"),
        ("SIP open without a trunk", {"sip_bind": "192.0.2.1"}, "MITAN_TRUNK_HOST"),
        ("registering as nobody", {"trunk_register": True, "trunk_host": "sip.example"}, "MITAN_TRUNK_PASSWORD"),
        ("one port twice", {"web_port": 5038}, "MITAN_AMI_PORT and MITAN_WEB_PORT are both 5038"),
        ("no room for a call", {"rtp_port_range": (10000, 10001)}, "holds no call"),
        ("a shifted clock in earnest", {"clock_offset": 60}, "MITAN_DEMO"),
        ("government on SQLite", {"profile": "government", "trunk_host": "sip.example"}, "must be PostgreSQL"),
        ("government in demo", {"profile": "government", "demo": True}, "MITAN_DEMO is refused"),
        ("a word that is no setting", {"web_prot": 1}, "web_prot"),
        ("a port that is none", {"web_port": 99999}, "web_port"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " in value else "",
)
def test_half_a_configuration_is_refused(what: str, given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(told)):
        Settings(**given)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(bind="0.0.0.0", sip_bind="0.0.0.0", web_port=5038)
    text = str(refused.value)
    assert "MITAN_BIND" in text and "MITAN_SIP_BIND" in text and "both 5038" in text


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "mitan.toml"
    file.write_text('web_port = 9000\nseats = 7\ntrunk_match = ["192.0.2.1", "192.0.2.2"]\n')
    monkeypatch.setenv("MITAN_CONFIG", str(file))
    monkeypatch.setenv("MITAN_WEB_PORT", "9001")
    monkeypatch.setenv("MITAN_RTP_PORT_RANGE", "20000-20100")
    settings = Settings()
    assert (settings.web_port, settings.seats) == (9001, 7)
    assert settings.trunk_match == ("192.0.2.1", "192.0.2.2")
    assert settings.rtp_port_range == (20000, 20100)
    assert settings.seat_names[0] == "seat01" and len(settings.seat_names) == 7


def test_no_secret_is_ever_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MITAN_DATABASE_URL", "postgresql://mitan:canary@db/mitan")
    settings = Settings(trunk_host="sip.example", trunk_user="u", trunk_password="canary")
    assert "canary" not in repr(settings) + str(settings) + str(settings.printable())
    assert settings.printable()["database_url"] == "postgresql+psycopg://mitan:***@db/mitan"
    with pytest.raises(ValidationError) as refused:
        Settings(trunk_host="sip.example", trunk_user="u", trunk_password="canary", web_port=5038)
    assert "canary" not in str(refused.value)


def test_everything_lies_below_the_folder_it_is_given(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/mitan.db"
    for path in (settings.sounds_dir, settings.spool_dir, settings.seats_file, settings.ami_secret_file):
        assert path.is_relative_to(tmp_path)


def test_a_slip_of_the_pen_in_the_environment_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MITAN_DATABSE_URL", "postgresql://x")
    assert unknown_names() == ["MITAN_DATABSE_URL"]


def test_a_key_is_made_once_for_us_alone_even_by_many_at_once(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "web.key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: key_text(path), range(32)))
    assert len(keys) == 1 and len(keys.pop()) == 44
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["web.key"]


@pytest.mark.parametrize(
    ("address", "alone"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_loopback_is_judged_by_address(address: str, alone: bool) -> None:
    assert is_loopback(address) == alone
