"""A voice made of tones and a small store, for tests that need sounds but no engine; and names for everything."""

from __future__ import annotations

import math
import threading
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from audio.line import Segment
from audio.prompts import build
from audio.sound import Pcm
from audio.store import FORMATS, SoundStore
from audio.voices import VoiceFailed

RATE = 8000


def names(kind: str, id: str, lang: str) -> str:
    """A name for anything, in the language's own letters."""
    return "".join({"hi": "क", "en": "k"}[lang] if c.isalpha() else " " for c in f"{kind} {id}")


def tone(seconds: float, hertz: float = 440.0, loud: float = 0.3, rate: int = RATE) -> Pcm:
    """A steady tone."""
    samples = (int(32767 * loud * math.sin(2 * math.pi * hertz * n / rate)) for n in range(round(seconds * rate)))
    return Pcm(array("h", samples).tobytes(), rate)


@dataclass
class ToneVoice:
    """A Voice that hums: a tone per text, 30 ms a letter. `refuses` it cannot say; `said` is what it was asked."""

    name: str = "tone"
    version: str = "1"
    refuses: frozenset[str] = frozenset()
    gone: bool = False
    said: list[tuple[str, str, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def speak(self, text: str, lang: str, pace: float) -> Pcm:
        with self.lock:
            self.said.append((text, lang, pace))
        if self.gone or text in self.refuses:
            raise VoiceFailed(f"cannot say {text!r}", gone=self.gone)
        return tone(0.1 + 0.03 * len(text) / pace, 300 + 10 * (sum(map(ord, text)) % 90))

    def close(self) -> None:
        pass


def store_with(root: Path, *segments: Segment, voice: ToneVoice | None = None) -> SoundStore:
    """A store in which these segments are made and published."""
    store = SoundStore(root)
    build(store, voice or ToneVoice(), segments, formats=(*FORMATS, "mp3"))
    return store
