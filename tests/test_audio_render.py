"""Lines as text and as sounds: how they are cut, and that no figure ever reaches an engine."""

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.catalogue import NAMED, POLICY, Catalogue, Placeholder, languages
from audio.line import BadValue, Say, Segment
from audio.render import segments
from audio.speech import hindi
from audio.text import render_text
from ivr.core.call import Spoken
from tests.kit_audio import names

LINES = """
visit = "आपकी विज़िट {day:date} को, {window:window} होगी। फ़ीस {fee:money} है।"
number = "आपका नंबर है {ref:reference}। फिर सुनिए।"
service = "{service:service}"
press = "{label:label}, तो {key:key} दबाइए।"
papers = "कोई एक: {a:either:document}। और {b:list:document}।"
comes = "{worker:worker} {at:time} {city:city} में आएँगे।"
for = "{s:service} के लिए सुनिए।"
until = "{at:time} तक।"
weekday = "{day:weekday} को {n:count} काग़ज़ लाइए, {phone:phone} पर।"
"""
VISIT = {
    "day": "2026-02-03",
    "window": {"from": "2026-02-03T10:00+05:30", "to": "2026-02-03T06:30+00:00"},  # noon, from another zone
    "fee": 5000,
}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    (tmp_path / "hi.toml").write_text(LINES, encoding="utf-8")
    return Catalogue.load("hi", tmp_path)


def said(found: list[Segment]) -> list[str]:
    return [s.text for s in found]


def hi(*texts: str) -> list[str]:
    return [t if t in {",", "।"} else hindi.plain(t) for t in texts]


def test_a_value_is_one_sound_with_its_postposition_and_stops_are_breaths(catalogue: Catalogue) -> None:
    found = segments(catalogue, Say("visit", VISIT), names)
    assert said(found) == hi(
        "आपकी विज़िट",
        "मंगलवार, तीन फ़रवरी को",
        ",",
        "सुबह दस बजे से बारह बजे के बीच",
        "होगी। फ़ीस",
        "पचास रुपये",
        "है।",
    )
    assert [s.kind for s in found] == ["literal", "date", "pause", "window", "literal", "money", "literal"]
    assert found[1].parts == tuple(hi("मंगलवार, तीन फ़रवरी", "को"))


def test_on_a_screen_it_has_figures(catalogue: Catalogue) -> None:
    shown = render_text(catalogue, Say("visit", VISIT), names)
    assert shown == hindi.nfc("आपकी विज़िट 3 फ़रवरी को, 10:00–12:00 होगी। फ़ीस ₹50 है।")


def test_as_speech_it_has_none(catalogue: Catalogue) -> None:
    heard = render_text(catalogue, Say("visit", VISIT), names, "speech")
    assert "सुबह दस बजे से बारह बजे के बीच होगी।" in heard
    assert not re.search(r"[\d₹]", heard)


def test_a_menus_sentence_with_a_fixed_label_is_one_sound(catalogue: Catalogue) -> None:
    line = Spoken("press", {"label": Spoken("until", {"at": "10:00"}), "key": "0"})
    assert said(segments(catalogue, line, names))[-1] == hindi.nfc("तो ज़ीरो दबाइए।")
    fixed = Catalogue.load("hi")
    whole = segments(fixed, Spoken("menu.press", {"label": Spoken("pick.more"), "key": "5"}), names)
    assert len(whole) == 1
    assert whole[0].text.endswith(", तो पाँच दबाइए।")


def test_a_label_may_be_stored_as_json(catalogue: Catalogue) -> None:
    stored = Say("press", {"label": {"key": "service", "values": {"service": "income"}}, "key": "1"})
    live = Spoken("press", {"label": Spoken("service", {"service": "income"}), "key": "1"})
    assert segments(catalogue, stored, names) == segments(catalogue, live, names)
    assert [s.kind for s in segments(catalogue, live, names)] == ["service", "pause", "literal"]


def test_a_reference_is_said_in_pairs_with_breaths(catalogue: Catalogue) -> None:
    found = segments(catalogue, Say("number", {"ref": "47015589"}), names)
    assert said(found) == hi("आपका नंबर है", "चार सात", ",", "ज़ीरो एक", ",", "पाँच पाँच", ",", "आठ नौ", "।", "फिर सुनिए।")
    assert render_text(catalogue, Say("number", {"ref": "47015589"}), names).startswith("आपका नंबर है 4701 5589।")


def test_lists_are_joined_as_people_join_them(catalogue: Catalogue) -> None:
    called = {"x": "राशन कार्ड", "y": "आधार", "z": "फ़ोटो"}
    line = Say("papers", {"a": ["x", "y", "z"], "b": ["y", "z"]})
    shown = render_text(catalogue, line, lambda kind, id, lang: called[id])
    assert shown == "कोई एक: राशन कार्ड, आधार या फ़ोटो। और आधार और फ़ोटो।"


def test_odd_minutes_take_their_postposition(catalogue: Catalogue) -> None:
    def comes(at: str) -> list[str]:
        return said(
            segments(catalogue, Say("comes", {"worker": {"hi": "मितान"}, "at": at, "city": "a"}), lambda *_: "रायपुर")
        )

    assert comes("10:20") == ["मितान", "सुबह दस बजकर बीस मिनट पर", "रायपुर में", "आएँगे।"]
    assert comes("10:30")[1] == hindi.plain("सुबह साढ़े दस बजे")
    assert said(segments(catalogue, Say("until", {"at": "10:20"}), names))[0] == "सुबह दस बजकर बीस मिनट तक"


def test_a_name_bends_before_its_postposition_heard_and_read(catalogue: Catalogue) -> None:
    def both(name: str) -> tuple[str, str]:
        line = Say("for", {"s": "x"})
        heard = segments(catalogue, line, lambda *_: name)[0]
        assert heard.text == " ".join(heard.parts)
        return heard.text, render_text(catalogue, line, lambda *_: name).removesuffix(" सुनिए।")

    for name, bent in (
        ("नया राशन कार्ड", "नए राशन कार्ड के लिए"),
        ("बच्चे का आधार", "बच्चे के आधार के लिए"),
        ("नाम जोड़ना या हटाना", "नाम जोड़ने या हटाने के लिए"),
        ("कागज़ की नकल", "कागज़ की नकल के लिए"),
    ):
        assert both(hindi.nfc(name)) == (hindi.nfc(bent), hindi.nfc(bent))
    alone = segments(catalogue, Say("service", {"service": "x"}), lambda *_: "बच्चे का आधार")
    assert said(alone) == ["बच्चे का आधार"]


def test_a_phone_number_is_said_without_its_country(catalogue: Catalogue) -> None:
    line = Say("weekday", {"day": dt.date(2026, 2, 3), "n": 2, "phone": "+915000012345"})
    assert next(s.text for s in segments(catalogue, line, names) if s.kind == "digits") == hindi.nfc("पाँच ज़ीरो")
    assert "+91 50000 12345" in render_text(catalogue, line, names)
    assert hindi.plain("मंगलवार को") in said(segments(catalogue, line, names))


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("visit", {}),
        ("visit", {**VISIT, "day": "3 Feb"}),
        ("visit", {**VISIT, "fee": None}),
        ("visit", {**VISIT, "fee": -1}),
        ("visit", {**VISIT, "window": {"from": "10:00"}}),
        ("visit", {**VISIT, "day": "2026-02-03T10:00"}),  # a moment without its zone
        ("number", {"ref": "47-01"}),
        ("comes", {"worker": {}, "at": "10:00", "city": "a"}),
        ("press", {"label": None, "key": "1"}),
    ],
)
def test_a_value_that_cannot_be_said_names_its_line(catalogue: Catalogue, key: str, values: dict[str, Any]) -> None:
    with pytest.raises(BadValue, match=f"^{key}: "):
        segments(catalogue, Say(key, values), names)


# --- the property: whatever the values, an engine gets words ---------------------------------------------------------
NAME = st.text(max_size=20).map("क{}".format)


def value(hole: Placeholder) -> st.SearchStrategy[Any]:
    digits = st.text("0123456789", min_size=1, max_size=12)
    by_type: dict[str, st.SearchStrategy[Any]] = {
        "money": st.integers(0, 10**9),
        "count": st.integers(0, 99_99_99_999),
        "date": st.dates().map(str),
        "weekday": st.dates().map(str),
        "time": st.times().map(lambda t: t.strftime("%H:%M")),
        "window": st.fixed_dictionaries({"from": st.times(), "to": st.times()}),
        "reference": digits,
        "digits": digits,
        "phone": digits.map("+91{}".format),
        "key": st.sampled_from("0123456789*#"),
        "label": st.just({"key": "pick.more", "values": {}}),
        **dict.fromkeys(NAMED, st.just("id")),
        **dict.fromkeys(POLICY, st.fixed_dictionaries({"hi": NAME, "en": NAME})),
    }
    one = by_type[hole.type]
    return st.lists(one, min_size=1, max_size=4) if hole.joined else one


@pytest.mark.parametrize("lang", languages())
@given(data=st.data())
def test_no_figure_symbol_or_foreign_letter_reaches_an_engine(lang: str, data: st.DataObject) -> None:
    catalogue = Catalogue.load(lang)
    key = data.draw(st.sampled_from(sorted(catalogue)))
    values = {hole.name: data.draw(value(hole)) for hole in catalogue[key].placeholders}
    name = data.draw(NAME)
    for segment in segments(catalogue, Say(key, values), lambda kind, id, lang: name):
        assert segment.text.strip() == segment.text != ""
        letters = "A-Za-z" if lang == "en" else ""
        assert re.fullmatch(rf"[\u0900-\u0965\u0971-\u097f{letters} ,।.?!:;'’—-]+", segment.text), segment
