"""The process `voice`: calls by FastAGI, Asterisk by AMI, the command table, the recordings' spool. One loop, one pool.

It may be killed at any moment: callers fall to the dialplan, queued and bridged calls notice nothing, and what was
left behind (open calls, taken commands, messages in the spool) is put in order at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
import signal
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from db.session import Database
from ivr import bootstrap
from ivr.channels.ami import Account, Ami
from ivr.channels.conversation import Exchange, Parts
from ivr.channels.departures import Departures
from ivr.channels.driver import Driver
from ivr.channels.fastagi import Limits, Server
from ivr.channels.orders import Orders
from ivr.core.call import Spoken
from ivr.settings import Settings, key_text

log = logging.getLogger(__name__)

AMI_USER = "mitan"
GRACE_S = 1.5
SPOOL_EVERY_S = 5.0
FILLER = Spoken("filler.wait")


def main(settings: Settings) -> int:
    """Runs until SIGTERM or SIGINT; returns the exit code."""
    bootstrap.logs(settings)
    logging.getLogger("panoramisk").setLevel(logging.WARNING)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a flood of strangers must not use up what calls need
    database = bootstrap.database(settings)
    driver = bootstrap.driver(settings, database)
    try:
        with ThreadPoolExecutor(settings.database_pool, thread_name_prefix="voice") as pool:
            asyncio.run(Voice(settings, database, driver, pool).run())
    finally:
        driver.close()
        database.dispose()
    return 0


@dataclass
class Voice:
    """The parts of the process and the tasks that run them."""

    settings: Settings
    database: Database
    driver: Driver
    pool: ThreadPoolExecutor

    def __post_init__(self) -> None:
        settings = self.settings
        self.recordings = bootstrap.recordings(settings, self.database)
        speaker = bootstrap.speaker(settings, self.database)
        parts = Parts(
            driver=self.driver,
            sounds=speaker.sounds,
            filler=lambda language: speaker.files([FILLER], language),
            keep=self.recordings.keep,
            spool=settings.spool_dir,
            pool=self.pool,
        )
        self.exchange = Exchange(parts)
        self.departures = Departures(self.exchange, self.driver, self.database, self.pool)
        secret = key_text(settings.ami_secret_file)
        self.ami = Ami(Account("127.0.0.1", settings.ami_port, AMI_USER, secret), on_event=self.departures.hear)
        self.orders = Orders(self.database, self.ami, self.pool)
        self.server = Server(self.exchange.serve, Limits(calls=settings.calls_at_once))

    async def run(self) -> None:
        """Everything at once, until a signal; then the running turns get a moment."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        self.settings.spool_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        port = await self.server.listen("127.0.0.1", self.settings.fastagi_port)
        tasks = [
            self._task(self.ami.run(), "ami"),
            self._task(self.orders.run(), "orders"),
            self._task(self.departures.run(self.ami), "departures"),
            self._task(self._empty_spool(), "spool"),
        ]
        log.info("voice answers on port %d", port)
        ended = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait({ended, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        log.info("voice ends with %d calls up", self.server.calls)
        await self.server.close(GRACE_S)
        for task in {ended, *tasks} - done:
            task.cancel()
        await asyncio.gather(*tasks, ended, return_exceptions=True)
        for task in done - {ended}:
            task.result()  # none of them ends by itself: whoever did, raises here, and the supervisor starts us anew

    async def _empty_spool(self) -> None:
        """What is left behind, at the start and now and then: each message within seconds of its end."""
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(SQLAlchemyError):
                taken = await loop.run_in_executor(
                    self.pool, self.recordings.import_spool, self.settings.spool_dir, self.exchange.calls
                )
                if taken:
                    log.info("%d messages became callbacks", taken)
            await asyncio.sleep(SPOOL_EVERY_S)

    def _task(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        return asyncio.create_task(work, name=name)
