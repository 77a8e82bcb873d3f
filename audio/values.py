"""A line's template and values as spoken pieces: the one place where a placeholder's type becomes words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from audio import screen
from audio.catalogue import BASE, NAMED, POLICY, Catalogue, CatalogueError, Placeholder
from audio.line import BadValue, Line, Names, Say
from audio.speech import speech

Style: TypeAlias = Literal["speech", "screen"]

HERE = ZoneInfo("Asia/Kolkata")
FINITE = frozenset({"key"}) | POLICY  # these become part of the words around them; every other value is a sound


@dataclass(frozen=True, slots=True)
class Piece:
    """Words in a language; `kind` is `literal` when they follow from the catalogue alone, else the value's type.

    `parts` are a value and its postposition, when it has one.
    """

    text: str
    lang: str
    kind: str = "literal"
    parts: tuple[str, ...] = ()


def pieces(catalogue: Catalogue, line: Line, names: Names, style: Style) -> Iterator[Piece]:
    """The line, left to right, nested labels and lists laid out. Raises CatalogueError, BadValue."""
    template = catalogue[line.key]
    for part in template.parts:
        if isinstance(part, str):
            yield Piece(part, template.lang)
            continue
        value = line.values.get(part.name)
        try:
            if part.type == "label":
                yield from pieces(catalogue, line_of(value), names, style)
            elif style == "screen":
                yield Piece(_on_screen(part, value, template.lang, names), template.lang, part.type)
            else:
                yield from _spoken(part, value, template.lang, names)
        except (CatalogueError, BadValue):
            raise
        except (TypeError, ValueError, KeyError, AttributeError) as e:
            raise BadValue(f"{line.key}: {part.name}: {value!r} is no {part.type}") from e


def _spoken(hole: Placeholder, value: Any, lang: str, names: Names) -> Iterator[Piece]:
    if not hole.joined:
        yield from _one(hole.type, value, lang, names)
        return
    words = speech(lang).joined(["\0"] * len(value), hole.joined == "either").split("\0")
    for between, item in zip(words, value, strict=False):
        if between:
            yield Piece(between, lang)
        yield from _one(hole.type, item, lang, names)


def _one(kind: str, value: Any, lang: str, names: Names) -> Iterator[Piece]:
    if kind in {"reference", "phone", "digits"}:
        for i, group in enumerate(speech(lang).digits(_bare(kind, value))):
            if i:
                yield Piece(", ", lang)
            yield Piece(group, lang, "digits")
        return
    yield Piece(_said(kind, value, lang, names), lang, "literal" if kind in FINITE else kind)


def _said(kind: str, value: Any, lang: str, names: Names) -> str:
    say = speech(lang)
    match kind:
        case "money":
            return say.money(int(value))
        case "count":
            return say.number(int(value))
        case "date":
            return say.day(day_of(value))
        case "weekday":
            return say.weekday(day_of(value))
        case "time":
            return say.time(time_of(value))
        case "window":
            return say.window(time_of(value["from"]), time_of(value["to"]))
        case "key":
            return say.key(value)
        case _:
            words = say.plain(_name(kind, value, lang, names))
            if not words:
                raise ValueError("nothing in it can be said")
            return words


def _on_screen(hole: Placeholder, value: Any, lang: str, names: Names) -> str:
    def one(value: Any) -> str:
        match hole.type:
            case "money":
                return screen.money(int(value))
            case "count":
                return screen.number(int(value))
            case "date":
                return screen.day(day_of(value), lang)
            case "weekday":
                return screen.weekday(day_of(value), lang)
            case "time":
                return screen.time(time_of(value))
            case "window":
                return screen.window(time_of(value["from"]), time_of(value["to"]))
            case "reference" | "digits" | "phone":
                return screen.digits(str(value))
            case "key":
                return str(value)
            case kind:
                return _name(kind, value, lang, names)

    return speech(lang).joined([one(v) for v in value], hole.joined == "either") if hole.joined else one(value)


def _name(kind: str, value: Any, lang: str, names: Names) -> str:
    """A thing's name; of policy words also `{"hi": …, "en": …}`, in Hindi where the language has none."""
    if kind in NAMED or isinstance(value, str):
        name = names(kind, value, lang) if kind in NAMED else value
    else:
        name = value.get(lang) or value[BASE]
    if not name:
        raise ValueError("an empty name")
    return str(name)


def _bare(kind: str, value: Any) -> str:
    """The digits of a number as people here dial and read it: without +91."""
    text = str(value).replace(" ", "")
    return text.removeprefix("+91").removeprefix("+") if kind == "phone" else text


def line_of(value: Any) -> Line:
    """A label's line: as the engine hands it in, or as it was stored."""
    return Say(value["key"], value.get("values") or {}) if isinstance(value, Mapping) else value


def day_of(value: Any) -> dt.date:
    """A local day from an ISO day, an ISO moment or a date."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value) if len(value) > 10 else dt.date.fromisoformat(value)
    if isinstance(value, dt.datetime):
        return _local(value).date()
    if not isinstance(value, dt.date):
        raise TypeError(value)
    return value


def time_of(value: Any) -> dt.time:
    """A local time of day from `HH:MM`, an ISO moment, a time or a moment."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value) if len(value) > 8 else dt.time.fromisoformat(value)
    if isinstance(value, dt.datetime):
        return _local(value).time()
    if not isinstance(value, dt.time):
        raise TypeError(value)
    return value


def _local(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without its zone")
    return moment.astimezone(HERE)
