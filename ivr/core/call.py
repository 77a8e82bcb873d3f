"""A call's vocabulary: what may happen (Event), what we then wait for (Wait), what is remembered (CallState).

All of it is values: a CallState makes the round trip through JSON in every test, and a secret is never in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ivr.core.flow import Json

Outcome: TypeAlias = str


# --- what happens --------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Started:
    """A call begins. `facts` are what the door knows (origin, phone known or not, …)."""

    direction: Literal["in", "out"] = "in"
    facts: dict[str, Json] = field(default_factory=dict)
    answered_by: Literal["person", "machine", "unknown"] = "person"


@dataclass(frozen=True, slots=True)
class Pressed:
    """Keys, as pressed: one for a menu, several for a Gather. Never empty."""

    keys: str

    def __repr__(self) -> str:
        # Several keys may be a secret, and events end up in logs.
        return f"Pressed({self.keys!r})" if len(self.keys) == 1 else f"Pressed({len(self.keys)} keys)"


@dataclass(frozen=True, slots=True)
class Typed:
    """Free text of a text channel. Never empty."""

    text: str

    def __repr__(self) -> str:
        return f"Typed({len(self.text)} characters)"


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing was pressed in time."""


@dataclass(frozen=True, slots=True)
class Spoke:
    """Nothing was pressed, but a voice was heard."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording was made; `ref` is its id in the recordings' store, `duration_s` its length."""

    ref: str
    duration_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Performed:
    """The pending action ended with one of its outcomes and set facts."""

    outcome: Outcome
    facts: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Broke:
    """The pending action failed or passed its deadline."""


@dataclass(frozen=True, slots=True)
class BridgeEnded:
    """People are done: outcome done | abandoned | timeout | empty | returned; `goto` an enterable node, if any."""

    outcome: Outcome
    goto: str | None = None
    facts: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone."""


Event: TypeAlias = Started | Pressed | Typed | Silence | Spoke | Recorded | Performed | Broke | BridgeEnded | HungUp


# --- what we say and wait for --------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Spoken:
    """A line to say: catalogue key and values (never sentences). A value may itself be a Spoken (a label)."""

    key: str
    values: dict[str, Json | Spoken] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for keys. `keys` are those that mean something now, with their labels, for screens and text channels."""

    max_keys: int
    timeout_s: float
    min_keys: int = 1
    choices: dict[str, Spoken] = field(default_factory=dict)
    secret: bool = False


@dataclass(frozen=True, slots=True)
class TakeRecording:
    """Record the caller: ends after `max_s`, on `silence_s` of silence, or on any key."""

    max_s: int
    silence_s: int = 3


@dataclass(frozen=True, slots=True)
class Perform:
    """Do `action` with `args`, exactly once by `key`. `secret` is set when args hold what must be kept nowhere."""

    action: str
    args: dict[str, Json]
    key: str
    secret: bool = False

    def __repr__(self) -> str:
        args = "secret" if self.secret else repr(self.args)
        return f"Perform({self.action!r}, {args}, key={self.key!r})"


@dataclass(frozen=True, slots=True)
class Bridge:
    """Give the caller to the people of `queue`."""

    queue: str


@dataclass(frozen=True, slots=True)
class End:
    """Hang up. `reason`: done | caller_gone | stuck.

    `stuck` means that not even the rescue led on: a door that can do so leaves the caller to the exchange's fallback
    (people, then a recorded message) instead of hanging up.
    """

    reason: str = "done"


Wait: TypeAlias = Listen | TakeRecording | Perform | Bridge | End


@dataclass(frozen=True, slots=True)
class Manner:
    """How this caller is spoken to; follows the caller, not the flow."""

    language: str = "hi"
    pace: Literal["normal", "slow"] = "normal"
    path: Literal["keys", "yes_no"] = "keys"


@dataclass(frozen=True, slots=True)
class ReturnAddress:
    """Where a sub-flow returns to: the flow's name and the Enter node (or the question an Aside left)."""

    flow: str
    node: str
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of the trail, with the return addresses it was asked under: "back" leads into a sub-flow again."""

    flow: str
    node: str
    stack: tuple[ReturnAddress, ...] = ()


@dataclass(frozen=True, slots=True)
class Pending:
    """An unanswered Perform without its args when they were secret: those are asked again, never stored."""

    action: str
    args: dict[str, Json] | None
    key: str


@dataclass(frozen=True, slots=True)
class Step:
    """An edge walked, stored as a row: kinds, counts and outcomes, never digits."""

    flow: str
    node: str
    kind: str  # what led on: an event (pressed silence wrong spoke recorded performed broke bridged hung_up) or the
    # walk itself (said branched entered returned rescue moved)
    outcome: str  # the exit taken, as `exits` names it; "" when the question is asked again; why there was a rescue
    to: str  # a node; "flow.node" in another flow
    misses: int = 0


@dataclass(frozen=True, slots=True)
class CallState:
    """All that is remembered of a call between two events; JSON in and out (`wire.dump`, `wire.load`)."""

    call_id: str
    flow: str
    flow_hash: str
    node: str
    mark: str = ""  # of the node as it was asked: an answer to another question is no answer
    cursor: int = 0  # the page of a Pick; on the yes/no path the choice being offered
    turn: int = 0
    misses: int = 0  # at this question
    total_misses: int = 0  # in this call, since people last had it
    counted_from: int = 0  # the turn from which 150 are counted
    rescues: int = 0  # since people last had the call
    stack: tuple[ReturnAddress, ...] = ()
    trail: tuple[Asked, ...] = ()  # the last 12 questions, cut at every action that writes
    manner: Manner = Manner()
    pending: Pending | None = None
    facts: dict[str, Json] = field(default_factory=dict)
    ended: bool = False
    v: int = 1


@dataclass(frozen=True, slots=True)
class Turn:
    """What `advance` returns: the new state, what to say, what to wait for, and the edges walked."""

    state: CallState
    prompts: tuple[Spoken, ...]
    wait: Wait
    steps: tuple[Step, ...] = ()
