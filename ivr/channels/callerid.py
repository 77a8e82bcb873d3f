"""A caller's number as a trunk sends it, made one form: E.164, or None when there is none to trust as a number.

Pure. Names that come along are never used: they may hold anything. What a number may be used for (an SMS needs a
mobile, only a trunk's number is an identity) is decided elsewhere.
"""

from __future__ import annotations

import re

import phonenumbers

_WITHHELD = re.compile(r"anonymous|unknown|restricted|private|unavailable|withheld|asserted|none", re.IGNORECASE)
_DIALLED = re.compile(r"[+(]?\d[\d\s().-]{4,24}\Z", re.ASCII)


def e164(raw: str | None) -> str | None:
    """`+91…`, `91…`, `0…`, `0091…`, `0919…` and bare national numbers as E.164; None when withheld or no number.

    A landline is a number too. An extension or short code is not: nobody can be called back on it.
    """
    text = (
        (raw or "").strip().removeprefix("tel:").removeprefix("sip:").partition("@")[0].partition(";")[0].strip('"<> ')
    )
    if not text or _WITHHELD.search(text) or not _DIALLED.match(text):
        return None
    digits = re.sub(r"[^\d+]", "", text)
    for candidate in _readings(digits):
        try:
            number = phonenumbers.parse(candidate, "IN")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number) and len(str(number.national_number)) >= 7:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return None


def _readings(digits: str) -> list[str]:
    """The ways to read what was sent, the likeliest first."""
    if digits.startswith("+"):
        return [digits]
    if digits.startswith("00"):
        return ["+" + digits[2:]]
    bare = digits.removeprefix("0")
    if len(bare) == 12 and bare.startswith("91"):  # 0919…: some operators put the trunk 0 before the country code
        return ["+" + bare]
    if len(bare) > 12:
        return ["+" + bare]
    return [bare] if len(bare) >= 10 else []


def masked(phone: str | None) -> str:
    """A number as logs may show it: enough to match two lines of one call, too little to call."""
    return "withheld" if not phone else f"{phone[:3]}…{phone[-2:]}" if len(phone) > 6 else "…"
