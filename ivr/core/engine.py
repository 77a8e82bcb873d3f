"""What happens on a call: `advance` takes a state and an event and returns the next state, the words and the wait.

Pure: no clock, no socket, no database. Effects are returned (`Perform`), never done. The same state and event give
the same Turn, whoever asks and whenever.
"""

from __future__ import annotations

from collections.abc import Mapping

from ivr.core.call import CallState, Event, Manner, Turn
from ivr.core.flow import Flow
from ivr.core.nodes import ActionSpec, Facts
from ivr.core.wire import dump, dump_spoken, dump_wait, load, load_spoken, load_wait

__all__ = ["advance", "dump", "dump_spoken", "dump_wait", "load", "load_spoken", "load_wait", "resume", "start"]

Flows = Mapping[str, Flow]
Actions = Mapping[str, ActionSpec]


def start(flow: Flow, call_id: str, manner: Manner | None = None, facts: Facts | None = None) -> CallState:
    """The state of a call of which nothing has happened yet; `advance` it with `Started`."""
    return CallState(call_id, flow.name, flow.hash, flow.start.id, manner=manner or Manner(), facts=dict(facts or {}))


def advance(flows: Flows, actions: Actions, state: CallState, event: Event) -> Turn:
    """The next Turn. Never raises for what a caller, an action or people may do: what does not fit asks again."""
    raise NotImplementedError


def resume(flows: Flows, actions: Actions, old: CallState, call_id: str, facts: Facts | None = None) -> Turn:
    """The first Turn of a new call that continues a dropped one.

    It goes on at the question where the caller was. An unanswered action is asked first, under its old key: had it
    been done, its stored outcome answers. `facts` are what the new call's door knows; they replace the old ones.
    """
    raise NotImplementedError
