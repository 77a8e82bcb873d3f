"""What makes a single flow impossible: dangling exits and contradictions, found when it is written down.

Whatever needs the other flows, the actions or the catalogue to be judged is `lint`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivr.core.nodes import (
    KEYS,
    MANNER,
    Act,
    Enter,
    Facts,
    Gather,
    Goto,
    Menu,
    Node,
    Pick,
    Record,
    Transfer,
    exits,
    is_manner,
)

if TYPE_CHECKING:
    from ivr.core.flow import Flow


def problems(flow: Flow) -> Iterator[str]:
    """Every problem of `flow`, as sentences that name the node."""
    if not flow.nodes:
        yield f"{flow.name}: no nodes"
    seen: set[str] = set()
    for node in flow.nodes:
        where = f"{flow.name}.{node.id}"
        if node.id in seen:
            yield f"{where}: this id is used twice"
        seen.add(node.id)
        yield from (
            f"{where}: exit {why!r} leads to {to!r}, which is not there"
            for why, to in exits(node)
            if to not in flow.by_id
        )
        yield from _own_problems(where, node)
    for what, ids in (("rescue", (flow.rescue,)), ("checkpoint", flow.checkpoints), ("enterable", flow.enterable)):
        yield from (f"{flow.name}: {what} {i!r} is not there" for i in ids if i not in flow.by_id)
    for key, cut in flow.shortcuts.items():
        if isinstance(cut, Goto) and cut.node not in flow.by_id:
            yield f"{flow.name}: shortcut {key!r} leads to {cut.node!r}, which is not there"
        if len(key) != 1 or key not in KEYS:
            yield f"{flow.name}: shortcut {key!r} is not a key"


def _own_problems(where: str, node: Node) -> Iterator[str]:
    if isinstance(node, Menu | Pick | Gather | Record) and node.tries < 1:
        yield f"{where}: a question is asked at least once"
    match node:
        case Menu():
            yield from _menu_problems(where, node)
        case Gather():
            if not 0 < node.min_keys <= node.max_keys:
                yield f"{where}: min_keys and max_keys contradict each other"
            if node.secret and not node.check:
                yield f"{where}: a secret needs a check, it is kept nowhere else"
            if node.check and not node.on:
                yield f"{where}: a check without outcomes"
        case Act() | Transfer() | Enter() if not node.outcomes:
            yield f"{where}: no outcomes"


def _menu_problems(where: str, node: Menu) -> Iterator[str]:
    keys = (*node.choices, *node.hidden)
    yield from (f"{where}: {k!r} is not a key" for k in keys if len(k) != 1 or k not in KEYS)
    yield from (f"{where}: key {k!r} is both spoken and hidden" for k in node.choices if k in node.hidden)
    if not node.choices:
        yield f"{where}: a menu without choices"
    for key, choice in (*node.choices.items(), *node.hidden.items()):
        yield from (f"{where}: choice {key!r}: {p}" for p in _manner_problems(choice.set))


def _manner_problems(facts: Facts) -> Iterator[str]:
    for name, value in facts.items():
        if name.startswith(MANNER) and not is_manner(name, value):
            yield f"{name!r} cannot be {value!r}"
