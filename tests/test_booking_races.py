"""Two hundred callers for the last seat, and processes killed at every statement: one winner, whole or absent."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import event, text

from db.models import Appointment, EventRow
from db.session import Database
from scheduler import booking, changing
from scheduler.outcomes import Booked, Booking
from tests.kit_booking import Town, ist, town
from tests.kit_racers import Racer, book, check_then_insert, hold_and_book, race

NOW = ist("2026-02-02 09:00")
TEN = ist("2026-02-04 10:00")
NOON = ist("2026-02-04 12:00")
CALLERS = 200


@pytest.fixture
def place(database: Database) -> Town:
    return town(database)


@pytest.fixture
def keyless_table(place: Town) -> Iterator[None]:
    """The table of the broken twin, gone afterwards: test databases are used again."""
    with place.database.begin() as session:
        session.execute(text("CREATE TABLE twin (holder TEXT)"))
    yield
    with place.database.begin() as session:
        session.execute(text("DROP TABLE twin"))


@pytest.mark.parametrize(("racer", "seats"), [(hold_and_book, 1), (book, 7)])
def test_two_hundred_callers_for_the_last_seats_and_nobody_gets_one_too_many(
    place: Town, racer: Racer, seats: int, keyless_table: None
) -> None:
    place.seats(TEN, seats)
    place.database.engine.dispose()
    result = race(place.database, racer, NOW, [place.asked(TEN) for _ in range(CALLERS)])
    lost = {"hold_and_book": "taken", "book": "SlotTaken"}[racer.__name__]
    assert result.words == {"won": seats, lost: CALLERS - seats}
    assert len(place.rows(Appointment)) == len(place.outbox()) == seats
    assert Counter(c.kind for c in place.claims()) == {"booked": seats}
    place.database.engine.dispose()
    twin = race(place.database, check_then_insert, NOW, [place.asked(TEN) for _ in range(20)])
    assert twin.words["won"] > 1, "the race did not even catch check-then-insert: it proves nothing"


def test_one_key_asked_ten_times_at_once_books_once(place: Town) -> None:
    place.seats(TEN, 10)
    asked = place.asked(TEN)
    place.database.engine.dispose()
    result = race(place.database, book, NOW, [asked] * 12)
    assert result.words == {"won": 12}
    assert len(place.rows(Appointment)) == len(place.claims()) == len(place.outbox()) == 1


def test_one_applicant_asking_on_twelve_lines_at_once_gets_one_visit(place: Town) -> None:
    place.seats(TEN, 20)
    caller_id, phone = place.caller()
    place.database.engine.dispose()
    result = race(
        place.database, hold_and_book, NOW, [place.asked(TEN, caller_id=caller_id, phone=phone) for _ in range(12)]
    )
    assert result.words == {"won": 1, "Already": 11}
    assert Counter(c.kind for c in place.claims())["booked"] == 1
    assert len(place.outbox()) == 1


def killed_at(place: Town, statement: int, asked: Booking, key: str, *, move: int | None = None) -> bool:
    """Books (or moves) in a child that kills itself before its n-th statement or commit; True if it got so far."""
    url = place.database.url.render_as_string(hide_password=False)
    child = os.fork()
    if child == 0:
        seen = [0]

        def count(*_: object) -> None:
            seen[0] += 1
            if seen[0] == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        database = Database(url, pool_size=1)
        event.listen(database.engine, "before_cursor_execute", count)
        event.listen(database.engine, "commit", count)
        with database.begin() as session:
            if move is None:
                booking.book(session, NOW, asked, key=key)
            else:
                changing.move(session, NOW, move, starts_at=NOON, holder=key)
        count()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_killed_at_any_statement_a_booking_is_whole_or_absent_and_the_redial_books_once(place: Town) -> None:
    place.seats(TEN, 60)
    whole = []
    for statement in range(1, 60):
        asked, key = place.asked(TEN), f"key-{statement}"
        place.database.engine.dispose()
        killed = killed_at(place, statement, asked, key)
        rows = [row for row in place.rows(Appointment) if row.key == key]
        whole.append(len(rows))
        assert_whole(place)
        with place.database.begin() as session:
            assert isinstance(booking.book(session, NOW, asked, key=key), Booked)
        assert len(place.rows(Appointment)) == statement
        assert_whole(place)
        if not killed:
            break
    assert not killed and len(whole) > 12
    # absent at every statement and at the commit itself; there only after it
    assert whole == [0] * (len(whole) - 2) + [1, 1]


def test_killed_at_any_statement_a_move_stands_at_one_window_and_keeps_one_seat(place: Town) -> None:
    place.seats(TEN, 1)
    place.seats(NOON, 1)
    asked = place.asked(TEN)
    with place.database.begin() as session:
        visit = booking.book(session, NOW, asked, key="k")
    assert isinstance(visit, Booked)
    killed, statement = True, 0
    while killed:
        statement += 1
        place.database.engine.dispose()
        killed = killed_at(place, statement, asked, "mover", move=visit.appointment_id)
        (row,) = place.rows(Appointment)
        (claim,) = place.claims()
        assert (claim.slot_id, claim.appointment_id) == (row.slot_id, row.id)
        if row.starts_at == NOON:
            break
    assert statement > 10 and row.starts_at == NOON


def assert_whole(place: Town) -> None:
    visits = {row.id: row for row in place.rows(Appointment)}
    booked = {c.appointment_id: c.slot_id for c in place.claims() if c.kind == "booked"}
    assert booked == {id: row.slot_id for id, row in visits.items()}
    assert {m.appointment_id for m in place.outbox()} == set(visits)
    assert {e.data["appointment_id"] for e in place.rows(EventRow)} == set(visits)
    assert len(place.claims()) == len(booked)
