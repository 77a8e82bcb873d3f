"""What the rest of the house hands in: a line to say (key and values) and the names of things. Types only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

Names: TypeAlias = Callable[[str, str, str], str]
"""names(kind, id, lang): the name of a city, service, document … as people say it in that language."""


class Line(Protocol):
    """A catalogue key with the values of its placeholders (`ivr.core.call.Spoken` is one)."""

    @property
    def key(self) -> str: ...
    @property
    def values(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Say:
    """The plainest Line: for lines that no flow speaks (messages, tests, the exchange's own)."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


class BadValue(ValueError):
    """A value that its placeholder cannot say: the flow or the action that set it is at fault."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One sound: the words an engine reads, without a digit or symbol.

    `kind` is `literal` for words that follow from the catalogue alone, `pause` for a breath (`text` is its mark), else
    the type of the value. `parts` are smaller texts that together say the same, should the whole not be ready.
    """

    text: str
    lang: str
    kind: str = "literal"
    parts: tuple[str, ...] = ()
