"""The process `worker`: APScheduler ticks, the leader works, rows remember. Nothing is ever kept in its job store.

Any number of workers may run; one leads, the others try to each second, so a leader's death costs a second. A
database that is away is logged and tried again at the next tick: the process does not die of it.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.exc import SQLAlchemyError

from db.session import Database
from scheduler import jobs, leader
from scheduler.gateways import ConsoleGateway, Gateway

log = logging.getLogger(__name__)

LEAD_S = 1.0  # how often the lead is asked for, and how long a job may go on believing in it
JUMP_S = 5.0
QUIET_S = 60.0  # a job that keeps failing is said so this often, not at every tick


class WorkerSettings(Protocol):
    """What the worker reads of the house's settings."""

    @property
    def var_dir(self) -> Path: ...


def run(database: Database, settings: WorkerSettings, stop: threading.Event, *, gateway: Gateway | None = None) -> None:
    """Ticks until `stop` is set, then lets running jobs end (they are short) and gives up the lead."""
    carrier = gateway or ConsoleGateway()
    name = f"{socket.gethostname()}:{os.getpid()}"
    lead = leader.leadership(database)
    leading = threading.Event()
    ticker = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(4)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    due_callbacks = jobs.DueCallbacks()
    # seconds apart, and what is done
    work: tuple[tuple[str, float, Callable[[], int]], ...] = (
        ("send messages", 1, lambda: jobs.send_messages(database, carrier, name)),
        ("recover messages", 15, lambda: jobs.recover_messages(database, carrier)),
        ("lay out windows", 60, lambda: jobs.lay_out_windows(database)),
        ("show due callbacks", 5, lambda: due_callbacks(database)),
        ("sweep holds", 300, lambda: jobs.sweep_holds(database)),
        ("forget", 3600, lambda: jobs.forget(database, settings.var_dir)),
    )
    for title, every_s, job in work:
        ticker.add_job(Tick(title, job, leading, every_s), IntervalTrigger(seconds=1, timezone=UTC))
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that finds the last one at work is no news
    ticker.start()
    jumps = Jumps(time.time, time.monotonic)
    try:
        while not stop.is_set():
            if jumps.jumped():  # set back, APScheduler would sleep until the old time comes round again
                for waiting in ticker.get_jobs():
                    waiting.modify(next_run_time=datetime.now(UTC))
            if lead.mine():
                if not leading.is_set():
                    log.info("worker %s leads", name)
                leading.set()
            else:
                leading.clear()
            stop.wait(LEAD_S)
    finally:
        leading.clear()
        ticker.shutdown(wait=True)
        lead.give_up()


class Jumps:
    """Notices when the wall clock and the steady one part: somebody set the clock."""

    def __init__(self, wall: Callable[[], float], steady: Callable[[], float]) -> None:
        self._wall, self._steady = wall, steady
        self._known = wall() - steady()

    def jumped(self) -> bool:
        """Whether the clock was set by more than a few seconds since the last time of asking."""
        before, self._known = self._known, self._wall() - self._steady()
        return abs(self._known - before) > JUMP_S


class Tick:
    """One job at its pace while we lead; a failure is logged and the next tick tries again.

    Paced by the steady clock: what is due is judged by the database's time inside the job, not here.
    """

    def __init__(
        self,
        title: str,
        job: Callable[[], int],
        leading: threading.Event,
        every_s: float,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._title = title
        self._job = job
        self._leading = leading
        self._every_s = every_s
        self._steady = steady
        self._next = self._quiet_until = float("-inf")

    def __call__(self) -> None:
        at = self._steady()
        if not self._leading.is_set() or at < self._next:
            return
        try:
            done = self._job()
        except SQLAlchemyError as error:  # its time stays come: tried again at the next tick
            if at >= self._quiet_until:
                self._quiet_until = at + QUIET_S
                log.warning("%s: the database did not do it (%s), trying on", self._title, type(error).__name__)
            return
        except Exception:  # the door of every job: a broken one must not take the others with it
            log.exception("%s broke", self._title)
            done = 0
        self._next, self._quiet_until = at + self._every_s, float("-inf")
        if done:
            log.info("%s: %d", self._title, done)
