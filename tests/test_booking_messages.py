"""What a booked visit's SMS says: real Devanagari, at most two segments, whatever the city, service and day."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta

import phonenumbers
import pytest
from sqlalchemy import select

from db.models import Service
from db.session import Database
from scheduler import messages, phones, reference, segments
from scheduler.messages import TooLong
from tests.kit_booking import ist

FIRST = ist("2026-01-01 08:00")


def words(language: str, service: str, starts_at: datetime = FIRST, template: str = "visit_booked") -> messages.Text:
    return messages.about_visit(
        template,
        language,
        service=service,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        reference="48219376",
    )


def test_the_hindi_text_names_service_day_window_and_reference() -> None:
    text = words("hi", "आय प्रमाण पत्र", ist("2026-02-03 10:00"))
    assert text.text == (
        "14545: आय प्रमाण पत्र के लिए घर पर मुलाकात मंगलवार 3 फ़रवरी, सुबह 10 से 12 बजे। संदर्भ 4821 9376। बदलने के लिए 14545"
    )
    assert text.segments == 2 and dict(text.values)["when"] == "मंगलवार 3 फ़रवरी, सुबह 10 से 12 बजे"


def test_the_english_text_is_one_gsm_segment() -> None:
    text = words("en", "Income certificate", ist("2026-02-03 12:00"))
    assert text.text.startswith("14545: home visit for Income certificate on Tuesday 3 February, 12 noon to 2 pm.")
    assert segments.count(text.text) == segments.Count("gsm7", len(text.text), 1)


def test_a_language_without_its_own_text_is_told_in_hindi() -> None:
    assert words("hne", "आय प्रमाण पत्र").language == "hi"


def whens(language: str) -> dict[int, datetime]:
    """A start for each length that day and window can have: every day of four years, every window of a day."""
    found: dict[int, datetime] = {}
    for day in range(4 * 366):
        for hours in (0, 2, 4, 6, 8, 10):
            at = FIRST + timedelta(days=day, hours=hours)
            shown = messages.day_text(at, language) + messages.window_text(at, at + timedelta(hours=2), language)
            found.setdefault(len(shown), at)
    return found


@pytest.mark.parametrize("language", ["hi", "en"])
def test_every_service_day_window_and_template_fits_two_segments(seeded_sqlite: Database, language: str) -> None:
    with seeded_sqlite.read() as session:
        services = session.scalars(select(Service.names)).all()
    starts = whens(language)
    assert len(services) >= 20 and len(starts) >= 8
    for names in services:
        for at in starts.values():
            for template in ("visit_booked", "visit_moved", "visit_cancelled"):
                text = words(language, names[language], at, template)
                cost = segments.count(text.text)
                assert cost.segments == text.segments <= 2, text.text
                assert cost.coding == "gsm7" or cost.units <= 134
                assert len(dict(text.values)) <= 3 and all(len(value) <= 40 for value in dict(text.values).values())
                assert "4821 9376" in text.text and unicodedata.is_normalized("NFC", text.text)
                if language == "hi":
                    assert re.search("[\u0900-\u097f]", text.text) and not re.search("[A-Za-z]", text.text)


def test_a_name_too_long_is_left_out_rather_than_a_third_segment() -> None:
    text = words("hi", "बहुत लंबा नाम " * 8)
    assert text.template == "visit_booked_short" and text.segments == 2


def test_a_text_that_never_fits_is_refused_and_line_breaks_do_not_pass() -> None:
    with pytest.raises(TooLong):
        messages.compose("visit_moved", "hi", {"when": "क" * 200, "reference": "1"})
    text = messages.compose("visit_moved", "en", {"when": "a\r\nb{x}\x00", "reference": "1"})
    assert "a  b{x} " in text.text


@pytest.mark.parametrize(
    ("word", "text", "coding", "units", "number"),
    [
        ("nothing", "", "gsm7", 0, 0),
        ("160 plain letters", "a" * 160, "gsm7", 160, 1),
        ("one more", "a" * 161, "gsm7", 161, 2),
        ("two full GSM segments", "a" * 306, "gsm7", 306, 2),
        ("one more than two", "a" * 307, "gsm7", 307, 3),
        ("the euro sign counts twice", "€" * 80, "gsm7", 160, 1),
        ("a bracket split between segments moves on", "a" * 152 + "[" + "a" * 152, "gsm7", 306, 3),
        ("70 letters of Hindi", "क" * 70, "ucs2", 70, 1),
        ("one more", "क" * 71, "ucs2", 71, 2),
        ("two full Hindi segments", "क" * 134, "ucs2", 134, 2),
        ("one more than two", "क" * 135, "ucs2", 135, 3),
        ("an emoji is two units", "🙏" * 35, "ucs2", 70, 1),
        ("an emoji split between segments moves on", "क" * 66 + "🙏" + "क" * 66, "ucs2", 134, 3),
        ("the rupee sign makes it UCS-2", "₹50", "ucs2", 3, 1),
    ],
)
def test_segments_are_counted_as_the_network_counts(word: str, text: str, coding: str, units: int, number: int) -> None:
    assert segments.count(text) == segments.Count(coding, units, number), word  # type: ignore[arg-type]


def test_a_reference_is_eight_digits_that_betray_every_slip() -> None:
    seen = {reference.fresh() for _ in range(2000)}
    assert len(seen) > 1990
    for good in list(seen)[:200]:
        assert reference.holds(good) and len(good) == 8 and good[0] != "0"
        for place in range(8):
            assert not any(
                reference.holds(good[:place] + d + good[place + 1 :]) for d in "0123456789" if d != good[place]
            )
        for place in range(7):
            swapped = good[:place] + good[place + 1] + good[place] + good[place + 2 :]
            assert swapped == good or not reference.holds(swapped)
    for bad in ("", "1234567", "123456789", "abcdefgh", "१२३४५६७८", "01234567"):
        assert not reference.holds(bad)


@pytest.mark.parametrize(
    ("word", "phone", "kind", "can"),
    [
        ("withheld", None, None, False),
        ("a test number in a demo", "+915000012345", "mobile", True),
        ("a test number not known to us", "+915000012345", None, True),
        ("a test number known as a landline", "+915000012345", "landline", False),
        ("a number from abroad", "+915000012345", "foreign", False),
        ("nonsense", "+91", None, False),
        ("not a number", "anonymous", None, False),
    ],
)
def test_who_can_read_a_message(word: str, phone: str | None, kind: str | None, can: bool) -> None:
    assert phones.can_text(phone, kind) is can, word


def example(region: str) -> str:
    """A number that the numbering plan itself gives as an example: nobody's."""
    return phonenumbers.format_number(phonenumbers.example_number(region), phonenumbers.PhoneNumberFormat.E164)


@pytest.mark.parametrize(
    ("word", "phone", "kind"),
    [
        ("a test number", "+915000012345", "mobile"),
        ("a landline by its trunk code", "+917712" + 6 * "0", "landline"),
        ("from abroad", example("US"), "foreign"),
        ("no number at all", "anonymous", "mobile"),
    ],
)
def test_what_kind_of_line_a_number_is(word: str, phone: str, kind: str) -> None:
    assert phones.kind_of(phone) == kind, word
