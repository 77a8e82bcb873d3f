"""Goes from node to node until there is something to wait for: what each kind of node does when a call reaches it."""

from __future__ import annotations

from ivr.core.call import Asked, Bridge, End
from ivr.core.nodes import (
    Act,
    Branch,
    Enter,
    Gather,
    Hangup,
    Json,
    Menu,
    Node,
    Pick,
    Record,
    Return,
    Say,
    Transfer,
)
from ivr.core.places import enter, leave
from ivr.core.walk import MAX_RESCUES, Walk

MAX_TRAIL = 12
MAX_WALK = 200  # nodes between two waits; only a loop gets there


def run(walk: Walk) -> None:
    """Goes from node to node until there is something to wait for."""
    while walk.wait is None:
        walk.visited += 1
        if walk.visited > MAX_WALK:
            _cut_loop(walk)
        else:
            _visit(walk, walk.here)


def _visit(walk: Walk, node: Node) -> None:
    match node:
        case Say():
            walk.say(*node.prompt)
            walk.follow("said", "then", node.then)
        case Branch():
            case = as_text(walk.read(node.fact))
            known = case in node.cases
            walk.follow("branched", case if known else "otherwise", node.cases[case] if known else node.otherwise)
        case Enter():
            enter(walk, node.flow, "entered", "enter")
        case Return():
            leave(walk, node.outcome)
        case Act():
            walk.perform(node.action, {})
        case Transfer():
            if walk.out_of_turns and any(step.kind == "bridged" for step in walk.steps):
                walk.rescue("turns")  # nobody there, over and over: an empty queue must not keep a call in a circle
            else:
                walk.say(*node.prompt)
                walk.wait = Bridge(node.queue)
        case Hangup():
            walk.say(*node.prompt)
            walk.wait = End("done")
        case Menu() | Pick() | Gather() | Record():
            _arrive(walk)


def _arrive(walk: Walk) -> None:
    """A question is reached, not repeated: it starts afresh and joins the trail, where a loop is kept once."""
    asked = Asked(walk.flow, walk.node, walk.stack)
    kept = walk.trail[: walk.trail.index(asked)] if asked in walk.trail else walk.trail
    walk.trail = (*kept, asked)[-MAX_TRAIL:]
    walk.cursor = 0
    walk.ask()


def _cut_loop(walk: Walk) -> None:
    walk.prompts.clear()  # what a runaway loop said 200 times is worth nothing
    if walk.overrun:
        walk.rescues = MAX_RESCUES
    walk.overrun = True
    walk.rescue("steps")


def as_text(value: Json) -> str:
    """A fact as a Branch compares it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, list | dict):
        return "true" if value else ""
    return str(value)
