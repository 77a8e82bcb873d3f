"""Every kind of finding, each with a flow that has it and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import pytest

from ivr.core.flow import (
    Act,
    ActionSpec,
    Aside,
    Branch,
    Choice,
    Enter,
    Flow,
    Gather,
    Goto,
    Hangup,
    Json,
    Menu,
    Node,
    Pick,
    Prompt,
    Record,
    Repeat,
    Return,
    Say,
    Shortcut,
    Transfer,
)
from ivr.core.lint import Finding, lint
from ivr.core.spoken import OWN_KEYS
from tests.kit_flows import ACTIONS, FLOWS, said

PEOPLE = Transfer("people", said("people"), "line", dict.fromkeys(("done", "timeout", "empty", "returned"), "bye"))
BYE = Hangup("bye", said("bye"))
SPECS: Mapping[str, ActionSpec] = {
    "find": ActionSpec("find", {"found": ("day", "days"), "none": ()}),
    "book": ActionSpec("book", {"booked": ()}, needs=("day",), may=("part",)),
    "check": ActionSpec("check", {"right": ("who",)}, needs=("keys",)),
}
FOUND = {"found": "ask", "none": "people"}


def flow(*nodes: Node, name: str = "main", shortcuts: Mapping[str, Shortcut] | None = None) -> Flow:
    return Flow(name, (*nodes, PEOPLE, BYE), rescue="people", shortcuts=shortcuts or {})


def menu(id_: str, *goto: str, prompt: str = "menu", gave_up: str = "people", **sets: Json) -> Menu:
    choices = {str(i): Choice(to, Prompt(f"to.{to}"), sets) for i, to in enumerate(goto, start=1)}
    return Menu(id_, said(prompt), choices, gave_up)


def found(*flows: Flow, **how: object) -> list[tuple[str, str]]:
    """The findings as (kind, node)."""
    findings = lint({f.name: f for f in flows}, SPECS, **how)  # type: ignore[arg-type]  # as lint takes them
    return [(finding.kind, finding.node) for finding in findings]


def test_a_sound_house_has_no_findings() -> None:
    assert lint(FLOWS, ACTIONS) == []
    assert found(flow(menu("ask", "bye"))) == []


# --- where calls can go --------------------------------------------------------------------------------------------
def test_a_node_that_no_call_comes_to() -> None:
    assert found(flow(menu("ask", "bye"), Say("lost", said("x"), "bye"))) == [("unreachable", "lost")]


def test_a_flow_that_no_call_comes_to_is_one_finding() -> None:
    assert found(flow(menu("ask", "bye")), flow(menu("hi", "bye"), name="other")) == [("unreachable", "hi")]


def test_another_entry_is_a_way_in() -> None:
    flows = flow(menu("ask", "bye")), flow(menu("hi", "bye"), name="other")
    assert found(*flows, entries=("main", "other")) == []


def test_a_place_where_people_hand_callers_back_is_reached() -> None:
    main = Flow("main", (menu("ask", "bye"), menu("again", "bye"), PEOPLE, BYE), "people", enterable=("again",))
    assert found(main) == []


def test_questions_that_never_come_to_an_end() -> None:
    round_ = Transfer("people", said("p"), "line", dict.fromkeys(("done", "timeout", "empty", "returned"), "ask"))
    main = Flow("main", (menu("ask", "next"), menu("next", "ask"), round_), "people")
    assert found(main) == [("no_hangup", "ask")]


def test_a_rescue_that_leads_to_nobody() -> None:
    main = Flow("main", (menu("ask", "people"), PEOPLE, BYE), rescue="bye")
    assert found(main) == [("no_person", "bye")]


def test_a_zero_that_leads_to_nobody() -> None:
    assert found(flow(menu("ask", "bye"), shortcuts={"0": Goto("bye")})) == [("no_person", "bye")]


def test_giving_up_that_leads_to_nobody() -> None:
    assert found(flow(menu("ask", "people", gave_up="bye"))) == [("no_person", "ask")]
    assert found(flow(menu("ask", "people", gave_up="ask"))) == [("no_person", "ask")], "round and round is nobody"


def test_giving_up_by_way_of_another_question_or_into_a_message_is_fine() -> None:
    assert found(flow(menu("ask", "bye", gave_up="sure"), menu("sure", "bye"))) == []
    message = Record("message", said("m"), "message", 60, "bye", "bye")
    assert found(flow(menu("ask", "people", gave_up="message"), message)) == []


def test_silence_may_be_an_answer_where_the_menu_says_so() -> None:
    more = Menu("ask", said("more"), {"1": Choice("people", Prompt("l"))}, "bye", silence_ends=True)
    assert found(flow(more)) == []


def test_flows_within_flows_deeper_than_there_is_room() -> None:
    names = ["main", "b", "c", "d", "e", "f"]
    flows = [
        Flow(name, (Enter("in", inner, {"ok": "people"}), PEOPLE, BYE, Return("ok", "ok")), "people")
        for name, inner in pairwise(names[1:])
    ]
    last = Flow("f", (menu("ask", "ok"), Return("ok", "ok"), PEOPLE, BYE), "people")
    main = flow(Enter("in", "b", {"ok": "bye"}))
    kinds = {kind for kind, _ in found(main, *flows, last)}
    assert "too_deep" in kinds
    assert "too_deep" not in {kind for kind, _ in found(flow(Enter("in", "c", {"ok": "bye"})), *flows[1:], last)}


def test_a_return_where_a_call_may_start() -> None:
    assert found(flow(menu("ask", "back"), Return("back", "ok"))) == [("return_to_nowhere", "back")]


# --- facts ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "node",
    [
        pytest.param(Say("tell", said("tell", "day"), "bye"), id="a prompt"),
        pytest.param(Say("tell", said("tell", "when=day"), "bye"), id="a prompt under another name"),
        pytest.param(Menu("tell", said("x"), {"1": Choice("bye", Prompt("l", ("day",)))}, "people"), id="a label"),
        pytest.param(Branch("tell", "day", {"2026-01-26": "bye"}, "people"), id="a branch"),
        pytest.param(Act("tell", "book", {"booked": "bye"}), id="an action"),
        pytest.param(Pick("tell", said("x"), "day", Prompt("l", ("name",)), "one", "bye", "people"), id="a list"),
    ],
)
def test_a_fact_that_is_read_but_that_some_path_never_sets(node: Node) -> None:
    skips = flow(menu("ask", "search", "tell"), Act("search", "find", {"found": "tell", "none": "people"}), node)
    assert found(skips) == [("unset_fact", "tell")]
    sets = flow(menu("ask", "search"), Act("search", "find", {"found": "tell", "none": "people"}), node)
    assert found(sets) == []
    assert found(skips, given=frozenset({"day"})) == []


def test_the_finding_names_the_fact_and_a_path_without_it() -> None:
    main = flow(menu("ask", "search"), Act("search", "find", {"found": "tell", "none": "tell"}), _tell("tell"))
    (finding,) = lint({"main": main}, SPECS)
    assert finding == Finding(
        "unset_fact",
        "main",
        "tell",
        "reads 'day', which is not set when a call comes by main.ask > main.search > main.tell",
    )
    assert str(finding).startswith("main.tell: reads 'day'")


def test_what_a_choice_a_list_digits_and_a_recording_set_is_set() -> None:
    main = flow(
        menu("ask", "which", a=1),
        Act("which", "find", {"found": "pick", "none": "people"}),
        Pick("pick", said("x", "a"), "days", Prompt("l"), "b", "digits", "people"),
        Gather("digits", said("x", "b"), "c", 1, 4, "record", "people"),
        Record("record", said("x", "c"), "d", 60, "tell", "people"),
        Say("tell", said("x", "a", "b", "c", "d", "direction"), "bye"),
    )
    assert found(main) == []


def test_a_secret_is_never_a_fact_but_its_check_may_set_some() -> None:
    code = Gather("code", said("x"), "code", 4, 4, "", "people", secret=True, check="check", on={"right": "tell"})
    assert found(flow(code, Say("tell", said("x", "who"), "bye"))) == []
    assert found(flow(code, Say("tell", said("x", "code"), "bye"))) == [("unset_fact", "tell")]


def test_a_branch_that_asks_whether_a_fact_is_there_knows_it_afterwards() -> None:
    asks = Branch("known", "day", {"": "people"}, "tell")
    assert found(flow(menu("ask", "known"), asks, _tell("tell"))) == []
    asks = Branch("known", "day", {"": "people", "2026-01-26": "tell"}, "people")
    assert found(flow(menu("ask", "known"), asks, _tell("tell"))) == []
    asks = Branch("known", "day", {"": "tell"}, "people")
    assert found(flow(menu("ask", "known"), asks, _tell("tell"))) == [("unset_fact", "tell")]


def test_what_an_action_may_read_need_not_be_there() -> None:
    assert found(flow(menu("ask", "go", day="x"), Act("go", "book", {"booked": "bye"}))) == []


def test_facts_go_into_a_sub_flow_and_come_back_out_of_it() -> None:
    sub = Flow(
        "sub",
        (
            _tell("tell_it", then="search"),
            Act("search", "find", {"found": "ok", "none": "no"}),
            Return("ok", "ok"),
            Return("no", "no"),
        ),
        "no",
    )
    main = flow(
        menu("ask", "enter", day="today"),
        Enter("enter", "sub", {"ok": "found", "no": "people"}),
        Pick("found", said("x"), "days", Prompt("l"), "one", "bye", "people"),
    )
    assert found(main, sub) == []
    careless = flow(
        menu("ask", "enter", "other", gave_up="other"),
        Say("other", said("x"), "enter"),
        Enter("enter", "sub", {"ok": "found", "no": "found"}),
        Pick("found", said("x"), "days", Prompt("l"), "one", "bye", "people"),
    )
    assert found(careless, sub) == [("unset_fact", "found"), ("unset_fact", "tell_it")]


def test_two_callers_of_a_sub_flow_do_not_mix_up_their_facts() -> None:
    sub = Flow("sub", (menu("hi", "ok", gave_up="ok"), Return("ok", "ok"), PEOPLE, BYE), "people")
    main = flow(
        menu("ask", "first", "set"),
        menu("set", "second", day="today"),
        Enter("first", "sub", {"ok": "bye"}),
        Enter("second", "sub", {"ok": "tell"}),
        _tell("tell"),
    )
    assert ("unset_fact", "tell") not in found(main, sub)


def test_a_shortcut_is_a_path_too() -> None:
    main = flow(
        menu("ask", "search"),
        Act("search", "find", {"found": "tell", "none": "people"}),
        _tell("tell"),
        shortcuts={"9": Goto("tell"), "*": Repeat()},
    )
    assert found(main) == [("unset_fact", "tell")]


# --- keys and sentences --------------------------------------------------------------------------------------------
def test_a_key_that_clashes_with_a_shortcut() -> None:
    assert found(flow(menu("ask", "bye"), shortcuts={"1": Repeat()})) == [("key_clash", "ask")]
    pick = Pick("ask", said("x"), "days", Prompt("l"), "one", "bye", "people")
    clash = flow(Act("find", "find", FOUND), pick, shortcuts={"5": Repeat()})
    assert found(clash) == [("key_clash", "ask")]


def test_a_shortcut_may_be_spoken_as_a_choice_that_leads_to_the_same() -> None:
    spoken = Menu("ask", said("x"), {"0": Choice("people", Prompt("l"))}, "people")
    assert found(flow(spoken, shortcuts={"0": Goto("people")})) == []
    elsewhere = Menu("ask", said("x"), {"0": Choice("bye", Prompt("l"))}, "people")
    assert found(flow(elsewhere, shortcuts={"0": Goto("people")})) == [("key_clash", "ask")]


def test_a_menu_of_more_than_five_options() -> None:
    assert found(flow(menu("ask", *["bye"] * 6))) == [("long_menu", "ask")]
    five = {**menu("ask", *["bye"] * 5).choices, "0": Choice("people", Prompt("person"))}
    assert found(flow(Menu("ask", said("x"), five, "people"), shortcuts={"0": Goto("people")})) == []


def test_a_prompt_missing_in_a_language() -> None:
    whole = {*OWN_KEYS, "menu", "to.bye", "people", "bye"}
    assert found(flow(menu("ask", "bye")), catalogues={"hi": whole, "en": whole}) == []
    assert found(flow(menu("ask", "bye")), catalogues={"hi": whole - {"to.bye"}}) == [("missing_prompt", "ask")]
    assert found(flow(menu("ask", "bye")), catalogues={"hi": whole - {"default.wrong"}}) == [("missing_prompt", "")]


# --- loops ---------------------------------------------------------------------------------------------------------
def test_a_loop_that_never_waits() -> None:
    main = flow(menu("ask", "a"), Say("a", said("x"), "b"), Branch("b", "direction", {"in": "a"}, "bye"))
    assert found(main) == [("endless_loop", "a")]


def test_actions_in_a_circle_are_a_loop() -> None:
    assert found(flow(Act("search", "find", {"found": "people", "none": "search"}))) == [("endless_loop", "search")]


def test_a_list_asks_nobody_when_it_is_empty() -> None:
    pick = Pick("pick", said("x"), "days", Prompt("l"), "one", "bye", gave_up="sorry")
    main = flow(Act("search", "find", {"found": "pick", "none": "people"}), pick, Say("sorry", said("x"), "search"))
    assert ("endless_loop", "search") in found(main)


def test_a_loop_with_a_question_in_it_waits() -> None:
    assert found(flow(menu("ask", "a"), Say("a", said("x"), "ask"))) == []


def test_a_loop_through_a_sub_flow_that_asks_nothing() -> None:
    sub = Flow("sub", (Say("in", said("x"), "ok"), Return("ok", "ok")), "ok")
    main = flow(menu("ask", "enter"), Enter("enter", "sub", {"ok": "say"}), Say("say", said("x"), "enter"))
    assert ("endless_loop", "enter") in found(main, sub)
    asking = Flow("sub", (menu("in", "ok", gave_up="people"), Return("ok", "ok"), PEOPLE, BYE), "people")
    assert found(main, asking) == []


def test_two_passes_through_the_same_sub_flow_are_no_loop() -> None:
    sub = Flow("sub", (Say("in", said("x"), "ok"), Return("ok", "ok")), "ok")
    main = flow(
        menu("ask", "first"),
        Enter("first", "sub", {"ok": "second"}),
        Enter("second", "sub", {"ok": "bye"}),
    )
    assert "endless_loop" not in {kind for kind, _ in found(main, sub)}


def test_a_flow_that_enters_itself_is_a_loop() -> None:
    main = flow(Enter("again", "main", {"never": "bye"}))
    assert ("endless_loop", "again") in found(main)


# --- outcomes ------------------------------------------------------------------------------------------------------
def test_an_outcome_of_an_action_that_is_not_handled() -> None:
    assert found(flow(Act("search", "find", {"found": "people"}))) == [("unhandled_outcome", "search")]


def test_an_outcome_that_an_action_never_has() -> None:
    main = flow(Act("search", "find", {"found": "people", "none": "people", "maybe": "bye"}))
    assert found(main) == [("unknown_outcome", "search")]


def test_an_action_that_nobody_promises() -> None:
    assert found(flow(Act("search", "guess", {"found": "people"}))) == [("unknown_action", "search")]


def test_a_check_is_an_action_too() -> None:
    code = Gather("code", said("x"), "code", 4, 4, "", "people", check="find", on={"found": "bye", "odd": "bye"})
    assert found(flow(code)) == [("unhandled_outcome", "code"), ("unknown_outcome", "code")]


def test_an_ending_of_a_transfer_that_is_not_handled_or_never_happens() -> None:
    people = Transfer("people", said("p"), "line", {"done": "bye", "timeout": "bye", "returned": "bye", "bored": "bye"})
    main = Flow("main", (people, BYE), "people")
    assert found(main) == [("unhandled_outcome", "people"), ("unknown_outcome", "people")]


def test_a_sub_flow_that_is_not_there() -> None:
    assert ("unknown_flow", "enter") in found(flow(Enter("enter", "nowhere", {"ok": "people"})))
    assert found(flow(menu("ask", "bye"), shortcuts={"*": Aside("nowhere")})) == [("unknown_flow", "")]
    assert found(flow(menu("ask", "bye")), entries=("main", "gone")) == [("unknown_flow", "")]


def test_outcomes_of_a_sub_flow_that_are_not_handled_or_never_returned() -> None:
    sub = Flow("sub", (menu("in", "ok", gave_up="no"), Return("ok", "ok"), Return("no", "no")), "no")
    main = flow(Enter("enter", "sub", {"no": "people", "odd": "bye"}))
    assert found(main, sub) == [("unhandled_outcome", "enter"), ("unknown_outcome", "enter")]


def _tell(id_: str, then: str = "bye") -> Say:
    return Say(id_, said("tell", "day"), then)
