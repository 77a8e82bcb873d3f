"""The flows as a graph: every edge a call can walk, what can be reached, and every line that may be spoken.

Shared by lint, drawing, the drop-off report and the building of sounds. Reads flows, changes nothing, runs no call.
An edge's `why` is what `engine` writes into `Step.outcome` when it is walked (but for a rescue: the step says why).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ivr.core.asking import MORE, PAGE
from ivr.core.call import Spoken
from ivr.core.flow import Flow
from ivr.core.nodes import (
    Act,
    Aside,
    Enter,
    Gather,
    Goto,
    Menu,
    Node,
    Pick,
    Prompt,
    Record,
    Return,
    Transfer,
    exits,
    prompts_of,
)
from ivr.core.spoken import GAVE_UP, PICK_MORE, SILENCE, WRONG, any_key, press

Place: TypeAlias = tuple[str, str]
"""(flow, node)"""
Kind: TypeAlias = Literal["exit", "shortcut", "enter", "return", "rescue", "handback"]


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a node to another; an Enter's outcomes are edges of the sub-flow's Returns, not of the Enter."""

    at: Place
    why: str
    to: Place
    kind: Kind = "exit"


def edges(flows: Mapping[str, Flow]) -> list[Edge]:
    """Every edge of all flows; what leads to an unknown flow is left out (lint names it)."""
    found: list[Edge] = []
    for flow in flows.values():
        for node in flow.nodes:
            found += _own(flow, node)
            if isinstance(node, Enter) and node.flow in flows:
                found += through(flow, node, flows[node.flow])
            found += _by_shortcut(flow, node, flows)
            if isinstance(node, Menu | Pick | Gather | Record | Act | Transfer):
                found.append(Edge((flow.name, node.id), "rescue", (flow.name, flow.rescue), "rescue"))
    return found + _handbacks(flows)


def _own(flow: Flow, node: Node) -> Iterator[Edge]:
    if not isinstance(node, Enter):
        yield from (Edge((flow.name, node.id), why, (flow.name, to)) for why, to in exits(node))


def through(flow: Flow, node: Enter, sub: Flow) -> Iterator[Edge]:
    """The way into a sub-flow and its ways back, as far as the Enter knows their outcomes."""
    yield Edge((flow.name, node.id), "enter", (sub.name, sub.start.id), "enter")
    for last in sub.nodes:
        if isinstance(last, Return) and last.outcome in node.outcomes:
            yield Edge((sub.name, last.id), last.outcome, (flow.name, node.outcomes[last.outcome]), "return")


def _by_shortcut(flow: Flow, node: Node, flows: Mapping[str, Flow]) -> Iterator[Edge]:
    at = (flow.name, node.id)
    for key, cut in shortcuts_at(flow, node).items():
        match cut:
            case Goto(to):
                yield Edge(at, key, (flow.name, to), "shortcut")
            case Aside(name) if name in flows:
                sub = flows[name]
                yield Edge(at, key, (name, sub.start.id), "shortcut")
                returns = (n for n in sub.nodes if isinstance(n, Return))
                yield from (Edge((name, last.id), last.outcome, at, "return") for last in returns)


def shortcuts_at(flow: Flow, node: Node) -> Mapping[str, object]:
    """The shortcuts that work at a node: all at a question; in a Gather `*` by key and `0` by voice."""
    if isinstance(node, Gather):
        return {key: cut for key, cut in flow.shortcuts.items() if key in "*0"}
    return flow.shortcuts if isinstance(node, Menu | Pick | Record) else {}


def _handbacks(flows: Mapping[str, Flow]) -> list[Edge]:
    """People hand a caller back to an enterable node of the Transfer's flow or of a flow around it."""
    inside = {name: _contained(flows, name) for name in flows}
    return [
        Edge((name, node.id), "goto", (flow.name, to), "handback")
        for flow in flows.values()
        for to in flow.enterable
        for name in sorted(inside[flow.name])
        for node in flows[name].nodes
        if isinstance(node, Transfer)
    ]


def _contained(flows: Mapping[str, Flow], name: str) -> set[str]:
    """The flow itself and every flow that may run inside it."""
    found: set[str] = set()
    todo = [name]
    while todo:
        flow = flows.get(todo.pop())
        if flow and flow.name not in found:
            found.add(flow.name)
            todo += [node.flow for node in flow.nodes if isinstance(node, Enter)]
            todo += [cut.flow for cut in flow.shortcuts.values() if isinstance(cut, Aside)]
    return found


def reachable(flows: Mapping[str, Flow], entries: Collection[str], found: Iterable[Edge] | None = None) -> set[Place]:
    """Every node that a call can come to. A sub-flow's outcome counts only where the sub-flow was entered."""
    out: dict[Place, list[Edge]] = {}
    for edge in edges(flows) if found is None else found:
        out.setdefault(edge.at, []).append(edge)
    starts = [(name, flows[name].start.id) for name in entries if name in flows]
    seen: set[Place] = set()
    waiting: list[Edge] = []  # returns to places from which the sub-flow has not been entered yet
    todo: list[Place] = starts
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        waiting += [edge for edge in out.get(place, ()) if edge.kind == "return"]
        todo += [edge.to for edge in out.get(place, ()) if edge.kind != "return"]
        todo += [edge.to for edge in waiting if edge.to not in seen and _came_from(flows, edge) & seen]
    return seen


def _came_from(flows: Mapping[str, Flow], edge: Edge) -> set[Place]:
    """The nodes from which a sub-flow must have been entered for this return edge to be walked."""
    return {(edge.to[0], enter.id) for enter in enters_of(flows, edge)}


def enters_of(flows: Mapping[str, Flow], edge: Edge) -> list[Enter]:
    """The Enter nodes that a return edge belongs to; none for an aside, which returns to where it left."""
    return [
        node
        for node in flows[edge.to[0]].nodes
        if isinstance(node, Enter) and node.flow == edge.at[0] and node.outcomes.get(edge.why) == edge.to[1]
    ]


def spoken_lines(flows: Mapping[str, Flow]) -> Iterator[Spoken]:
    """Every line the flows may speak, each once, for building sounds ahead.

    Menu sentences come composed, with their key. Placeholders of other prompts are unbound: their values are known
    only on a call.
    """
    seen: set[str] = set()
    for spoken in _lines(flows):
        mark = repr(spoken)
        if mark not in seen:
            seen.add(mark)
            yield spoken


def _lines(flows: Mapping[str, Flow]) -> Iterator[Spoken]:
    yield from (Spoken(key) for key in (SILENCE, WRONG, GAVE_UP))
    for flow in flows.values():
        for node in flow.nodes:
            labels = set(_labels(node))
            yield from (Spoken(prompt.key) for prompt in prompts_of(node) if prompt not in labels)
            if isinstance(node, Menu):
                for key, choice in node.choices.items():
                    yield press(Spoken(choice.label.key), key)
                    yield any_key(Spoken(choice.label.key))
            if isinstance(node, Pick):
                yield from (press(Spoken(node.label.key), str(i)) for i in range(1, PAGE + 1))
                yield press(Spoken(PICK_MORE), MORE)
                yield any_key(Spoken(node.label.key))


def _labels(node: Node) -> Iterator[Prompt]:
    if isinstance(node, Menu):
        yield from (choice.label for choice in (*node.choices.values(), *node.hidden.values()))
    if isinstance(node, Pick):
        yield node.label
