"""People, rescue and the end of patience: who cannot go on ends at somebody, and no call goes round for ever."""

from __future__ import annotations

from itertools import cycle

import pytest

from ivr.core.call import Bridge, BridgeEnded, Broke, End, HungUp, Listen, Perform, Performed, Pressed, Silence, Spoken
from ivr.core.flow import Act, ActionSpec, Branch, Choice, Enter, Flow, Hangup, Menu, Prompt, Say, Transfer
from tests.kit_flows import Call, said


# --- people --------------------------------------------------------------------------------------------------------
def test_a_transfer_speaks_and_hands_the_caller_over() -> None:
    call = Call().press("0")
    assert (call.keys, call.turn.wait) == (["people"], Bridge("line"))


@pytest.mark.parametrize(
    ("outcome", "at"),
    [
        ("done", "main.bye"),
        ("timeout", "main.message"),
        ("empty", "main.message"),
        ("returned", "main.menu"),
    ],
)
def test_the_call_goes_on_by_how_the_people_ended(outcome: str, at: str) -> None:
    assert Call().press("0").on(BridgeEnded(outcome)).at == at


def test_people_hand_the_caller_back_to_a_place_they_name_with_facts() -> None:
    call = Call().press("0").on(BridgeEnded("returned", "reference", {"city": "city3"}))
    assert call.at == "main.reference"
    assert call.state.facts["city"] == "city3"


@pytest.mark.parametrize("goto", ["code", "nowhere", "slots.offer", ""])
def test_a_place_that_is_not_enterable_is_not_entered(goto: str) -> None:
    assert Call().press("0").on(BridgeEnded("done", goto)).at == "main.bye"


def test_people_within_a_sub_flow_may_name_a_place_outside_it() -> None:
    call = Call({"main": _with_people_inside(), "person": _PERSON}).press("1")
    assert call.at == "person.wait"
    call.on(BridgeEnded("returned", "again"))
    assert (call.at, call.state.stack) == ("main.again", ())


def test_a_caller_whom_the_exchange_gave_to_people_in_mid_question_can_be_handed_back() -> None:
    assert Call().press("1").on(BridgeEnded("returned", "main.reference")).at == "main.reference"
    assert Call().press("1").on(BridgeEnded("done")).at == "main.city", "and else is asked again"


def test_people_restart_all_counting() -> None:
    call = Call().on(Silence(), Silence()).press("3").on(Silence(), Silence()).press("0")
    assert call.state.total_misses == 4
    state = call.on(BridgeEnded("returned")).state
    assert (state.total_misses, state.misses, state.rescues, state.trail[:-1]) == (0, 0, 0, ())


def test_an_empty_queue_restarts_nothing() -> None:
    call = Call().on(Silence(), Silence()).press("0").on(BridgeEnded("empty"))
    assert call.state.total_misses == 2


def test_an_abandoned_wait_is_the_caller_gone_where_the_flow_says_nothing_of_it() -> None:
    call = Call().press("0").on(BridgeEnded("abandoned"))
    assert call.turn.wait == End("caller_gone")
    assert not call.state.ended


def test_an_ending_nobody_thought_of_leads_to_the_rescue() -> None:
    call = Call().press("0").on(BridgeEnded("struck_by_lightning"))
    assert (call.at, call.turn.wait) == ("main.people", Bridge("line"))


def test_keys_pressed_while_waiting_for_people_change_nothing() -> None:
    call = Call().press("0").on(Pressed("1"))
    assert (call.at, call.turn.wait, call.keys) == ("main.people", Bridge("line"), [])


# --- rescue --------------------------------------------------------------------------------------------------------
def test_a_broken_action_leads_to_the_rescue_with_a_word() -> None:
    call = Call().on(Pressed("1"), Broke())
    assert call.turn.prompts[0] == Spoken("default.gave_up")
    assert (call.at, call.turn.wait, call.state.pending) == ("main.people", Bridge("line"), None)
    assert [(s.kind, s.outcome) for s in call.turn.steps] == [("broke", ""), ("rescue", "broke")]


def test_eight_misses_in_a_call_lead_to_the_rescue_however_they_are_spread() -> None:
    call = Call()
    for _ in range(3):
        call.on(Silence(), Pressed("6")).press("3")
    assert call.state.total_misses == 6
    call.on(Silence())
    assert call.at == "main.menu"
    call.on(Pressed("6"))
    assert call.at == "main.people"
    assert call.keys == ["default.gave_up", "people"]
    assert call.state.total_misses == 0


def test_after_150_turns_the_rescue_comes_instead_of_the_next_question() -> None:
    call = Call()
    for _ in range(148):
        call.press("3")
    assert call.state.turn == 149
    assert call.at == "main.menu"
    assert call.press("3").at == "main.people"
    assert call.keys == ["papers", "default.gave_up", "people"], "what the caller asked for is said all the same"


def test_the_turn_count_starts_again_with_people() -> None:
    call = Call()
    for _ in range(100):
        call.press("3")
    call.press("0").on(BridgeEnded("returned"))
    for _ in range(100):
        call.press("3")
    assert call.at == "main.menu"


def test_an_outcome_nobody_promised_leads_to_the_rescue() -> None:
    assert Call().on(Pressed("1"), Performed("exploded")).at == "main.people"


def test_an_action_nobody_knows_leads_to_the_rescue() -> None:
    assert Call(actions={}).on(Pressed("1")).at == "main.people"


def test_a_late_answer_to_nothing_asks_again() -> None:
    call = Call().on(Performed("found", {"cities": []}))
    assert (call.at, call.state.total_misses) == ("main.menu", 0)


def test_keys_while_an_action_runs_wait_for_the_same_action() -> None:
    call = Call().on(Pressed("1"))
    first = call.turn.wait
    assert call.on(Pressed("2")).turn.wait == first
    assert call.on(Silence()).turn.wait == first


def test_people_in_between_make_a_third_rescue_a_first_one() -> None:
    call = Call()
    for _ in range(4):
        call.on(Pressed("1"), Broke())
        assert (call.turn.wait, call.state.rescues) == (Bridge("line"), 1)
        call.on(BridgeEnded("returned"))


# --- no end --------------------------------------------------------------------------------------------------------
_LOOP = (
    Say("round", said("round"), "and_round"),
    Branch("and_round", "nothing", {}, "round"),
)


def test_a_loop_that_never_waits_is_cut_and_leads_to_people() -> None:
    flow = Flow("main", (*_LOOP, Transfer("people", said("people"), "line", {"done": "round"})), "people")
    call = Call({"main": flow})
    assert call.keys == ["default.gave_up", "people"], "not the 100 lines of the loop"
    assert call.turn.wait == Bridge("line")


def test_a_loop_that_even_the_rescue_is_part_of_ends() -> None:
    call = Call({"main": Flow("main", _LOOP, "round")})
    assert call.turn.wait == End("stuck")
    assert call.state.ended


def test_actions_in_a_circle_end() -> None:
    ask = Menu("ask", said("ask"), {"1": Choice("try", Prompt("again"))}, "try")
    flow = Flow("main", (Act("try", "try", {"no": "try"}), ask), "ask")
    call = Call({"main": flow}, {"try": ActionSpec("try", {"no": ()})})
    for _ in range(1000):
        call.on(Performed("no") if isinstance(call.turn.wait, Perform) else Pressed("1"))
        if isinstance(call.turn.wait, End):
            break
    assert call.turn.wait == End("stuck")
    assert call.state.turn < 500


def test_a_rescue_that_leads_back_to_the_questions_is_lived_through_twice_and_no_more() -> None:
    flow = Flow("main", (Menu("ask", said("ask"), {"1": Choice("ask", Prompt("a"))}, "ask"),), "ask")
    call = Call({"main": flow})
    events = cycle([Silence(), Pressed("9")])
    misses = 0
    while isinstance(call.turn.wait, Listen):
        call.on(next(events))
        misses += 1
    assert call.turn.wait == End("stuck")
    assert misses == 24


def test_a_rescue_twice_reaches_the_people_twice() -> None:
    call = Call().on(Pressed("1"), Broke())
    call.on(BridgeEnded("empty")).on(Pressed("5"))
    assert call.on(Broke()).turn.wait == Bridge("line")


# --- the end -------------------------------------------------------------------------------------------------------
def test_a_hangup_says_goodbye_and_ends_the_call() -> None:
    call = Call().press("0").on(BridgeEnded("done"))
    assert (call.keys, call.turn.wait, call.state.ended) == (["bye"], End("done"), True)


def test_after_the_end_nothing_happens_any_more() -> None:
    call = Call().press("0").on(BridgeEnded("done"))
    before = call.state
    call.on(Pressed("1"))
    assert (call.state, call.turn.wait, call.turn.prompts) == (before, End("done"), ())


def test_a_caller_who_hangs_up_leaves_a_state_to_resume() -> None:
    call = Call().press("1").on(HungUp())
    assert call.turn.wait == End("caller_gone")
    assert (call.at, call.state.ended) == ("main.city", False)
    assert call.turn.steps[0].kind == "hung_up"


_PERSON = Flow(
    "person",
    (
        Transfer("wait", said("wait"), "line", {"done": "off", "returned": "off", "empty": "off", "timeout": "off"}),
        Hangup("off", said("off")),
    ),
    "off",
)


def _with_people_inside() -> Flow:
    return Flow(
        "main",
        (
            Menu("ask", said("ask"), {"1": Choice("people", Prompt("person"))}, "people"),
            Enter("people", "person", {"never": "ask"}),
            Menu("again", said("again"), {"1": Choice("people", Prompt("person"))}, "people"),
        ),
        rescue="people",
        enterable=("again",),
    )
