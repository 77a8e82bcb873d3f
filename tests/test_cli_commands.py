"""`mitan` as scripts use it: exit codes, JSON on standard output alone, and errors in a sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from db import migrate
from ivr.cli import main

ROOT = Path(__file__).parent.parent
PHONE = "+915000012345"


@pytest.fixture
def mitan(tmp_path: Path) -> Any:
    env = {k: v for k, v in os.environ.items() if not k.startswith("MITAN_")} | {"MITAN_VAR_DIR": str(tmp_path / "var")}

    def run(*words: str, stdin: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ivr.cli", *words],
            cwd=ROOT,
            env={**env, **more},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def seedless(tmp_path: Path) -> None:
    """A database at its newest version that nobody has marked demo."""
    migrate.upgrade(f"sqlite:///{tmp_path}/var/mitan.db")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    """As `mitan`, in this process: for commands that open nothing."""
    for name in [name for name in os.environ if name.startswith("MITAN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MITAN_VAR_DIR", str(tmp_path / "var"))

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        for name, value in more.items():
            monkeypatch.setenv(name, value)
        code = main(words)
        return subprocess.CompletedProcess(words, code, *capfd.readouterr())

    return run


@pytest.mark.parametrize(
    "words", [["dial"], ["play", "--wrong"], ["flow", "burn"], ["user", "add", "x"], ["appointments"]], ids=" ".join
)
def test_used_wrongly_is_two(here: Any, words: list[str]) -> None:
    assert here(*words).returncode == 2


def test_settings_that_contradict_each_other_are_two_and_told_by_name(here: Any) -> None:
    done = here("db", "upgrade", MITAN_BIND="0.0.0.0")
    assert done.returncode == 2 and "MITAN_TLS_CERT_FILE" in done.stderr
    done = here("settings", MITAN_WEB_PORT="many")
    assert done.returncode == 2 and "MITAN_WEB_PORT" in done.stderr and "Traceback" not in done.stderr


def test_settings_are_printed_masked_and_slips_noticed(here: Any) -> None:
    done = here("settings", "--json", MITAN_DATABASE_URL="postgresql://u:canary@h/d", MITAN_WEB_PROT="1")
    assert done.returncode == 0
    assert json.loads(done.stdout)["web_port"] == 8014
    assert "canary" not in done.stdout + done.stderr
    assert "MITAN_WEB_PROT is set and means nothing" in done.stderr


def test_a_database_that_is_not_there_is_one_sentence(mitan: Any) -> None:
    done = mitan("appointments", "--phone", PHONE)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) == 1


def test_from_nothing_to_a_booking_by_script(mitan: Any) -> None:
    assert mitan("db", "upgrade").returncode == 0
    assert mitan("db", "seed", "--demo").returncode == 0
    nothing = mitan("appointments", "--phone", PHONE, "--json")
    assert nothing.returncode == 1 and json.loads(nothing.stdout) == []

    turns = [
        json.loads(line) for line in mitan("play", "--json", "--from", PHONE, stdin="hangup\n").stdout.splitlines()
    ]
    assert turns[-1]["wait"] == "ended" and turns[0]["choices"] and turns[0]["said"]

    added = mitan("user", "add", "asha", "--name", "Asha", "--role", "administrator")
    assert added.returncode == 0
    file = Path(added.stdout.rsplit(" ", 1)[1].strip())
    assert file.stat().st_mode & 0o077 == 0
    assert mitan("user", "add", "asha", "--name", "Asha", "--role", "administrator").returncode == 1

    state = mitan("status", "--json")
    assert state.returncode == 1
    told = json.loads(state.stdout)
    assert told["running"] is False and told["sounds_missing"]["hi"] > 0 and told["demo"] is True


def test_play_refuses_a_time_machine_where_citizens_are_served(mitan: Any, seedless: None) -> None:
    done = mitan("play", "--at", "2026-02-03T10:00")
    assert done.returncode == 1 and "marked demo" in done.stderr


def test_flows_are_linted_and_drawn(here: Any, tmp_path: Path) -> None:
    assert here("flow", "lint").returncode == 0
    assert here("flow", "lint", "--json").stdout.strip() == "[]"
    drawn = here("flow", "draw", "main", "--format", "mmd", "--out", str(tmp_path / "out"))
    assert drawn.stdout.strip() == str(tmp_path / "out" / "main.mmd")
    assert (tmp_path / "out" / "main.mmd").read_text().startswith("flowchart TD")
    assert here("flow", "draw", "nowhere").returncode == 2


def test_a_sound_does_not_go_to_a_file_unasked(mitan: Any, tmp_path: Path) -> None:
    done = mitan("say", "नमस्ते", "--out", str(tmp_path / "a.wav"), MITAN_VOICE="espeak")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RIFF"
