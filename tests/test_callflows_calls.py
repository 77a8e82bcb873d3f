"""Every call file is played by the engine against a fake desk, those marked `real` by the whole house as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from db.session import Database
from tests.kit_calls import CALLS, BadCall, PureStage, play, read
from tests.kit_calls_driver import driver_stage

FILES = sorted(CALLS.glob("*.call"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_call(path: Path) -> None:
    script = read(path)
    play(script, PureStage(script))


@pytest.mark.parametrize("path", [path for path in FILES if read(path).real], ids=lambda path: path.stem)
def test_call_on_the_real_desk(path: Path, seeded_sqlite: Database) -> None:
    script = read(path)
    with driver_stage(script, seeded_sqlite) as stage:
        play(script, stage)


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("hears   नमस्कार", "not heard"),
        ("never hears नमस्ते", "heard all the same"),
        ("ends", "the call goes on"),
        ("records", "waits for"),
        ("desk did book_visit", "the desk did"),
        ("desk did not recognise", "the desk did"),
        ("is at book.confirm", "the call is at main.menu"),
        ("shouts", "no known word"),
        ("desk book_visit says taken", "desk ACTION answers OUTCOME"),
    ],
)
def test_a_call_that_goes_otherwise_than_its_file_fails(tmp_path: Path, line: str, wrong: str) -> None:
    path = tmp_path / "x.call"
    path.write_text(f"# A call\ncaller new\n{line}\n", encoding="utf-8")
    with pytest.raises(BadCall, match=wrong):
        play(read(path), PureStage(read(path)))
