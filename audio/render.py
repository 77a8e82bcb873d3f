"""A line as the sounds it is made of: runs of finite words as long as possible, and one sound a spoken value.

Pure: no file is looked at. A value's sound carries the postposition that follows it ("तीन फ़रवरी को"): alone, such a
word sounds torn off. Stops between sounds become pauses of their own, so that a value has one sound, not three.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audio.catalogue import Catalogue
from audio.line import Line, Names, Segment
from audio.speech import speech
from audio.speech.cleaning import nfc
from audio.values import Piece, pieces

STOPS = ",।.?!"

_FOLLOWS = re.compile(r"\s+((?:के (?:लिए|बीच|बाद|पास|साथ)|से पहले|में|को|से|का|की|के|पर|तक|ने))(?=[\s,।?!]|$)")
_UNSAID = re.compile(r"[\d₹*#&/]")  # `audio.catalogue.check` refuses these; an engine must not meet them even so
_LEADING = re.compile(rf"\s*([{STOPS}])[\s{STOPS}]*")


def segments(catalogue: Catalogue, line: Line, names: Names) -> list[Segment]:
    """The line's sounds in order. Raises CatalogueError for an unknown key, BadValue for a bad value."""
    run = _merged(pieces(catalogue, line, names, "speech"))
    return list(_cut(run))


def _merged(run: Iterator[Piece]) -> list[Piece]:
    """Neighbouring literals of one language become one."""
    merged: list[Piece] = []
    for piece in run:
        last = merged[-1] if merged else None
        if last and last.kind == piece.kind == "literal" and last.lang == piece.lang:
            merged[-1] = Piece(last.text + piece.text, piece.lang)
        else:
            merged.append(piece)
    return merged


def _cut(run: list[Piece]) -> Iterator[Segment]:
    rest = ""  # of the literal that a value has taken its postposition from
    for piece, after in zip(run, [*run[1:], None], strict=True):
        if piece.kind == "literal":
            yield from _literal(rest or piece.text, piece.lang)
            rest = ""
            continue
        follows = _FOLLOWS.match(after.text) if after and after.kind == "literal" and piece.lang != "en" else None
        rest = after.text[follows.end() :] or " " if after and follows else ""
        yield _value(piece, follows[1] if follows else "", bool(after and after.kind == "literal"))


def _literal(text: str, lang: str) -> Iterator[Segment]:
    if stop := _LEADING.match(text):
        yield Segment(stop[1], lang, "pause")
        text = text[stop.end() :]
    if _UNSAID.search(text):
        text = speech(lang).plain(text)
    if words := nfc(" ".join(text.split())):
        yield Segment(words, lang)


def _value(piece: Piece, follows: str, in_a_sentence: bool) -> Segment:
    text = piece.text.strip()
    if piece.kind == "time" and in_a_sentence and not follows and text.endswith(" मिनट"):
        follows = "पर"  # दस बजे आएँगे, but दस बजकर बीस मिनट पर आएँगे
    parts = tuple(part for part in (text, follows) if part)
    return Segment(nfc(" ".join(parts)), piece.lang, piece.kind, parts if len(parts) > 1 else ())
