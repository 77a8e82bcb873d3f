"""A FastAGI server with a scripted driver and one-second sounds: for tests of the door, not of the flows."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ParamSpec

from ivr.channels.conversation import Exchange, Parts, Timing
from ivr.channels.fastagi import Limits, Server
from ivr.channels.reply import NewCall, Reply
from ivr.core.call import Event, HungUp, Manner, Perform, Spoken, Wait

P = ParamSpec("P")

QUICK = Timing(filler_after_s=0.1, deadline_s=0.4, abandon_s=0.3, margin_s=6.5)


def in_loop(test: Callable[P, Coroutine[object, object, None]]) -> Callable[P, None]:
    """Runs an async test in an event loop of its own, fixtures as written."""

    @functools.wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(test(*args, **kwargs))

    return run


def reply(turn: int, wait: Wait, *keys: str, call_id: str = "call-1") -> Reply:
    """A Reply that says catalogue keys."""
    return Reply(call_id, turn, "main", f"node{turn}", Manner(), tuple(Spoken(k) for k in keys), wait)


@dataclass
class ScriptedDriver:
    """Answers with `waits` one after the other, each said as `line.N`; a callable among them is run first."""

    waits: list[Wait | Callable[[], Wait]]
    began: list[NewCall] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    performed: list[str] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    last: dict[str, Reply] = field(default_factory=dict)

    def _next(self, call_id: str) -> Reply:
        turn = self.last[call_id].turn + 1 if call_id in self.last else 0
        wait = self.waits[min(turn, len(self.waits) - 1)]
        self.last[call_id] = replace(reply(turn, wait() if callable(wait) else wait, f"line.{turn}"), call_id=call_id)
        return self.last[call_id]

    def begin(self, new: NewCall) -> Reply:
        with self.lock:
            self.began.append(new)
        return self._next(f"call-{new.external_id}")

    def current(self, call_id: str) -> Reply:
        return self.last[call_id]

    def step(self, call_id: str, turn: int, event: Event) -> Reply:
        with self.lock:
            self.events.append(event)
        if turn != self.last[call_id].turn:
            return self.last[call_id]
        return self.last[call_id] if isinstance(event, HungUp) else self._next(call_id)

    def perform(self, pending: Reply) -> Reply:
        assert isinstance(pending.wait, Perform)
        self.performed.append(pending.wait.key)
        return self._next(pending.call_id)

    def abandon(self, pending: Reply) -> Reply:
        assert isinstance(pending.wait, Perform)
        self.abandoned.append(pending.wait.key)
        return self._next(pending.call_id)


@dataclass
class House:
    """A running server and what it is made of."""

    port: int
    driver: ScriptedDriver
    exchange: Exchange
    server: Server
    sounds: Path
    kept: list[tuple[Path, str, float]]


def sound(folder: Path, name: str, seconds: float = 1.0) -> Path:
    path = folder / f"{name}.alaw"
    if not path.exists():
        path.write_bytes(b"\xd5" * int(8000 * seconds))
    return path


@asynccontextmanager
async def house(
    tmp_path: Path, driver: ScriptedDriver, *, timing: Timing = QUICK, limits: Limits | None = None
) -> AsyncIterator[House]:
    """Listens on a free port until the block ends."""
    kept: list[tuple[Path, str, float]] = []

    def keep(path: Path, call_id: str, seconds: float) -> str:
        kept.append((path, call_id, seconds))
        return f"recording-{len(kept)}"

    with ThreadPoolExecutor(24) as pool:
        parts = Parts(
            driver=driver,
            sounds=lambda r: [sound(tmp_path, p.key) for p in r.prompts],
            filler=lambda language: [sound(tmp_path, f"filler-{language}")],
            keep=keep,
            spool=tmp_path,
            pool=pool,
            timing=timing,
        )
        exchange = Exchange(parts)
        server = Server(exchange.serve, limits)
        port = await server.listen("127.0.0.1", 0)
        try:
            yield House(port, driver, exchange, server, tmp_path, kept)
        finally:
            await server.close()


async def until(condition: Callable[[], bool], within_s: float = 5.0) -> None:
    """Polls until the condition holds; fails when it does not in time."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  # conditions of plain objects, files and rows set no event
            await asyncio.sleep(0.01)
