"""The whole house by `mitan run`: ready when a call can be taken, one a folder, and gone when it is gone."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from db import migrate
from db.seed import seed
from db.session import Database
from ivr import bootstrap
from ivr.asterisk.tree import ensure
from ivr.settings import Settings
from tests.kit_sip import caller, settings_on_free_ports, wait_until

ROOT = Path(__file__).parent.parent
MITAN = [sys.executable, "-m", "ivr.cli"]
pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Settings]:
    """Settings of a house whose database is ready and whose sounds are a second of silence each."""
    settings = settings_on_free_ports(tmp_path / "var")
    migrate.upgrade(settings.database_url)
    database = Database(settings.database_url)
    seed(database)
    database.dispose()
    ensure(lambda _: None)
    for lang in bootstrap.catalogues():
        (settings.sounds_dir / "quiet").mkdir(parents=True, exist_ok=True)
        bootstrap.sounds(settings).publish(lang, "quiet")
        path = settings.sounds_dir / "fallback" / lang / "trouble.alaw"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"\xd5" * 4000)
    yield settings


def environment(settings: Settings) -> dict[str, str]:
    names = ("var_dir", "fastagi_port", "ami_port", "ari_http_port", "web_port", "sip_port")
    low, high = settings.rtp_port_range
    ours = {f"MITAN_{name.upper()}": str(getattr(settings, name)) for name in names}
    return {**os.environ, **ours, "MITAN_RTP_PORT_RANGE": f"{low}-{high}"}


def run(env: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MITAN, *words], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def processes_of(folder: Path) -> list[str]:
    """Every process that has the folder in its environment or its words."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            known = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if os.fsencode(folder) in known and state not in "ZX":
            found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def test_ready_means_ready_and_nothing_outlives_a_kill(house: Settings, tmp_path: Path) -> None:
    env = environment(house)
    with (
        (tmp_path / "said").open("w") as said,
        subprocess.Popen([*MITAN, "run"], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=said, text=True) as process,
    ):
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        console = f"http://127.0.0.1:{house.web_port}"
        assert line == (
            f"ready: console {console}  phone sip:14545@127.0.0.1:{house.sip_port}  browser-phone {console}/phone"
        ), (tmp_path / "said").read_text()
        with urllib.request.urlopen(f"{console}/readyz", timeout=5) as answer:
            assert answer.status == 200
        with caller(house, tmp_path / "call") as call:
            assert call.up

        second = run(env, "run")
        assert second.returncode == 1
        assert f"already running in {house.var_dir} (process {process.pid})" in second.stderr
        elsewhere = run({**env, "MITAN_VAR_DIR": str(tmp_path / "other")}, "run")
        assert elsewhere.returncode == 1
        assert f"MITAN_SIP_PORT={house.sip_port} on 127.0.0.1 is taken" in elsewhere.stderr

        told = json.loads(run(env, "status", "--json").stdout)
        assert told["running"] and set(told["programs"]) == {"asterisk", "voice", "web", "worker"}
        assert all(one["ready"] for one in told["programs"].values())

        os.kill(told["programs"]["voice"]["pid"], signal.SIGKILL)
        wait_until(lambda: _voice_again(env, told["programs"]["voice"]["pid"]), 30, "voice is back")

        process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        wait_until(lambda: not processes_of(house.var_dir), 5, f"nothing left: {processes_of(house.var_dir)}")
        assert time.monotonic() - killed < 5
    assert run(env, "status").returncode == 1


def _voice_again(env: Mapping[str, str], old: int) -> bool:
    voice = json.loads((Path(env["MITAN_VAR_DIR"]) / "run.json").read_text())["programs"]["voice"]
    return bool(voice["ready"] and voice["pid"] != old and voice["crashes"] == 1)


def test_ctrl_c_ends_everything(house: Settings, tmp_path: Path) -> None:
    with subprocess.Popen(
        [*MITAN, "run"], cwd=ROOT, env=environment(house), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None and process.stdout.readline().startswith("ready: ")
        process.send_signal(signal.SIGINT)
        assert process.wait(8) == 0
    assert processes_of(house.var_dir) == []


def test_a_house_without_sounds_does_not_open(house: Settings) -> None:
    (house.sounds_dir / "published.json").unlink()
    refused = run(environment(house), "run")
    assert refused.returncode == 1 and "no sounds yet for hi, en: mitan prompts build" in refused.stderr
