"""Values to words, pure: numbers, money, days, times and digits as people say them. One module a language.

Nothing here knows the catalogue, a clock or a name; a day is spoken relative to another only when that is handed in.
What comes back has no digit and no symbol, so that no engine ever reads a figure in its own way.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from audio.speech import english, hindi


class Speech(Protocol):
    """What a language can say. A language's module is one."""

    def number(self, n: int) -> str:
        """0 to 99,99,99,999; ValueError outside."""
        ...

    def money(self, paise: int) -> str:
        """Rupees, and paise when there are any."""
        ...

    def weekday(self, day: dt.date) -> str: ...

    def day(self, day: dt.date, relative_to: dt.date | None = None) -> str:
        """Weekday, day and month; today, tomorrow and the day after come first when `relative_to` is given."""
        ...

    def time(self, at: dt.time) -> str:
        """Hours and minutes with the part of the day."""
        ...

    def window(self, start: dt.time, end: dt.time) -> str:
        """Between two times of a day; the part of the day is said once when both share it."""
        ...

    def digits(self, digits: str) -> list[str]:
        """Digit by digit in groups of two, each group to be followed by a breath."""
        ...

    def key(self, key: str) -> str:
        """A key of the telephone."""
        ...

    def joined(self, words: Sequence[str], either: bool = False) -> str:
        """As people join a list: commas, and "and" (or "or") before the last."""
        ...

    def plain(self, text: str) -> str:
        """Any text without figures, symbols and letters that this language's engine would stumble on."""
        ...


def speech(lang: str) -> Speech:
    """How `lang` is spoken; a language of its own lines but no module of its own counts in Hindi."""
    return english if lang == "en" else hindi
