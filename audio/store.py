"""Prepared sounds by content hash: `root/<voice>/<lang>/<hh>/<hash>.alaw|wav|mp3`, and which voice is published.

Reading never makes a sound: a miss is counted and covered by smaller words that are ready, or left out. Writing is
atomic (a temporary name, then rename), so two builders and a crash in the middle do no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audio.line import Segment

Format = Literal["alaw", "wav", "mp3"]
Pace = Literal["normal", "slow"]


@dataclass(frozen=True, slots=True)
class Sounds:
    """Files in the order to be played, each with its suffix, and the segments that could not be covered at all.

    For Asterisk drop the suffix: `path.with_suffix("")` is its name for the sound.
    """

    paths: tuple[Path, ...]
    misses: tuple[Segment, ...] = ()


class SoundStore:
    """The sounds under `root`, as callers hear them: of the voice that is published for each language."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def published(self, lang: str) -> str | None:
        """The folder (voice and version) that callers of `lang` hear, or None when no set is whole yet."""
        raise NotImplementedError

    def path(self, segment: Segment, lang: str, pace: Pace = "normal", format: Format = "alaw") -> Path | None:
        """The sound of a segment for a caller of `lang`, or None when it is not ready."""
        raise NotImplementedError

    def sounds(
        self,
        lang: str,
        pace: Pace,
        segments: Sequence[Segment],
        format: Format = "alaw",
    ) -> Sounds:
        """The sounds of a line for a caller of `lang`. Never makes one; misses are counted in `missed`."""
        raise NotImplementedError
