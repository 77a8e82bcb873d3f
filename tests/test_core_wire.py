"""What is stored: states, lines and waits as JSON and back, and no secret among them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ivr.core.call import (
    Asked,
    Bridge,
    CallState,
    End,
    HungUp,
    Listen,
    Manner,
    Pending,
    Perform,
    Pressed,
    ReturnAddress,
    Silence,
    Spoken,
    TakeRecording,
    Turn,
    Typed,
    Wait,
)
from ivr.core.engine import resume
from ivr.core.wire import dump, dump_spoken, dump_wait, load, load_spoken, load_wait
from tests.kit_flows import ACTIONS, FLOWS, Call

CANARY = "739201"


def test_a_full_state_comes_back_as_it_was() -> None:
    stack = (ReturnAddress("main", "slot"), ReturnAddress("slots", "offer", aside=True))
    state = CallState(
        "c1",
        "help",
        "abc",
        "help",
        mark="def",
        cursor=2,
        turn=9,
        misses=1,
        total_misses=3,
        counted_from=4,
        rescues=1,
        stack=stack,
        trail=(Asked("main", "menu"), Asked("slots", "offer", stack[:1])),
        manner=Manner("en", "slow", "yes_no"),
        pending=Pending("book", {"city": "city1"}, "c1:8"),
        facts={"fee": 5000, "day": "2026-02-03", "list": [{"value": 1}], "नाम": None},
        ended=True,
    )
    assert load(json.loads(json.dumps(dump(state)))) == state


def test_a_state_of_an_older_version_takes_the_defaults() -> None:
    state = load({"call_id": "c1", "flow": "main", "flow_hash": "x", "node": "menu"})
    assert (state.turn, state.stack, state.manner, state.pending) == (0, (), Manner(), None)


def test_a_line_with_a_label_comes_back_as_it_was() -> None:
    line = Spoken("menu.press", {"label": Spoken("city.one", {"name": "रायपुर"}), "key": "1"})
    assert load_spoken(json.loads(json.dumps(dump_spoken(line)))) == line


def test_a_value_that_is_an_object_stays_one() -> None:
    line = Spoken("offer", {"window": {"from": "10:00", "to": "12:00"}})
    assert load_spoken(json.loads(json.dumps(dump_spoken(line)))) == line


@pytest.mark.parametrize(
    "wait",
    [
        Listen(4, 8.0, 4, {"1": Spoken("a", {"x": 1})}, secret=True),
        TakeRecording(60),
        Perform("book", {"city": "c"}, "c1:3"),
        Bridge("line"),
        End("stuck"),
    ],
    ids=lambda wait: type(wait).__name__,
)
def test_a_wait_comes_back_as_it_was(wait: Wait) -> None:
    assert load_wait(json.loads(json.dumps(dump_wait(wait)))) == wait


def test_a_wait_that_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no such wait"):
        load_wait({"wait": "telepathy"})


# --- secrets -------------------------------------------------------------------------------------------------------
def kept(turn: Turn) -> str:
    """All that may be stored of a turn, and what a careless log line would show of it."""
    reply = [dump_wait(turn.wait), [dump_spoken(p) for p in turn.prompts]]
    return json.dumps([dump(turn.state), reply]) + repr(turn)


def test_a_keyed_secret_is_in_the_perform_and_nowhere_else() -> None:
    call = Call().press("2", "12345").on(Pressed(CANARY))
    wait = call.turn.wait
    assert isinstance(wait, Perform)
    assert (wait.secret, wait.args["keys"]) == (True, CANARY)
    assert call.state.pending == Pending("check_code", None, wait.key)
    call.settle()
    too_long_typed_gone = Call().press("2", "12345").on(Pressed(CANARY + "99"), Typed(CANARY), Silence(), HungUp())
    for turn in (*call.turns, *too_long_typed_gone.turns):
        assert CANARY not in kept(turn)


def test_events_do_not_show_what_was_keyed_or_typed() -> None:
    assert CANARY not in repr(Pressed(CANARY)) + repr(Typed(CANARY))
    assert repr(Pressed("1")) == "Pressed('1')"


def test_resuming_does_not_bring_a_secret_back() -> None:
    call = Call().press("2", "12345").on(Pressed(CANARY), HungUp())
    assert CANARY not in kept(resume(FLOWS, ACTIONS, call.state, "c2"))


def test_the_canary_is_found_where_pending_keeps_its_arguments() -> None:
    """The broken twin of the tests above: what they search is where a leak would be."""
    turn = Call().press("2", "12345").on(Pressed(CANARY)).turn
    assert isinstance(turn.wait, Perform)
    leaky = replace(turn.state, pending=Pending(turn.wait.action, turn.wait.args, turn.wait.key))
    assert CANARY in kept(replace(turn, state=leaky))
    assert CANARY in kept(replace(turn, wait=replace(turn.wait, secret=False)))
    assert CANARY in kept(replace(turn, state=replace(turn.state, facts={"code": CANARY})))
