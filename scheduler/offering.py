"""What may be offered at all, before any seat is looked at: notice, horizon, hours, closed days, dated services.

One judgement for finding, holding, booking and moving, for callers and staff alike. It reads policy once and
then answers from memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import City, Service
from db.remembered import remembered
from scheduler import rules
from scheduler.outcomes import Part, WhyNot
from scheduler.rules import Rules, local_day

# Where the parts of a day begin; the last one ends with the day.
PARTS: tuple[tuple[Part, time], ...] = (("morning", time(0)), ("afternoon", time(12)), ("evening", time(16)))


@dataclass(frozen=True, slots=True)
class Valid:
    """From which day on a city or service is there, and until which (exclusive)."""

    first: date
    end: date | None

    def on(self, day: date) -> bool:
        return self.first <= day and (self.end is None or day < self.end)


@dataclass(frozen=True)
class Offering:
    """What a city offers at `now` for a service (None: any)."""

    now: datetime
    city_id: str
    rules: Rules
    city: Valid | None
    service: Valid | None
    any_service: bool

    def why_not(self, starts_at: datetime, *, noticed: bool = False) -> WhyNot | None:
        """Why a window starting then is not offered, or None. `noticed`: its notice was judged when it was held."""
        day, today = local_day(starts_at), local_day(self.now)
        if self.city is None or not self.city.on(day):
            return "city"
        if not self.any_service and (self.service is None or not self.service.on(day)):
            return "service"
        if starts_at <= self.now:
            return "past"
        if not noticed and starts_at < self.earliest():
            return "notice"
        if day > today + timedelta(days=self.rules.number("horizon_days", today, self.city_id)):
            return "horizon"
        if self.rules.closed_on(day, self.city_id) is not None:
            return "closed_day"
        opens, closes = self.rules.opening(day, self.city_id)
        return None if opens <= starts_at < closes else "window"

    def earliest(self) -> datetime:
        """The first moment at which a window may start."""
        notice = self.rules.number("min_notice_minutes", local_day(self.now), self.city_id)
        return self.now + timedelta(minutes=notice)

    def spans(self, *, part: Part | None = None, day: date | None = None) -> list[tuple[datetime, datetime]]:
        """Spans of time, one an open day, in which windows on offer start: from, up to but not including."""
        today = local_day(self.now)
        horizon = self.rules.number("horizon_days", today, self.city_id)
        earliest, found = self.earliest(), []
        for ahead in range(horizon + 1):
            candidate = today + timedelta(days=ahead)
            if day not in (None, candidate) or not self._open(candidate):
                continue
            first, last = self.rules.opening(candidate, self.city_id)
            if part is not None:
                begins, ends = bounds(part, candidate)
                first, last = max(first, begins), min(last, ends)
            first = max(first, earliest)
            if first < last:
                found.append((first, last))
        return found

    def _open(self, day: date) -> bool:
        there = self.city is not None and self.city.on(day)
        done = self.any_service or (self.service is not None and self.service.on(day))
        return there and done and self.rules.closed_on(day, self.city_id) is None


def load(session: Session, now: datetime, city_id: str, service_id: str | None) -> Offering:
    """What policy says of this city and service; read from the tables only after policy has changed."""
    return Offering(
        now,
        city_id,
        rules.load(session, now),
        _city(session, city_id),
        _service(session, service_id) if service_id is not None else None,
        service_id is None,
    )


@remembered
def _city(session: Session, city_id: str) -> Valid | None:
    row = session.execute(select(City.valid_from, City.valid_to).where(City.id == city_id)).first()
    return Valid(*row) if row else None


@remembered
def _service(session: Session, service_id: str) -> Valid | None:
    row = session.execute(select(Service.valid_from, Service.valid_to).where(Service.id == service_id)).first()
    return Valid(*row) if row else None


def part_of(starts_at: datetime) -> Part:
    """The part of the local day in which a window starts."""
    clock = starts_at.astimezone(rules.IST).time()
    return next(part for part, begins in reversed(PARTS) if clock >= begins)


def bounds(part: Part, day: date) -> tuple[datetime, datetime]:
    """Where a part of a local day begins and ends (exclusive)."""
    names = [name for name, _ in PARTS]
    here = names.index(part)
    begins = rules.at(day, PARTS[here][1])
    if here + 1 < len(PARTS):
        return begins, rules.at(day, PARTS[here + 1][1])
    return begins, rules.at(day + timedelta(days=1), time(0))
