"""What lint and the graph say beforehand is what happens: random flows, walked, hold them to their word."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.core.call import BridgeEnded, Manner, Perform, Performed, Started, Turn
from ivr.core.engine import advance, start
from ivr.core.flow import Back, Flow
from ivr.core.graph import edges, reachable
from ivr.core.lint import lint
from tests.kit_walks import NAMES, SPECS, any_flows, fitting_event

OWN_FAULTS = ("stack", "flow", "return", "outcome", "action")  # rescues from what lint finds by itself


def honest_event(random: Random, turn: Turn) -> Performed | object:
    """What fits, with exactly the facts that are promised."""
    if isinstance(turn.wait, Perform):
        outcome, facts = random.choice([*SPECS[turn.wait.action].outcomes.items()])
        return Performed(outcome, {name: ["p", "q"] if name == "options" else "1" for name in facts})
    event = fitting_event(random, turn)
    return BridgeEnded(event.outcome) if isinstance(event, BridgeEnded) else event


def walked(random: Random, flows: dict[str, Flow]) -> Iterator[Turn]:
    """The turns of a call until it ends or a rescue comes from what lint finds by itself."""
    manner = random.choice([Manner(), Manner(path="yes_no")])
    turn = advance(flows, SPECS, start(flows["main"], "c1", manner), Started())
    for _ in range(60):
        if any(step.kind == "rescue" and step.outcome in OWN_FAULTS for step in turn.steps):
            return
        yield turn
        if turn.state.ended:
            return
        turn = advance(flows, SPECS, turn.state, honest_event(random, turn))  # type: ignore[arg-type]


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_every_edge_walked_is_in_the_graph_and_every_place_reachable(seed: int) -> None:
    random = Random(seed)
    flows = any_flows(random)
    found = edges(flows)
    known = {(edge.at, edge.why, edge.to) for edge in found}
    reached = reachable(flows, ["main"], found)
    for turn in walked(random, flows):
        for step in turn.steps:
            if step.kind == "rescue" and step.outcome == "steps":
                return  # a loop was cut in the middle of nowhere
            flow, _, node = step.to.rpartition(".")
            place = (flow or step.flow, node)
            assert place in reached
            back = isinstance(flows[step.flow].shortcuts.get(step.outcome), Back)
            stays = place == (step.flow, step.node)
            if not (back or stays):
                why = "rescue" if step.kind == "rescue" else step.outcome
                assert ((step.flow, step.node), why, place) in known


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_what_is_read_but_was_never_set_was_found_beforehand(seed: int) -> None:
    """Broken twin: with the branch's own knowledge turned round, the first calls gave it away."""
    random = Random(seed)
    flows = any_flows(random)
    findings = {(f"{f.flow}.{f.node}", f.text.split("'")[1]) for f in lint(flows, SPECS) if f.kind == "unset_fact"}
    for turn in walked(random, flows):
        if any(step.outcome == "steps" for step in turn.steps):
            return
        # The lines of random flows are named after their place, and their placeholders after the facts.
        spoken = [line for line in turn.prompts if line.key.startswith(NAMES)]
        unset = {(line.key, fact) for line in spoken for fact, value in line.values.items() if value is None}
        state = turn.state
        if isinstance(turn.wait, Perform) and not turn.wait.secret:
            needs = SPECS[turn.wait.action].needs
            unset |= {(f"{state.flow}.{state.node}", fact) for fact in needs if fact not in state.facts}
        assert unset <= findings


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_a_walk_that_had_to_be_cut_was_found_to_be_a_loop(seed: int) -> None:
    random = Random(seed)
    flows = any_flows(random)
    for turn in walked(random, flows):
        if any(step.kind == "rescue" and step.outcome == "steps" for step in turn.steps):
            assert "endless_loop" in {finding.kind for finding in lint(flows, SPECS)}
            return
