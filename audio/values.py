"""A line's template and values as spoken pieces: the one place where a placeholder's type becomes words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from audio.catalogue import Catalogue
from audio.line import Line, Names

Style = Literal["speech", "screen"]


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in a language; `kind` is `literal` when they follow from the catalogue alone, else the value's type."""

    text: str
    lang: str
    kind: str = "literal"


def pieces(catalogue: Catalogue, line: Line, names: Names, style: Style) -> Iterator[Piece]:
    """The line, left to right, nested labels and lists laid out."""
    raise NotImplementedError
