"""State, lines and waits as JSON and back. Whatever is written here is stored: a secret's arguments never are.

Readers take what older versions wrote: a missing field means its default.
"""

from __future__ import annotations

from typing import Any

from ivr.core.call import (
    Asked,
    Bridge,
    CallState,
    End,
    Listen,
    Manner,
    Pending,
    Perform,
    ReturnAddress,
    Spoken,
    TakeRecording,
    Wait,
)
from ivr.core.nodes import Json

JsonObject = dict[str, Any]
_COUNTS = ("cursor", "turn", "misses", "total_misses", "counted_from", "rescues")
_PLAIN = ("call_id", "flow", "flow_hash", "node", "mark", *_COUNTS, "ended", "v")


def dump(state: CallState) -> JsonObject:
    """A CallState as JSON."""
    found: JsonObject = {name: getattr(state, name) for name in _PLAIN}
    found["stack"] = [_dump_address(a) for a in state.stack]
    found["trail"] = [[a.flow, a.node, [_dump_address(r) for r in a.stack]] for a in state.trail]
    manner = state.manner
    found["manner"] = {"language": manner.language, "pace": manner.pace, "path": manner.path}
    pending = state.pending
    found["pending"] = pending and {"action": pending.action, "args": pending.args, "key": pending.key}
    found["facts"] = dict(state.facts)
    return found


def load(stored: JsonObject) -> CallState:
    """The CallState that `dump` wrote."""
    pending = stored.get("pending")
    return CallState(
        **{name: stored[name] for name in _PLAIN if name in stored},
        stack=_load_stack(stored.get("stack", ())),
        trail=tuple(Asked(flow, node, _load_stack(stack)) for flow, node, stack in stored.get("trail", ())),
        manner=Manner(**stored.get("manner", {})),
        pending=Pending(**pending) if pending else None,
        facts=dict(stored.get("facts", {})),
    )


def _dump_address(address: ReturnAddress) -> list[Json]:
    return [address.flow, address.node, address.aside]


def _load_stack(stored: Any) -> tuple[ReturnAddress, ...]:
    return tuple(ReturnAddress(*address) for address in stored)


def dump_spoken(spoken: Spoken) -> JsonObject:
    """`{"key", "values"}`; a label among the values likewise."""
    return {
        "key": spoken.key,
        "values": {k: dump_spoken(v) if isinstance(v, Spoken) else v for k, v in spoken.values.items()},
    }


def load_spoken(stored: JsonObject) -> Spoken:
    """The Spoken that `dump_spoken` wrote. A value that looks like a line (`key` and `values` alone) is one."""
    return Spoken(
        stored["key"],
        {
            k: load_spoken(v) if isinstance(v, dict) and v.keys() == {"key", "values"} else v
            for k, v in stored["values"].items()
        },
    )


def dump_wait(wait: Wait) -> JsonObject:
    """A Wait as JSON with its kind under `wait`. Secret arguments are left out: `args` is then null."""
    match wait:
        case Listen():
            return {
                "wait": "listen",
                "max_keys": wait.max_keys,
                "timeout_s": wait.timeout_s,
                "min_keys": wait.min_keys,
                "choices": {key: dump_spoken(label) for key, label in wait.choices.items()},
                "secret": wait.secret,
            }
        case TakeRecording():
            return {"wait": "recording", "max_s": wait.max_s, "silence_s": wait.silence_s}
        case Perform():
            args = None if wait.secret else dict(wait.args)
            return {"wait": "perform", "action": wait.action, "args": args, "key": wait.key, "secret": wait.secret}
        case Bridge():
            return {"wait": "bridge", "queue": wait.queue}
        case End():
            return {"wait": "end", "reason": wait.reason}


def load_wait(stored: JsonObject) -> Wait:
    """The Wait that `dump_wait` wrote; a secret Perform comes back without its arguments."""
    rest = {name: value for name, value in stored.items() if name != "wait"}
    match stored["wait"]:
        case "listen":
            rest["choices"] = {key: load_spoken(label) for key, label in rest["choices"].items()}
            return Listen(**rest)
        case "recording":
            return TakeRecording(**rest)
        case "perform":
            return Perform(**{**rest, "args": rest["args"] or {}})
        case "bridge":
            return Bridge(**rest)
        case "end":
            return End(**rest)
    raise ValueError(f"no such wait: {stored['wait']!r}")
