"""Moves between places: into a sub-flow and out of it, back along the trail, to safety when a deploy took the place.

Here alone return addresses are pushed and popped. A place is a node with the addresses it is reached under.
"""

from __future__ import annotations

from ivr.core.call import Asked, ReturnAddress
from ivr.core.nodes import Enter
from ivr.core.walk import Walk

MAX_STACK = 4


def enter(walk: Walk, flow: str, kind: str, outcome: str, *, aside: bool = False) -> None:
    """Goes into a sub-flow. An aside that finds no room is no reason to leave the question."""
    if flow not in walk.flows:
        return walk.rescue("flow")
    if len(walk.stack) >= MAX_STACK:
        return walk.ask() if aside else walk.rescue("stack")
    stack = (*walk.stack, ReturnAddress(walk.flow, walk.node, aside))
    return walk.place(kind, outcome, Asked(flow, walk.flows[flow].start.id, stack))


def leave(walk: Walk, outcome: str) -> None:
    """Returns from a sub-flow by `outcome`; from an aside always to the question it left."""
    if not walk.stack:
        return walk.rescue("return")
    top, rest = walk.stack[-1], walk.stack[:-1]
    caller = walk.flows[top.flow].by_id.get(top.node) if top.flow in walk.flows else None
    if caller is not None and top.aside:
        return walk.place("returned", outcome, Asked(top.flow, top.node, rest))
    if not isinstance(caller, Enter):
        return relocate(walk)
    if outcome in caller.outcomes:
        return walk.place("returned", outcome, Asked(top.flow, caller.outcomes[outcome], rest))
    walk.place("returned", outcome, Asked(top.flow, top.node, rest))
    return walk.rescue("outcome")


def back(walk: Walk, kind: str, outcome: str) -> None:
    """Goes to the question before, as far as the trail reaches; else asks this one again."""
    here = Asked(walk.flow, walk.node, walk.stack)
    trail = walk.trail[:-1] if walk.trail[-1:] == (here,) else walk.trail
    for i in range(len(trail) - 1, -1, -1):
        if _stands(walk, trail[i]):
            walk.trail = trail[:i]
            return walk.place(kind, outcome, trail[i])
    walk.step(kind, outcome, walk.node)
    return walk.ask()


def relocate(walk: Walk) -> None:
    """After a deploy took the place away: the nearest checkpoint behind, else where this flow starts."""
    walk.pending = None
    for asked in reversed(walk.trail):
        if _stands(walk, asked) and asked.node in walk.flows[asked.flow].checkpoints:
            return walk.place("moved", "checkpoint", asked)
    name, stack = walk.flow, walk.stack
    while stack and not (name in walk.flows and _leads_out(walk, stack)):
        name, stack = stack[-1].flow, stack[:-1]
    if name not in walk.flows:
        name = next(iter(walk.flows))
    return walk.place("moved", "start", Asked(name, walk.flows[name].start.id, stack))


def _stands(walk: Walk, asked: Asked) -> bool:
    flow = walk.flows.get(asked.flow)
    return flow is not None and asked.node in flow.by_id and _leads_out(walk, asked.stack)


def _leads_out(walk: Walk, stack: tuple[ReturnAddress, ...]) -> bool:
    """Whether every return address is still there."""
    for address in stack:
        flow = walk.flows.get(address.flow)
        node = flow.by_id.get(address.node) if flow else None
        if node is None or not (address.aside or isinstance(node, Enter)):
            return False
    return True
