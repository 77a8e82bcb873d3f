"""Cities, rosters, windows and callers for tests about booking; every number is a test number, every time given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert, select

from db import clock
from db.models import (
    Base,
    Caller,
    City,
    Claim,
    ClosedDay,
    Mitan,
    Outbox,
    PolicyValue,
    Roster,
    Service,
    ServiceGroup,
    ServiceTerms,
    Slot,
)
from db.session import Database
from scheduler.outcomes import Booking
from scheduler.rules import IST

SINCE = date(2022, 5, 1)
POLICY: dict[str, Any] = {
    "hours": {"from": "08:00", "to": "20:00"},
    "window_minutes": 120,
    "min_notice_minutes": 120,
    "horizon_days": 15,
    "hold_minutes": 3,
    "move_cutoff_hours": 24,
    "max_moves": 2,
    "reserve_seats": 0,
    "visit_fee_paise": 5000,
    "scheme_name": {"hi": "मोर संगवारी सेवा", "en": "Mor Sangwari Seva"},
    "worker_title": {"hi": "मितान", "en": "Mitan"},
}
_numbers = count(1)


def ist(text: str) -> datetime:
    """`2026-02-03 10:00` in India as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=IST).astimezone(UTC)


@dataclass(frozen=True)
class Town:
    """A small world: one city and one service by policy, with the seats asked for."""

    database: Database
    city_id: str = "raipur"
    service_id: str = "income"

    def seats(self, starts_at: datetime, n: int, *, minutes: int = 120, city_id: str | None = None) -> list[int]:
        """Adds `n` seats to the window that starts then; returns their slot ids."""
        city = city_id or self.city_id
        ends_at = starts_at + timedelta(minutes=minutes)
        with self.database.begin() as session:
            rows = [{"city_id": city, "starts_at": starts_at, "ends_at": ends_at, "seat": s} for s in range(n)]
            return list(session.execute(insert(Slot).returning(Slot.id), rows).scalars())

    def caller(self, *, kind: str = "mobile", language: str = "hi") -> tuple[int, str]:
        """A new caller's id and number."""
        phone = f"+9150000{next(_numbers):05}"
        with self.database.begin() as session:
            row = Caller(phone=phone, kind=kind, language=language, first_seen_at=clock.now(session))
            session.add(row)
            session.flush()
            return row.id, phone

    def asked(self, starts_at: datetime, *, holder: str | None = None, **more: Any) -> Booking:
        """A booking by a new caller, unless `caller_id` and `phone` are given."""
        if "caller_id" not in more:
            more["caller_id"], more["phone"] = self.caller()
        return Booking(
            holder=holder or f"call-{next(_numbers)}",
            city_id=more.pop("city_id", self.city_id),
            service_id=more.pop("service_id", self.service_id),
            starts_at=starts_at,
            **more,
        )

    def mitan(self, *spans: tuple[datetime, datetime], city_id: str | None = None, active: bool = True) -> str:
        """A mitan on duty for those spans."""
        number = next(_numbers)
        with self.database.begin() as session:
            row = Mitan(
                id=f"{10000 + number}",
                city_id=city_id or self.city_id,
                name="किरण",
                phone=f"+9150000{number:05}",
                skills=[],
                active=active,
            )
            session.add(row)
            session.flush()
            for starts_at, ends_at in spans:
                day = starts_at.astimezone(IST).date()
                session.add(Roster(mitan_id=row.id, day=day, starts_at=starts_at, ends_at=ends_at))
            return row.id

    def close(self, day: date, *, city_id: str | None = None, calendar: str = "service") -> None:
        """Makes a local day a closed one."""
        with self.database.begin() as session:
            names = {"hi": "अवकाश", "en": "Holiday"}
            session.add(ClosedDay(day=day, calendar=calendar, city_id=city_id, names=names, source="test"))

    def rule(self, key: str, value: Any, *, since: date = SINCE, city_id: str | None = None) -> None:
        """Adds a dated policy row."""
        with self.database.begin() as session:
            session.add(PolicyValue(key=key, value=value, city_id=city_id, valid_from=since, source="test"))

    def rows(self, table: type[Base]) -> Sequence[Any]:
        """Every row of a table, in order."""
        with self.database.read() as session:
            return session.scalars(select(table).order_by(*table.__table__.primary_key.columns)).all()

    def claims(self) -> Sequence[Claim]:
        return self.rows(Claim)

    def outbox(self) -> Sequence[Outbox]:
        return self.rows(Outbox)


def town(database: Database, *, policy: dict[str, Any] | None = None) -> Town:
    """Fills an empty, migrated database with one city, two services and the usual policy."""
    place = Town(database)
    with database.begin() as session:
        dates = {"valid_from": SINCE, "source": "test"}
        for slug in ("raipur", "durg"):
            names = {"hi": slug, "en": slug.title()}
            session.add(City(id=slug, division="raipur", district="Raipur", names=names, **dates))
        session.add(ServiceGroup(id="g", names={"hi": "प्रमाण पत्र", "en": "Certificates"}, ordinal=1))
        session.flush()
        for ordinal, (slug, hi) in enumerate({"income": "आय प्रमाण पत्र", "birth": "जन्म प्रमाण पत्र"}.items()):
            names = {"hi": hi, "en": slug.title()}
            session.add(Service(id=slug, group_id="g", ordinal=ordinal, names=names, **dates))
        session.flush()
        session.add(ServiceTerms(service_id="income", fee_paise=None, limit_days=30, limit_unit="days", **dates))
        for key, value in {**POLICY, **(policy or {})}.items():
            session.add(PolicyValue(key=key, value=value, city_id=None, **dates))
    return place


def at(day: str, clock_text: str) -> datetime:
    """A local day and time as aware UTC."""
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock_text), IST).astimezone(UTC)
