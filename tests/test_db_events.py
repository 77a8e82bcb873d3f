"""The bus gives every reader every committed event once and in one order, whenever its writer commits."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from db import events
from db.events import START, Cursor, EventRow, Wake
from db.session import Database

WRITERS, EACH = 6, 20


def write_with_delayed_commits(database: Database) -> list[threading.Thread]:
    """Starts writers whose transactions stay open a little after taking their ids; dice are seeded."""

    def write(writer: int) -> None:
        dice = random.Random(writer)
        for number in range(EACH):
            with database.begin() as session:
                events.append(session, "test.written", writer=writer, number=number)
                session.execute(text("SELECT pg_sleep(:s)"), {"s": dice.choice([0, 0.002, 0.02])})

    threads = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    return threads


def read_until(database: Database, done: Callable[[], bool], look: Callable[[Session], int]) -> None:
    """Polls while writers are at work and until nothing new has come after them."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        finished = done()
        with database.read() as session:
            new = look(session)
        if finished and not new:
            return
    pytest.fail("the reader never came to an end")


@pytest.mark.postgres
def test_tail_sees_each_row_once_where_ids_alone_lose_rows(postgres: Database) -> None:
    threads = write_with_delayed_commits(postgres)
    seen: list[Cursor] = []
    lost_twin: set[int] = set()  # the broken twin: id > last
    last = 0

    def look(session: Session) -> int:
        nonlocal last
        rows = events.tail(session, seen[-1] if seen else START, limit=7)
        seen.extend(Cursor.at(row) for row in rows)
        naive = session.scalars(select(EventRow.id).where(EventRow.id > last).order_by(EventRow.id)).all()
        lost_twin.update(naive)
        last = naive[-1] if naive else last
        return len(rows) + len(naive)

    read_until(postgres, lambda: not any(t.is_alive() for t in threads), look)
    for thread in threads:
        thread.join()

    with postgres.read() as session:
        written = set(session.scalars(select(EventRow.id)))
    assert len(written) == WRITERS * EACH
    assert len(seen) == len(written)
    assert {c.id for c in seen} == written
    assert seen == sorted(seen)
    assert len(lost_twin) < len(written), "the broken twin lost nothing: this test proves nothing"


def test_a_second_reader_sees_the_same_order(database: Database) -> None:
    for number in range(5):
        with database.begin() as session:
            events.append(session, "test.written", number=number)
    with database.read() as session:
        rows = events.tail(session, START)
        again = events.tail(session, Cursor.at(rows[1]), limit=2)
    assert [r.data["number"] for r in rows] == [0, 1, 2, 3, 4]
    assert [r.data["number"] for r in again] == [2, 3]


def test_what_rolls_back_was_never_said(database: Database) -> None:
    with pytest.raises(RuntimeError), database.begin() as session:
        events.append(session, "test.written")
        raise RuntimeError
    with database.read() as session:
        assert events.tail(session, START) == []
        assert events.newest(session) == START


def test_newest_is_where_a_reader_of_the_future_starts(database: Database) -> None:
    with database.begin() as session:
        events.append(session, "test.past")
    with database.read() as session:
        cursor = events.newest(session)
    with database.begin() as session:
        events.append(session, "test.future")
    with database.read() as session:
        assert [r.kind for r in events.tail(session, cursor)] == ["test.future"]


def test_a_cursor_makes_the_round_trip() -> None:
    assert Cursor.parse(str(Cursor(815, 42))) == Cursor(815, 42)


@pytest.mark.parametrize("written", ["", "1", "1-", "-1-2", "1-2-3", "a-b", "1 -2", "9" * 30 + "-1"])
def test_a_broken_cursor_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        Cursor.parse(written)


@pytest.mark.parametrize("value", ["अनिता", "Anita Devi", "+915000010001", "a\nb", "", "x" * 81])
def test_names_and_numbers_do_not_enter_the_trail(seeded_sqlite: Database, value: str) -> None:
    with seeded_sqlite.begin() as session, pytest.raises(events.NotForTheTrail):
        events.append(session, "test.leak", value=value)


@pytest.mark.parametrize("value", ["booked", "2026-02-03T10:00:00+05:30", "main.service", "caste-sc-st", 5, None, True])
def test_ids_enums_and_moments_do(seeded_sqlite: Database, value: str | int | None) -> None:
    with seeded_sqlite.begin() as session:
        events.append(session, "test.fine", value=value)


def test_ringing_wakes_the_one_who_waits(database: Database) -> None:
    ringing, waiting = Wake(database), Wake(database)
    try:
        waiting.wait(0.01)  # from here on it listens
        listener = ringing if database.dialect == "sqlite" else waiting
        assert ringing.ring()
        assert listener.wait(5)
        assert not listener.wait(0.01)
    finally:
        waiting.close()


def test_ringing_stops_at_twenty_a_second(seeded_sqlite: Database) -> None:
    moments = iter([0.0, 0.01, 0.049, 0.06, 0.2])
    wake = Wake(seeded_sqlite, monotonic=lambda: next(moments))
    assert [wake.ring() for _ in range(5)] == [True, False, False, True, True]
