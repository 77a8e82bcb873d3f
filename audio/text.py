"""A line as text: `speech` in words, as it is heard; `screen` with figures, for screens and messages."""

from __future__ import annotations

from typing import Literal

from audio.catalogue import Catalogue
from audio.grammar import agreed
from audio.line import Line, Names
from audio.values import pieces


def render_text(catalogue: Catalogue, line: Line, names: Names, style: Literal["speech", "screen"] = "screen") -> str:
    """The line in the catalogue's language. Raises CatalogueError for an unknown key, BadValue for a bad value."""
    words = "".join(p.text for p in agreed(pieces(catalogue, line, names, style)))
    return " ".join(words.split())
