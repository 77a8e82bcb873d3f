"""What others want of Asterisk, from the `command` table: taken within 50 ms, done once, answered in the row.

A command is ours only after its row says so; one that an earlier process took and did not answer is `unknown`, and
nobody is rung twice to find out. A wish outside the table below is refused: nothing here runs an application.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from db import clock, commands
from db.commands import Answered, Taken
from db.lookout import Lookout, LostSight
from db.session import Database
from ivr.channels.ami import Ami
from ivr.channels.ami_link import Blind, Doubt, Refused

log = logging.getLogger(__name__)

POLL_S = 0.045
AFTER_TROUBLE_S = 1.0
BACK_OFF_S = (0.1, 2.0)  # the first and the longest pause between two looks at a database that is away
AT_ONCE = 32
LONGEST_RING_S = 60.0

_ENDPOINT = re.compile(r"(PJSIP|Local)/[\w.+@/-]{1,80}\Z", re.ASCII)
_CHANNEL = re.compile(r"(PJSIP|Local)/[\w.+@/;-]{1,80}\Z", re.ASCII)
_WORD = re.compile(r"[\w.+-]{1,40}\Z", re.ASCII)
Said = dict[str, Any]
T = TypeVar("T")


class BadOrder(ValueError):
    """The wish cannot be understood; its asker is to blame."""


class Orders:
    """Run `run()` as a task. `pool` carries the database's work; looking out for work has a thread of its own."""

    def __init__(self, database: Database, ami: Ami, pool: Executor) -> None:
        self._database, self._ami, self._pool = database, ami, pool
        self._at_work: set[asyncio.Task[None]] = set()
        self._kinds: dict[str, Callable[[Taken], Awaitable[tuple[Answered, Said]]]] = {
            "originate": self._originate,
            "hangup": self._hang_up,
            "pause": self._pause,
            "reload_seats": self._reload_seats,
        }

    async def run(self) -> None:
        """Doubts what was left, then takes what comes, until cancelled."""
        loop, lookout, ended = asyncio.get_running_loop(), Lookout(self._database), threading.Event()
        alone = ThreadPoolExecutor(1, thread_name_prefix="lookout")
        try:
            if left := await self._through_trouble(self._doubt):
                log.warning("%d commands were taken and never answered: unknown", left)
            while True:
                await loop.run_in_executor(alone, _look_out, lookout, ended)
                while taken := await self._through_trouble(self._take):
                    await self._begin(taken)
        finally:
            ended.set()
            alone.submit(lookout.close)
            alone.shutdown(wait=False)

    async def _begin(self, order: Taken) -> None:
        """Serves it in a task of its own; comes back when there is room for one more."""
        task = asyncio.create_task(self._serve(order))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)
        if len(self._at_work) >= AT_ONCE:
            await asyncio.wait(self._at_work, return_when=asyncio.FIRST_COMPLETED)

    async def _through_trouble(self, job: Callable[[], T]) -> T:
        while True:
            try:
                return await self._in_pool(job)
            except SQLAlchemyError as trouble:
                log.warning("commands cannot be read: %s", type(trouble).__name__)
                await asyncio.sleep(AFTER_TROUBLE_S)

    async def _serve(self, order: Taken) -> None:
        state: Answered
        try:
            work = self._kinds.get(order.kind)
            if work is None:
                raise BadOrder(f"nobody here can {order.kind}")
            state, said = await work(order)
        except (BadOrder, Refused) as no:
            state, said = "failed", {"why": str(no)}
        except Blind:
            state, said = "failed", {"why": "no connection to Asterisk"}
        except Doubt:
            state, said = "unknown", {"why": "no answer from Asterisk"}
        except Exception:  # the door of one command: whoever asked gets an answer, and the others go on
            log.exception("command %d (%s)", order.id, order.kind)
            state, said = "unknown", {"why": "an error here"}
        await self._answer(order, state, said)

    async def _answer(self, order: Taken, state: Answered, said: Said) -> None:
        for _ in range(30):
            try:
                await self._in_pool(lambda: self._write(order.id, state, said))
                break
            except SQLAlchemyError:
                await asyncio.sleep(AFTER_TROUBLE_S)
        log.info("command %d (%s): %s", order.id, order.kind, state)

    # --- what can be wanted ----------------------------------------------------------------------------------------
    async def _originate(self, order: Taken) -> tuple[Answered, Said]:
        """Rings `channel` and connects it to `exten` in `context`. Answers with the channel's id."""
        channel_id = f"mitan-command-{order.id}"
        ring_s = order.args.get("ring_s", 30)
        if not isinstance(ring_s, int | float) or not 0 < ring_s <= LONGEST_RING_S:
            raise BadOrder("ring_s")
        fields = {
            "Channel": _fit(order.args, "channel", _ENDPOINT),
            "Context": _fit(order.args, "context", _WORD),
            "Exten": _fit(order.args, "exten", _WORD),
            "Priority": "1",
            "Variable": f"MITAN_COMMAND={order.id}",
        }
        return await self._ami.originate(channel_id, fields, ring_s=float(ring_s)), {"channel_id": channel_id}

    async def _hang_up(self, order: Taken) -> tuple[Answered, Said]:
        """Ends the channel with the unique id `unique`, or the one named `channel`."""
        if unique := order.args.get("unique"):
            channel = self._ami.picture.channels.get(str(unique))
            if channel is None:
                return "failed", {"why": "no such channel"}
            name = channel.name
        else:
            name = _fit(order.args, "channel", _CHANNEL)
        await self._ami.act("Hangup", {"Channel": name})
        return "done", {}

    async def _pause(self, order: Taken) -> tuple[Answered, Said]:
        """Pauses (or not) a seat in a queue, with a reason."""
        paused = order.args.get("paused")
        if not isinstance(paused, bool):
            raise BadOrder("paused")
        fields = {
            "Interface": f"PJSIP/{_fit(order.args, 'seat', _WORD)}",
            "Queue": _fit(order.args, "queue", _WORD),
            "Paused": "true" if paused else "false",
        }
        if order.args.get("reason"):
            fields["Reason"] = _fit(order.args, "reason", _WORD)
        await self._ami.act("QueuePause", fields)
        return "done", {}

    async def _reload_seats(self, order: Taken) -> tuple[Answered, Said]:
        """Lets Asterisk read the seats' new secrets."""
        await self._ami.act("Reload", {"Module": "res_pjsip.so"})
        return "done", {}

    # --- the table, off the loop -----------------------------------------------------------------------------------
    async def _in_pool(self, job: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, job)

    def _doubt(self) -> int:
        with self._database.begin() as session:
            return commands.doubt_taken(session)

    def _take(self) -> Taken | None:
        with self._database.begin() as session:
            return commands.take(session, clock.now(session))

    def _write(self, command_id: int, state: Answered, said: Said) -> None:
        with self._database.begin() as session:
            commands.answer(session, command_id, state, said)


def _look_out(lookout: Lookout, ended: threading.Event) -> None:
    """Returns once there is something to take, or it has `ended`; the loop is not woken before."""
    back_off_s, longest_s = BACK_OFF_S
    while not ended.is_set():
        try:
            if lookout.waiting():
                return
        except LostSight as lost:
            if back_off_s == BACK_OFF_S[0]:
                log.warning("commands cannot be seen: %s", lost)
            ended.wait(back_off_s)
            back_off_s = min(2 * back_off_s, longest_s)
        else:
            back_off_s = BACK_OFF_S[0]
            time.sleep(POLL_S)  # half the price of a wait that could be cut short


def _fit(args: dict[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = args.get(name)
    if not isinstance(value, str) or not pattern.match(value):
        raise BadOrder(name)
    return value
