"""What happens on a call: `advance` takes a state and an event and returns the next state, the words and the wait.

Pure: no clock, no socket, no database. Effects are returned (`Perform`), never done. The same state and event give
the same Turn, whoever asks and whenever.
"""

from __future__ import annotations

from dataclasses import replace

from ivr.core.answering import answer
from ivr.core.call import (
    Asked,
    BridgeEnded,
    Broke,
    CallState,
    End,
    Event,
    HungUp,
    Manner,
    Performed,
    Started,
    Step,
    Turn,
)
from ivr.core.flow import Flow
from ivr.core.nodes import Act, Facts, Gather, Menu, Pick, Record, Transfer
from ivr.core.places import relocate
from ivr.core.running import run
from ivr.core.walk import Actions, Flows, Walk
from ivr.core.wire import dump, dump_spoken, dump_wait, load, load_spoken, load_wait

__all__ = ["advance", "dump", "dump_spoken", "dump_wait", "load", "load_spoken", "load_wait", "resume", "start"]

WITH_PEOPLE = ("done", "returned")  # outcomes of a Bridge after which somebody has had the caller


def start(flow: Flow, call_id: str, manner: Manner | None = None, facts: Facts | None = None) -> CallState:
    """The state of a call of which nothing has happened yet; `advance` it with `Started`."""
    return CallState(call_id, flow.name, flow.hash, flow.start.id, manner=manner or Manner(), facts=dict(facts or {}))


def advance(flows: Flows, actions: Actions, state: CallState, event: Event) -> Turn:
    """The next Turn. Never raises for what a caller, an action or people may do: what does not fit asks again."""
    if state.ended:
        return Turn(state, (), End("done"))
    if isinstance(event, HungUp):
        # Not `ended`: a redial resumes here.
        gone = Step(state.flow, state.node, "hung_up", "", state.node, state.misses)
        return Turn(replace(state, turn=state.turn + 1), (), End("caller_gone"), (gone,))
    walk = Walk(flows, actions, state)
    if walk.lost:
        if isinstance(event, Started | Performed | BridgeEnded):
            walk.learn(event.facts)
        relocate(walk)
    else:
        _happen(walk, event)
    run(walk)
    return walk.turn()


def resume(flows: Flows, actions: Actions, old: CallState, call_id: str, facts: Facts | None = None) -> Turn:
    """The first Turn of a new call that continues a dropped one.

    It goes on at the question where the caller was. An unanswered action is asked first, under its old key: had it
    been done, its stored outcome answers. `facts` are what the new call's door knows; they replace the old ones.
    """
    fresh = replace(old, call_id=call_id, turn=0, misses=0, total_misses=0, counted_from=0, rescues=0, ended=False)
    walk = Walk(flows, actions, fresh)
    walk.learn(facts or {})
    if old.ended:
        walk.pending, walk.trail = None, ()
        root = old.stack[0].flow if old.stack else old.flow
        flow = flows.get(root) or next(iter(flows.values()))
        walk.place("moved", "start", Asked(flow.name, flow.start.id))
    elif not walk.perform_again():
        if walk.lost:
            relocate(walk)
        elif old.turn and isinstance(walk.here, Menu | Pick | Gather | Record):
            walk.ask()
    run(walk)
    return walk.turn()


def _happen(walk: Walk, event: Event) -> None:
    """Moves the walk by an event at a node that is still there."""
    node = walk.here
    match event:
        case Started():
            walk.learn({"direction": event.direction, "answered_by": event.answered_by, **event.facts})
            if walk.before.turn:
                walk.again()
        case _ if not walk.before.turn:
            pass  # whatever came before Started: the call begins all the same
        case Broke():
            walk.step("broke", "", walk.node)
            walk.rescue("broke")
        case BridgeEnded():
            _people_done(walk, event)
        case Performed() if walk.pending:
            _performed(walk, event)
        case _ if walk.pending:
            walk.again()
        case _ if isinstance(node, Menu | Pick | Gather | Record):
            # A deploy may have changed the question since it was heard: an answer to the old one means nothing now.
            if walk.before.mark == walk.flows[walk.flow].marks[walk.node]:
                answer(walk, node, event)
            else:
                walk.ask()
        case _:
            walk.again()


def _performed(walk: Walk, event: Performed) -> None:
    node = walk.here
    walk.pending = None
    walk.learn(event.facts)
    outcomes = node.outcomes if isinstance(node, Act) else node.on if isinstance(node, Gather) else {}
    if event.outcome in outcomes:
        walk.follow("performed", event.outcome, outcomes[event.outcome])
    else:
        walk.step("performed", event.outcome, walk.node)
        walk.rescue("outcome")


def _people_done(walk: Walk, event: BridgeEnded) -> None:
    walk.learn(event.facts)
    target = _enterable(walk, event.goto) if event.goto else None
    if target or event.outcome in WITH_PEOPLE:
        walk.restart_counting()
        walk.rescues, walk.trail = 0, ()  # people may have changed what lies behind
    node = walk.here
    if target:
        walk.pending = None
        walk.place("bridged", "goto", target)
    elif not isinstance(node, Transfer):
        walk.again()  # the exchange's fallback had the caller, not this flow
    elif event.outcome in node.outcomes:
        walk.follow("bridged", event.outcome, node.outcomes[event.outcome])
    elif event.outcome == "abandoned":
        walk.step("bridged", event.outcome, walk.node)
        walk.wait = End("caller_gone")
    else:
        walk.step("bridged", event.outcome, walk.node)
        walk.rescue("outcome")


def _enterable(walk: Walk, goto: str) -> Asked | None:
    """The place that people named, as `node` or `flow.node`: an enterable node of this flow or of one outside it."""
    name, stack = walk.flow, walk.stack
    while True:
        flow = walk.flows.get(name)
        for node in flow.enterable if flow else ():
            if goto in (node, f"{name}.{node}"):
                return Asked(name, node, stack)
        if not stack:
            return None
        name, stack = stack[-1].flow, stack[:-1]
