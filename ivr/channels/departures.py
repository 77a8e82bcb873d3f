"""Calls that end while we are not in them: in a queue, in a talk, in the dialplan's fallback, or while we were down.

Asterisk's hang-ups are heard by AMI; what is missed there is found by comparing the open calls with the channels that
are up, and only while the picture is the present: a blind moment ends nobody's call.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Executor

from panoramisk.message import Message
from sqlalchemy.exc import SQLAlchemyError

from db import calls
from db.session import Database
from ivr.channels.ami import Ami
from ivr.channels.conversation import Drives, Exchange
from ivr.channels.driver import UnknownCall
from ivr.channels.reply import Reply
from ivr.core.call import BridgeEnded, End, HungUp, Perform

log = logging.getLogger(__name__)

SWEEP_EVERY_S = 20.0
LOOK_EVERY_S = 0.1


class Departures:
    """Give `hear` every AMI event, and run `run()` as a task."""

    def __init__(self, exchange: Exchange, driver: Drives, database: Database, pool: Executor) -> None:
        self._exchange, self._driver, self._database, self._pool = exchange, driver, database, pool
        self._talked: set[str] = set()

    def hear(self, message: Message) -> None:
        """Notes who talked with a person, and ends the calls of those who hang up in a queue or a talk."""
        unique = message.Uniqueid
        if message.event == "AgentConnect":
            self._talked.add(unique)
        elif message.event == "Hangup":
            talked = unique in self._talked
            self._talked.discard(unique)
            if (reply := self._exchange.bridged.pop(unique, None)) is not None:
                self._pool.submit(self._end_bridge, reply, talked)

    async def run(self, ami: Ami) -> None:
        """Closes what nobody is in any more, after each new link and now and then."""
        seen = 0
        while True:
            if ami.sees and ami.links:
                seen = ami.links
                try:
                    await asyncio.get_running_loop().run_in_executor(self._pool, self.sweep, ami)
                except SQLAlchemyError as trouble:
                    log.warning("ended calls cannot be closed now: %s", type(trouble).__name__)
            for _ in range(int(SWEEP_EVERY_S / LOOK_EVERY_S)):
                await asyncio.sleep(LOOK_EVERY_S)
                if ami.links != seen and ami.sees:  # a new picture: after a crash, redials are already on their way
                    break

    def sweep(self, ami: Ami) -> int:
        """Tells the driver that the callers of open calls without a channel are gone; returns how many."""
        with self._database.read() as session:
            open_calls = calls.open_of(session, "sip")
        # In this order: a call that began after the read is not in it, one before it has its channel or its talk.
        alive = {*self._exchange.talking, *ami.picture.channels}
        gone = [call for call in open_calls if call.external_id not in alive]
        if not ami.sees:
            return 0
        for call in gone:
            try:
                self._driver.step(call.id, call.turn, HungUp())
            except (UnknownCall, KeyError, ValueError):
                log.exception("call %s cannot be closed", call.id)
        if gone:
            log.info("%d calls had ended unseen", len(gone))
        return len(gone)

    def _end_bridge(self, reply: Reply, talked: bool) -> None:
        try:
            now = self._driver.step(reply.call_id, reply.turn, BridgeEnded("done" if talked else "abandoned"))
            while isinstance(now.wait, Perform):
                now = self._driver.perform(now)
            if not isinstance(now.wait, End):
                self._driver.step(now.call_id, now.turn, HungUp())
        except SQLAlchemyError as trouble:
            log.warning("call %s: its end is found by the next sweep (%s)", reply.call_id, type(trouble).__name__)
