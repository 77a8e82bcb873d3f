"""A line as the sounds it is made of: runs of finite words as long as possible, and one sound a spoken value.

Pure: no file is looked at. What a value's sound says never depends on the caller beyond the value itself, so that all
of them can be made ahead (`audio.prompts`).
"""

from __future__ import annotations

from audio.catalogue import Catalogue
from audio.line import Line, Names, Segment


def segments(catalogue: Catalogue, line: Line, names: Names) -> list[Segment]:
    """The line's sounds in order. Raises CatalogueError for an unknown key, BadValue for a bad value."""
    raise NotImplementedError
