"""Which facts are sure to be set at each node, whatever path a call took to it: the dataflow behind `lint`.

A fact is sure at a node when every way there sets it. Facts are never taken away, so asking again costs nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ivr.core.flow import Flow
from ivr.core.graph import Edge, Place, enters_of
from ivr.core.nodes import MANNER, Act, ActionSpec, Branch, Gather, Menu, Node, Pick, Prompt, Record, Say, prompts_of

ALWAYS = frozenset({"direction", "answered_by"})  # set by every Started


@dataclass(frozen=True, slots=True)
class Way:
    """A way to a place: what is sure at all of `sources` is sure there, and what the way itself sets."""

    sources: tuple[Place, ...]
    sets: frozenset[str]
    to: Place


@dataclass(frozen=True)
class Sure:
    """The facts that are sure at each reachable place, and the ways they were worked out from."""

    at: Mapping[Place, frozenset[str]]
    ways: tuple[Way, ...]
    starts: tuple[Place, ...]

    def path_without(self, fact: str, to: Place) -> list[Place]:
        """A way a call can come to `to` with `fact` never set: the reason for a finding."""
        came: dict[Place, Place | None] = {start: None for start in self.starts if fact not in self.at[start]}
        todo = list(came)
        for place in todo:
            for way in self.ways:
                if way.sources[0] == place and way.to not in came and fact not in self._carried(way):
                    came[way.to] = place
                    todo.append(way.to)
        path: list[Place] = []
        step: Place | None = to
        while step is not None:
            path.insert(0, step)
            step = came.get(step)
        return path

    def _carried(self, way: Way) -> frozenset[str]:
        return way.sets.union(*(self.at.get(source, frozenset()) for source in way.sources))


def sure_facts(
    flows: Mapping[str, Flow],
    actions: Mapping[str, ActionSpec],
    edges: Iterable[Edge],
    entries: Collection[str],
    given: frozenset[str],
) -> Sure:
    """Works out what is sure everywhere, from what is `given` at the start of each of `entries`."""
    ways = tuple(way for edge in edges for way in _ways(flows, actions, edge))
    onward: dict[Place, list[Way]] = {}
    for way in ways:
        for source in way.sources:
            onward.setdefault(source, []).append(way)
    starts = tuple((name, flows[name].start.id) for name in entries if name in flows)
    at: dict[Place, frozenset[str]] = dict.fromkeys(starts, given | ALWAYS)
    todo = list(starts)
    while todo:
        for way in onward.get(todo.pop(), ()):
            if any(source not in at for source in way.sources):
                continue  # not come there yet: it will be looked at again then
            carried = way.sets.union(*(at[source] for source in way.sources))
            known = at.get(way.to)
            after = carried if known is None else known & carried
            if after != known:
                at[way.to] = after
                todo.append(way.to)
    return Sure(at, ways, starts)


def _ways(flows: Mapping[str, Flow], actions: Mapping[str, ActionSpec], edge: Edge) -> Iterator[Way]:
    if edge.kind == "return":
        for enter in enters_of(flows, edge):
            yield Way(((edge.to[0], enter.id), edge.at), frozenset(), edge.to)
    else:
        node = flows[edge.at[0]].by_id[edge.at[1]]
        sets = _set_by(node, edge.why, actions) if edge.kind == "exit" else ()
        yield Way((edge.at,), frozenset(name for name in sets if not name.startswith(MANNER)), edge.to)


def _set_by(node: Node, why: str, actions: Mapping[str, ActionSpec]) -> Collection[str]:
    """The facts that a node's exit sets."""
    match node:
        case Menu():
            choice = node.choices.get(why) or node.hidden.get(why)
            return choice.set if choice else ()
        case Pick() | Record() if why == "then":
            return (node.into,)
        case Gather() if why != "gave_up":
            own = () if node.secret else (node.into,)
            return (*own, *_promised(actions, node.check, why))
        case Act():
            return _promised(actions, node.action, why)
        case Branch():
            known = why != "" if why in node.cases else "" in node.cases
            return (node.fact,) if known else ()
    return ()


def _promised(actions: Mapping[str, ActionSpec], action: str | None, outcome: str) -> Collection[str]:
    spec = actions.get(action or "")
    return spec.outcomes.get(outcome, ()) if spec else ()


def reads(node: Node, actions: Mapping[str, ActionSpec]) -> set[str]:
    """The facts that must be set when a call comes to a node.

    A Branch that has a case for "" asks whether its fact is set; a Pick's label is read from its options.
    """
    prompts: Iterable[Prompt] = node.prompt if isinstance(node, Pick | Say) else prompts_of(node)
    names = {fact for prompt in prompts for _, fact in prompt.bindings()}
    match node:
        case Pick():
            names.add(node.options)
        case Branch() if "" not in node.cases:
            names.add(node.fact)
        case Act() if node.action in actions:
            names |= set(actions[node.action].needs)
        case Gather() if node.check and node.check in actions:
            names |= set(actions[node.check].needs) - {"keys"} - ({node.into} if not node.secret else set())
    return {name for name in names if not name.startswith(MANNER)}
