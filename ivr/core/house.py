"""What lint looks at, all in one place, and what it says: worked out once, asked by every look."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from ivr.core.flow import Flow
from ivr.core.given import Sure, sure_facts
from ivr.core.graph import Edge, Place, edges, reachable
from ivr.core.nodes import ActionSpec, Node


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: its kind, where, and a sentence that says what."""

    kind: str
    flow: str
    node: str
    text: str

    def __str__(self) -> str:
        return f"{self.flow}.{self.node}: {self.text} [{self.kind}]"


@dataclass(frozen=True)
class House:
    """All that is looked at."""

    flows: Mapping[str, Flow]
    actions: Mapping[str, ActionSpec]
    entries: Collection[str] = ("main",)
    given: frozenset[str] = frozenset()
    catalogues: Mapping[str, Container[str]] = field(default_factory=dict)

    @cached_property
    def edges(self) -> list[Edge]:
        return edges(self.flows)

    @cached_property
    def reached(self) -> set[Place]:
        return reachable(self.flows, self.entries, self.edges)

    @cached_property
    def sure(self) -> Sure:
        return sure_facts(self.flows, self.actions, self.edges, self.entries, self.given)

    def nodes(self) -> Iterator[tuple[Flow, Node]]:
        """Every node that a call can come to, in the order written."""
        for flow in self.flows.values():
            yield from ((flow, node) for node in flow.nodes if (flow.name, node.id) in self.reached)
