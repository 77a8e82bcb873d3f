"""English values as words."""

import datetime as dt

import pytest

from audio.speech import english, hindi, speech


def test_a_language_without_a_module_counts_in_hindi() -> None:
    assert speech("en").number(1) == "one"
    assert speech("hne").number(1) == speech("hi").number(1) == hindi.number(1)


@pytest.mark.parametrize(
    ("n", "words"),
    [
        (0, "zero"),
        (21, "twenty one"),
        (105, "one hundred and five"),
        (1_00_000, "one lakh"),
        (12_34_567, "twelve lakh thirty four thousand five hundred and sixty seven"),
        (1_00_00_000, "one crore"),
    ],
)
def test_number(n: int, words: str) -> None:
    assert english.number(n) == words


def test_number_outside_the_range_is_refused() -> None:
    with pytest.raises(ValueError, match="99 crore"):
        english.number(-1)


@pytest.mark.parametrize(
    ("paise", "words"),
    [
        (100, "one rupee"),
        (5_000, "fifty rupees"),
        (5_050, "fifty rupees and fifty paise"),
        (1, "one paisa"),
        (0, "zero rupees"),
    ],
)
def test_money(paise: int, words: str) -> None:
    assert english.money(paise) == words


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("00:00", "twelve midnight"),
        ("00:30", "half past twelve at night"),
        ("09:05", "nine oh five in the morning"),
        ("10:15", "quarter past ten in the morning"),
        ("12:00", "twelve noon"),
        ("12:45", "quarter to one in the afternoon"),
        ("16:00", "four in the afternoon"),
        ("17:20", "five twenty in the evening"),
        ("20:00", "eight at night"),
    ],
)
def test_time(at: str, words: str) -> None:
    assert english.time(dt.time.fromisoformat(at)) == words


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("08:00", "10:00", "between eight and ten in the morning"),
        ("10:00", "12:00", "between ten in the morning and twelve noon"),
        ("11:00", "13:00", "between eleven in the morning and one in the afternoon"),
        ("12:00", "14:00", "between twelve noon and two in the afternoon"),
        ("18:00", "20:00", "between six in the evening and eight at night"),
    ],
)
def test_window(start: str, end: str, words: str) -> None:
    assert english.window(dt.time.fromisoformat(start), dt.time.fromisoformat(end)) == words


def test_days() -> None:
    assert english.day(dt.date(2026, 2, 3)) == "Tuesday, the third of February"
    assert english.day(dt.date(2026, 2, 12)) == "Thursday, the twelfth of February"
    assert english.day(dt.date(2026, 3, 31)) == "Tuesday, the thirty first of March"
    assert english.day(dt.date(2026, 3, 20), relative_to=dt.date(2026, 3, 19)).startswith("tomorrow, Friday, ")
    ordinals = {english.day(dt.date(2026, 1, d)).split(" the ")[1] for d in range(1, 32)}
    assert len(ordinals) == 31


def test_digits_keys_lists_and_names() -> None:
    assert english.digits("4701") == ["four seven", "zero one"]
    assert english.key("*") == "star"
    assert english.joined(["Aadhaar", "photograph", "receipt"]) == "Aadhaar, photograph and receipt"
    assert english.plain("SC/ST caste (0–5 years), ₹50") == "S C, S T caste, zero to five years, fifty rupees"
    assert english.plain("PAN card & Form 16") == "PAN card and Form sixteen"
