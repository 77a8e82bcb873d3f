"""The terminal's telephone: `mitan play`. One turn out, one line of keys in; with `--json` an interface for scripts.

The same driver, flows and database as a real call; a terminal's number is only claimed unless the database is a demo.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from ivr.channels.driver import Driver
from ivr.channels.reply import NewCall, Reply
from ivr.channels.speaking import Speaker
from ivr.core.call import Bridge, BridgeEnded, End, Event, HungUp, Listen, Pressed, Recorded, Silence, TakeRecording
from ivr.core.flow import KEYS

HANG_UP = "hangup"
WAITS = {Listen: "keys", TakeRecording: "recording", Bridge: "queue", End: "ended"}


class BadKeys(ValueError):
    """A line that no telephone can send."""


def play(driver: Driver, new: NewCall, lines: Iterable[str], complain: Callable[[str], None]) -> Iterator[Reply]:
    """Plays a call from lines of keys; yields every Reply. The end of the lines is a hang-up.

    A line that no telephone can send is told to `complain`, and the call waits on for the next.
    """
    reply = driver.settle(driver.begin(new))
    yield reply
    source = iter(lines)
    while not isinstance(reply.wait, End):
        try:
            event = event_of(next(source, HANG_UP), reply)
        except BadKeys as wrong:
            complain(str(wrong))
            continue
        reply = driver.run(reply.call_id, reply.turn, event)
        yield reply


def event_of(line: str, reply: Reply) -> Event:
    """What a typed line means at this point of the call."""
    text = line.strip()
    if text == HANG_UP:
        return HungUp()
    if isinstance(reply.wait, Bridge):
        return BridgeEnded(text or "empty")
    if isinstance(reply.wait, TakeRecording):
        return Recorded(text) if text else Silence()
    if not text:
        return Silence()
    if any(key not in KEYS for key in text):
        raise BadKeys(f"{text!r}: a telephone has the keys {KEYS}; an empty line is silence, `hangup` hangs up")
    return Pressed(text)


def as_json(reply: Reply, speaker: Speaker, lang: str | None = None) -> dict[str, Any]:
    """One turn for scripts: the stable shape of `mitan play --json`."""
    wait = reply.wait
    return {
        "call_id": reply.call_id,
        "node": f"{reply.flow}.{reply.node}",
        "said": speaker.texts(reply, lang),
        "choices": speaker.choices(reply, lang),
        "wait": WAITS.get(type(wait), "keys"),
        "max_keys": wait.max_keys if isinstance(wait, Listen) else 0,
    }


def show(reply: Reply, speaker: Speaker, out: TextIO, lang: str | None = None) -> None:
    """One turn for a person at a terminal."""
    for text in speaker.texts(reply, lang):
        out.write(f"  {text}\n")
    match reply.wait:
        case Listen() as listen:
            keys = " ".join(speaker.choices(reply, lang)) or f"up to {listen.max_keys} keys"
            out.write(f"  [{reply.flow}.{reply.node}] keys: {keys} · empty line: silence · hangup\n")
        case TakeRecording():
            out.write("  [recording] type anything to leave a message, an empty line to stay silent\n")
        case Bridge(queue):
            out.write(f"  [queue {queue}] done, abandoned, timeout, or an empty line: nobody there\n")
        case End(reason):
            out.write(f"  [ended: {reason}]\n")
        case _:
            pass


def dump_turn(reply: Reply, speaker: Speaker, lang: str | None = None) -> str:
    """`as_json` as one line."""
    return json.dumps(as_json(reply, speaker, lang), ensure_ascii=False)
