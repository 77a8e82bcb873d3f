"""What a number can be used for. Numbers are E.164 or None (withheld); nothing here stores or prints one whole."""

from __future__ import annotations

import re
from typing import Literal

import phonenumbers

INDIA = 91
_TEST = re.compile(r"\+9150000\d{5}")
# Chhattisgarh's trunk codes begin with 77, as some mobiles do; a landline's own number after them begins with 2 or 4.
_LANDLINE_CG = re.compile(r"\+91(?:771[24]\d{6}|788[24]\d{6}|77\d{2}[24]\d{5})")


def is_test(phone: str) -> bool:
    """Whether this is one of the numbers made for demos and tests: never sent to, never rung."""
    return _TEST.fullmatch(phone) is not None


def can_text(phone: str | None, kind: str | None = None) -> bool:
    """Whether an SMS may go to this number. `kind` is what we know of the caller: mobile, landline or foreign."""
    if phone is None or kind in ("landline", "foreign"):
        return False
    if is_test(phone):
        return True  # written like any other, stopped at the gateway
    if _LANDLINE_CG.fullmatch(phone):
        return False
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return False
    mobile = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    return number.country_code == INDIA and phonenumbers.number_type(number) in mobile


def kind_of(phone: str) -> Literal["mobile", "landline", "foreign"]:
    """What kind of line an E.164 number is, as far as its digits tell; in doubt a mobile, whom a message reaches."""
    if is_test(phone):
        return "mobile"
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return "mobile"
    if number.country_code != INDIA:
        return "foreign"
    fixed = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.FIXED_LINE
    return "landline" if fixed or _LANDLINE_CG.fullmatch(phone) else "mobile"


def masked(phone: str) -> str:
    """The last three digits, for logs."""
    return "…" + phone[-3:]
