"""What operators send as a caller's number, with a word per row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.channels.callerid import e164, masked


@pytest.mark.parametrize(
    ("word", "sent", "number"),
    [
        ("absent", None, None),
        ("empty", "", None),
        ("withheld", "anonymous", None),
        ("withheld in capitals", "Restricted", None),
        ("Asterisk's word for nothing", "unknown", None),
        ("SIP's withheld", "anonymous@anonymous.invalid", None),
        ("international", "+915000000001", "+915000000001"),
        ("national with 0", "05000000001", "+915000000001"),
        ("country code without plus", "915000000001", "+915000000001"),
        ("0 before the country code", "0915000000001", "+915000000001"),
        ("00 before the country code", "00915000000001", "+915000000001"),
        ("bare", "5000000001", "+915000000001"),
        ("spaces and dashes", "+91 50000-00001", "+915000000001"),
        ("a landline of Raipur", "07710000000", "+917710000000"),
        ("in brackets", "<+915000000001>", "+915000000001"),
        ("a SIP address", "sip:+915000000001@10.0.0.1;user=phone", "+915000000001"),
        ("an extension", "6001", None),
        ("a short code", "14545", None),
        ("too long", "9" * 40, None),
        ("a name", "मितान राम", None),
        ("a command", '5000000001"\nHANGUP', None),
        ("a variable", "${SHELL(id)}", None),
        ("digits of another script", "५००००००००१", None),
    ],
)
def test_number(word: str, sent: str | None, number: str | None) -> None:
    assert e164(sent) == number


@given(st.text(max_size=60))
def test_whatever_is_sent_is_a_number_or_nothing(sent: str) -> None:
    number = e164(sent)
    assert number is None or (number.startswith("+") and number[1:].isascii() and number[1:].isdigit())


def test_masked_number_cannot_be_called() -> None:
    assert masked("+915000000001") == "+91…01"
    assert masked(None) == "withheld"
