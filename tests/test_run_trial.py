"""A trial is the default where nothing says that citizens call; it is marked, told, and refused beside a trunk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from db.models import Roster, Slot
from db.session import Database
from ivr import bootstrap, standing
from ivr.settings import Settings
from ivr.supervise import CannotStart


def prepared(settings: Settings) -> list[str]:
    settings.var_dir.mkdir(exist_ok=True)
    said: list[str] = []
    standing.prepare(settings, said.append, lambda *_: True)
    return said


def counts(settings: Settings) -> tuple[bool, int, int]:
    database = Database(settings.database_url)
    try:
        with database.read() as session:
            rosters, seats = (session.scalar(select(func.count()).select_from(t)) or 0 for t in (Roster, Slot))
        return bootstrap.is_demo(database), rosters, seats
    finally:
        database.dispose()


def test_a_fresh_machine_gets_a_trial_with_visits_to_book(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path / "var")
    said = prepared(settings)
    demo, rosters, seats = counts(settings)
    assert demo and rosters and seats
    assert [line for line in said if "a trial, with invented mitans" in line]
    prepared(settings)
    assert counts(settings) == (demo, rosters, seats), "a second start finds everything there"


def test_with_a_trunk_nobody_is_invented(tmp_path: Path) -> None:
    settings = Settings(var_dir=tmp_path / "var", trunk_host="192.0.2.10")
    prepared(settings)
    assert counts(settings) == (False, 0, 0)


def test_a_trial_is_refused_once_citizens_may_call(tmp_path: Path) -> None:
    prepared(Settings(var_dir=tmp_path / "var"))
    with pytest.raises(CannotStart, match="invented mitans"):
        standing.require_prepared(Settings(var_dir=tmp_path / "var", trunk_host="192.0.2.10"))


@pytest.mark.parametrize(
    ("given", "trial", "word"),
    [
        ({}, True, "nothing set"),
        ({"demo": True}, True, "a demonstration"),
        ({"trunk_match": "192.0.2.1"}, False, "a trunk"),
        ({"database_url": "postgresql://x/y"}, False, "a database server"),
    ],
)
def test_what_counts_as_a_trial(given: dict[str, Any], trial: bool, word: str, tmp_path: Path) -> None:
    assert Settings(var_dir=tmp_path, **given).trial is trial, word
