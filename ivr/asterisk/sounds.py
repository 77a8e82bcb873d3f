"""Puts the dialplan's own lines where it looks for them, under names that never change.

The prompts' store names sounds by what they say; the dialplan must find `hi/trouble` even when nothing of ours runs.
Files are replaced whole: Asterisk may be playing one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ivr.asterisk.music import beep, music

LINES = {  # the dialplan's name: the catalogue's key
    "trouble": "fallback.trouble",
    "nobody": "fallback.nobody",
    "night": "fallback.night",
    "closed": "fallback.closed",
    "record": "fallback.record",
    "thanks": "fallback.thanks",
    "queue_wait": "queue.wait",
}


def place_tones(home: Path) -> None:
    """The beep and the music on hold, computed once."""
    for path, make in ((home / "beep.alaw", beep), (home / "music" / "wait.alaw", music)):
        if not path.exists():
            _replace(path, make())


def place_lines(home: Path, language: str, spoken: Mapping[str, Sequence[Path]]) -> None:
    """Joins the A-law files of each line (by the dialplan's name) into the one file that the dialplan plays."""
    for name, parts in spoken.items():
        _replace(home / language / f"{name}.alaw", b"".join(part.read_bytes() for part in parts))


def missing(home: Path, languages: Sequence[str]) -> list[str]:
    """The dialplan's sounds that are not there yet; with any of them missing a caller in trouble would hear nothing."""
    wanted = [f"{language}/{name}" for language in languages for name in LINES] + ["beep", "music/wait"]
    return [name for name in wanted if not (home / f"{name}.alaw").is_file()]


def _replace(path: Path, sound: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as draft:
        draft.write(sound)
    Path(draft.name).replace(path)
