"""Values with figures, for screens and messages: short, unambiguous, never handed to an engine."""

from __future__ import annotations

import datetime as dt

from babel.dates import format_date
from babel.numbers import format_decimal


def money(paise: int) -> str:
    """₹50, ₹1,20,000, ₹10.50."""
    rupees, rest = divmod(paise, 100)
    return f"₹{number(rupees)}" + (f".{rest:02}" if rest else "")


def number(n: int) -> str:
    """1,20,000."""
    return str(format_decimal(n, locale="en_IN"))


def day(day: dt.date, lang: str) -> str:
    """3 फ़रवरी, 3 February."""
    return str(format_date(day, "d MMMM", locale=_locale(lang)))


def weekday(day: dt.date, lang: str) -> str:
    """सोमवार."""
    return str(format_date(day, "EEEE", locale=_locale(lang)))


def time(at: dt.time) -> str:
    """10:00."""
    return at.strftime("%H:%M")


def window(start: dt.time, end: dt.time) -> str:
    """10:00–12:00."""
    return f"{time(start)}–{time(end)}"


def digits(digits: str) -> str:
    """4701 5589: groups of four from the left; +91 stands alone before ten digits in two halves."""
    if digits.startswith("+91") and len(digits) == 13:
        return f"+91 {digits[3:8]} {digits[8:]}"
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def _locale(lang: str) -> str:
    return "en_IN" if lang == "en" else "hi"
