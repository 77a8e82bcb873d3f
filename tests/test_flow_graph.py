"""The flows as a graph: what leads where, what is reached, and every line that may be spoken."""

from __future__ import annotations

from dataclasses import replace

from ivr.core.call import Broke, Performed, Pressed, Silence, Spoken
from ivr.core.flow import Choice, Enter, Flow, Hangup, Menu, Prompt, Return, Say
from ivr.core.graph import Edge, edges, reachable, spoken_lines
from tests.kit_flows import FLOWS, MAIN, Call, said

EDGES = edges(FLOWS)


def test_an_exit_is_an_edge_by_its_name() -> None:
    assert Edge(("main", "menu"), "1", ("main", "list_cities")) in EDGES
    assert Edge(("main", "menu"), "8", ("main", "menu")) in EDGES, "a hidden key too"
    assert Edge(("main", "code"), "wrong", ("main", "wrong_code")) in EDGES


def test_a_sub_flow_is_entered_at_its_start_and_left_to_where_its_outcome_leads() -> None:
    assert Edge(("main", "slot"), "enter", ("slots", "find"), "enter") in EDGES
    assert Edge(("slots", "nothing"), "none", ("main", "no_slot"), "return") in EDGES
    assert not [e for e in EDGES if e.at == ("main", "slot") and e.kind == "exit"]


def test_shortcuts_lead_from_every_question_but_keys_are_data_in_a_gather() -> None:
    def cuts(node: str) -> set[str]:
        return {edge.why for edge in EDGES if edge.at == ("main", node) and edge.kind == "shortcut"}

    assert cuts("city") == {"0", "7"}
    assert cuts("reference") == {"0"}, "by voice"
    assert cuts("greet") == set()


def test_every_node_that_waits_may_lead_to_the_rescue() -> None:
    at = {edge.at[1] for edge in EDGES if edge.kind == "rescue" and edge.at[0] == "slots"}
    assert at == {"find", "offer", "part", "book", "booked"}


def test_people_may_hand_back_to_what_is_enterable() -> None:
    back = {(edge.at, edge.to) for edge in EDGES if edge.kind == "handback"}
    assert back == {(("main", "people"), ("main", "menu")), (("main", "people"), ("main", "reference"))}


def test_all_of_the_kit_is_reached() -> None:
    assert reachable(FLOWS, ["main"]) == {(flow.name, node.id) for flow in FLOWS.values() for node in flow.nodes}


def test_an_outcome_is_reached_only_where_the_sub_flow_was_entered() -> None:
    sub = Flow("sub", (Say("in", said("in"), "out"), Return("out", "ok")), "out")
    main = Flow(
        "main",
        (
            Enter("first", "sub", {"ok": "bye"}),
            Enter("never", "sub", {"ok": "only_then"}),
            Hangup("only_then", said("x")),
            Hangup("bye", said("bye")),
        ),
        "bye",
    )
    reached = reachable({"main": main, "sub": sub}, ["main"])
    assert ("main", "bye") in reached
    assert ("main", "only_then") not in reached


def test_a_second_pass_through_a_sub_flow_leads_on_to_its_own_place() -> None:
    sub = Flow("sub", (Say("in", said("in"), "out"), Return("out", "ok")), "out")
    first, second = Enter("first", "sub", {"ok": "between"}), Enter("second", "sub", {"ok": "bye"})
    main = Flow("main", (first, Say("between", said("x"), "second"), second, Hangup("bye", said("bye"))), "bye")
    assert ("main", "bye") in reachable({"main": main, "sub": sub}, ["main"])


def test_every_edge_a_call_walks_is_an_edge_of_the_graph() -> None:
    call = Call().press("1", "5", "1", "2", "1", "7", "1", "#").on(Silence(), Pressed("9")).press("1", "1")
    call = Call().press("2", "12345").on(Pressed("1234"), Performed("wrong")).on(Pressed("1234"), Broke())
    known = {(edge.at, edge.why, edge.to) for edge in EDGES}
    steps = [step for turn in call.turns for step in turn.steps if step.kind != "rescue"]
    moves = [step for step in steps if step.to != step.node]
    assert moves
    for step in moves:
        flow, _, node = step.to.rpartition(".")
        assert ((step.flow, step.node), step.outcome, (flow or step.flow, node)) in known


# --- lines ---------------------------------------------------------------------------------------------------------
LINES = list(spoken_lines(FLOWS))


def test_menu_sentences_come_composed_with_their_key_for_both_paths() -> None:
    assert Spoken("menu.press", {"label": Spoken("menu.book"), "key": "1"}) in LINES
    assert Spoken("menu.any_key", {"label": Spoken("menu.book")}) in LINES


def test_the_options_of_a_list_come_for_every_key_of_a_page_and_one_for_more() -> None:
    for key in "1234":
        assert Spoken("menu.press", {"label": Spoken("city.one"), "key": key}) in LINES
    assert Spoken("menu.press", {"label": Spoken("pick.more"), "key": "5"}) in LINES


def test_other_lines_come_by_their_key_own_words_and_defaults_among_them() -> None:
    for key in ("greet", "offer", "menu.silence", "menu.wrong", "default.silence", "default.wrong", "default.gave_up"):
        assert Spoken(key) in LINES


def test_each_line_comes_once_and_hidden_labels_are_not_spoken() -> None:
    assert len(LINES) == len({repr(line) for line in LINES})
    assert not any("menu.english" in repr(line) for line in LINES)


def test_every_line_a_call_speaks_was_announced() -> None:
    announced = {shape(line) for line in LINES}
    for call in (Call().press("1", "5", "1", "2", "1", "1"), Call().press("9").on(Silence(), Silence(), Silence())):
        call.on(Silence(), Pressed("9"))
        for turn in call.turns:
            assert {shape(spoken) for spoken in turn.prompts} <= announced


def shape(spoken: Spoken) -> str:
    """A line without its values: its key, its label's key, the key to press."""
    label = spoken.values.get("label")
    if not isinstance(label, Spoken):
        return spoken.key
    return f"{spoken.key} {label.key} {spoken.values.get('key')}"


def test_a_flow_more_is_lines_more() -> None:
    extra = Flow("x", (Menu("m", said("mm"), {"1": Choice("b", Prompt("ll"))}, "b"), Hangup("b", said("bb"))), "b")
    more = {line.key for line in spoken_lines({**FLOWS, "x": extra})}
    assert more - {line.key for line in LINES} == {"mm", "bb"}
    assert replace(MAIN) == MAIN
