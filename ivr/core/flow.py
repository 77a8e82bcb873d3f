"""A flow: nodes gathered into a whole that refuses to exist when an exit dangles. The one module that flows import.

Nothing here runs a call (that is `engine`), reads a clock or does I/O. The nodes themselves are in `nodes`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from ivr.core.check import problems
from ivr.core.nodes import (
    DIGITS,
    KEYS,
    MANNER,
    Act,
    ActionSpec,
    Aside,
    Back,
    Branch,
    Choice,
    Enter,
    Facts,
    Gather,
    Goto,
    Hangup,
    Json,
    Menu,
    Node,
    Pick,
    Prompt,
    Prompts,
    Question,
    Record,
    Repeat,
    Return,
    Say,
    Shortcut,
    Transfer,
    Words,
    exits,
    prompts_of,
)

__all__ = [
    "DIGITS",
    "KEYS",
    "MANNER",
    "Act",
    "ActionSpec",
    "Aside",
    "Back",
    "Branch",
    "Choice",
    "Enter",
    "Facts",
    "Flow",
    "FlowError",
    "Gather",
    "Goto",
    "Hangup",
    "Json",
    "Menu",
    "Node",
    "Pick",
    "Prompt",
    "Prompts",
    "Question",
    "Record",
    "Repeat",
    "Return",
    "Say",
    "Shortcut",
    "Transfer",
    "Words",
    "exits",
    "prompts_of",
]


class FlowError(ValueError):
    """A flow that must not start: `problems` lists every dangling exit and contradiction, not just the first."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Flow:
    """Nodes by id, in the order written; the first is where a call starts.

    `rescue` is where 150 turns, 8 misses or a broken action lead. `checkpoints` are questions to which a call returns
    when this flow has changed under it. `enterable` are nodes at which an executive may hand a caller back.
    A sub-flow has its own rescue and shortcuts; nothing is inherited. Raises FlowError listing every problem.
    """

    name: str
    nodes: tuple[Node, ...]
    rescue: str
    shortcuts: Mapping[str, Shortcut] = field(default_factory=dict)
    checkpoints: tuple[str, ...] = ()
    enterable: tuple[str, ...] = ()
    by_id: Mapping[str, Node] = field(init=False, repr=False, compare=False)
    hash: str = field(init=False, repr=False, compare=False)  # of the whole flow
    marks: Mapping[str, str] = field(init=False, repr=False, compare=False)  # of each node, by its id

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_id", MappingProxyType({n.id: n for n in self.nodes}))
        object.__setattr__(self, "marks", MappingProxyType({n.id: _mark(repr(n)) for n in self.nodes}))
        object.__setattr__(self, "hash", _mark(repr([getattr(self, f.name) for f in fields(self) if f.init])))
        if found := list(problems(self)):
            raise FlowError(found)

    @property
    def start(self) -> Node:
        return self.nodes[0]


def _mark(text: str) -> str:
    """Text that changes whenever anything a caller could notice changes."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
