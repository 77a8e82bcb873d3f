"""The house's own rules, as far as a machine can see them."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

HOME = Path(__file__).parents[1]
ROOMS = ("ivr", "callflows", "scheduler", "db", "audio", "agent_console", "bench")
TOP = {*ROOMS, "tests", "docs", "deploy", "scripts"}


def sources() -> list[Path]:
    return [p for room in ROOMS for p in (HOME / room).rglob("*.py") if "node_modules" not in p.parts]


def tracked() -> list[str]:
    return subprocess.run(["git", "ls-files"], cwd=HOME, check=True, capture_output=True, text=True).stdout.split("\n")


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    long = {str(p.relative_to(HOME)): n for p in sources() if (n := len(p.read_text().splitlines())) > 300}
    assert not long


def test_every_module_says_what_it_holds() -> None:
    silent = [str(p.relative_to(HOME)) for p in sources() if not ast.get_docstring(ast.parse(p.read_text()))]
    assert not silent


def test_every_kind_of_event_is_in_the_book() -> None:
    book = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)`", (HOME / "docs" / "events.md").read_text(), re.M))
    calls = re.compile(r'\bevents\.append\(\s*\w+,\s*(f?)"([a-z_.]+)')
    found = [m.groups() for p in sources() for m in calls.finditer(p.read_text())]
    exact = {kind for f, kind in found if not f}
    families = tuple(kind for f, kind in found if f)  # f"message.{state}"
    assert exact <= book
    assert {k for k in book if k not in exact and not k.startswith(families)} == set()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_lock_files_pin_by_hash_and_name_no_host(name: str) -> None:
    lock = (HOME / name).read_text()
    assert "://" not in lock and "--hash=sha256:" in lock


def test_nothing_stands_outside_the_agreed_rooms() -> None:
    if not (HOME / ".git").exists():
        pytest.skip("a source archive has no index of its files")
    assert {f.split("/")[0] for f in tracked() if "/" in f and not f.startswith(".")} <= TOP


def test_sql_never_asks_the_time() -> None:
    asking = re.compile(r"func\.now\(|func\.current_timestamp|CURRENT_TIMESTAMP|\bnow\(\)\s*(?:AT|,|\))", re.I)
    guilty = [
        str(p.relative_to(HOME))
        for p in sources()
        if p.parts[-2:] != ("db", "clock.py") and asking.search(p.read_text())
    ]
    assert not guilty
