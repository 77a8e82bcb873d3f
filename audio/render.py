"""A line as the sounds it is made of: runs of finite words as long as possible, and one sound a spoken value.

Pure: no file is looked at. A value's sound carries the postposition that follows it ("तीन फ़रवरी को"): alone, such a
word sounds torn off. Stops between sounds become pauses of their own, so that a value has one sound, not three.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audio.catalogue import Catalogue
from audio.grammar import agreed
from audio.line import Line, Names, Segment
from audio.speech import speech
from audio.speech.cleaning import nfc
from audio.values import pieces

STOPS = ",।.?!"

_UNSAID = re.compile(r"[\d₹*#&/]")  # `audio.catalogue.check` refuses these; an engine must not meet them even so
_LEADING = re.compile(rf"\s*([{STOPS}])[\s{STOPS}]*")


def segments(catalogue: Catalogue, line: Line, names: Names) -> list[Segment]:
    """The line's sounds in order. Raises CatalogueError for an unknown key, BadValue for a bad value."""
    found: list[Segment] = []
    for piece in agreed(pieces(catalogue, line, names, "speech")):
        if piece.kind == "literal":
            found += _literal(piece.text, piece.lang)
        else:
            found.append(Segment(nfc(piece.text), piece.lang, piece.kind, piece.parts))
    return found


def _literal(text: str, lang: str) -> Iterator[Segment]:
    if stop := _LEADING.match(text):
        yield Segment(stop[1], lang, "pause")
        text = text[stop.end() :]
    if _UNSAID.search(text):
        text = speech(lang).plain(text)
    if words := nfc(" ".join(text.split())):
        yield Segment(words, lang)
