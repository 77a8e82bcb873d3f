"""Menus, lists, digits and recordings: what is said, what is listened for, and what an answer means."""

from __future__ import annotations

import pytest

from ivr.core.call import (
    BridgeEnded,
    Listen,
    Manner,
    Perform,
    Performed,
    Pressed,
    Recorded,
    Silence,
    Spoke,
    Spoken,
    TakeRecording,
    Typed,
)
from ivr.core.flow import Flow, Gather, Hangup, Pick, Prompt
from tests.kit_flows import MAIN, Call, said

MENU = ["menu", "menu.book=1", "menu.visit=2", "menu.papers=3", "menu.person=0"]


# --- menus ---------------------------------------------------------------------------------------------------------
def test_a_menu_says_its_choices_in_the_order_written_after_what_led_to_it() -> None:
    call = Call()
    assert call.keys == ["greet", *MENU]
    assert call.turn.prompts[2] == Spoken("menu.press", {"label": Spoken("menu.book"), "key": "1"})


def test_screens_are_told_every_key_that_means_something_hidden_ones_too() -> None:
    assert list(Call().listening.choices) == ["1", "2", "3", "0", "8", "9"]


def test_the_first_wait_is_eight_seconds_and_the_next_one_ten() -> None:
    call = Call()
    assert call.listening.timeout_s == 8
    assert call.on(Silence()).listening.timeout_s == 10


def test_silence_and_a_wrong_key_have_their_own_words_and_the_question_is_asked_again() -> None:
    assert Call().on(Silence()).keys == ["menu.silence", *MENU]
    assert Call().on(Pressed("6")).keys == ["menu.wrong", *MENU]
    city = Call().press("1")
    assert city.on(Silence()).keys[0] == "default.silence"
    assert city.on(Pressed("9")).keys[0] == "default.wrong"


def test_giving_up_comes_with_the_third_miss_of_any_kind() -> None:
    call = Call().on(Silence(), Pressed("6"))
    assert call.at == "main.menu"
    assert call.on(Silence()).at == "main.people"
    assert call.keys == ["people"]


def test_an_answer_forgives_the_misses_before_it() -> None:
    call = Call().on(Silence(), Silence()).press("3").on(Silence(), Silence())
    assert call.at == "main.menu"


def test_of_a_doubled_digit_only_the_first_counts() -> None:
    assert Call().on(Pressed("11")).at == "main.list_cities"


def test_a_hidden_choice_works_without_being_said() -> None:
    call = Call().press("8")
    assert call.state.manner.language == "en"
    assert call.keys == MENU


def test_what_a_choice_sets_is_read_by_the_next_line() -> None:
    call = Call().press("3")
    assert call.turn.prompts[0] == Spoken("papers", {"about": "papers"})


def test_typed_digits_are_keys_and_other_text_is_a_wrong_key() -> None:
    assert Call().on(Typed(" 2 ")).at == "main.reference"
    assert Call().on(Typed("२")).at == "main.reference", "Devanagari two"
    assert Call().on(Typed("two")).keys[0] == "menu.wrong"
    assert Call().on(Typed("²")).keys[0] == "menu.wrong", "a figure, but no digit"
    assert Call().on(Typed("  ")).keys[0] == "menu.silence"


def test_a_voice_without_a_key_reaches_a_person_at_once() -> None:
    call = Call().on(Spoke())
    assert call.at == "main.people"
    assert (call.turn.steps[0].kind, call.turn.steps[0].outcome) == ("spoke", "0")


def test_a_voice_where_nobody_can_be_reached_is_silence() -> None:
    lonely = Flow("main", MAIN.nodes[1:], "people", {}, ())
    call = Call({**Call().flows, "main": lonely}).on(Spoke())
    assert call.keys[0] == "menu.silence"


# --- lists ---------------------------------------------------------------------------------------------------------
def test_a_list_comes_in_pages_of_four_and_five_turns_the_page_round_and_round() -> None:
    call = Call().press("1")
    first = ["City 1=1", "City 2=2", "City 3=3", "City 4=4", "pick.more=5"]
    assert call.keys == ["city", *first]
    assert call.press("5").keys == ["City 5=1", "City 6=2", "pick.more=5"]
    assert call.press("5").keys == first


def test_the_key_chooses_from_the_page_that_was_heard() -> None:
    call = Call().press("1", "5", "2")
    assert call.state.facts["city"] == "city6"


def test_a_key_beyond_the_page_is_wrong_and_says_the_same_page_again() -> None:
    call = Call().press("1", "5").on(Pressed("3"))
    assert call.keys == ["default.wrong", "city", "City 5=1", "City 6=2", "pick.more=5"]


@pytest.mark.parametrize(
    ("count", "keys"),
    [
        pytest.param(1, "1", id="one option"),
        pytest.param(4, "1234", id="exactly a page: no key for more"),
        pytest.param(5, "12345", id="one more than a page"),
    ],
)
def test_more_is_offered_only_where_there_is_more(count: int, keys: str) -> None:
    call = Call(desk={**Call().desk, "find_cities": _cities(count)}).press("1")
    assert "".join(call.listening.choices) == keys


def test_an_empty_list_is_not_asked() -> None:
    assert Call(desk={**Call().desk, "find_cities": _cities(0)}).press("1").at == "main.people"


def test_a_list_that_nothing_has_found_is_not_asked_either() -> None:
    pick = Pick("which", said("which"), "never_set", Prompt("one"), "it", then="bye", gave_up="bye")
    call = Call({"main": Flow("main", (pick, Hangup("bye", said("bye"))), "bye")})
    assert call.at == "main.bye"


# --- digits --------------------------------------------------------------------------------------------------------
def test_digits_become_a_fact() -> None:
    call = Call().press("2", "12345")
    assert call.state.facts["reference"] == "12345"
    assert call.at == "main.code"


def test_the_door_learns_how_many_digits_to_wait_for() -> None:
    listen = Call().press("2").listening
    assert (listen.min_keys, listen.max_keys, listen.secret) == (4, 8, False)


@pytest.mark.parametrize(
    ("keys", "taken"),
    [
        pytest.param("123", None, id="one too few"),
        pytest.param("1234", "1234", id="just enough"),
        pytest.param("12345678", "12345678", id="just as many as can be"),
        pytest.param("123456789", None, id="one too many"),
        pytest.param("12345#", "12345", id="ended with a hash that came along"),
        pytest.param("12*45", None, id="a star inside"),
        pytest.param("0000", "0000", id="zeros are digits, not a wish for a person"),
        pytest.param("#", None, id="nothing but the hash"),
    ],
)
def test_only_the_right_number_of_digits_is_taken(keys: str, taken: str | None) -> None:
    call = Call().press("2").on(Pressed(keys))
    assert call.state.facts.get("reference") == taken
    if taken is None:
        assert call.keys == ["default.wrong", "reference"]


def test_zero_alone_is_a_digit_and_a_lone_star_opens_help() -> None:
    assert Call().press("2").on(Pressed("0")).keys[0] == "default.wrong"
    repeated = Call().press("2").on(Pressed("*"))
    assert repeated.keys == ["reference"]
    assert repeated.state.total_misses == 0


def test_digits_with_a_check_go_to_the_action_and_its_outcome_leads_on() -> None:
    call = Call().press("2", "12345").on(Pressed("4321"))
    assert isinstance(call.turn.wait, Perform)
    assert call.turn.wait.args == {"reference": "12345", "keys": "4321"}
    assert call.settle().state.facts["visit"] == "2026-02-03"


def test_a_gather_of_one_digit_takes_any_digit() -> None:
    gather = Gather("rating", said("rating"), "rating", 1, 1, "bye", "bye")
    call = Call({"main": Flow("main", (gather, Hangup("bye", said("bye"))), "bye")}).press("0")
    assert call.state.facts["rating"] == "0"


# --- recordings ----------------------------------------------------------------------------------------------------
def test_a_recording_becomes_a_fact_by_its_id() -> None:
    call = _at_message()
    assert call.turn.wait == TakeRecording(60)
    call.on(Recorded("rec-1", 4.0))
    assert call.state.facts["message"] == "rec-1"
    assert call.keys == ["thanks", "bye"]


def test_an_empty_recording_is_silence_and_asked_once_more() -> None:
    call = _at_message().on(Silence())
    assert call.keys == ["default.silence", "message"]
    assert call.on(Silence()).at == "main.bye"


def test_text_cannot_be_a_recording() -> None:
    assert _at_message().on(Typed("call me")).keys[0] == "default.wrong"


# --- one choice at a time ------------------------------------------------------------------------------------------
def test_on_the_yes_no_path_choices_are_offered_one_by_one() -> None:
    call = Call(manner=Manner(path="yes_no"))
    assert call.keys == ["greet", "menu", "menu.book=any"]
    assert call.listening == Listen(1, 8.0, choices={"1": Spoken("menu.book")})
    assert call.on(Silence()).keys == ["menu.visit=any"]
    assert call.on(Silence()).keys == ["menu.papers=any"]


@pytest.mark.parametrize("key", ["1", "5", "9", "0", "*", "#"])
def test_any_key_is_yes(key: str) -> None:
    assert Call(manner=Manner(path="yes_no")).on(Silence(), Pressed(key)).at == "main.reference"


def test_silence_after_the_last_choice_is_a_miss_and_starts_over() -> None:
    call = Call(manner=Manner(path="yes_no")).on(*[Silence()] * 3)
    assert call.state.misses == 0
    call.on(Silence())
    assert call.state.misses == 1
    assert call.keys == ["menu.silence", "menu", "menu.book=any"]


def test_three_rounds_of_silence_give_up() -> None:
    assert Call(manner=Manner(path="yes_no")).on(*[Silence()] * 12).at == "main.people"


def test_a_list_is_offered_one_by_one_too_without_pages() -> None:
    call = Call(manner=Manner(path="yes_no")).press("1")
    assert call.keys == ["city", "City 1=any"]
    call.on(*[Silence()] * 5)
    assert call.keys == ["City 6=any"]
    assert call.press("3").state.facts["city"] == "city6"


def test_a_voice_reaches_a_person_on_this_path_as_well() -> None:
    assert Call(manner=Manner(path="yes_no")).on(Spoke()).at == "main.people"


def test_the_path_can_be_chosen_in_the_call_and_takes_hold_at_once() -> None:
    call = Call().press("9")
    assert call.keys == ["menu", "menu.book=any"]
    assert call.state.manner == Manner(pace="slow", path="yes_no")


def _cities(count: int) -> Performed:
    return Performed("found", {"cities": [{"value": i, "name": f"City {i}"} for i in range(count)]})


def _at_message() -> Call:
    return Call().press("0").on(BridgeEnded("empty"))
