"""Keys that work at every question, sub-flows, and the way back."""

from __future__ import annotations

from ivr.core.call import Broke, Performed, Pressed, Silence
from ivr.core.flow import Back, Choice, Enter, Flow, Hangup, Menu, Prompt, Return
from tests.kit_flows import Call, said

MENU = ["menu", "menu.book=1", "menu.visit=2", "menu.papers=3", "menu.person=0"]


def test_zero_leads_to_people_from_any_question() -> None:
    assert Call().press("1", "0").at == "main.people"
    assert Call().press("1", "1", "0").at == "main.people", "out of the sub-flow"


def test_star_says_the_question_again_and_is_no_miss() -> None:
    call = Call().on(Silence(), Pressed("*"))
    assert call.keys == MENU
    assert (call.state.misses, call.state.total_misses) == (1, 1)


def test_star_says_the_same_page_again() -> None:
    assert Call().press("1", "5", "*").keys == ["city", "City 5=1", "City 6=2", "pick.more=5"]


def test_a_key_of_the_question_itself_goes_before_a_shortcut() -> None:
    flow = Flow(
        "main",
        (Menu("ask", said("ask"), {"#": Choice("bye", Prompt("end"))}, "bye"), Hangup("bye", said("bye"))),
        rescue="bye",
        shortcuts={"#": Back()},
    )
    assert Call({"main": flow}).press("#").at == "main.bye"


# --- sub-flows -----------------------------------------------------------------------------------------------------
def test_a_sub_flow_is_entered_and_left_by_its_outcome() -> None:
    call = Call().press("1", "1")
    assert call.at == "slots.offer"
    assert [(a.flow, a.node) for a in call.state.stack] == [("main", "slot")]
    call.press("1", "1")
    assert call.at == "main.bye"
    assert call.state.stack == ()


def test_facts_of_a_sub_flow_stay() -> None:
    assert Call().press("1", "1", "1").state.facts["reference"] == "12345674"


def test_the_edges_into_and_out_of_a_sub_flow_are_steps() -> None:
    call = Call(desk={**Call().desk, "find_slot": Performed("none")}).press("1", "1")
    walked = [(s.flow, s.node, s.kind, s.outcome, s.to) for turn in call.turns for s in turn.steps]
    assert ("main", "slot", "entered", "enter", "slots.find") in walked
    assert ("slots", "find", "performed", "none", "nothing") in walked
    assert ("slots", "nothing", "returned", "none", "main.no_slot") in walked


def test_a_fifth_sub_flow_within_another_leads_to_the_rescue() -> None:
    call = Call({"main": _nested()})
    assert call.at == "main.help"
    assert call.turn.steps[-1].outcome == "stack"
    assert len(call.state.stack) == 4


# --- aside ---------------------------------------------------------------------------------------------------------
def test_an_aside_comes_back_to_the_question_it_left() -> None:
    call = Call().press("1", "7")
    assert call.at == "help.help"
    assert call.press("1").keys == ["help.long", "city", "City 1=1", "City 2=2", "City 3=3", "City 4=4", "pick.more=5"]
    assert call.state.stack == ()


def test_an_aside_out_of_an_aside_that_finds_no_room_asks_again() -> None:
    call = Call().press("7", "7", "7", "7")
    assert len(call.state.stack) == 4
    assert call.press("7").keys == ["help", "help.more=1", "help.back=2"]
    assert len(call.state.stack) == 4
    assert call.press("2", "2", "2", "2").at == "main.menu"


def test_back_after_an_aside_does_not_lead_into_it() -> None:
    assert Call().press("1", "7", "2", "#").at == "main.menu"


# --- back ----------------------------------------------------------------------------------------------------------
def test_back_leads_to_the_question_before() -> None:
    assert Call().press("2", "12345").press("*").at == "main.code"
    assert Call().press("1", "#").at == "main.menu"


def test_back_at_the_first_question_asks_it_again() -> None:
    call = Call().press("#")
    assert call.keys == MENU
    assert call.state.total_misses == 0


def test_back_leads_out_of_a_sub_flow_and_forgets_its_return_address() -> None:
    call = Call().press("1", "1", "#")
    assert call.at == "main.city"
    assert call.state.stack == ()


def test_back_leads_into_a_sub_flow_that_was_left_and_it_returns_as_before() -> None:
    call = Call({"main": _outer(), "pets": _PETS}).press("1")
    assert call.at == "main.sure"
    call.press("#")
    assert call.at == "pets.pet"
    assert call.press("2").at == "main.sure"
    assert call.state.facts["pet"] == "dog"


def test_back_and_back_again_reaches_the_start_and_never_turns_in_a_circle() -> None:
    call = Call().press("1", "1", "2", "1", "2", "#")
    assert call.at == "slots.offer"
    assert call.press("#", "#").at == "main.menu"
    assert call.press("#").at == "main.menu"


def test_back_stops_at_an_action_that_writes() -> None:
    call = Call().press("1", "1", "1")
    assert call.at == "slots.booked"
    assert call.press("#").at == "slots.booked"
    assert call.keys[0] == "booked"


def test_the_trail_is_cut_even_when_the_writing_action_breaks() -> None:
    call = Call().press("1", "1").on(Pressed("1"))
    assert call.state.trail == ()
    call.on(Broke())
    assert call.at == "main.people"


def test_the_trail_holds_twelve_questions() -> None:
    nodes = [Menu(f"q{i}", said("q"), {"1": Choice(f"q{i + 1}", Prompt("on"))}, "end") for i in range(20)]
    flow = Flow("main", (*nodes, Hangup("q20", said("end")), Hangup("end", said("end"))), "end", {"#": Back()})
    call = Call({"main": flow}).press(*"1" * 19)
    assert len(call.state.trail) == 12
    assert call.press(*"#" * 15).at == "main.q8"


_PETS = Flow(
    "pets",
    (
        Menu(
            "pet",
            said("pet"),
            {"1": Choice("on", Prompt("cat"), {"pet": "cat"}), "2": Choice("on", Prompt("dog"), {"pet": "dog"})},
            "on",
        ),
        Return("on", "chosen"),
    ),
    rescue="on",
    shortcuts={"#": Back()},
)


def _outer() -> Flow:
    return Flow(
        "main",
        (
            Enter("pets", "pets", {"chosen": "sure"}),
            Menu("sure", said("sure", "pet"), {"1": Choice("bye", Prompt("yes"))}, "bye"),
            Hangup("bye", said("bye")),
        ),
        rescue="bye",
        shortcuts={"#": Back()},
    )


def _nested() -> Flow:
    ask = Menu("help", said("help"), {"1": Choice("deeper", Prompt("deeper"))}, "help")
    return Flow("main", (Enter("deeper", "main", {"never": "help"}), ask), rescue="help")
