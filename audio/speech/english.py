"""English as it is spoken in India: lakh and crore, the part of the day in words, "oh" for no digit but in minutes."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache

from babel.dates import format_date
from indic_numtowords import num2words

from audio.speech import cleaning
from audio.speech.cleaning import TOP

_DIGIT = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_KEY = {"*": "star", "#": "hash"}
_NEAR = ("today", "tomorrow", "the day after tomorrow")
_ORDINAL_ENDS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
    "twenty": "twentieth",
    "thirty": "thirtieth",
}


@cache
def number(n: int) -> str:
    """0 to 99,99,99,999 in the Indian system. Raises ValueError outside."""
    if not 0 <= n <= TOP:
        raise ValueError(f"{n} is not between 0 and 99 crore")
    return " ".join(num2words(n, lang="en").split())


def money(paise: int) -> str:
    """fifty rupees, one rupee, ten rupees and fifty paise."""
    rupees, rest = divmod(paise, 100)
    said = []
    if rupees or not rest:
        said.append(f"{number(rupees)} rupee{'' if rupees == 1 else 's'}")
    if rest:
        said.append(f"{number(rest)} {'paisa' if rest == 1 else 'paise'}")
    return " and ".join(said)


@cache
def weekday(day: dt.date) -> str:
    """Monday."""
    return format_date(day, "EEEE", locale="en")


@cache
def day(day: dt.date, relative_to: dt.date | None = None) -> str:
    """Monday, the third of February."""
    whole = f"{weekday(day)}, the {_ordinal(day.day)} of {format_date(day, 'MMMM', locale='en')}"
    ahead = (day - relative_to).days if relative_to else -1
    return f"{_NEAR[ahead]}, {whole}" if 0 <= ahead < len(_NEAR) else whole


def time(at: dt.time) -> str:
    """ten in the morning, half past one in the afternoon, twelve noon."""
    return _clock(at) if _stroke_of_twelve(at) else f"{_clock(at)} {_part(at.hour)}"


def window(start: dt.time, end: dt.time) -> str:
    """between ten and eleven in the morning; between ten in the morning and twelve noon."""
    plain_hours = not (_stroke_of_twelve(start) or _stroke_of_twelve(end))
    shared = plain_hours and start < end and _part(start.hour) == _part(end.hour)
    return f"between {_clock(start) if shared else time(start)} and {time(end)}"


def digits(digits: str) -> list[str]:
    """[four seven, one zero, …]"""
    return [" ".join(_DIGIT[int(d)] for d in pair) for pair in cleaning.pairs(digits)]


def key(key: str) -> str:
    """one, zero, star."""
    return _KEY.get(key) or _DIGIT[int(key)]


def joined(words: Sequence[str], either: bool = False) -> str:
    """ration card, Aadhaar card and photograph."""
    return cleaning.joined(words, "or" if either else "and")


def plain(text: str) -> str:
    """Figures as words, SC letter by letter, symbols as breaths."""
    said = cleaning.in_words(cleaning.nfc(text), number=number, money=money, digits=digits, to="to")
    said = re.sub(r"\b(?!PAN\b)[A-Z]{2,4}\b", lambda m: " ".join(m[0]), said.replace("&", " and "))
    return cleaning.letters_and_stops(said, latin=True)


def _ordinal(n: int) -> str:
    *most, last = number(n).split()
    return " ".join([*most, _ORDINAL_ENDS.get(last, f"{last}th")])


def _stroke_of_twelve(at: dt.time) -> bool:
    return at.hour % 12 == 0 and at.minute == 0


def _part(hour: int) -> str:
    if 4 <= hour < 12:
        return "in the morning"
    if 12 <= hour < 17:
        return "in the afternoon"
    return "in the evening" if 17 <= hour < 20 else "at night"


def _clock(at: dt.time) -> str:
    hour, following = number((at.hour - 1) % 12 + 1), number(at.hour % 12 + 1)
    match at.minute:
        case 0:
            return {0: "twelve midnight", 12: "twelve noon"}.get(at.hour, hour)
        case 15:
            return f"quarter past {hour}"
        case 30:
            return f"half past {hour}"
        case 45:
            return f"quarter to {following}"
        case minute:
            return f"{hour} {'oh ' if minute < 10 else ''}{number(minute)}"
