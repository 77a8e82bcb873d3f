"""Loops that never wait: nodes that only speak, act, branch and enter, in a circle with nobody asked anything.

A call in such a loop would go round until it is cut. A list with nothing in it is passed by; a sub-flow is passed
through when it can return without waiting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ivr.core.flow import Flow
from ivr.core.nodes import Act, Branch, Enter, Node, Pick, Return, Say, exits

Outcomes = Mapping[str, set[str]]


def loops(flows: Mapping[str, Flow]) -> Iterator[tuple[str, list[str]]]:
    """Each loop as its flow and its node ids in order, once; a flow that enters itself unasked is one too."""
    passing = _passing(flows)
    entering: dict[str, dict[str, str]] = {}
    for flow in flows.values():
        onward = {node.id: sorted(_onward(node, passing)) for node in flow.nodes}
        yield from ((flow.name, circle) for circle in _circles(onward, list(onward)))
        first = _unasked(flow, passing)
        entering[flow.name] = {
            node.flow: node.id for node in flow.nodes if isinstance(node, Enter) and node.id in first
        }
    for circle in _circles({name: sorted(subs) for name, subs in entering.items()}, list(entering)):
        yield circle[0], [entering[name][circle[(i + 1) % len(circle)]] for i, name in enumerate(circle)]


def _onward(node: Node, passing: Outcomes) -> set[str]:
    """Where a call goes from a node without anybody being waited for."""
    match node:
        case Say() | Act() | Branch():
            return {to for _, to in exits(node)}
        case Pick():
            return {node.gave_up}  # an empty list is not asked
        case Enter():
            return {to for outcome, to in node.outcomes.items() if outcome in passing.get(node.flow, ())}
    return set()


def _unasked(flow: Flow, passing: Outcomes) -> set[str]:
    """The nodes that a call comes to from the flow's start without being waited for."""
    seen: set[str] = set()
    todo = [flow.start.id]
    while todo:
        node = todo.pop()
        if node not in seen:
            seen.add(node)
            todo += _onward(flow.by_id[node], passing)
    return seen


def _passing(flows: Mapping[str, Flow]) -> Outcomes:
    """The outcomes by which each flow can return without having waited."""
    passing: dict[str, set[str]] = {name: set() for name in flows}
    while True:
        before = {name: set(outcomes) for name, outcomes in passing.items()}
        for flow in flows.values():
            unasked = _unasked(flow, passing)
            passing[flow.name] = {n.outcome for n in flow.nodes if isinstance(n, Return) and n.id in unasked}
        if passing == before:
            return passing


def _circles(onward: Mapping[str, list[str]], order: list[str]) -> Iterator[list[str]]:
    """One circle for each node that closes one, found by walking in depth; every circular graph yields at least one."""
    done: set[str] = set()
    for start in order:
        if start in done:
            continue
        path: list[str] = []
        stack: list[tuple[str, int]] = [(start, 0)]
        while stack:
            node, turn = stack.pop()
            if turn == 0:
                path.append(node)
            nexts = [n for n in onward[node] if n in onward]
            if turn < len(nexts):
                stack.append((node, turn + 1))
                to = nexts[turn]
                if to in path:
                    yield path[path.index(to) :]
                elif to not in done:
                    stack.append((to, 0))
            else:
                done.add(node)
                path.pop()
