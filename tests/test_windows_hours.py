"""Opening hours: a table of boundaries, the same verdict whatever the server's own time zone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from db.session import Database
from scheduler import rules
from scheduler.hours import hours, judge
from scheduler.rules import PolicyMissing
from tests.kit_booking import ist, town

OPEN, BEFORE, AFTER, CLOSED = None, "before_hours", "after_hours", "closed_day"
TABLE = [
    ("just before we open", "2026-02-03 07:59", BEFORE, "2026-02-03 08:00"),
    ("as we open", "2026-02-03 08:00", OPEN, None),
    ("the last minute", "2026-02-03 19:59", OPEN, None),
    ("as we close", "2026-02-03 20:00", AFTER, "2026-02-04 08:00"),
    ("late at night", "2026-02-03 23:59", AFTER, "2026-02-04 08:00"),
    ("midnight in India", "2026-02-04 00:00", BEFORE, "2026-02-04 08:00"),
    ("midnight in London", "2026-02-04 05:30", BEFORE, "2026-02-04 08:00"),
    ("a Sunday", "2026-02-01 12:00", OPEN, None),
    ("the evening before Republic Day", "2026-01-25 20:00", AFTER, "2026-01-27 08:00"),
    ("Republic Day at midnight", "2026-01-26 00:00", CLOSED, "2026-01-27 08:00"),
    ("Republic Day at noon", "2026-01-26 12:00", CLOSED, "2026-01-27 08:00"),
    ("Republic Day's last minute", "2026-01-26 23:59", CLOSED, "2026-01-27 08:00"),
    ("the day after it", "2026-01-27 08:00", OPEN, None),
    ("Independence Day", "2026-08-15 10:00", CLOSED, "2026-08-16 08:00"),
    ("Gandhi Jayanti", "2026-10-02 19:59", CLOSED, "2026-10-03 08:00"),
    ("the last day of the year", "2026-12-31 20:00", AFTER, "2027-01-01 08:00"),
    ("29 February", "2028-02-29 12:00", OPEN, None),
    ("the night into 29 February", "2028-02-28 21:00", AFTER, "2028-02-29 08:00"),
]


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Kolkata"])
def server_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.fixture
def closing(database: Database) -> Database:
    place = town(database)
    for day in (date(2026, 1, 26), date(2026, 8, 15), date(2026, 10, 2)):
        place.close(day)
    return database


def test_open_or_why_not_and_when_we_open_next(closing: Database, server_zone: str) -> None:
    with closing.read() as session:
        for word, at, why, opens in TABLE:
            for zone in ("UTC", "Asia/Kolkata", "America/New_York"):
                found = hours(session, ist(at).astimezone(ZoneInfo(zone)))
                assert (found.open, found.why) == (why is None, why), (word, zone)
                assert found.opens_at == (ist(opens) if opens else None), (word, zone)
                assert (found.closes_at is not None) == found.open, word
                assert (found.day_names is not None) == (why == CLOSED), word


def test_closes_at_is_this_evening(closing: Database) -> None:
    with closing.read() as session:
        assert hours(session, ist("2026-02-03 10:00")).closes_at == ist("2026-02-03 20:00")


def test_a_city_may_close_alone_and_keep_its_own_hours(database: Database) -> None:
    place = town(database)
    place.close(date(2026, 2, 3), city_id="durg")
    place.rule("hours", {"from": "10:00", "to": "17:00"}, city_id="durg")
    with database.read() as session:
        noon = ist("2026-02-03 12:00")
        assert hours(session, noon, "raipur").open and hours(session, noon).open
        assert hours(session, noon, "durg").why == "closed_day"
        assert hours(session, noon, "durg").opens_at == ist("2026-02-04 10:00")


def test_without_hours_in_force_nothing_is_invented(database: Database) -> None:
    town(database)
    with database.read() as session, pytest.raises(PolicyMissing):
        hours(session, ist("2021-02-03 12:00"))


def test_when_nothing_opens_for_a_month_there_is_no_next_opening(database: Database) -> None:
    place = town(database)
    for n in range(31):
        place.close(date.fromordinal(date(2026, 2, 3).toordinal() + n))
    with database.read() as session:
        found = judge(rules.load(session, ist("2026-02-03 12:00")), ist("2026-02-03 12:00"))
    assert (found.open, found.opens_at) == (False, None)
