"""Prepared sounds by content hash: `root/<voice>/<lang>/<hh>/<hash>.alaw|wav|mp3`, and which voice is published.

Reading never makes a sound: a miss is counted and covered by smaller words that are ready, or left out. Writing is
atomic (a temporary name, then rename), so two builders and a crash in the middle do no harm. A language has one
published voice at a time, and only when its set is whole: no call mixes two synthetic voices.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from audio.catalogue import BASE
from audio.line import Segment
from audio.sound import SETTINGS

Format: TypeAlias = Literal["alaw", "wav", "mp3"]
Pace: TypeAlias = Literal["normal", "slow"]

Edition: TypeAlias = tuple[int, int]

FORMATS: tuple[Format, ...] = ("wav", "alaw")  # what a build makes unless told; MP3 takes as long as both together
PACES: tuple[Pace, ...] = ("normal", "slow")
MANIFEST = "published.json"
REMEMBERED_MISSES = 1000


@dataclass(frozen=True, slots=True)
class Sounds:
    """Files in the order to be played, each with its suffix, and the segments that could not be covered at all.

    `whole` when every segment was ready as it was asked for: then the same files will do the next time.

    For Asterisk drop the suffix: `path.with_suffix("")` is its name for the sound.
    """

    paths: tuple[Path, ...]
    misses: tuple[Segment, ...] = ()
    whole: bool = field(default=True, compare=False)


class SoundStore:
    """The sounds under `root`, as callers hear them: of the voice that is published for each language.

    `missed` counts the segments that callers needed and that were not ready, whole; a builder makes them off-path.
    Safe for threads.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._manifest_file = root / MANIFEST
        self.missed: Counter[Segment] = Counter()
        self._lock = threading.Lock()
        self._ready: dict[tuple[str, str, str, str], Path] = {}
        self._manifest: tuple[Edition | None, Mapping[str, str]] = (None, {})

    def published(self, lang: str) -> str | None:
        """The folder (voice and version) that callers of `lang` hear, or None when no set is whole yet."""
        return self._published().get(lang)

    def edition(self) -> Edition | None:
        """Changes whenever a set is published; None while there is none."""
        try:
            seen = self._manifest_file.stat()
        except OSError:
            return None
        return seen.st_mtime_ns, seen.st_ino

    def path(self, segment: Segment, lang: str, pace: Pace = "normal", format: Format = "alaw") -> Path | None:
        """The sound of a segment for a caller of `lang`, or None when it is not ready."""
        published = self._published()
        folder = published.get(segment.lang) or published.get(lang) or published.get(BASE)
        return self._find(folder, segment, pace, format) if folder else None

    def sounds(self, lang: str, pace: Pace, segments: Sequence[Segment], format: Format = "alaw") -> Sounds:
        """The sounds of a line for a caller of `lang`. Never makes one.

        What is not ready at the slow pace is said at the normal one; what is not ready whole, in smaller words.
        """
        paths: list[Path] = []
        misses: list[Segment] = []
        whole = True
        for segment in segments:
            path = self.path(segment, lang, pace, format)
            if path is None:
                whole = False
                self._count(segment)
                covered = self._covered(segment, lang, format)
                paths += covered
                misses += [] if covered else [segment]
            else:
                paths.append(path)
        return Sounds(tuple(paths), tuple(misses), whole)

    def has(self, folder: str, segment: Segment, pace: Pace, formats: Sequence[Format] = FORMATS) -> bool:
        """Whether a voice's sound lies there in these formats."""
        return all(self._find(folder, segment, pace, format) is not None for format in formats)

    def put(self, folder: str, segment: Segment, pace: Pace, files: Mapping[Format, bytes]) -> None:
        """Lays a sound down; another builder doing the same at once does no harm."""
        for format, data in files.items():
            write(self._file(folder, segment, pace, format), data)

    def publish(self, lang: str, folder: str) -> None:
        """From now on callers of `lang` hear this folder: the caller has made sure that its set is whole."""
        os.sync()  # the sounds themselves reach the disk before the manifest that promises them
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            now = {**_read(self.root / MANIFEST), lang: folder}
            write(self.root / MANIFEST, json.dumps(now, indent=1, sort_keys=True).encode())

    def _published(self) -> Mapping[str, str]:
        edition = self.edition()
        known, published = self._manifest
        if edition != known:
            published = _read(self._manifest_file) if edition else {}
            self._manifest = (edition, published)
        return published

    def _find(self, folder: str, segment: Segment, pace: Pace, format: Format) -> Path | None:
        name = (folder, f"{segment.lang}:{segment.text}", pace, format)
        found = self._ready.get(name)
        if found is None:
            path = self._file(folder, segment, pace, format)
            if not path.exists():
                return None
            found = self._ready[name] = path
        return found

    def _file(self, folder: str, segment: Segment, pace: Pace, format: Format) -> Path:
        content = "\0".join((SETTINGS, segment.lang, pace, segment.text))
        name = hashlib.sha256(content.encode()).hexdigest()[:24]
        return Path(f"{self.root}/{folder}/{segment.lang}/{name[:2]}/{name}.{format}")

    def _covered(self, segment: Segment, lang: str, format: Format) -> list[Path]:
        """The same in the normal pace or in smaller words, or nothing unless all of it is ready."""
        if whole := self.path(segment, lang, "normal", format):
            return [whole]
        found: list[Path] = []
        for part in smaller(segment):
            path = self.path(part, lang, "normal", format)
            if path is None:
                return []
            found.append(path)
        return found

    def _count(self, segment: Segment) -> None:
        with self._lock:
            if segment in self.missed or len(self.missed) < REMEMBERED_MISSES:
                self.missed[segment] += 1


def smaller(segment: Segment) -> Iterator[Segment]:
    """A value's words one by one; the words of the catalogue have no smaller ones, nor have names."""
    if segment.kind in {"date", "weekday", "time", "window", "money", "count", "digits"}:
        for word in segment.text.split():
            yield Segment(word.strip(",।"), segment.lang, "word")
    elif len(segment.parts) > 1:
        yield from (Segment(part, segment.lang, "word") for part in segment.parts)


def write(path: Path, data: bytes) -> None:
    """A file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _read(manifest: Path) -> dict[str, str]:
    try:
        return {str(k): str(v) for k, v in json.loads(manifest.read_bytes()).items()}
    except FileNotFoundError:
        return {}
