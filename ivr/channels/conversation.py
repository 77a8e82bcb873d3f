"""One call by FastAGI: plays a Reply, waits as it says, tells the driver what happened, until the call leaves us.

The dialplan calls `agi://…/trunk` or `agi://…/claimed` (whose word the number is), and after a queue
`agi://…/trunk,resumed,CALL,QUEUESTATUS`. We leave it `MITAN_CALL`, `MITAN_LANGUAGE`, `MITAN_NEXT` (`queue:NAME` or
`hangup`) and, last of all, `MITAN_FINISHED=1`: without that it plays its own line and queues the caller, so whatever
breaks here (and everything may) ends at a person. The driver is slow or stuck elsewhere, never on this loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ivr.channels.agi import CallerGone, Header
from ivr.channels.callerid import e164, masked
from ivr.channels.fastagi import Line
from ivr.channels.handset import Clip, Handset, recorded_s
from ivr.channels.reply import NewCall, Reply
from ivr.core.call import Bridge, BridgeEnded, End, Event, HungUp, Listen, Perform, Recorded, Silence, TakeRecording

log = logging.getLogger(__name__)

QUEUE_OUTCOMES = {"CONTINUE": "done", "TIMEOUT": "timeout", "WITHDRAWN": "returned"}  # all others: nobody there


class Drives(Protocol):
    """The part of `driver.Driver` that a door needs."""

    def begin(self, new: NewCall) -> Reply: ...
    def current(self, call_id: str) -> Reply: ...
    def step(self, call_id: str, turn: int, event: Event) -> Reply: ...
    def perform(self, reply: Reply) -> Reply: ...
    def abandon(self, reply: Reply) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Timing:
    """`margin_s`: how long past what was expected the dialplan leaves a caller with a server that has died."""

    filler_after_s: float = 1.0
    deadline_s: float = 4.0
    abandon_s: float = 2.0
    margin_s: float = 6.5
    shortest_message_s: float = 1.5  # of three seconds of silence Asterisk keeps one


@dataclass(frozen=True)
class Parts:
    """What every conversation shares. `keep` stores a recorded file (path, call id, seconds) and returns its id."""

    driver: Drives
    sounds: Callable[[Reply], list[Path]]
    filler: Callable[[str], list[Path]]
    keep: Callable[[Path, str, float], str]
    spool: Path
    pool: Executor
    timing: Timing = Timing()


@dataclass(frozen=True, slots=True)
class Cue:
    """A Reply with its sounds, both fetched off the loop."""

    reply: Reply
    clip: Clip


class Late(TimeoutError):
    """The driver did not answer in time."""


@dataclass
class Exchange:
    """Serves every line; knows which calls it is in, and which it has left in a queue (by Asterisk's unique id)."""

    parts: Parts
    talking: dict[str, Conversation] = field(default_factory=dict)
    bridged: dict[str, Reply] = field(default_factory=dict)

    @property
    def calls(self) -> list[str]:
        """The ids of the calls we are in."""
        return [call.id for call in self.talking.values()]

    async def serve(self, line: Line, header: Header) -> None:
        """The door: nothing that happens in a call comes out of here."""
        unique = header["uniqueid"]
        call = Conversation(self.parts, Handset(line, self.parts.timing.margin_s), header)
        self.talking[unique] = call
        self.bridged.pop(unique, None)
        try:
            await call.run()
        except CallerGone:
            await call.hung_up()
        except Exception:
            log.exception("call %s from %s falls to the dialplan", call.id, masked(e164(header["callerid"])))
        finally:
            self.talking.pop(unique, None)
        if call.left_to_queue and call.cue is not None:
            self.bridged[unique] = call.cue.reply


class Conversation:
    """One call from its header to its last command."""

    def __init__(self, parts: Parts, handset: Handset, header: Header) -> None:
        self._parts, self._handset, self._header = parts, handset, header
        self._timing = parts.timing
        self._at_work: asyncio.Future[Cue] | None = None
        self._recording: Path | None = None
        self._language = "" if header.args[:1] == ("resumed",) else "hi"  # as the dialplan has it
        self._pending: Reply | None = None
        self.cue: Cue | None = None
        self.left_to_queue = False

    @property
    def id(self) -> str:
        """The call's id once it has one, else Asterisk's."""
        return self.cue.reply.call_id if self.cue else self._header["uniqueid"]

    async def run(self) -> None:
        """Talks until the call is handed on. Raises CallerGone, and anything that breaks."""
        if self._header.args[:1] == ("resumed",):
            cue = await self._back_from_queue(*self._header.args[1:3])
        else:
            cue = await self._move(lambda: self._parts.driver.begin(self._new_call()))
            log.info("call %s begins, from %s", cue.reply.call_id, masked(e164(self._header["callerid"])))
            await self._handset.set("MITAN_CALL", cue.reply.call_id)
        while not isinstance(cue.reply.wait, Bridge | End):
            cue = await self._turn(cue)
        await self._leave(cue)

    async def hung_up(self) -> None:
        """The caller is gone: what he recorded is kept, and the driver told, whatever it was busy with."""
        with contextlib.suppress(Exception):
            if self._at_work is not None:  # its turn is the one to end, and it must not end after us
                self.cue = await asyncio.wait_for(asyncio.shield(self._at_work), self._timing.deadline_s)
        try:
            if self.cue is not None and not isinstance(self.cue.reply.wait, End):
                await asyncio.get_running_loop().run_in_executor(self._parts.pool, self._end, self.cue.reply)
        except Exception:
            log.exception("call %s: its end was not stored; it is closed when its channel is missed", self.id)

    # --- turns -----------------------------------------------------------------------------------------------------
    async def _turn(self, cue: Cue) -> Cue:
        await self._speak_as(cue.reply.manner.language)
        match cue.reply.wait:
            case Perform():  # with something to say meanwhile; the others are done where they came up
                reply = cue.reply
                return await self._move(lambda: self._parts.driver.perform(reply), reply, cue.clip)
            case Listen() as wait:
                return await self._step(cue.reply, await self._handset.listen(cue.clip, wait))
            case TakeRecording() as wait:
                return await self._record(cue, wait)
            case other:
                raise TypeError(f"no telephone can wait for {other!r}")

    async def _step(self, reply: Reply, event: Event) -> Cue:
        return await self._move(lambda: self._parts.driver.step(reply.call_id, reply.turn, event))

    async def _move(self, job: Callable[[], Reply], pending: Reply | None = None, meanwhile: Clip | None = None) -> Cue:
        """The call after `job` and the silent actions behind it; an action that breaks or is late is abandoned.

        `pending` is the action that the job performs, if any. A job that is given up performs nothing more.
        """
        self._pending = pending
        driver, given_up = self._parts.driver, threading.Event()

        def moved() -> Reply:
            reply = job()
            while isinstance(reply.wait, Perform) and not reply.prompts and not given_up.is_set():
                self._pending = reply
                reply = driver.perform(reply)
            return reply

        try:
            return await self._work(moved, meanwhile=meanwhile)
        except CallerGone:
            raise
        except Exception as broken:  # whatever an action dies of, to the call it is Broke: the flow knows what to say
            given_up.set()
            if (late := self._pending) is None:
                raise
            log.warning("call %s: %s at %s.%s", late.call_id, type(broken).__name__, late.flow, late.node)
            return await self._work(lambda: driver.abandon(late), within_s=self._timing.abandon_s)

    async def _record(self, cue: Cue, wait: TakeRecording) -> Cue:
        reply, parts = cue.reply, self._parts
        self._recording = file = parts.spool / f"message_{reply.call_id}_{reply.turn}.wav"
        seconds = await self._handset.record(cue.clip, wait, file)
        self._recording = None
        if seconds < self._timing.shortest_message_s:
            file.unlink(missing_ok=True)
            return await self._step(reply, Silence())

        def job() -> Reply:
            recorded = Recorded(parts.keep(file, reply.call_id, seconds), seconds)
            return parts.driver.step(reply.call_id, reply.turn, recorded)

        return await self._move(job)

    async def _back_from_queue(self, call_id: str, status: str = "") -> Cue:
        ended = BridgeEnded(QUEUE_OUTCOMES.get(status, "empty"))
        log.info("call %s is back from its queue: %s", call_id, ended.outcome)

        def job() -> Reply:
            reply = self._parts.driver.current(call_id)
            return self._parts.driver.step(call_id, reply.turn, ended) if reply.bridged else reply

        return await self._move(job)

    async def _leave(self, cue: Cue) -> None:
        await self._handset.play(cue.clip)
        queue = cue.reply.wait.queue if isinstance(cue.reply.wait, Bridge) else None
        await self._handset.set("MITAN_NEXT", f"queue:{queue}" if queue else "hangup")
        self.left_to_queue = queue is not None
        await self._handset.set("MITAN_FINISHED", "1")

    async def _speak_as(self, language: str) -> None:
        if language != self._language:
            await self._handset.set("MITAN_LANGUAGE", language)
            self._language = language

    # --- the driver, off the loop ------------------------------------------------------------------------------------
    async def _work(
        self, job: Callable[[], Reply], *, within_s: float | None = None, meanwhile: Clip | None = None
    ) -> Cue:
        """The driver's answer with its sounds; the caller hears `meanwhile`, then a filler each second. Raises Late."""
        loop = asyncio.get_running_loop()
        self._at_work = future = loop.run_in_executor(self._parts.pool, self._cue, job)
        future.add_done_callback(_look_at)
        until = loop.time() + (within_s or self._timing.deadline_s)
        if meanwhile is not None and meanwhile.names:
            await self._handset.tell(meanwhile)
        while not future.done():
            patience = min(self._timing.filler_after_s, until - loop.time())
            if patience <= 0:
                raise Late(f"no answer in {within_s or self._timing.deadline_s} s")
            done, _ = await asyncio.wait({future}, timeout=patience)
            if not done and loop.time() < until:
                await self._fill()
        self.cue, self._at_work = future.result(), None
        return self.cue

    def _cue(self, job: Callable[[], Reply]) -> Cue:
        reply = job()
        clip = Clip.of(self._parts.sounds(reply))
        if reply.prompts and not clip.names:
            raise LookupError(f"no sound at all for {reply.flow}.{reply.node}")
        return Cue(reply, clip)

    async def _fill(self) -> None:
        await self._handset.play(Clip.of(self._parts.filler(self._language or "hi")))

    def _end(self, reply: Reply) -> None:
        driver, file = self._parts.driver, self._recording
        if isinstance(reply.wait, TakeRecording) and file is not None:
            seconds = recorded_s(file)
            if seconds >= self._timing.shortest_message_s:  # to hang up is how most people end a message
                ref = self._parts.keep(file, reply.call_id, seconds)
                reply = driver.step(reply.call_id, reply.turn, Recorded(ref, seconds))
                while isinstance(reply.wait, Perform):
                    reply = driver.perform(reply)
        if not isinstance(reply.wait, End):
            driver.step(reply.call_id, reply.turn, HungUp())

    def _new_call(self) -> NewCall:
        header = self._header
        return NewCall(
            channel="sip",
            origin="trunk" if header["network_script"] == "trunk" else "claimed",
            phone=e164(header["callerid"]),
            dialled=header["extension"] or None,
            external_id=header["uniqueid"],
        )


def _look_at(future: asyncio.Future[Cue]) -> None:
    """Takes note of an answer nobody waits for any more; it has been dealt with as late."""
    if not future.cancelled() and (error := future.exception()) is not None:
        log.info("the driver ended with %s", type(error).__name__)
