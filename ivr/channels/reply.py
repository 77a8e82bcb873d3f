"""What a door is given after each turn, and its stored form.

A Reply is stored with the call so that a repeated request hears exactly what the first one heard. The arguments of
a Perform stay in memory: they may be a keyed secret, and whoever finds the stored reply has the pending state.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ivr.core.call import Bridge, CallState, Manner, Perform, Spoken, Turn, Wait
from ivr.core.flow import Json
from ivr.core.wire import dump_spoken, dump_wait, load_spoken, load_wait

Origin = Literal["trunk", "claimed"]


@dataclass(frozen=True, slots=True)
class NewCall:
    """A call as its door sees it. `phone` is E.164 or None (absent, withheld); `origin` whether we may believe it."""

    channel: str  # sip | twilio | browser | plain | text
    origin: Origin
    phone: str | None = None
    dialled: str | None = None
    direction: Literal["in", "out"] = "in"
    external_id: str | None = None
    language: str | None = None
    facts: dict[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """One turn for a door: what to say and what to wait for. `facts` are for the developer's panel only."""

    call_id: str
    turn: int
    flow: str
    node: str
    manner: Manner
    prompts: tuple[Spoken, ...]
    wait: Wait
    facts: dict[str, Json] = field(default_factory=dict)

    @property
    def performing(self) -> bool:
        return isinstance(self.wait, Perform)

    @property
    def bridged(self) -> bool:
        return isinstance(self.wait, Bridge)


def of_turn(turn: Turn) -> Reply:
    """The Reply of a fresh Turn."""
    state = turn.state
    return Reply(
        state.call_id,
        state.turn,
        state.flow,
        state.node,
        state.manner,
        turn.prompts,
        turn.wait,
        dict(state.facts),
    )


def dump_reply(reply: Reply) -> dict[str, Any]:
    """JSON of a Reply without facts (the state has them) and without the arguments of a Perform."""
    wait = reply.wait
    if isinstance(wait, Perform):
        wait = replace(wait, args={})
    return {"turn": reply.turn, "prompts": [dump_spoken(p) for p in reply.prompts], "wait": dump_wait(wait)}


def waiting_for(stored: dict[str, Any]) -> str:
    """The kind of wait that a stored Reply ends in, as `dump_wait` names it, without reading all of it."""
    return str(stored["wait"]["wait"])


def load_reply(stored: dict[str, Any], state: CallState) -> Reply:
    """The Reply stored with `state`; a Perform gets its arguments back from the pending action, where it has any."""
    wait = load_wait(stored["wait"])
    if isinstance(wait, Perform) and state.pending is not None and state.pending.args is not None:
        wait = replace(wait, args=dict(state.pending.args))
    prompts = tuple(load_spoken(p) for p in stored["prompts"])
    return Reply(state.call_id, stored["turn"], state.flow, state.node, state.manner, prompts, wait, dict(state.facts))
