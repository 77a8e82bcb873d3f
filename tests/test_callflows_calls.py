"""Every call file is played by the engine against a fake desk; the file's name is the test's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit_calls import CALLS, PureStage, play, read

FILES = sorted(CALLS.glob("*.call"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_call(path: Path) -> None:
    script = read(path)
    play(script, PureStage(script))
