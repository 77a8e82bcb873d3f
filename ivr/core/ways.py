"""Lint's looks at where calls can go: to every node, to an end, to people, and never too deep."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.core.graph import Edge, Place
from ivr.core.house import Finding, House
from ivr.core.nodes import Enter, Gather, Goto, Hangup, Menu, Pick, Record, Return, Transfer
from ivr.core.places import MAX_STACK


def unreachable(house: House) -> Iterator[Finding]:
    for flow in house.flows.values():
        lost = [node.id for node in flow.nodes if (flow.name, node.id) not in house.reached]
        if len(lost) == len(flow.nodes):
            yield Finding("unreachable", flow.name, flow.start.id, "no call ever comes to this flow")
        else:
            yield from (Finding("unreachable", flow.name, node, "no call ever comes here") for node in lost)


def no_hangup(house: House) -> Iterator[Finding]:
    returning = {edge.at for edge in house.edges if edge.kind == "return"}
    ends = {
        (flow.name, node.id)
        for flow, node in house.nodes()
        # A Return that nobody handles is a finding of its own.
        if isinstance(node, Hangup) or (isinstance(node, Return) and (flow.name, node.id) not in returning)
    }
    saved = _leading_to(ends, [edge for edge in house.edges if edge.kind != "rescue"])
    for flow in house.flows.values():
        lost = [n.id for n in flow.nodes if (flow.name, n.id) in house.reached - saved]
        if lost:
            others = f" (nor from {', '.join(lost[1:])})" if lost[1:] else ""
            yield Finding("no_hangup", flow.name, lost[0], f"from here a call never comes to an end{others}")


def no_person(house: House) -> Iterator[Finding]:
    """Giving up, the rescue and 0 must lead to people or to a recorded message although nothing more is pressed."""
    ends = {(flow.name, node.id) for flow, node in house.nodes() if isinstance(node, Transfer | Record)}
    silent = [edge for edge in house.edges if _silently(house, edge)]
    saved = _leading_to(ends, silent)
    for flow in house.flows.values():
        if (flow.name, flow.start.id) not in house.reached:
            continue
        if (flow.name, flow.rescue) not in saved:
            yield Finding("no_person", flow.name, flow.rescue, "the rescue leads to nobody")
        zero = flow.shortcuts.get("0")
        if isinstance(zero, Goto) and (flow.name, zero.node) not in saved:
            yield Finding("no_person", flow.name, zero.node, "0 leads to nobody")
    for flow, node in house.nodes():
        # Who was silent even at a Record has been given the recorded message.
        ends_well = isinstance(node, Menu) and node.silence_ends
        if isinstance(node, Menu | Pick | Gather) and not ends_well and (flow.name, node.gave_up) not in saved:
            yield Finding("no_person", flow.name, node.id, f"giving up leads to {node.gave_up!r} and to nobody")


def too_deep(house: House) -> Iterator[Finding]:
    """An aside needs no room: where there is none it asks again."""
    inside = {
        name: {node.flow: node.id for node in flow.nodes if isinstance(node, Enter) and node.flow in house.flows}
        for name, flow in house.flows.items()
    }
    todo: list[tuple[str, ...]] = [(name,) for name in house.entries if name in inside]
    while todo:
        path = todo.pop()
        for name, node in inside[path[-1]].items():
            if len(path) > MAX_STACK or name in path:
                text = f"{' > '.join((*path, name))} is deeper than {MAX_STACK} sub-flows"
                yield Finding("too_deep", path[-1], node, text)
            else:
                todo.append((*path, name))


def return_to_nowhere(house: House) -> Iterator[Finding]:
    for flow, node in house.nodes():
        if isinstance(node, Return) and flow.name in house.entries:
            text = "a call may start in this flow: then there is nothing to return to"
            yield Finding("return_to_nowhere", flow.name, node.id, text)


def _silently(house: House, edge: Edge) -> bool:
    """Whether a caller who presses nothing walks this edge."""
    node = house.flows[edge.at[0]].by_id[edge.at[1]]
    if isinstance(node, Menu | Pick | Gather | Record):
        return edge.kind == "exit" and edge.why == "gave_up"
    return edge.kind in ("exit", "enter", "return")


def _leading_to(ends: set[Place], through: list[Edge]) -> set[Place]:
    """Every place from which one of `ends` can be reached."""
    into: dict[Place, list[Place]] = {}
    for edge in through:
        into.setdefault(edge.to, []).append(edge.at)
    found: set[Place] = set()
    todo = list(ends)
    while todo:
        place = todo.pop()
        if place not in found:
            found.add(place)
            todo += into.get(place, ())
    return found
