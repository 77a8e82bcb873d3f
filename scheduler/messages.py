"""What a message says: registered texts with values put in, counted before anything is stored.

Knows no database and sends nothing. Digits, not words: a message is read, not heard. Times are spoken of in IST.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from babel.dates import format_date, format_time

from scheduler import segments
from scheduler.hours import IST

FALLBACK = "hi"  # a language without its own text is told in Hindi


class TooLong(ValueError):
    """A text that needs more segments than its template allows, even in its shortest form."""


@dataclass(frozen=True, slots=True)
class Text:
    """A finished message: the template and language actually used, the values put in, and what it will cost."""

    template: str
    language: str
    values: Mapping[str, str]
    text: str
    segments: int


def about_visit(
    template: str, language: str, *, service: str, starts_at: datetime, ends_at: datetime, reference: str
) -> Text:
    """The text for one visit, in the language asked for or in Hindi; raises TooLong, which a test rules out."""
    language = language if language in _templates()[template] else FALLBACK
    values = {
        "service": service,
        "when": f"{day_text(starts_at, language)}, {window_text(starts_at, ends_at, language)}",
        "reference": f"{reference[:4]} {reference[4:]}",
    }
    return compose(template, language, values)


def compose(template: str, language: str, values: Mapping[str, str]) -> Text:
    """Puts the values in; takes the `shorter` template when the text passes its segments."""
    entry = _templates()[template]
    text = unicodedata.normalize("NFC", entry[language].format_map(_clean(values)))
    cost = segments.count(text).segments
    if cost <= entry["segments"]:
        used = {name: value for name, value in values.items() if "{" + name + "}" in entry[language]}
        return Text(template, language, used, text, cost)
    if shorter := entry.get("shorter"):
        return compose(shorter, language, values)
    raise TooLong(f"{template}.{language}: {cost} segments")


def day_text(at: datetime, language: str) -> str:
    """`मंगलवार 3 फ़रवरी`, `Tuesday 3 February`: no year, nothing is booked further ahead than weeks."""
    return format_date(at.astimezone(IST).date(), "EEEE d MMMM", locale=_locale(language))


def window_text(starts_at: datetime, ends_at: datetime, language: str) -> str:
    """`सुबह 10 से 12 बजे`, `10 am to 12 noon`."""
    start, end = starts_at.astimezone(IST), ends_at.astimezone(IST)
    if _locale(language) == "hi":
        return f"{format_time(start, 'B', locale='hi')} {_clock(start)} से {_clock(end)} बजे"
    return f"{_clock(start)} {_half(start)} to {_clock(end)} {_half(end)}"


def _clock(at: datetime) -> str:
    hour = at.hour % 12 or 12
    return f"{hour}:{at.minute:02}" if at.minute else str(hour)


def _half(at: datetime) -> str:
    if (at.hour, at.minute) == (12, 0):
        return "noon"
    return "am" if at.hour < 12 else "pm"


def _locale(language: str) -> str:
    return "en" if language == "en" else "hi"


def _clean(values: Mapping[str, str]) -> dict[str, str]:
    """Values without control characters: a line break in a name must not become one in a message."""
    return {k: "".join(" " if unicodedata.category(c) == "Cc" else c for c in v) for k, v in values.items()}


@cache
def _templates() -> dict[str, dict[str, Any]]:
    text = (files("scheduler") / "templates" / "messages.toml").read_text("utf-8")
    return tomllib.loads(text)
