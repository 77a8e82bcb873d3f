"""Hindi values as words: tables pasted from what a native speaker would say, and properties over whole ranges."""

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.speech import hindi

DEVANAGARI = re.compile(r"[\u0900-\u0963\u0970-\u097f ,]+\Z")  # letters and marks, but neither danda nor figures

NUMBERS = [
    (0, "शून्य"),
    (6, "छह"),
    (18, "अठारह"),
    (44, "चवालीस"),
    (66, "छियासठ"),
    (67, "सड़सठ"),
    (99, "निन्यानवे"),
    (100, "एक सौ"),
    (144, "एक सौ चवालीस"),
    (1_000, "एक हज़ार"),
    (10_066, "दस हज़ार छियासठ"),
    (1_00_000, "एक लाख"),
    (14_06_067, "चौदह लाख छह हज़ार सड़सठ"),
    (1_00_00_000, "एक करोड़"),
    (99_99_99_999, "निन्यानवे करोड़ निन्यानवे लाख निन्यानवे हज़ार नौ सौ निन्यानवे"),
]


@pytest.mark.parametrize(("n", "words"), NUMBERS)
def test_number(n: int, words: str) -> None:
    assert hindi.number(n) == hindi.plain(words)


def test_every_number_to_ten_thousand_is_built_of_the_hundred_words() -> None:
    words = [hindi.number(n) for n in range(100)]
    assert len(set(words)) == 100
    for n in range(1, 10_001):
        thousands, hundreds, rest = n // 1000, n % 1000 // 100, n % 100
        parts = [f"{words[thousands]} हज़ार"] * bool(thousands) + [f"{words[hundreds]} सौ"] * bool(hundreds)
        assert hindi.number(n) == hindi.plain(" ".join(parts + [words[rest]] * bool(rest))), n


@pytest.mark.parametrize("n", [-1, 100_00_00_000, 10**12])
def test_number_outside_the_range_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="99 crore"):
        hindi.number(n)


@pytest.mark.parametrize(
    ("paise", "words"),
    [
        (0, "शून्य रुपये"),
        (100, "एक रुपया"),
        (200, "दो रुपये"),
        (5_000, "पचास रुपये"),
        (1_05_000, "एक हज़ार पचास रुपये"),
        (1_050, "दस रुपये पचास पैसे"),
        (1, "एक पैसा"),
    ],
)
def test_money(paise: int, words: str) -> None:
    assert hindi.money(paise) == hindi.plain(words)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("00:00", "रात बारह बजे"),
        ("00:30", "रात साढ़े बारह बजे"),
        ("03:45", "रात पौने चार बजे"),
        ("04:15", "सुबह सवा चार बजे"),
        ("08:00", "सुबह आठ बजे"),
        ("10:05", "सुबह दस बजकर पाँच मिनट"),
        ("10:20", "सुबह दस बजकर बीस मिनट"),
        ("11:45", "सुबह पौने बारह बजे"),
        ("12:00", "दोपहर बारह बजे"),
        ("12:15", "दोपहर सवा बारह बजे"),
        ("12:30", "दोपहर साढ़े बारह बजे"),
        ("12:45", "दोपहर पौने एक बजे"),
        ("13:15", "दोपहर सवा एक बजे"),
        ("13:30", "दोपहर डेढ़ बजे"),
        ("13:45", "दोपहर पौने दो बजे"),
        ("14:30", "दोपहर ढाई बजे"),
        ("16:00", "शाम चार बजे"),
        ("19:30", "शाम साढ़े सात बजे"),
        ("20:00", "रात आठ बजे"),
    ],
)
def test_time(at: str, words: str) -> None:
    assert hindi.time(dt.time.fromisoformat(at)) == hindi.plain(words)


def test_every_minute_of_the_day_follows_the_rules() -> None:
    for minute in range(1440):
        at = dt.time(minute // 60, minute % 60)
        said = hindi.time(at)
        assert DEVANAGARI.match(said), said
        hour = (at.hour - 1) % 12 + 1
        assert said.split()[0] == _part_of_day(at.hour)
        halves = [hindi.plain(w) for w in ("साढ़े", "डेढ़", "ढाई")]
        assert any(w in said for w in halves) == (at.minute == 30)
        assert (hindi.plain("डेढ़") in said) == (hour == 1 and at.minute == 30)
        assert ("ढाई" in said) == (hour == 2 and at.minute == 30)
        assert ("सवा" in said) == (at.minute == 15)
        assert ("पौने" in said) == (at.minute == 45)
        assert ("मिनट" in said) == (at.minute not in (0, 15, 30, 45))


def _part_of_day(hour: int) -> str:
    if 4 <= hour < 12:
        return "सुबह"
    if 12 <= hour < 16:
        return "दोपहर"
    return "शाम" if 16 <= hour < 20 else "रात"


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("08:00", "10:00", "सुबह आठ बजे से दस बजे के बीच"),
        ("10:00", "12:00", "सुबह दस बजे से बारह बजे के बीच"),  # ends on the stroke of noon
        ("11:00", "13:00", "सुबह ग्यारह बजे से दोपहर एक बजे के बीच"),  # across noon
        ("12:00", "14:00", "दोपहर बारह बजे से दो बजे के बीच"),
        ("14:00", "16:00", "दोपहर दो बजे से चार बजे के बीच"),
        ("15:00", "17:00", "दोपहर तीन बजे से शाम पाँच बजे के बीच"),
        ("18:00", "20:00", "शाम छह बजे से आठ बजे के बीच"),
        ("10:00", "12:30", "सुबह दस बजे से दोपहर साढ़े बारह बजे के बीच"),
        ("22:00", "00:00", "रात दस बजे से बारह बजे के बीच"),  # ends at midnight
    ],
)
def test_window(start: str, end: str, words: str) -> None:
    assert hindi.window(dt.time.fromisoformat(start), dt.time.fromisoformat(end)) == words


def test_every_day_of_two_years() -> None:
    weekdays = ["सोमवार", "मंगलवार", "बुधवार", "गुरुवार", "शुक्रवार", "शनिवार", "रविवार"]
    months = hindi.plain("जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर").split()
    for n in range(731):
        day = dt.date(2026, 1, 1) + dt.timedelta(n)
        assert hindi.day(day) == f"{weekdays[day.weekday()]}, {hindi.number(day.day)} {months[day.month - 1]}"


def test_near_days_are_named_and_still_said_in_full() -> None:
    monday = dt.date(2026, 2, 2)
    said = [hindi.day(monday + dt.timedelta(n), relative_to=monday).split(",")[0] for n in range(-1, 4)]
    assert said == ["रविवार", "आज", "कल", "परसों", "गुरुवार"]
    assert hindi.day(dt.date(2026, 2, 3), relative_to=monday) == hindi.plain("कल, मंगलवार, तीन फ़रवरी")


def test_digits_in_pairs_with_zero_as_people_say_it() -> None:
    assert hindi.digits("47015589") == [hindi.plain(p) for p in ("चार सात", "ज़ीरो एक", "पाँच पाँच", "आठ नौ")]
    assert hindi.digits("492") == ["चार नौ", "दो"]
    with pytest.raises(ValueError, match="not made of digits"):
        hindi.digits("12a")


def test_keys() -> None:
    assert [hindi.key(k) for k in "10*#"] == ["एक", hindi.plain("ज़ीरो"), "स्टार", "हैश"]


def test_lists() -> None:
    assert hindi.joined(["आधार"]) == "आधार"
    assert hindi.joined(["आधार", "फ़ोटो", "रसीद"]) == "आधार, फ़ोटो और रसीद"
    assert hindi.joined(["आधार", "फ़ोटो"], either=True) == "आधार या फ़ोटो"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("SC/ST जाति प्रमाण पत्र", "एस सी, एस टी जाति प्रमाण पत्र"),
        ("आधार (0–5 वर्ष)", "आधार, शून्य से पाँच वर्ष"),
        ("PAN कार्ड", "पैन कार्ड"),
        ("₹1,250 शुल्क", "एक हज़ार दो सौ पचास रुपये शुल्क"),
        ("१२ फ़ोटो", "बारह फ़ोटो"),
        ("14545", "एक चार, पाँच चार, पाँच"),
        ("हाँ & ना", "हाँ और ना"),
        ("भिलाई-चरौदा", "भिलाई-चरौदा"),
    ],
)
def test_names_as_they_are_written_become_words(written: str, said: str) -> None:
    assert hindi.plain(written) == hindi.plain(said)


@given(st.text())
def test_nothing_but_letters_and_stops_is_left_of_any_text(text: str) -> None:
    said = hindi.plain(text)
    assert re.fullmatch(r"[\u0900-\u0965\u0971-\u097f ,।.?!'-]*", said)
    assert hindi.plain(said) == said
