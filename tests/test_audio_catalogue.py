"""The catalogue: what is refused, what falls back, and that the shipped files are whole."""

from pathlib import Path

import pytest

from audio import exchange
from audio.catalogue import Catalogue, CatalogueError, Placeholder, check, languages
from audio.line import Say
from audio.render import segments
from audio.text import render_text
from tests.kit_audio import names


def folder(tmp_path: Path, **files: str) -> Path:
    for lang, text in files.items():
        (tmp_path / f"{lang}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_the_shipped_files_have_no_problem() -> None:
    assert check() == []
    assert languages()[0] == "hi"
    assert "en" in languages()


def test_english_lacks_no_line() -> None:
    assert Catalogue.load("en").own == Catalogue.load("hi").own


def test_it_is_read_once_and_cannot_be_changed() -> None:
    assert Catalogue.load("hi") is Catalogue.load("hi")
    with pytest.raises(TypeError):
        Catalogue.load("hi").lines["x"] = Catalogue.load("hi")["menu.press"]  # type: ignore[index]


def test_tables_become_dotted_keys_and_placeholders_are_typed(tmp_path: Path) -> None:
    c = Catalogue.load("hi", folder(tmp_path, hi='[a.b]\nc = "लाइए {p:list:document}, {fee:money}।"'))
    assert c["a.b.c"].placeholders == (Placeholder("p", "document", "list"), Placeholder("fee", "money"))


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    where = folder(
        tmp_path,
        hi='a = "{x:mony}"\nb = "{y}"\nc = "{d:date} को"\ne = ""\nf = "खुला { है"\ng = "{1x:date}"\nh = 3',
        en='c = "on {d:time}"\nz = "not there"',
    )
    with pytest.raises(CatalogueError) as refused:
        Catalogue.load("en", where)
    told = "\n".join(refused.value.problems)
    for part in (
        "hi: a: {x:mony} has no known type",
        "hi: b: {y} has no known type",
        "hi: e: not a sentence",
        "hi: f: a brace that does not close",
        "hi: g: {1x:date} has no proper name",
        "hi: h: not a sentence",
        "en: c: d is time, in hi date",
        "en: z: there is no such line in hi",
    ):
        assert part in told


def test_a_file_that_is_no_toml_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=r"hi\.toml"):
        Catalogue.load("hi", folder(tmp_path, hi="a = "))


def test_figures_and_foreign_letters_are_refused_by_check(tmp_path: Path) -> None:
    problems = check(folder(tmp_path, hi='a = "SMS भेजा"\nb = "₹50"\nc = "भेजा"', en='a = "SMS sent"\nb = "5"'))
    assert [p.split(" must")[0] for p in problems] == ["hi: a: 'S'", "hi: b: '₹'", "en: b: '5'"]


def test_a_third_language_drops_in_and_falls_back_line_by_line(tmp_path: Path) -> None:
    where = folder(
        tmp_path,
        hi='[menu]\npress = "{label:label}, तो {key:key} दबाइए।"\n[a]\nb = "घर पर बुलाना है"\nc = "और सुनना है"',
        hne='[a]\nb = "घर म बलाना हे"',
    )
    c = Catalogue.load("hne", where)
    assert c.own == {"a.b"}
    line = Say("menu.press", {"label": Say("a.b"), "key": "1"})
    assert render_text(c, line, names) == "घर म बलाना हे, तो 1 दबाइए।"
    # one sound a language: a recorded line and a Hindi voice are never one file
    assert [(s.text, s.lang) for s in segments(c, line, names)] == [
        ("घर म बलाना हे", "hne"),
        (",", "hi"),
        ("तो एक दबाइए।", "hi"),
    ]


def test_text_is_composed_form_whatever_the_file_holds(tmp_path: Path) -> None:
    c = Catalogue.load("hi", folder(tmp_path, hi='a = "\u095e\u094b\u0928"'))  # फ़ as one code point
    assert c["a"].parts == ("\u092b\u093c\u094b\u0928",)


def test_an_unknown_key_names_itself() -> None:
    with pytest.raises(CatalogueError, match=r"no line 'no\.such'"):
        Catalogue.load("hi")["no.such"]


@pytest.mark.parametrize("lang", ["hi", "en"])
def test_the_exchanges_lines_need_nobody_to_fill_them(lang: str) -> None:
    c = Catalogue.load(lang)
    keys = {line.key.removeprefix("fallback.") for line in exchange.lines(c)}
    assert keys >= {"trouble", "nobody", "night", "closed", "record", "thanks", "recording_notice"}
    assert not [k for k in keys if c[f"fallback.{k}"].placeholders]
