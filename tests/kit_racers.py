"""Callers in other processes who all want the same seat at the same moment, and what each of them got."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from multiprocessing.synchronize import Barrier
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from db.session import Database
from scheduler import booking
from scheduler.outcomes import Booked, Booking

PROCESSES = 4
THREADS = 16  # each has a connection of its own, as the driver's have
Racer = Callable[[Database, datetime, Booking], str]


@dataclass(frozen=True)
class Result:
    """How often each word was the answer, and how long the slowest answer took."""

    words: Counter[str]
    slowest_s: float


def hold_and_book(database: Database, now: datetime, asked: Booking) -> str:
    """As a call does: the seat is held in one transaction and booked in the next."""
    with database.begin() as session:
        held = booking.hold(session, now, holder=asked.holder, city_id=asked.city_id, starts_at=asked.starts_at)
    if held is None:
        return "taken"
    with database.begin() as session:
        return answer(booking.book(session, now, asked, key=asked.holder))


def book(database: Database, now: datetime, asked: Booking) -> str:
    """As staff do: booked at once, never held."""
    with database.begin() as session:
        return answer(booking.book(session, now, asked, key=asked.holder))


def answer(outcome: object) -> str:
    return "won" if isinstance(outcome, Booked) else type(outcome).__name__


def check_then_insert(database: Database, now: datetime, asked: Booking) -> str:
    """The broken twin: looks whether the seat is free, then takes it; its table has no key to say no."""
    with database.read() as session:
        taken = session.execute(text("SELECT count(*) FROM twin")).scalar_one()
    if taken:
        return "taken"
    time.sleep(0.3)  # the caller listens to the offer before it is booked
    with database.begin() as session:
        session.execute(text("INSERT INTO twin (holder) VALUES (:holder)"), {"holder": asked.holder})
    return "won"


def race(database: Database, racer: Racer, now: datetime, all_asked: list[Booking]) -> Result:
    """Lets every caller go at once, a quarter of them in each of four processes.

    Each process books once before, and takes it back: a first transaction compiles every statement, which a service
    that answers two hundred callers has done long ago.
    """
    context = multiprocessing.get_context("fork")
    start = context.Barrier(PROCESSES)
    answers: Any = context.Queue()
    url = database.url.render_as_string(hide_password=False)
    children = [
        context.Process(target=_run, args=(url, racer, now, all_asked[n::PROCESSES], start, answers))
        for n in range(PROCESSES)
    ]
    for child in children:
        child.start()
    got = [answers.get(timeout=90) for _ in all_asked]
    for child in children:
        child.join(30)
    return Result(Counter(word for word, _ in got), max(seconds for _, seconds in got))


class _TakenBack(Exception):
    """Ends a transaction that must leave nothing."""


def _warm(database: Database, now: datetime, asked: Booking) -> bool:
    try:
        with suppress(_TakenBack), database.begin() as session:
            booking.hold(session, now, holder=asked.holder, city_id=asked.city_id, starts_at=asked.starts_at)
            booking.book(session, now, asked, key=asked.holder)
            raise _TakenBack
    except OperationalError:
        return False
    return True


def _run(url: str, racer: Racer, now: datetime, mine: list[Booking], start: Barrier, answers: Any) -> None:
    # patient, so that a busy machine does not blur the verdict: who wins, not how soon, is judged here
    database = Database(url, pool_size=THREADS, pool_wait_s=60, wait_ms=20_000)
    while not _warm(database, now, replace(mine[0], holder=f"warm-{os.getpid()}")):
        pass

    def call(asked: Booking) -> tuple[str, float]:
        began = time.monotonic()
        try:
            word = racer(database, now, asked)
        except Exception as error:
            word = repr(error)[:200]
        return word, time.monotonic() - began

    start.wait(60)
    with ThreadPoolExecutor(THREADS) as callers:
        for answered in callers.map(call, mine):
            answers.put(answered)
    database.dispose()
