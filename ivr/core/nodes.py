"""The parts of a flow: frozen nodes that name every exit, the shortcuts, and what actions promise.

Nothing here runs a call or knows the whole flow (`flow` does). A node's id says what the caller is doing and survives
deploys: stored calls refer to it. Sentences live in the catalogue; here are only their keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Facts: TypeAlias = Mapping[str, Json]

DIGITS = "0123456789"
KEYS = DIGITS + "*#"
MANNER = "manner."
"""Names that begin so are no facts: they change how the caller is spoken to (`call.Manner`)."""


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

    `writes` means the caller cannot step "back" across it. `may` names facts it is handed too where they are known
    (absent otherwise); only `needs` must be set on every path. The promise is kept by `callflows.desk`.
    """

    name: str
    outcomes: Mapping[str, tuple[str, ...]]
    needs: tuple[str, ...] = ()
    writes: bool = False
    may: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One key of a menu: where it leads, its label (a clause: the spoken sentence is composed), facts it sets.

    `manner.language`, `manner.pace` (normal | slow) and `manner.path` (keys | yes_no) in `set` change the Manner.
    """

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

    `hidden` choices work but are not spoken (the language keys, which have been announced elsewhere). To have a
    shortcut spoken ("for a person, press zero"), write a choice with its key that leads to the same node.
    `silence_ends`: who is silent here wants nothing more, so giving up need not lead to a person.
    """

    id: str
    prompt: Prompts
    choices: Mapping[str, Choice]
    gave_up: str
    tries: int = 3
    timeout_s: int = 8
    hidden: Mapping[str, Choice] = field(default_factory=dict)
    words: Words = Words()
    silence_ends: bool = False


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
    tries: int = 2
    words: Words = Words()


@dataclass(frozen=True, slots=True)
class Act:
    """Asks the desk to do `action`; each of its outcomes leads to a node."""

    id: str
    action: str
    outcomes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Hands the caller to a queue of people; `outcomes`: done, abandoned, timeout, empty (nobody), returned.

    An outcome that is not written leads to the flow's rescue.
    """

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
    """Goes by the value of a fact, compared as text (`true`/`false` for booleans, `""` for absent).

    A list or object is `""` when it is empty and `true` when it is not.
    """

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


Question: TypeAlias = Menu | Pick | Gather | Record
Node: TypeAlias = Say | Question | Act | Transfer | Hangup | Branch | Enter | Return


@dataclass(frozen=True, slots=True)
class Goto:
    """A shortcut that leads to a node of this flow."""

    node: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """A shortcut that says the question again (its own prompt, not the Say nodes before it); it is no miss."""


@dataclass(frozen=True, slots=True)
class Back:
    """A shortcut to the question before, as far as the trail reaches."""


@dataclass(frozen=True, slots=True)
class Aside:
    """A shortcut into a sub-flow; whatever it returns, the question is asked again."""

    flow: str


Shortcut: TypeAlias = Goto | Repeat | Back | Aside


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
    if isinstance(node, Menu | Pick | Gather | Record):
        yield from (p for p in (node.words.silence, node.words.wrong) if p)


def is_manner(name: str, value: Json) -> bool:
    """Whether `manner.…` = `value` is something a Manner can be."""
    match name.removeprefix(MANNER):
        case "language":
            return isinstance(value, str) and value != ""
        case "pace":
            return value in ("normal", "slow")
        case "path":
            return value in ("keys", "yes_no")
    return False
