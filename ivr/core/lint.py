"""What is wrong with flows although each is sound by itself: one small function a kind of finding (more in `ways`).

Reads flows, the actions' promises and the catalogues' keys; runs no call and knows no sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterator, Mapping

from ivr.core.asking import MORE
from ivr.core.flow import Flow
from ivr.core.given import reads
from ivr.core.graph import Place
from ivr.core.house import Finding, House
from ivr.core.loops import loops
from ivr.core.nodes import (
    DIGITS,
    Act,
    ActionSpec,
    Aside,
    Enter,
    Gather,
    Goto,
    Menu,
    Pick,
    Return,
    Shortcut,
    Transfer,
    prompts_of,
)
from ivr.core.spoken import OWN_KEYS
from ivr.core.ways import no_hangup, no_person, return_to_nowhere, too_deep, unreachable

__all__ = ["Finding", "lint"]

MAX_OPTIONS = 5
BRIDGE_OUTCOMES = ("done", "timeout", "empty", "returned")  # after `abandoned` there is nobody left to lead on


def lint(
    flows: Mapping[str, Flow],
    actions: Mapping[str, ActionSpec],
    *,
    entries: Collection[str] = ("main",),
    given: frozenset[str] = frozenset(),
    catalogues: Mapping[str, Container[str]] | None = None,
) -> list[Finding]:
    """Every finding, by kind. `entries` are the flows a call may start in, `given` the facts it starts with,
    `catalogues` the known prompt keys by language."""
    house = House(flows, actions, entries, given, catalogues or {})
    return [finding for look in LOOKS for finding in look(house)]


def unset_fact(house: House) -> Iterator[Finding]:
    for flow, node in house.nodes():
        place = (flow.name, node.id)
        for fact in sorted(reads(node, house.actions) - house.sure.at.get(place, frozenset())):
            path = " > ".join(f"{f}.{n}" for f, n in house.sure.path_without(fact, place)[-6:])
            yield Finding("unset_fact", *place, f"reads {fact!r}, which is not set when a call comes by {path}")


def key_clash(house: House) -> Iterator[Finding]:
    for flow, node in house.nodes():
        keys: Mapping[str, str] = {}
        if isinstance(node, Menu):
            keys = {key: choice.goto for key, choice in (*node.choices.items(), *node.hidden.items())}
        elif isinstance(node, Pick):
            keys = dict.fromkeys(DIGITS[1 : int(MORE) + 1], "")
        for key in keys:
            if key in flow.shortcuts and not _same(flow.shortcuts[key], keys[key]):
                yield Finding("key_clash", flow.name, node.id, f"key {key!r} is also a shortcut that leads elsewhere")


def long_menu(house: House) -> Iterator[Finding]:
    for flow, node in house.nodes():
        if isinstance(node, Menu):
            spoken = [key for key in node.choices if key not in flow.shortcuts]
            if len(spoken) > MAX_OPTIONS:
                text = f"{len(spoken)} options: nobody remembers more than {MAX_OPTIONS}"
                yield Finding("long_menu", flow.name, node.id, text)


def missing_prompt(house: House) -> Iterator[Finding]:
    for language, catalogue in house.catalogues.items():
        for key in OWN_KEYS:
            if key not in catalogue:
                yield Finding("missing_prompt", "", "", f"{key!r}, which every flow needs, is missing in {language}")
        for flow, node in house.nodes():
            for key in dict.fromkeys(prompt.key for prompt in prompts_of(node)):
                if key not in catalogue:
                    yield Finding("missing_prompt", flow.name, node.id, f"{key!r} is missing in {language}")


def endless_loop(house: House) -> Iterator[Finding]:
    for flow, nodes in loops(house.flows):
        text = f"{' > '.join((*nodes, nodes[0]))} goes round without ever waiting for anybody"
        yield Finding("endless_loop", flow, nodes[0], text)


def outcomes(house: House) -> Iterator[Finding]:
    """Actions, people and sub-flows: every outcome they may have is handled, and none that they never have."""
    for flow, node in house.nodes():
        at = (flow.name, node.id)
        match node:
            case Act():
                yield from _against(at, node.action, node.outcomes, house.actions)
            case Gather() if node.check:
                yield from _against(at, node.check, node.on, house.actions)
            case Transfer():
                missing = [outcome for outcome in BRIDGE_OUTCOMES if outcome not in node.outcomes]
                yield from (Finding("unhandled_outcome", *at, f"what if it ends as {o!r}?") for o in missing)
                strange = [outcome for outcome in node.outcomes if outcome not in (*BRIDGE_OUTCOMES, "abandoned")]
                yield from (Finding("unknown_outcome", *at, f"people never end as {o!r}") for o in strange)
            case Enter():
                yield from _sub_flow(house, at, node)


def unknown_flow(house: House) -> Iterator[Finding]:
    for name in house.entries:
        if name not in house.flows:
            yield Finding("unknown_flow", name, "", "a call may start in this flow, which is not there")
    for flow, node in house.nodes():
        if isinstance(node, Enter) and node.flow not in house.flows:
            yield Finding("unknown_flow", flow.name, node.id, f"there is no flow {node.flow!r}")
    for flow in house.flows.values():
        for key, cut in flow.shortcuts.items():
            if isinstance(cut, Aside) and cut.flow not in house.flows:
                yield Finding("unknown_flow", flow.name, "", f"shortcut {key!r}: there is no flow {cut.flow!r}")


LOOKS: tuple[Callable[[House], Iterator[Finding]], ...] = (
    unknown_flow,
    unreachable,
    no_hangup,
    no_person,
    unset_fact,
    key_clash,
    long_menu,
    missing_prompt,
    endless_loop,
    outcomes,
    too_deep,
    return_to_nowhere,
)


def _against(
    at: Place, action: str, handled: Mapping[str, str], actions: Mapping[str, ActionSpec]
) -> Iterator[Finding]:
    if action not in actions:
        yield Finding("unknown_action", *at, f"nobody promises the action {action!r}")
        return
    promised = actions[action].outcomes
    yield from (
        Finding("unhandled_outcome", *at, f"what if {action!r} ends as {outcome!r}?")
        for outcome in promised
        if outcome not in handled
    )
    yield from (
        Finding("unknown_outcome", *at, f"{action!r} never ends as {outcome!r}")
        for outcome in handled
        if outcome not in promised
    )


def _sub_flow(house: House, at: Place, node: Enter) -> Iterator[Finding]:
    sub = house.flows.get(node.flow)
    if sub is None:
        return
    returned = {n.outcome: None for n in sub.nodes if isinstance(n, Return) and (sub.name, n.id) in house.reached}
    for outcome in returned:
        if outcome not in node.outcomes:
            yield Finding("unhandled_outcome", *at, f"what if {sub.name!r} returns {outcome!r}?")
    for outcome in node.outcomes:
        if outcome not in returned:
            yield Finding("unknown_outcome", *at, f"{sub.name!r} never returns {outcome!r}")


def _same(cut: Shortcut, goto: str) -> bool:
    return isinstance(cut, Goto) and cut.node == goto
