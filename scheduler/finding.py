"""Which arrival windows can be offered: the earliest, by part of day, by day, the next days with their free seats.

Only reads; seats and claims in one statement, a further one when parts of day or closed days thin it out. A full window
is never offered; whether a seat is really to be had is judged later, by `booking.hold`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Integer, bindparam, func, select
from sqlalchemy.orm import Session

from db.below import run, table
from db.models import Slot
from scheduler import claims, offering
from scheduler.outcomes import Day, Part, Window
from scheduler.rules import local_day

__all__ = ["Day", "Part", "Window", "days", "earliest", "windows"]

CHUNK = 12  # windows read at once when some of them may not fit: about two days
MOMENT = timedelta(microseconds=1)
DAYS_SCANNED = 1000  # windows read for `days`: a horizon's worth, several times over


def earliest(
    session: Session,
    now: datetime,
    city_id: str,
    service_id: str,
    *,
    part: Part | None = None,
    day: date | None = None,
    after: Window | datetime | None = None,
    holder: str | None = None,
) -> Window | None:
    """The first window with a free seat, inside notice and horizon; `after` skips that window and all before it.

    A seat that `holder` (a call id) holds counts as free for it. None when nothing is to be had.
    """
    found = windows(session, now, city_id, service_id, part=part, day=day, after=after, holder=holder, n=1)
    return found[0] if found else None


def windows(
    session: Session,
    now: datetime,
    city_id: str,
    service_id: str,
    *,
    part: Part | None = None,
    day: date | None = None,
    after: Window | datetime | None = None,
    holder: str | None = None,
    n: int = 4,
) -> list[Window]:
    """The first `n` windows with a free seat, in order."""
    spans = offering.load(session, now, city_id, service_id).spans(part=part, day=day)
    passed = after.starts_at if isinstance(after, Window) else after or now
    found: list[Window] = []
    while len(found) < n and (spans := [(first, last) for first, last in spans if last > passed]):
        chunk = max(n, CHUNK)
        rows = _free(session, now, city_id, holder, max(passed, spans[0][0] - MOMENT), spans[-1][1], chunk)
        found += [w for w in rows if any(first <= w.starts_at < last for first, last in spans)]
        if len(rows) < chunk:
            break
        passed = rows[-1].starts_at
    return found[:n]


def _free(
    session: Session, now: datetime, city_id: str, holder: str | None, after: datetime, before: datetime, n: int
) -> list[Window]:
    """Windows with free seats between two moments (both excluded), whatever part of day and closed days say.

    One range of the index on (city_id, starts_at, seat), read in its order until `n` windows are full of rows: asking
    for the spans themselves made PostgreSQL read and sort the whole horizon.
    """
    values = {"city": city_id, "after": after, "before": before, "now": now, "n": n}
    rows = run(session, _FREE, values) if holder is None else run(session, _FREE_TO, {**values, "mine": holder})
    return [Window(city_id, starts_at, ends_at, free) for starts_at, ends_at, free in rows]


def days(
    session: Session, now: datetime, city_id: str, service_id: str, n: int, *, holder: str | None = None
) -> list[Day]:
    """The next `n` days with a free seat, in order, with free seats by part of day."""
    found: dict[date, dict[Part, int]] = {}
    for window in windows(session, now, city_id, service_id, holder=holder, n=DAYS_SCANNED):
        day = local_day(window.starts_at)
        if day not in found and len(found) == n:
            break
        parts = found.setdefault(day, {})
        part = offering.part_of(window.starts_at)
        parts[part] = parts.get(part, 0) + window.free
    return [Day(day, sum(parts.values()), parts) for day, parts in found.items()]


_S = table(Slot).c
_FREE, _FREE_TO = (
    select(_S.starts_at, func.min(_S.ends_at), func.count())
    .where(_S.city_id == bindparam("city"), _S.starts_at > bindparam("after"), _S.starts_at < bindparam("before"))
    .where(claims.is_free(to_holder=to_holder))
    .group_by(_S.starts_at)
    .order_by(_S.starts_at)
    .limit(bindparam("n", type_=Integer()))
    for to_holder in (False, True)
)
