"""Cancelling and moving: the cut-off to the minute, the old seat kept until the new one is certain."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.models import Appointment, EventRow
from db.session import Database
from scheduler import booking, changing
from scheduler.outcomes import Booked, Cancelled, CutOff, Moved, NotLive, NotOffered, SlotTaken, TooManyMoves
from tests.kit_booking import Town, ist, town

NOW = ist("2026-02-02 09:00")
TEN = ist("2026-02-04 10:00")
NOON = ist("2026-02-04 12:00")
FOUR = ist("2026-02-05 16:00")


@pytest.fixture
def place(database: Database) -> Town:
    return town(database)


def booked(place: Town, **more: object) -> int:
    place.seats(TEN, 1)
    place.seats(NOON, 1)
    asked = place.asked(TEN, **more)
    with place.database.begin() as session:
        answer = booking.book(session, NOW, asked, key="k")
    assert isinstance(answer, Booked)
    return answer.appointment_id


def test_cancelling_frees_the_seat_says_so_and_is_done_once(place: Town) -> None:
    visit = booked(place)
    with place.database.begin() as session:
        first = changing.cancel(session, NOW, visit)
        again = changing.cancel(session, NOW, visit)
    assert isinstance(first, Cancelled) and not first.again
    assert isinstance(again, Cancelled) and again.again
    assert place.claims() == []
    assert [(m.template, m.state) for m in place.outbox()] == [
        ("visit_booked", "cancelled"),
        ("visit_cancelled", "waiting"),
    ]
    assert [e.kind for e in place.rows(EventRow)] == ["appointment.booked", "appointment.cancelled"]


def test_after_cancelling_the_same_service_can_be_booked_again(place: Town) -> None:
    caller_id, phone = place.caller()
    visit = booked(place, caller_id=caller_id, phone=phone)
    with place.database.begin() as session:
        changing.cancel(session, NOW, visit)
        asked = place.asked(TEN, caller_id=caller_id, phone=phone)
        assert isinstance(booking.book(session, NOW, asked, key="second"), Booked)


def test_moving_takes_the_new_seat_frees_the_old_and_counts(place: Town) -> None:
    visit = booked(place)
    with place.database.begin() as session:
        assert booking.hold(session, NOW, holder="c2", city_id="raipur", starts_at=NOON)
        moved = changing.move(session, NOW, visit, starts_at=NOON, holder="c2")
    assert isinstance(moved, Moved) and moved.texted and moved.visit.starts_at == NOON
    (claim,) = place.claims()
    assert (claim.kind, claim.appointment_id, claim.holder) == ("booked", visit, None)
    (row,) = place.rows(Appointment)
    assert (row.starts_at, row.ends_at, row.slot_id, row.moves) == (NOON, NOON + timedelta(hours=2), claim.slot_id, 1)
    assert [(m.template, m.state) for m in place.outbox()] == [
        ("visit_booked", "cancelled"),
        ("visit_moved", "waiting"),
    ]


def test_moving_asked_twice_moves_once(place: Town) -> None:
    visit = booked(place)
    with place.database.begin() as session:
        changing.move(session, NOW, visit, starts_at=NOON, holder="c")
        again = changing.move(session, NOW, visit, starts_at=NOON, holder="c")
    assert isinstance(again, Moved) and not again.texted
    assert place.rows(Appointment)[0].moves == 1 and len(place.outbox()) == 2


def test_a_move_to_a_full_window_keeps_the_old_seat(place: Town) -> None:
    visit = booked(place)
    other = place.asked(NOON)
    with place.database.begin() as session:
        booking.book(session, NOW, other, key="other")
    with place.database.begin() as session:
        assert changing.move(session, NOW, visit, starts_at=NOON, holder="c") == SlotTaken()
    assert place.rows(Appointment)[0].starts_at == TEN
    assert sorted(c.kind for c in place.claims()) == ["booked", "booked"]


@pytest.mark.parametrize(
    ("word", "now", "movable"),
    [
        ("two days before", "2026-02-02 10:00", True),
        ("a minute before the cut-off", "2026-02-03 09:59", True),
        ("at the cut-off", "2026-02-03 10:00", True),
        ("a minute after it", "2026-02-03 10:01", False),
        ("midnight before the day", "2026-02-04 00:00", False),
        ("a minute before the window", "2026-02-04 09:59", False),
    ],
)
def test_the_cut_off_binds_moving_to_the_minute_and_cancelling_never(
    place: Town, word: str, now: str, movable: bool
) -> None:
    visit = booked(place)
    place.seats(FOUR, 1)
    at = ist(now)
    with place.database.begin() as session:
        answer = changing.move(session, at, visit, starts_at=FOUR, holder="c")
    assert isinstance(answer, Moved) if movable else answer == CutOff(TEN - timedelta(hours=24)), word
    with place.database.begin() as session:
        assert isinstance(changing.cancel(session, at, visit), Cancelled), word


def test_the_cut_off_is_the_one_the_visit_was_booked_under(place: Town) -> None:
    visit = booked(place)
    place.rule("move_cutoff_hours", 48, since=ist("2026-02-02 12:00").date())
    with place.database.begin() as session:
        assert isinstance(changing.move(session, ist("2026-02-02 12:00"), visit, starts_at=NOON, holder="c"), Moved)


def test_a_caller_moves_as_often_as_policy_says_and_staff_may_once_more(place: Town) -> None:
    visit = booked(place)
    with place.database.begin() as session:
        for target in (NOON, TEN):
            assert isinstance(changing.move(session, NOW, visit, starts_at=target, holder="c"), Moved)
        assert changing.move(session, NOW, visit, starts_at=NOON, holder="c") == TooManyMoves(2)
        assert isinstance(changing.move(session, NOW, visit, starts_at=NOON, holder="s", by="user:3"), Moved)


def test_what_is_over_or_not_there_is_not_changed(place: Town) -> None:
    visit = booked(place)
    with place.database.begin() as session:
        assert changing.move(session, NOW, 999, starts_at=NOON, holder="c") == NotLive(None)
        assert changing.cancel(session, NOW, 999) == NotLive(None)
        past = changing.move(session, NOW, visit, starts_at=ist("2026-02-01 10:00"), holder="c")
        assert past == NotOffered("past")
        session.get_one(Appointment, visit).state = "arrived"
        session.flush()
        assert changing.cancel(session, NOW, visit) == NotLive("arrived")
        assert changing.move(session, NOW, visit, starts_at=NOON, holder="c") == NotLive("arrived")
