"""The flows by themselves: lint is clean, the desk keeps every promise, keys that are said are keys that work."""

from __future__ import annotations

import pytest

from audio.catalogue import Catalogue, check
from callflows import ACTIONS, ENTRY, flows
from callflows.desk import desk
from ivr.core.flow import Goto, Menu, Prompt, prompts_of
from ivr.core.lint import lint

FLOWS = flows()
PROMPTS = [
    (flow.name, node.id, prompt) for flow in FLOWS.values() for node in flow.nodes for prompt in prompts_of(node)
]
GIVEN = frozenset({"origin", "phone_known", "language_known"})  # by the door, at every start


def test_lint_finds_nothing() -> None:
    catalogues = {lang: Catalogue.load(lang) for lang in ("hi", "en")}
    assert [str(f) for f in lint(FLOWS, ACTIONS, entries=(ENTRY,), given=GIVEN, catalogues=catalogues)] == []


def test_catalogues_have_no_problem_and_english_lacks_no_line() -> None:
    assert check() == []
    assert set(Catalogue.load("en")) == Catalogue.load("en").own


def test_the_desk_does_what_the_flows_ask_and_nothing_else() -> None:
    assert desk().keys() == ACTIONS.keys()


@pytest.mark.parametrize("lang", ["hi", "en"])
def test_every_line_gets_a_value_for_each_placeholder(lang: str) -> None:
    catalogue = Catalogue.load(lang)
    lacking = {
        (flow, node, prompt.key, placeholder.name)
        for flow, node, prompt in PROMPTS
        for placeholder in catalogue[prompt.key].placeholders
        if placeholder.name not in {name for name, _ in prompt.bindings()}
    }
    assert not lacking


def test_no_line_of_the_flows_is_left_over() -> None:
    spoken = {prompt.key for _, _, prompt in PROMPTS}
    ours = {key for key in Catalogue.load("hi") if key.partition(".")[0] in {*FLOWS, "house", "fee"}}
    assert ours <= spoken


@pytest.mark.parametrize(
    ("lang", "line", "said", "key"),
    [
        ("hi", "main.languages", "एट", "8"),
        ("hi", "main.three_languages", "सात", "7"),
        ("hi", "main.three_languages", "एट", "8"),
        ("en", "main.languages", "nau", "9"),
        ("en", "main.three_languages", "saat", "7"),
        ("en", "main.three_languages", "nau", "9"),
    ],
)
def test_announced_language_keys_work_at_every_menu_after_the_announcement(
    lang: str, line: str, said: str, key: str
) -> None:
    assert said in "".join(part for part in Catalogue.load(lang)[line].parts if isinstance(part, str))
    for node in ("menu", "your_visit"):
        menu = FLOWS["main"].by_id[node]
        assert isinstance(menu, Menu) and key in menu.hidden


def test_zero_reaches_a_person_from_every_flow_that_asks() -> None:
    for flow in FLOWS.values():
        if flow.name != "person":
            assert flow.shortcuts["0"] == Goto("person"), flow.name


def test_the_main_menu_is_said_in_the_order_callers_know() -> None:
    menu = FLOWS["main"].by_id["menu"]
    assert isinstance(menu, Menu)
    assert {key: choice.label.key for key, choice in menu.choices.items()} == {
        "1": "main.book",
        "2": "main.visit",
        "3": "main.papers",
        "4": "main.complaint",
        "0": "main.person",
    }


def test_flows_hold_keys_and_never_sentences() -> None:
    for flow, node, prompt in PROMPTS:
        assert prompt == Prompt(prompt.key, prompt.facts)
        assert prompt.key.isascii() and " " not in prompt.key, (flow, node, prompt.key)
