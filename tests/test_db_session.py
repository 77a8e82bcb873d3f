"""The door: writers queue up and are bounded, readers cannot write, one moment holds for a whole transaction."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db import clock
from db.base import NaiveTime
from db.models import Command, House
from db.session import Database, normal_url


def test_a_reader_cannot_write(database: Database) -> None:
    with database.read() as session, pytest.raises(DBAPIError, match=r"readonly|read-only"):
        session.add(House(key="a", value="b"))
        session.flush()
    with database.begin() as session:  # the same pooled connection serves a writer afterwards
        session.add(House(key="a", value="b"))


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.begin() as session:
        session.add(House(key="a", value="b"))
        session.flush()
        raise RuntimeError
    with database.read() as session:
        assert session.scalars(select(House)).all() == []


def test_two_writers_that_read_first_both_get_through(database: Database) -> None:
    """On SQLite a deferred transaction would fail at once here: its read cannot become a write."""
    with database.begin() as session:
        session.add(House(key="n", value="0"))
    both_ready = threading.Barrier(4)
    failures: list[Exception] = []

    def count() -> None:
        both_ready.wait()
        try:
            for _ in range(10):
                with database.begin() as session:
                    row = session.scalars(select(House).where(House.key == "n").with_for_update()).one()
                    row.value = str(int(row.value) + 1)
        except DBAPIError as failure:
            failures.append(failure)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.read() as session:
        assert session.scalars(select(House.value)).one() == "40"


def test_the_broken_twin_of_begin_immediate_fails_at_once(seeded_sqlite: Database) -> None:
    """Why writers begin immediately: a deferred one that has read cannot wait its turn, it is simply refused."""
    path = str(seeded_sqlite.url.database)
    with (
        closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as first,
        closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as second,
    ):
        for deferred in (first, second):
            deferred.execute("BEGIN")
            deferred.execute("SELECT count(*) FROM house").fetchone()
        first.execute("UPDATE house SET value = 'a'")
        first.execute("COMMIT")
        began = time.monotonic()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            second.execute("UPDATE house SET value = 'b'")
        assert time.monotonic() - began < 1


def test_a_locked_database_is_told_within_two_seconds(database: Database) -> None:
    with database.begin() as holder:
        holder.add(House(key="a", value="b"))
        holder.flush()
        began = time.monotonic()
        with pytest.raises(DBAPIError), database.begin() as second:
            second.add(House(key="a", value="c"))
        assert 1 < time.monotonic() - began < 2.5


def test_an_exhausted_pool_is_told_too(database: Database) -> None:
    small = Database(database.url, pool_size=1, pool_wait_s=0.1)
    with small.read() as session:
        clock.now(session)
        with pytest.raises(PoolTimeout), small.read() as second:
            clock.now(second)
    small.dispose()


@pytest.mark.postgres
def test_a_slow_statement_is_cut_off(postgres: Database) -> None:
    quick = Database(postgres.url, wait_ms=100)
    with quick.read() as session, pytest.raises(DBAPIError, match="statement timeout"):
        session.execute(text("SELECT pg_sleep(5)"))
    quick.dispose()


def test_a_server_that_is_not_there_is_told_within_two_seconds() -> None:
    nobody = Database("postgresql://mitan@127.0.0.1:9/mitan")
    began = time.monotonic()
    with pytest.raises(DBAPIError), nobody.read() as session:
        clock.now(session)
    assert time.monotonic() - began < 2.5
    nobody.dispose()


def test_sqlite_is_durable_and_minds_its_references(seeded_sqlite: Database) -> None:
    with seeded_sqlite.begin() as session:
        settings = {
            name: session.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous")
        }
    assert settings == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2}


def test_now_is_one_moment_a_transaction(database: Database) -> None:
    with database.begin() as session:
        first = clock.now(session)
        again = clock.now(session)
    assert first == again
    assert first.utcoffset() == timedelta(0)
    assert abs(first - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_new_transaction_reads_the_clock_anew(database: Database) -> None:
    with database.read() as session:
        first = clock.now(session)
        session.rollback()
        deadline = time.monotonic() + 5
        while clock.now(session) == first and time.monotonic() < deadline:
            session.rollback()
        assert clock.now(session) > first


def test_the_offset_shifts_the_clock(database: Database) -> None:
    ahead = Database(database.url, offset=timedelta(days=3))
    with ahead.read() as session:
        shifted = clock.now(session)
    assert abs(shifted - datetime.now(UTC) - timedelta(days=3)) < timedelta(seconds=5)
    ahead.dispose()


def command(asked_at: datetime) -> Command:
    return Command(kind="ping", args={}, asked_by="test", asked_at=asked_at, deadline=asked_at, state="asked")


def test_any_zone_goes_in_and_utc_comes_out(database: Database) -> None:
    ist = datetime(2026, 2, 3, 10, 0, 0, 123456, ZoneInfo("Asia/Kolkata"))
    with database.begin() as session:
        session.add(command(ist))
    with database.read() as session:
        found = session.scalars(select(Command).where(Command.asked_at == ist)).one()
    assert found.asked_at.isoformat() == "2026-02-03T04:30:00.123456+00:00"


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError) as refused, database.begin() as session:
        session.add(command(datetime(2026, 2, 3, 10)))  # noqa: DTZ001 - that is the point
    assert isinstance(refused.value.orig, NaiveTime)


@pytest.mark.parametrize("url", ["postgresql://h/d", "postgres://h/d", "postgresql+psycopg://h/d"])
def test_plain_postgresql_means_psycopg(url: str) -> None:
    assert normal_url(url).drivername == "postgresql+psycopg"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://h/d"])
def test_what_we_do_not_speak_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"SQLite needs a file|neither sqlite nor postgresql"):
        normal_url(url)


def test_hindi_and_order_survive_a_round_trip(database: Database) -> None:
    args = {"2": "दो", "1": "एक", "नाम": 'O\'Neil\n"x"'}
    with database.begin() as session:
        row = command(clock.now(session))
        row.args = args
        session.add(row)
    with database.read() as session:
        assert list(session.scalars(select(Command.args)).one().items()) == list(args.items())
