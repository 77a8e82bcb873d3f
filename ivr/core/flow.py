"""What a flow is: frozen nodes that name every exit, gathered into a Flow that refuses to exist when one dangles.

Nothing here runs a call (that is `engine`), reads a clock or does I/O. A node's id says what the caller is doing
and survives deploys: stored calls refer to it. Sentences live in the catalogue; here are only their keys.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Facts: TypeAlias = Mapping[str, Json]

DIGITS = "0123456789"
KEYS = DIGITS + "*#"


class FlowError(ValueError):
    """A flow that must not start: `problems` lists every dangling exit and contradiction, not just the first."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True, slots=True)
class Prompt:
    """A catalogue key and the facts its placeholders read.

    `facts` holds fact names; `"fee=fee_paise"` feeds the placeholder `fee` from the fact `fee_paise`.
    """

    key: str
    facts: tuple[str, ...] = ()

    def bindings(self) -> tuple[tuple[str, str], ...]:
        """Pairs of (placeholder, fact name)."""
        pairs = (f.partition("=") for f in self.facts)
        return tuple((a, b or a) for a, _, b in pairs)


Prompts: TypeAlias = tuple[Prompt, ...]


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """What an action promises: each outcome with the facts it sets, the facts it needs, whether it writes.

    `writes` means the caller cannot step "back" across it. The promise is kept by `callflows.desk`.
    """

    name: str
    outcomes: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...] = ()
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One key of a menu: where it leads, its label (a clause: the spoken sentence is composed), facts it sets."""

    goto: str
    label: Prompt
    set: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Words:
    """A question's own words for silence and for a wrong key; `None` means the catalogue's defaults."""

    silence: Prompt | None = None
    wrong: Prompt | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """Speaks and goes on; interruptible by any key, which is then lost."""

    id: str
    prompt: Prompts
    then: str


@dataclass(frozen=True, slots=True)
class Menu:
    """A question answered by one key. Choices are said in the order written; 0 and * are shortcuts.

    `hidden` choices work but are not spoken (the language keys, which have been announced elsewhere).
    """

    id: str
    prompt: Prompts
    choices: Mapping[str, Choice]
    gave_up: str
    tries: int = 3
    timeout_s: int = 8
    hidden: Mapping[str, Choice] = field(default_factory=dict)
    words: Words = Words()


@dataclass(frozen=True, slots=True)
class Pick:
    """A choice from a list that an earlier action found: pages of four, 5 = more.

    `options` names a fact holding a list of objects `{"value": Json, …facts of the label}`; `label` is the clause
    for one option; the chosen object's `value` becomes the fact `into`.
    """

    id: str
    prompt: Prompts
    options: str
    label: Prompt
    into: str
    then: str
    gave_up: str
    tries: int = 3
    timeout_s: int = 8
    words: Words = Words()


@dataclass(frozen=True, slots=True)
class Gather:
    """Digits into a fact. Every key is data, but `*` alone opens help. `check` names an action of outcomes→nodes.

    With `secret` the digits go only to `check`: never into facts, steps, logs or the saved state.
    `check` receives the digits as the argument `keys`; `on` maps its outcomes to nodes and then replaces `then`.
    """

    id: str
    prompt: Prompts
    into: str
    min_keys: int
    max_keys: int
    then: str
    gave_up: str
    secret: bool = False
    check: str | None = None
    on: Mapping[str, str] = field(default_factory=dict)
    tries: int = 3
    timeout_s: int = 8
    words: Words = Words()


@dataclass(frozen=True, slots=True)
class Record:
    """The caller's voice, up to `max_s` seconds, ended by silence or any key; `into` gets the recording's id."""

    id: str
    prompt: Prompts
    into: str
    max_s: int
    then: str
    gave_up: str


@dataclass(frozen=True, slots=True)
class Act:
    """Asks the desk to do `action`; each of its outcomes leads to a node."""

    id: str
    action: str
    outcomes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hands the caller to a queue of people; `outcomes`: done, abandoned, timeout, empty (nobody), returned."""

    id: str
    prompt: Prompts
    queue: str
    outcomes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Hangup:
    """Says goodbye and ends the call."""

    id: str
    prompt: Prompts


@dataclass(frozen=True, slots=True)
class Branch:
    """Goes by the value of a fact, compared as text (`true`/`false` for booleans, `""` for absent)."""

    id: str
    fact: str
    cases: Mapping[str, str]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Enter:
    """Runs a sub-flow and goes on by the outcome that its Return names."""

    id: str
    flow: str
    outcomes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Return:
    """Ends a sub-flow with an outcome."""

    id: str
    outcome: str


Node: TypeAlias = "Say | Menu | Pick | Gather | Record | Act | Transfer | Hangup | Branch | Enter | Return"
Question: TypeAlias = "Menu | Pick | Gather | Record"


@dataclass(frozen=True, slots=True)
class Goto:
    """A shortcut that leads to a node of this flow."""

    node: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A shortcut that says the question again; it is no miss."""


@dataclass(frozen=True, slots=True)
class Back:
    """A shortcut to the question before, as far as the trail reaches."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A shortcut into a sub-flow; whatever it returns, the question is asked again."""

    flow: str


Shortcut: TypeAlias = Goto | Repeat | Back | Aside


@dataclass(frozen=True)
class Flow:
    """Nodes by id, in the order written; the first is where a call starts.

    `rescue` is where 150 turns, 8 misses or a broken action lead. `checkpoints` are nodes to which a call returns
    when this flow has changed under it. `enterable` are nodes at which an executive may hand a caller back.
    Raises FlowError listing every problem.
    """

    name: str
    nodes: tuple[Node, ...]
    rescue: str
    shortcuts: Mapping[str, Shortcut] = field(default_factory=dict)
    checkpoints: tuple[str, ...] = ()
    enterable: tuple[str, ...] = ()
    by_id: Mapping[str, Node] = field(init=False, repr=False, compare=False)
    hash: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", MappingProxyType({n.id: n for n in self.nodes}))
        object.__setattr__(self, "hash", hashlib.sha256(_canonical(self).encode()).hexdigest()[:12])
        if problems := list(_problems(self)):
            raise FlowError(problems)

    @property
    def start(self) -> Node:
        return self.nodes[0]


def exits(node: Node) -> tuple[tuple[str, str], ...]:
    """Every way out of a node as (why, node id); Return and Hangup have none."""
    match node:
        case Say():
            return (("then", node.then),)
        case Menu():
            keys = {**node.choices, **node.hidden}
            return (*((k, c.goto) for k, c in keys.items()), ("gave_up", node.gave_up))
        case Pick() | Record():
            return (("then", node.then), ("gave_up", node.gave_up))
        case Gather():
            done = tuple(node.on.items()) if node.check else (("then", node.then),)
            return (*done, ("gave_up", node.gave_up))
        case Act() | Transfer() | Enter():
            return tuple(node.outcomes.items())
        case Branch():
            return (*node.cases.items(), ("otherwise", node.otherwise))
        case Hangup() | Return():
            return ()


def prompts_of(node: Node) -> Iterator[Prompt]:
    """Every catalogue key a node may speak, its choices' labels and own words included."""
    if not isinstance(node, Act | Branch | Enter | Return):
        yield from node.prompt
    if isinstance(node, Menu):
        yield from (c.label for c in (*node.choices.values(), *node.hidden.values()))
    if isinstance(node, Pick):
        yield node.label
    if isinstance(node, Menu | Pick | Gather):
        yield from (p for p in (node.words.silence, node.words.wrong) if p)


def _problems(flow: Flow) -> Iterator[str]:
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
    match node:
        case Menu():
            yield from (
                f"{where}: {k!r} is not a key" for k in (*node.choices, *node.hidden) if len(k) != 1 or k not in KEYS
            )
            yield from (
                f"{where}: key {k!r} is both spoken and hidden" for k in node.choices.keys() & node.hidden.keys()
            )
            if not node.choices:
                yield f"{where}: a menu without choices"
        case Gather() if not 0 < node.min_keys <= node.max_keys:
            yield f"{where}: min_keys and max_keys contradict each other"
        case Gather() if node.secret and not node.check:
            yield f"{where}: a secret needs a check, it is kept nowhere else"
        case Gather() if node.check and not node.on:
            yield f"{where}: a check without outcomes"
        case Act() | Transfer() | Enter() if not node.outcomes:
            yield f"{where}: no outcomes"


def _canonical(flow: Flow) -> str:
    """Text that changes whenever anything a caller could notice changes."""
    return repr([getattr(flow, f.name) for f in fields(flow) if f.init])
