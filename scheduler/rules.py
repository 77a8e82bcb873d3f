"""The rules in force on a day, read from dated policy rows: hours, windows, notice, cut-offs.

A city's row beats the general one, the newest `valid_from` beats an older one. A rule that is missing is an error of
the installation (`PolicyMissing`), never a figure invented here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from db.models import ClosedDay, PolicyValue
from db.remembered import remembered

IST = ZoneInfo("Asia/Kolkata")
Calendar: TypeAlias = Literal["service", "government"]


class PolicyMissing(LookupError):
    """No row of this key is in force on that day."""


@dataclass(frozen=True, slots=True)
class _Row:
    value: str  # JSON, so that whoever asks gets a value of his own
    city_id: str | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class Rules:
    """Policy as it was read: every dated row of the keys that time depends on, and the closed days."""

    rows: Mapping[str, Sequence[_Row]]
    closed: Mapping[tuple[date, str | None], Mapping[str, str]]

    def value(self, key: str, day: date, city_id: str | None = None) -> Any:
        """The value in force on `day`; raises PolicyMissing."""
        best: _Row | None = None
        for row in self.rows.get(key, ()):
            if row.city_id not in (None, city_id) or row.valid_from > day:
                continue
            if row.valid_to is not None and row.valid_to <= day:
                continue
            if best is None or (row.city_id is not None, row.valid_from) > (best.city_id is not None, best.valid_from):
                best = row
        if best is None:
            raise PolicyMissing(f"{key} on {day}")
        return json.loads(best.value)

    def number(self, key: str, day: date, city_id: str | None = None) -> int:
        """A whole number in force on `day`; raises PolicyMissing."""
        return int(self.value(key, day, city_id))

    def opening(self, day: date, city_id: str | None = None) -> tuple[datetime, datetime]:
        """When the day's hours begin and end, aware, whether or not it is a closed day."""
        value = self.value("hours", day, city_id)
        return at(day, time.fromisoformat(value["from"])), at(day, time.fromisoformat(value["to"]))

    def closed_on(self, day: date, city_id: str | None = None) -> Mapping[str, str] | None:
        """The names of the closed day that `day` is, for everybody or for this city; None when it is open."""
        general = self.closed.get((day, None))
        return general if general is not None or city_id is None else self.closed.get((day, city_id))


def at(day: date, clock: time) -> datetime:
    """A local time of a local day; `24:00` is written 00:00 and never an end here."""
    return datetime.combine(day, clock, tzinfo=IST)


def local_day(moment: datetime) -> date:
    """The Indian date of an aware moment."""
    return moment.astimezone(IST).date()


KEYS = (
    "hours",
    "window_minutes",
    "min_notice_minutes",
    "horizon_days",
    "hold_minutes",
    "move_cutoff_hours",
    "max_moves",
    "reserve_seats",
    "visit_fee_paise",
    "scheme_name",
    "worker_title",
)


def load(session: Session, around: datetime, *, days: int = 45, keys: Sequence[str] = KEYS) -> Rules:
    """All rules from the day of `around` on; closed days up to `days` ahead. Remembered while policy stands."""
    return _load(session, local_day(around), days, tuple(keys))


@remembered
def _load(session: Session, first: date, days: int, keys: tuple[str, ...]) -> Rules:
    values = select(
        PolicyValue.key, PolicyValue.value, PolicyValue.city_id, PolicyValue.valid_from, PolicyValue.valid_to
    ).where(PolicyValue.key.in_(keys), or_(PolicyValue.valid_to.is_(None), PolicyValue.valid_to > first))
    rows: dict[str, tuple[_Row, ...]] = {}
    for key, value, city_id, valid_from, valid_to in session.execute(values):
        rows[key] = (*rows.get(key, ()), _Row(json.dumps(value), city_id, valid_from, valid_to))
    span = and_(ClosedDay.day >= first, ClosedDay.day <= first + timedelta(days=days))
    shut = select(ClosedDay.day, ClosedDay.city_id, ClosedDay.names).where(ClosedDay.calendar == "service", span)
    closed = {(day, city_id): MappingProxyType(names) for day, city_id, names in session.execute(shut)}
    return Rules(MappingProxyType(rows), MappingProxyType(closed))
