"""A dropped call goes on where it was, and a deploy in mid-call takes no answer for another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ivr.core.call import (
    Bridge,
    BridgeEnded,
    Broke,
    Event,
    HungUp,
    Listen,
    Perform,
    Performed,
    Pressed,
    Silence,
    Started,
    Turn,
)
from ivr.core.engine import advance, dump, load, resume
from ivr.core.flow import Act, Choice, Flow, Menu, Node, Pick, Prompt, Say
from tests.kit_flows import ACTIONS, FLOWS, MAIN, SLOTS, Call, said, written


def again(call: Call, flows: Mapping[str, Flow] = FLOWS) -> Turn:
    return resume(flows, ACTIONS, load(dump(call.on(HungUp()).state)), "c2")


# --- resume --------------------------------------------------------------------------------------------------------
def test_a_redial_hears_the_question_at_which_it_was_cut_off() -> None:
    turn = again(Call().press("1", "5"))
    assert [written(p) for p in turn.prompts] == ["city", "City 5=1", "City 6=2", "pick.more=5"]
    assert (turn.state.call_id, turn.state.turn) == ("c2", 1)


def test_a_redial_within_a_sub_flow_still_returns_from_it() -> None:
    turn = again(Call().press("1", "1"))
    assert turn.state.node == "offer"
    turn = advance(FLOWS, ACTIONS, turn.state, Pressed("0"))
    assert (turn.state.flow, turn.state.node) == ("main", "people")


def test_a_redial_has_fresh_patience_and_keeps_language_and_facts() -> None:
    state = again(Call().press("8", "3").on(Silence(), Silence())).state
    assert (state.misses, state.total_misses) == (0, 0)
    assert state.manner.language == "en"
    assert state.facts["topic"] == "papers"


def test_an_unanswered_action_is_asked_first_under_its_old_key() -> None:
    call = Call().press("1", "1").on(Pressed("1"))
    asked = call.turn.wait
    assert isinstance(asked, Perform)
    turn = again(call)
    assert turn.wait == asked
    assert asked.key.startswith("c1:")
    assert advance(FLOWS, ACTIONS, turn.state, Performed("booked", {"reference": "1"})).state.node == "booked"


def test_after_the_old_action_new_ones_have_keys_of_the_new_call() -> None:
    turn = again(Call().press("1", "1").on(Pressed("1")))
    turn = advance(FLOWS, ACTIONS, turn.state, Performed("taken"))
    assert isinstance(turn.wait, Perform)
    assert turn.wait.key == "c2:2"


def test_an_unanswered_secret_is_asked_for_again() -> None:
    turn = again(Call().press("2", "12345").on(Pressed("4321")))
    assert turn.state.node == "code"
    assert isinstance(turn.wait, Listen)
    assert turn.state.pending is None


def test_who_was_waiting_for_people_waits_for_them_again() -> None:
    assert again(Call().press("0")).wait == Bridge("line")


def test_who_had_not_even_been_greeted_is_greeted() -> None:
    before = replace(Call().state, node="greet", turn=0, trail=())
    assert [p.key for p in resume(FLOWS, ACTIONS, before, "c2").prompts][:2] == ["greet", "menu"]


def test_a_call_that_had_ended_starts_again() -> None:
    call = Call().press("0").on(BridgeEnded("done"))
    assert resume(FLOWS, ACTIONS, call.state, "c2").prompts[0].key == "greet"


def test_what_the_new_door_knows_replaces_what_the_old_one_knew() -> None:
    state = resume(FLOWS, ACTIONS, Call().press("1").state, "c2", {"origin": "claimed"}).state
    assert state.facts["origin"] == "claimed"
    assert state.facts["cities"]


def test_started_twice_asks_again_and_counts_nothing() -> None:
    call = Call().press("1").on(Started())
    assert (call.at, call.state.total_misses) == ("main.city", 0)


# --- deploys: the flows change under a call -------------------------------------------------------------------------
def with_nodes(flow: Flow, *nodes: Node) -> Flow:
    """The flow with some of its nodes replaced."""
    return replace(flow, nodes=tuple({node.id: node for node in (*flow.nodes, *nodes)}.values()))


TURNED_ROUND = with_nodes(
    SLOTS, Menu("offer", said("offer"), {"1": Choice("part", Prompt("x")), "2": Choice("book", Prompt("y"))}, "person")
)


def renamed_offer() -> Flow:
    """The offer under another id, so that a call at the old one stands nowhere."""
    suggest = replace(SLOTS.by_id["offer"], id="suggest")
    find = Act("find", "find_slot", {"found": "suggest", "none": "nothing"})
    nodes = tuple({"offer": suggest, "find": find}.get(node.id, node) for node in SLOTS.nodes)
    return replace(SLOTS, nodes=nodes, checkpoints=("suggest",))


RENAMED: Mapping[str, Flow] = {**FLOWS, "slots": renamed_offer()}
WITHOUT_CHECKPOINTS = replace(MAIN, checkpoints=())


def test_an_unrelated_change_is_not_noticed_by_the_caller() -> None:
    flows = {**FLOWS, "main": with_nodes(MAIN, Say("papers", said("new"), then="menu"))}
    turn = advance(flows, ACTIONS, Call().state, Pressed("1"))
    assert turn.state.node == "list_cities"
    assert turn.state.flow_hash == flows["main"].hash != MAIN.hash


def test_an_answer_to_a_question_that_was_changed_meanwhile_is_not_taken_for_another() -> None:
    flows = {**FLOWS, "slots": TURNED_ROUND}
    turn = advance(flows, ACTIONS, Call().press("1", "1").state, Pressed("1"))
    assert [written(p) for p in turn.prompts] == ["offer", "x=1", "y=2"]
    assert turn.state.total_misses == 0
    assert advance(flows, ACTIONS, turn.state, Pressed("1")).state.node == "part"


def test_the_answer_of_an_action_is_taken_although_the_flow_was_changed() -> None:
    call = Call().press("1", "1").on(Pressed("1"))
    turn = advance({**FLOWS, "slots": TURNED_ROUND}, ACTIONS, call.state, Performed("booked", {"reference": "1"}))
    assert turn.state.node == "booked"


@pytest.mark.parametrize(
    "event", [Pressed("1"), Silence(), Broke(), Performed("found"), BridgeEnded("done")], ids=lambda e: type(e).__name__
)
def test_a_question_that_is_gone_leads_to_the_nearest_checkpoint_behind(event: Event) -> None:
    turn = advance(RENAMED, ACTIONS, Call().press("1", "1").state, event)
    assert (turn.state.flow, turn.state.node, turn.state.stack) == ("main", "menu", ())
    assert (turn.steps[0].kind, turn.steps[0].outcome) == ("moved", "checkpoint")


def test_without_a_checkpoint_behind_the_flow_starts_again_and_knows_where_it_returns_to() -> None:
    flows = {**RENAMED, "main": WITHOUT_CHECKPOINTS}
    state = advance(flows, ACTIONS, Call().press("1", "1").state, Pressed("1")).state
    assert (state.flow, state.node, len(state.stack)) == ("slots", "find", 1)


def test_a_flow_that_is_gone_leads_to_the_start_of_the_one_around_it() -> None:
    turn = advance({"main": WITHOUT_CHECKPOINTS}, ACTIONS, Call().press("1", "1").state, Pressed("1"))
    assert [p.key for p in turn.prompts][:2] == ["greet", "menu"]
    assert turn.state.stack == ()


def test_when_all_flows_are_others_the_call_starts_in_the_first() -> None:
    other = replace(MAIN, name="other")
    state = advance({"other": other}, ACTIONS, Call().press("1", "1").state, Pressed("1")).state
    assert (state.flow, state.node) == ("other", "menu")


def test_a_return_address_that_is_gone_leads_out_all_the_same() -> None:
    city = MAIN.by_id["city"]
    assert isinstance(city, Pick)
    left = {node.id: node for node in MAIN.nodes if node.id != "slot"} | {"city": replace(city, then="no_slot")}
    flows = {**FLOWS, "main": replace(MAIN, nodes=tuple(left.values()), checkpoints=("city",))}
    state = advance(flows, ACTIONS, Call().press("1", "1").state, Pressed("0")).state
    assert (state.flow, state.node, state.stack) == ("main", "city", ())


def test_a_dropped_call_is_resumed_at_a_checkpoint_when_its_question_is_gone() -> None:
    assert again(Call().press("1", "1"), RENAMED).state.node == "menu"


def test_an_action_whose_node_is_gone_is_still_asked_for_and_what_it_did_is_kept() -> None:
    gone = {"main": WITHOUT_CHECKPOINTS}
    turn = again(Call().press("1", "1").on(Pressed("1")), gone)
    assert isinstance(turn.wait, Perform)
    state = advance(gone, ACTIONS, turn.state, Performed("booked", {"reference": "77"})).state
    assert (state.node, state.facts["reference"]) == ("menu", "77")
