"""Which windows are offered: notice, horizon, parts of day, closed days, and never a full one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from db.session import Database
from scheduler import booking, finding
from scheduler.outcomes import Part, Window
from tests.kit_booking import Town, ist, town

NOW = ist("2026-02-02 09:00")


@pytest.fixture
def place(database: Database) -> Town:
    return town(database)


def starts(found: list[Window]) -> list[str]:
    return [w.starts_at.astimezone(ist("2026-01-01 00:00").tzinfo).isoformat() for w in found]


@pytest.mark.parametrize(
    ("word", "starts_at", "offered"),
    [
        ("a minute inside the notice", "2026-02-02 10:59", False),
        ("exactly at the notice", "2026-02-02 11:00", True),
        ("the last day of the horizon", "2026-02-17 18:00", True),
        ("the day after the horizon", "2026-02-18 08:00", False),
        ("as the day opens", "2026-02-03 08:00", True),
        ("before the day opens", "2026-02-03 07:59", False),
        ("as the day closes", "2026-02-03 20:00", False),
        ("yesterday", "2026-02-01 10:00", False),
    ],
)
def test_a_window_is_offered_inside_notice_horizon_and_hours(
    place: Town, word: str, starts_at: str, offered: bool
) -> None:
    place.seats(ist(starts_at), 1)
    with place.database.read() as session:
        found = finding.earliest(session, NOW, "raipur", "income")
    assert (found is not None) is offered, word


@pytest.mark.parametrize(
    ("clock", "part"),
    [
        ("08:00", "morning"),
        ("11:59", "morning"),
        ("12:00", "afternoon"),
        ("15:59", "afternoon"),
        ("16:00", "evening"),
        ("19:59", "evening"),
    ],
)
def test_a_window_belongs_to_the_part_of_day_in_which_it_starts(place: Town, clock: str, part: Part) -> None:
    place.seats(ist(f"2026-02-03 {clock}"), 2)
    parts: tuple[Part, ...] = ("morning", "afternoon", "evening")
    with place.database.read() as session:
        found = [p for p in parts if finding.earliest(session, NOW, "raipur", "income", part=p)]
        (day,) = finding.days(session, NOW, "raipur", "income", 3)
    assert found == [part]
    assert (day.day, day.free, day.parts) == (date(2026, 2, 3), 2, {part: 2})


def test_after_a_window_comes_the_next_one(place: Town) -> None:
    for clock in ("10:00", "12:00", "14:00"):
        place.seats(ist(f"2026-02-03 {clock}"), 1)
    seen = []
    with place.database.read() as session:
        window = finding.earliest(session, NOW, "raipur", "income")
        while window is not None:
            seen.append(window.starts_at)
            window = finding.earliest(session, NOW, "raipur", "income", after=window)
    assert seen == [ist(f"2026-02-03 {clock}") for clock in ("10:00", "12:00", "14:00")]


def test_days_come_with_their_free_seats_and_full_days_do_not_come(place: Town) -> None:
    for day, seats in (("03", 1), ("04", 3), ("05", 2)):
        place.seats(ist(f"2026-02-{day} 10:00"), seats)
    asked = [place.asked(ist("2026-02-03 10:00")), place.asked(ist("2026-02-04 10:00"))]
    with place.database.begin() as session:
        for n, each in enumerate(asked):
            booking.book(session, NOW, each, key=f"k{n}")
    with place.database.read() as session:
        days = finding.days(session, NOW, "raipur", "income", 5)
        one = finding.days(session, NOW, "raipur", "income", 1)
        windows = finding.windows(session, NOW, "raipur", "income", day=date(2026, 2, 5))
    assert [(d.day.day, d.free) for d in days] == [(4, 2), (5, 2)]
    assert one == days[:1]
    assert [(w.starts_at, w.ends_at, w.free) for w in windows] == [
        (ist("2026-02-05 10:00"), ist("2026-02-05 12:00"), 2)
    ]


def test_closed_days_other_cities_and_unknown_names_offer_nothing(place: Town) -> None:
    place.seats(ist("2026-02-03 10:00"), 1)
    place.seats(ist("2026-02-03 10:00"), 1, city_id="durg")
    place.close(date(2026, 2, 3), city_id="raipur")
    place.close(date(2026, 2, 3), city_id="durg", calendar="government")
    with place.database.read() as session:
        assert finding.earliest(session, NOW, "raipur", "income") is None
        assert finding.earliest(session, NOW, "durg", "income") is not None
        assert finding.earliest(session, NOW, "nowhere", "income") is None
        assert finding.earliest(session, NOW, "durg", "nothing") is None


def test_a_rule_that_changes_on_a_date_holds_from_that_date(place: Town) -> None:
    place.rule("hours", {"from": "12:00", "to": "20:00"}, since=date(2026, 2, 4))
    place.rule("min_notice_minutes", 24 * 60, city_id="durg")
    for day in ("03", "04"):
        place.seats(ist(f"2026-02-{day} 10:00"), 1)
    place.seats(ist("2026-02-03 08:00"), 1, city_id="durg")
    with place.database.read() as session:
        found = finding.windows(session, NOW, "raipur", "income")
        durg = finding.earliest(session, NOW, "durg", "income")
    assert [w.starts_at for w in found] == [ist("2026-02-03 10:00")]
    assert durg is None


def test_holds_bind_until_their_very_end(place: Town) -> None:
    at = ist("2026-02-03 10:00")
    place.seats(at, 1)
    with place.database.begin() as session:
        held = booking.hold(session, NOW, holder="c", city_id="raipur", starts_at=at, minutes=3)
    assert held is not None
    second = timedelta(seconds=1)
    with place.database.read() as session:
        assert finding.earliest(session, held.held_until - second, "raipur", "income") is None
        assert finding.earliest(session, held.held_until, "raipur", "income") is not None
