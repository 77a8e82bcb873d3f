"""Looking out for commands: cheap while there are none, never blind to one, and back after the database was away."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select, text

from db import clock, commands
from db.lookout import Lookout, LostSight
from db.models import Command
from db.session import Database
from ivr.channels.ami import Account, Ami
from ivr.channels.orders import Orders
from tests.kit_exchange import in_loop, until

MOST_MS = 0.15


def ask(database: Database) -> int:
    with database.begin() as session:
        return commands.ask(session, "nothing", {}, "test", clock.now(session), timedelta(seconds=30))


def take(database: Database) -> None:
    with database.begin() as session:
        assert commands.take(session, clock.now(session)) is not None


@pytest.fixture
def lookout(database: Database) -> Iterator[Lookout]:
    with closing(Lookout(database)) as made:
        yield made


def test_a_command_is_seen_until_it_is_taken(database: Database, lookout: Lookout) -> None:
    assert not lookout.waiting()
    ask(database)
    assert lookout.waiting() and lookout.waiting()
    take(database)
    assert not lookout.waiting()


def test_each_of_many_commands_is_taken_once_in_the_order_they_came(database: Database) -> None:
    asked = [ask(database) for _ in range(5)]
    taken = []
    for _ in range(6):
        with database.begin() as session:
            taken.append(commands.take(session, clock.now(session)))
    assert [one.id for one in taken if one] == asked and taken[-1] is None


def test_what_waited_before_the_first_look_is_seen(database: Database, lookout: Lookout) -> None:
    ask(database)
    assert lookout.waiting()


def test_a_command_not_yet_committed_is_seen_when_it_is(database: Database, lookout: Lookout) -> None:
    with database.begin() as session:
        commands.ask(session, "nothing", {}, "test", clock.now(session), timedelta(seconds=30))
        assert not lookout.waiting()
    assert lookout.waiting()


def test_a_look_that_sees_nothing_costs_next_to_nothing(lookout: Lookout) -> None:
    lookout.waiting()
    costs = []
    for _ in range(5):
        begun = time.thread_time()
        for _ in range(100):
            assert not lookout.waiting()
        costs.append((time.thread_time() - begun) * 10)
    assert min(costs) < MOST_MS, costs


def test_a_look_neither_holds_a_writer_up_nor_waits_for_one(database: Database, lookout: Lookout) -> None:
    with database.begin() as session:
        session.execute(text("UPDATE house SET value = value"))
        begun = time.monotonic()
        assert not lookout.waiting()
        assert time.monotonic() - begun < 0.5
    with database.begin() as session:
        session.execute(text("UPDATE house SET value = value"))


def test_a_database_that_is_away_is_said_and_found_again(database: Database, lookout: Lookout) -> None:
    assert not lookout.waiting()
    with away(database):
        for _ in range(2):
            with pytest.raises(LostSight):
                lookout.waiting()
    ask(database)
    assert lookout.waiting()


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    lookout = Lookout(Database(f"sqlite:///{tmp_path}/none.db"))
    with pytest.raises(LostSight):
        lookout.waiting()
    assert not (tmp_path / "none.db").exists()


@in_loop
async def test_commands_are_taken_again_after_an_outage_and_the_loop_never_stood_still(database: Database) -> None:
    async with orders(database):
        first = ask(database)
        await until(lambda: state(database, first) == "failed")
        longest = asyncio.create_task(longest_stall(1.5))
        with away(database):
            await asyncio.sleep(1)
        second = ask(database)
        await until(lambda: state(database, second) == "failed", 10)
        assert await longest < 0.25


@in_loop
async def test_commands_are_taken_though_the_database_was_away_at_the_start(database: Database) -> None:
    with away(database):
        async with orders(database):
            await asyncio.sleep(0.3)
    async with orders(database):
        id_ = ask(database)
        await until(lambda: state(database, id_) == "failed", 10)


@in_loop
async def test_more_commands_than_are_served_at_once_are_all_answered(database: Database) -> None:
    last = [ask(database) for _ in range(40)][-1]
    async with orders(database):
        await until(lambda: state(database, last) == "failed", 20)
        await until(lambda: unanswered(database) == 0, 10)


def state(database: Database, id_: int) -> str:
    with database.read() as session:
        return session.get_one(Command, id_).state


def unanswered(database: Database) -> int:
    with database.read() as session:
        asked = select(func.count()).select_from(Command).where(Command.state.in_(["asked", "taken"]))
        return session.execute(asked).scalar_one()


async def longest_stall(during_s: float) -> float:
    """How long the event loop did nothing, at the most."""
    loop, longest = asyncio.get_running_loop(), 0.0
    until_then = loop.time() + during_s
    while (begun := loop.time()) < until_then:
        await asyncio.sleep(0.01)
        longest = max(longest, loop.time() - begun)
    return longest


@asynccontextmanager
async def orders(database: Database) -> AsyncIterator[None]:
    """The taker of commands, without an Asterisk: an order that nobody understands is refused all the same."""
    with ThreadPoolExecutor(4) as pool:
        task = asyncio.create_task(Orders(database, Ami(Account("127.0.0.1", 1, "mitan", "x")), pool).run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@contextmanager
def away(database: Database) -> Iterator[None]:
    """PostgreSQL ends every connection and lets nobody in; SQLite has lost the table."""
    if database.dialect == "sqlite":
        rename(database, "command", "lost")
        yield
        rename(database, "lost", "command")
        return
    server = database.url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)
    name = database.url.database
    with closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        try:
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())


def rename(database: Database, old: str, new: str) -> None:
    with database.begin() as session:
        session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
