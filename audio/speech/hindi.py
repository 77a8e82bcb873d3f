"""Hindi as it is spoken in Chhattisgarh: everyday words (ज़ीरो, छह), quarters and halves, रुपया and रुपये."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from functools import cache

from babel.dates import format_date, format_time
from indic_numtowords import num2words

from audio.speech import cleaning
from audio.speech.cleaning import TOP, nfc

# The library's three mistakes, and its spellings of six and eighteen brought to the standard ones.
_SPELLING = {"चौंतालीस": "चवालीस", "छयासठ": "छियासठ", "सरसठ": "सड़सठ", "छः": "छह", "अट्ठारह": "अठारह"}
_DIGIT = tuple(nfc("ज़ीरो एक दो तीन चार पाँच छह सात आठ नौ").split())
_KEY = {"*": nfc("स्टार"), "#": nfc("हैश")}
_NAMES_OF_LETTERS = "ए बी सी डी ई एफ़ जी एच आई जे के एल एम एन ओ पी क्यू आर एस टी यू वी डब्ल्यू एक्स वाई ज़ेड"
_LETTER = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", nfc(_NAMES_OF_LETTERS).split(), strict=True))
_WORD = re.compile(r"\bPAN\b")  # said as a word
_NEAR = ("आज", "कल", "परसों")


@cache
def number(n: int) -> str:
    """0 to 99,99,99,999 in the Indian system. Raises ValueError outside: the library goes wrong without a word."""
    if not 0 <= n <= TOP:
        raise ValueError(f"{n} is not between 0 and 99 crore")
    return nfc(" ".join(_SPELLING.get(w, w) for w in num2words(n, lang="hi").split()))


def money(paise: int) -> str:
    """पचास रुपये, एक रुपया, दस रुपये पचास पैसे."""
    rupees, rest = divmod(paise, 100)
    said = []
    if rupees or not rest:
        said.append(f"{number(rupees)} {'रुपया' if rupees == 1 else 'रुपये'}")
    if rest:
        said.append(f"{number(rest)} {'पैसा' if rest == 1 else 'पैसे'}")
    return " ".join(said)


@cache
def weekday(day: dt.date) -> str:
    """सोमवार."""
    return nfc(format_date(day, "EEEE", locale="hi"))


@cache
def day(day: dt.date, relative_to: dt.date | None = None) -> str:
    """सोमवार, तीन फ़रवरी; कल is said only of tomorrow, and never alone: the word also means yesterday."""
    whole = f"{weekday(day)}, {number(day.day)} {format_date(day, 'MMMM', locale='hi')}"
    ahead = (day - relative_to).days if relative_to else -1
    return nfc(f"{_NEAR[ahead]}, {whole}" if 0 <= ahead < len(_NEAR) else whole)


def time(at: dt.time) -> str:
    """सुबह दस बजे, दोपहर डेढ़ बजे, शाम पौने पाँच बजे, सुबह दस बजकर बीस मिनट."""
    return nfc(f"{_part(at.hour)} {_clock(at)}")


def window(start: dt.time, end: dt.time) -> str:
    """सुबह दस बजे से बारह बजे के बीच: a window that ends on the stroke of noon still lies in the morning."""
    ends_in = _part((end.hour - (end.minute == 0)) % 24)
    later = start < end or end == dt.time(0)
    part = "" if later and ends_in == _part(start.hour) else f"{_part(end.hour)} "
    return nfc(f"{time(start)} से {part}{_clock(end)} के बीच")


def digits(digits: str) -> list[str]:
    """[चार सात, एक ज़ीरो, …]"""
    return [" ".join(_DIGIT[int(d)] for d in pair) for pair in cleaning.pairs(digits)]


def key(key: str) -> str:
    """एक, ज़ीरो, स्टार."""
    return _KEY.get(key) or _DIGIT[int(key)]


def joined(words: Sequence[str], either: bool = False) -> str:
    """राशन कार्ड, आधार कार्ड और फ़ोटो."""
    return cleaning.joined(words, "या" if either else "और")


def plain(text: str) -> str:
    """Figures as words, SC as एस सी, symbols as breaths: what is left is Devanagari and stops."""
    text = _WORD.sub("पैन", nfc(text))
    said = cleaning.in_words(text, number=number, money=money, digits=digits, to="से").replace("&", " और ")
    return cleaning.letters_and_stops(re.sub("[A-Za-z]", lambda m: f" {_LETTER[m[0].upper()]} ", said), latin=False)


@cache
def _part(hour: int) -> str:
    # One minute past, because on the stroke of twelve Babel says मध्यरात्रि, as nobody does.
    return format_time(dt.time(hour, 1), "B", locale="hi")


def _clock(at: dt.time) -> str:
    hour, following = number((at.hour - 1) % 12 + 1), number(at.hour % 12 + 1)
    match (at.hour % 12, at.minute):
        case (1, 30):
            return "डेढ़ बजे"
        case (2, 30):
            return "ढाई बजे"
        case (_, 0):
            return f"{hour} बजे"
        case (_, 15):
            return f"सवा {hour} बजे"
        case (_, 30):
            return f"साढ़े {hour} बजे"
        case (_, 45):
            return f"पौने {following} बजे"
        case (_, minute):
            return f"{hour} बजकर {number(minute)} मिनट"
