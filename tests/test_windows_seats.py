"""Seats ahead of time: as many as mitans on duty, repaired when rosters change, a claimed one never touched."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, select, update

from db import clock
from db.models import City, Mitan, Roster, Slot
from db.session import Database
from scheduler import booking, finding, rules, windows
from scheduler.outcomes import Booked
from scheduler.rules import at, local_day
from scheduler.windows import Made
from tests.kit_booking import SINCE, Town, town


@pytest.fixture
def place(database: Database) -> Town:
    return town(database, policy={"horizon_days": 2})


@pytest.fixture
def now(place: Town) -> datetime:
    with place.database.read() as session:
        return clock.now(session)


@pytest.fixture
def day(now: datetime) -> date:
    """The day after tomorrow: wholly ahead, whenever this runs."""
    return local_day(now) + timedelta(days=2)


def clock_of(text: str, day: date) -> datetime:
    return at(day, time.fromisoformat(text))


def free(place: Town, now: datetime, day: date) -> dict[str, int]:
    with place.database.read() as session:
        found = finding.windows(session, now, "raipur", "income", day=day, n=20)
    return {w.starts_at.astimezone(rules.IST).strftime("%H"): w.free for w in found}


def test_a_window_has_a_seat_for_each_mitan_on_duty_for_all_of_it(place: Town, now: datetime, day: date) -> None:
    def span(first: str, last: str) -> tuple[datetime, datetime]:
        return clock_of(first, day), clock_of(last, day)

    place.mitan(span("08:00", "20:00"))
    place.mitan(span("08:00", "18:00"))
    place.mitan(span("11:00", "20:00"))  # the window from 10 is not wholly his
    place.mitan(span("08:00", "20:00"), active=False)
    place.mitan(span("08:00", "20:00"), city_id="durg")
    made = windows.materialise(place.database)
    assert made == Made(added=2 + 2 + 3 + 3 + 3 + 2 + 6)
    assert free(place, now, day) == {"08": 2, "10": 2, "12": 3, "14": 3, "16": 3, "18": 2}


def test_running_again_changes_nothing(place: Town, day: date) -> None:
    place.mitan((clock_of("08:00", day), clock_of("20:00", day)))
    assert windows.materialise(place.database).added == 6
    before = [s.id for s in place.rows(Slot)]
    assert windows.materialise(place.database) == Made()
    assert [s.id for s in place.rows(Slot)] == before


def test_a_roster_that_grows_adds_seats_and_one_that_shrinks_withdraws_free_ones(
    place: Town, now: datetime, day: date
) -> None:
    span = clock_of("08:00", day), clock_of("10:00", day)
    one = place.mitan(span)
    windows.materialise(place.database)
    two = place.mitan(span)
    assert windows.materialise(place.database) == Made(added=1)
    assert free(place, now, day) == {"08": 2}

    def on_duty(mitan: str, active: bool) -> Made:
        with place.database.begin() as session:
            session.execute(update(Mitan).where(Mitan.id == mitan).values(active=active))
        return windows.materialise(place.database)

    assert on_duty(two, False) == Made(withdrawn=1)
    assert free(place, now, day) == {"08": 1}
    assert windows.materialise(place.database) == Made()
    assert on_duty(one, False) == Made(withdrawn=1)
    assert free(place, now, day) == {}
    assert on_duty(one, True) == Made(restored=1)
    assert on_duty(two, True) == Made(restored=1)
    assert free(place, now, day) == {"08": 2}
    place.mitan(span)
    assert windows.materialise(place.database) == Made(added=1)


def test_a_booked_seat_outlives_its_roster_and_is_counted_short(place: Town, now: datetime, day: date) -> None:
    span = clock_of("08:00", day), clock_of("10:00", day)
    place.mitan(span)
    place.mitan(span)
    windows.materialise(place.database)
    asked = place.asked(span[0])
    with place.database.begin() as session:
        assert isinstance(booking.book(session, now, asked, key="k"), Booked)
    with place.database.begin() as session:
        session.execute(delete(Roster))
    assert windows.materialise(place.database) == Made(withdrawn=1, short=1)
    assert windows.materialise(place.database) == Made(short=1)
    assert Counter(c.kind for c in place.claims()) == {"held": 1, "booked": 1}
    with place.database.begin() as session:
        assert booking.hold(session, now, holder="c", city_id="raipur", starts_at=span[0]) is None


def test_closed_days_and_new_hours_reach_windows_laid_out_before(place: Town, now: datetime, day: date) -> None:
    place.mitan((clock_of("08:00", day), clock_of("20:00", day)))
    windows.materialise(place.database)
    place.rule("hours", {"from": "12:00", "to": "20:00"}, since=SINCE + timedelta(days=1))
    assert windows.materialise(place.database) == Made(withdrawn=2)
    assert free(place, now, day) == {"12": 1, "14": 1, "16": 1, "18": 1}
    place.close(day)
    assert windows.materialise(place.database) == Made(withdrawn=4)


def test_the_reserve_is_kept_back_and_cities_come_and_go_by_date(place: Town, now: datetime, day: date) -> None:
    for _ in range(3):
        place.mitan((clock_of("08:00", day), clock_of("10:00", day)))
        place.mitan((clock_of("08:00", day), clock_of("10:00", day)), city_id="durg")
    place.rule("reserve_seats", 2, city_id="raipur")
    with place.database.begin() as session:
        session.execute(update(City).where(City.id == "durg").values(valid_to=day))
    assert windows.materialise(place.database) == Made(added=1)
    assert free(place, now, day) == {"08": 1}


def test_no_transaction_writes_more_than_five_hundred_rows(place: Town, day: date) -> None:
    span = clock_of("08:00", day), clock_of("20:00", day)
    for _ in range(201):
        place.mitan(span)
    sizes: list[int] = []

    def wrote(conn: object, cursor: object, statement: str, parameters: Any, context: object, many: bool) -> None:
        if statement.startswith("INSERT INTO slot"):
            sizes.append(len(parameters) // 4)  # four columns a row

    event.listen(place.database.engine, "before_cursor_execute", wrote)
    assert windows.materialise(place.database).added == 6 * 201
    assert sizes == [500, 500, 206]
    with place.database.read() as session:
        assert len(session.execute(select(Slot.seat).where(Slot.starts_at == span[0])).all()) == 201


def test_the_demo_house_has_windows_in_every_city(seeded: Database) -> None:
    made = windows.materialise(seeded)
    assert made.added > 5000 and (made.withdrawn, made.short) == (0, 0)
    with seeded.read() as session:
        now = clock.now(session)
        for city in session.scalars(select(City.id)):
            assert finding.earliest(session, now, city, "income") is not None, city
