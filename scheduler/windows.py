"""Seats ahead of time: as many in each arrival window as mitans are on duty for all of it, less the reserve.

Run again it does nothing; when rosters, hours or closed days change it repairs. A seat is never deleted: one too many
is withdrawn by a claim of the roster's own (so that it cannot be offered), and given back when the roster grows.
Where more is booked than there are mitans, that is counted and left to people.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db import clock
from db.models import City, Claim, Mitan, Roster, Slot
from db.session import Database
from scheduler import claims, rules
from scheduler.rules import Rules, local_day

ROSTER = "roster"  # the holder of withdrawn seats
SPARE_DAYS = 2  # beyond the horizon: the next days are there even if nobody ran this meanwhile
ROWS = 500  # a transaction


@dataclass(frozen=True, slots=True)
class Made:
    """What a run changed; `short` seats are booked although nobody is on duty for them."""

    added: int = 0
    withdrawn: int = 0
    restored: int = 0
    short: int = 0

    def __add__(self, other: Made) -> Made:
        return Made(
            self.added + other.added,
            self.withdrawn + other.withdrawn,
            self.restored + other.restored,
            self.short + other.short,
        )


@dataclass(frozen=True, slots=True)
class _Change:
    """How far one window is from what its roster allows."""

    city_id: str
    starts_at: datetime
    ends_at: datetime
    seats: int  # rows there are
    withdrawn: int  # of them held by the roster
    wanted: int


def materialise(database: Database) -> Made:
    """Brings every city's windows to what policy and rosters say; short transactions, safe to stop at any point."""
    with database.read() as session:
        now = clock.now(session)
        book = rules.load(session, now)
        cities = session.execute(select(City.id, City.valid_from, City.valid_to).order_by(City.id)).all()
    made = Made()
    for city_id, valid_from, valid_to in cities:
        with database.read() as session:
            days = [d for d in _days(book, now, city_id) if valid_from <= d and (valid_to is None or d < valid_to)]
            changes = list(_changes(session, book, now, city_id, days))
        made += _grow(database, changes)
        for change in changes:
            made += _settle(database, now, change)
    return made


def spans(book: Rules, day: date, city_id: str) -> list[tuple[datetime, datetime]]:
    """The arrival windows of a day by policy, aware UTC; none on a closed day."""
    if book.closed_on(day, city_id) is not None:
        return []
    opens, closes = book.opening(day, city_id)
    length = timedelta(minutes=book.number("window_minutes", day, city_id))
    found = []
    while opens + length <= closes:
        found.append((opens.astimezone(UTC), (opens + length).astimezone(UTC)))
        opens += length
    return found


def _days(book: Rules, now: datetime, city_id: str) -> list[date]:
    today = local_day(now)
    horizon = book.number("horizon_days", today, city_id) + SPARE_DAYS
    return [today + timedelta(days=ahead) for ahead in range(horizon + 1)]


def _changes(session: Session, book: Rules, now: datetime, city_id: str, days: Iterable[date]) -> Iterator[_Change]:
    """The windows that are not as they should be, those that policy no longer knows included."""
    there = _there(session, now, city_id)
    duty = _duty(session, now, city_id)
    wanted: dict[datetime, tuple[datetime, int]] = {}
    for day in days:
        reserve = book.number("reserve_seats", day, city_id)
        for starts_at, ends_at in spans(book, day, city_id):
            if starts_at > now:
                on_duty = sum(1 for first, last in duty if first <= starts_at and ends_at <= last)
                wanted[starts_at] = (ends_at, max(0, on_duty - reserve))
    for starts_at in sorted(wanted.keys() | there.keys()):
        old_end, seats, withdrawn = there.get(starts_at, (starts_at, 0, 0))
        ends_at, count = wanted.get(starts_at, (old_end, 0))
        if seats - withdrawn != count:
            yield _Change(city_id, starts_at, ends_at, seats, withdrawn, count)


def _there(session: Session, now: datetime, city_id: str) -> Mapping[datetime, tuple[datetime, int, int]]:
    rows = session.execute(
        select(Slot.starts_at, func.min(Slot.ends_at), func.count(), func.count(Claim.slot_id))
        .outerjoin(Claim, (Claim.slot_id == Slot.id) & (Claim.holder == ROSTER))
        .where(Slot.city_id == city_id, Slot.starts_at > now)
        .group_by(Slot.starts_at)
    )
    return {starts_at: (ends_at, seats, withdrawn) for starts_at, ends_at, seats, withdrawn in rows}


def _duty(session: Session, now: datetime, city_id: str) -> list[tuple[datetime, datetime]]:
    rows = session.execute(
        select(Roster.starts_at, Roster.ends_at)
        .join(Mitan, Mitan.id == Roster.mitan_id)
        # the day bound is generous: it only lets the index skip the past
        .where(Mitan.city_id == city_id, Mitan.active, Roster.day >= local_day(now) - timedelta(days=1))
    )
    return [(starts_at, ends_at) for starts_at, ends_at in rows]


def _grow(database: Database, changes: Iterable[_Change]) -> Made:
    """Adds the seats that were never there, some hundred rows a transaction."""
    rows = (
        {"city_id": c.city_id, "starts_at": c.starts_at, "ends_at": c.ends_at, "seat": seat}
        for c in changes
        for seat in range(c.seats, c.wanted)
    )
    insert = postgresql.insert if database.dialect == "postgresql" else sqlite.insert
    added = 0
    while batch := list(islice(rows, ROWS)):
        with database.begin() as session:
            statement = insert(Slot).values(batch).on_conflict_do_nothing().returning(Slot.id)
            added += len(session.execute(statement).all())
    return Made(added=added)


def _settle(database: Database, now: datetime, change: _Change) -> Made:
    """Gives withdrawn seats back, or withdraws free ones, until the window has as many as wanted."""
    excess = max(change.seats, change.wanted) - change.withdrawn - change.wanted
    city_id, starts_at = change.city_id, change.starts_at
    if excess == 0:
        return Made()
    with database.begin() as session:
        if excess < 0:
            return Made(restored=claims.give_back(session, ROSTER, -excess, city_id=city_id, starts_at=starts_at))
        gone = 0
        while gone < min(excess, ROWS) and claims.take(
            session, now, city_id=city_id, starts_at=starts_at, holder=ROSTER, until=change.ends_at
        ):
            gone += 1
    return Made(withdrawn=gone, short=excess - gone)
