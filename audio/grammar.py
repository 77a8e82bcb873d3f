"""What Hindi does to a value by the word that follows it: it takes the postposition along and bends before it.

Pure. Texts and sounds go through here alike, so that what is read is what is heard. English needs none of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from audio.speech.cleaning import nfc
from audio.values import Piece

_FOLLOWS = re.compile(r"\s+((?:के (?:लिए|बीच|बाद|पास|साथ)|से पहले|में|को|से|का|की|के|पर|तक|ने))(?=[\s,।?!]|$)")
_BENDS = frozenset({"service", "document", "group"})
# Before a postposition "का आधार" becomes "के आधार", "नया कार्ड" "नए कार्ड", "बदलना" "बदलने".
_BENT = {nfc(a): nfc(b) for a, b in (("का", "के"), ("नया", "नए"), ("पुराना", "पुराने"), ("अपना", "अपने"))}
_VERBS = "बदलना जोड़ना हटाना करना जाना लाना लेना देना बनाना बनवाना निकालना सुधारना मिलाना"
_BENT |= {nfc(verb): nfc(f"{verb[:-1]}े") for verb in _VERBS.split()}


def agreed(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces with neighbouring literals joined, and each value together with the postposition after it."""
    run = _merged(pieces)
    for i, (piece, after) in enumerate(pairwise(run)):
        if piece.kind == "literal" or after.kind != "literal" or piece.lang == "en":
            continue
        follows = _FOLLOWS.match(after.text)
        word = follows[1] if follows else ""
        if follows:
            run[i + 1] = replace(after, text=after.text[follows.end() :])
        elif piece.kind == "time" and piece.text.endswith("मिनट"):
            word = "पर"  # दस बजे आएँगे, but दस बजकर बीस मिनट पर आएँगे
        if word:
            value = _bent(piece.text) if piece.kind in _BENDS else piece.text
            run[i] = replace(piece, text=f"{value} {word}", parts=(value, word))
    return run


def _bent(name: str) -> str:
    return " ".join(_BENT.get(word, word) for word in name.split())


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        if last and last.kind == piece.kind == "literal" and last.lang == piece.lang:
            merged[-1] = Piece(last.text + piece.text, piece.lang)
        else:
            merged.append(piece)
    return merged
