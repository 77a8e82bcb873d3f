"""The few sounds that the exchange plays by itself, under stable names, when none of our programs answers.

`root/fallback/<lang>/<name>.alaw` for every `fallback.<name>` of the catalogue, `root/fallback/beep.alaw`, and
`root/fallback/moh/hold.alaw` for those who wait. The dialplan knows these names and nothing else of the store.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audio import sound
from audio.catalogue import Catalogue
from audio.line import Say, Segment
from audio.render import segments
from audio.store import SoundStore, write

PREFIX = "fallback."

# A soft falling chord every four seconds: it says "still connected" and tires nobody.
_CHORD = "0.1*exp(-2*mod(t,4))*(sin(2*PI*392*t)+0.7*sin(2*PI*494*t)+0.5*sin(2*PI*587*t))"
_BEEP = "0.3*sin(2*PI*1000*t)"


def lines(catalogue: Catalogue) -> list[Say]:
    """The exchange's lines. They have no placeholders: nobody could fill them."""
    return [Say(key) for key in catalogue if key.startswith(PREFIX)]


def install(store: SoundStore, catalogue: Catalogue) -> tuple[Path, ...]:
    """Copies the published sounds of a language to their stable names; returns the files that are new or changed.

    Raises LookupError when a line's sound is not there: the exchange must not be started on half of them.
    """
    written = [
        *_changed(store.root / "fallback" / "beep.alaw", sound.alaw(sound.tone(_BEEP, 0.4))),
        *_changed(store.root / "fallback" / "moh" / "hold.alaw", sound.alaw(sound.tone(_CHORD, 20.0))),
    ]
    for line in lines(catalogue):
        name = f"{line.key.removeprefix(PREFIX)}.alaw"
        data = b"".join(_sound(store, catalogue.lang, s) for s in segments(catalogue, line, _no_names))
        written += _changed(store.root / "fallback" / catalogue.lang / name, data)
    return tuple(written)


def _sound(store: SoundStore, lang: str, segment: Segment) -> bytes:
    path = store.path(segment, lang)
    if path is None:
        raise LookupError(f"not ready in {lang}: {segment.text}")
    return path.read_bytes()


def _changed(path: Path, data: bytes) -> Iterator[Path]:
    if not path.exists() or path.read_bytes() != data:
        write(path, data)
        yield path


def _no_names(kind: str, id: str, lang: str) -> str:
    raise LookupError(f"the exchange's lines name no {kind}")
