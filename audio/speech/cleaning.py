"""What the languages share: the range of numbers, lists, and bringing any text to letters and stops alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

TOP = 99_99_99_999

_MONEY = re.compile(r"₹\s*(\d[\d,]*)(?:\.(\d\d))?")
_RANGE = re.compile(r"(?<=\d)\s*[-–—]\s*(?=\d)")
_FIGURES = re.compile(r"\d+")
_BREATH = re.compile(r"\s*[()\[\]:;–—…/|]\s*")
_STOPS = frozenset(" ,।.?!'-")


def nfc(text: str) -> str:
    """Composed form: with it a letter and its nukta are always the same two code points, which the engines need."""
    return unicodedata.normalize("NFC", text)


def pairs(digits: str) -> list[str]:
    """Digits in groups of two: what a listener can write down before the next group comes."""
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(f"{digits!r} is not made of digits")
    return [digits[i : i + 2] for i in range(0, len(digits), 2)]


def joined(words: Sequence[str], last: str) -> str:
    """`a, b last c`."""
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end


def in_words(
    text: str, *, number: Callable[[int], str], money: Callable[[int], str], digits: Callable[[str], list[str]], to: str
) -> str:
    """Figures, sums and ranges of figures as words; a long run of figures or one that begins with 0 digit by digit."""

    def sum_of(m: re.Match[str]) -> str:
        return f" {money(int(m[1].replace(',', '')) * 100 + int(m[2] or 0))} "

    def figures_of(m: re.Match[str]) -> str:
        run = "".join(str(unicodedata.decimal(c)) for c in m[0])
        by_digit = len(run) > 4 or (len(run) > 1 and run[0] == "0")
        return f" {', '.join(digits(run)) if by_digit else number(int(run))} "

    return _FIGURES.sub(figures_of, _RANGE.sub(f" {to} ", _MONEY.sub(sum_of, text)))


def letters_and_stops(text: str, latin: bool) -> str:
    """Devanagari (and unaccented Latin letters) alone; other signs become breaths or nothing; blanks in order."""
    kept = "".join(_kept(_BREATH.sub(", ", unicodedata.normalize("NFKD", text)), latin))
    kept = re.sub(r"\s*([,।.?!])", r"\1", " ".join(kept.split()))
    kept = re.sub(r",+(?=[,।.?!])", "", kept)
    return nfc(kept.strip(" ,"))


def _kept(text: str, latin: bool) -> Iterator[str]:
    for c in text:
        if (
            c in _STOPS
            or "\u0900" <= c <= "\u0963"
            or "\u0971" <= c <= "\u097f"
            or (latin and c.isascii() and c.isalpha())
        ):
            yield c
        elif unicodedata.category(c) not in {"Mn", "Cf"}:  # accents and joiners go without leaving a gap
            yield " "
