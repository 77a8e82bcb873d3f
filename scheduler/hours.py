"""When the line's people are there: open now, opens next, and why not, from dated policy, in Asia/Kolkata.

Never reads a clock: `at` is an argument. The server's own time zone plays no part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias

from sqlalchemy.orm import Session

from scheduler import rules
from scheduler.rules import IST, Rules

__all__ = ["IST", "Closed", "Hours", "hours", "judge"]

Closed: TypeAlias = Literal["before_hours", "after_hours", "closed_day"]
AHEAD_DAYS = 30


@dataclass(frozen=True, slots=True)
class Hours:
    """Open or not at an instant. When closed: why, the day's names when it is a closed day, and when we open.

    `closes_at` is set when open, `opens_at` when closed (None if nothing opens within 30 days). Both aware UTC.
    """

    open: bool
    why: Closed | None
    opens_at: datetime | None
    closes_at: datetime | None
    day_names: Mapping[str, str] | None = None


def hours(session: Session, at: datetime, city_id: str | None = None) -> Hours:
    """Whether people answer at `at` (aware); raises PolicyMissing when no hours are in force."""
    return judge(rules.load(session, at, keys=("hours",)), at, city_id)


def judge(book: Rules, at: datetime, city_id: str | None = None) -> Hours:
    """The same from rules already read: open from the first minute up to, not including, the last."""
    day = rules.local_day(at)
    opens, closes = book.opening(day, city_id)
    names = book.closed_on(day, city_id)
    if names is None and opens <= at < closes:
        return Hours(True, None, None, closes.astimezone(UTC))
    why: Closed = "closed_day" if names is not None else "before_hours" if at < opens else "after_hours"
    return Hours(False, why, _next(book, at, day, city_id), None, names)


def _next(book: Rules, at: datetime, day: date, city_id: str | None) -> datetime | None:
    for ahead in range(AHEAD_DAYS + 1):
        candidate = day + timedelta(days=ahead)
        opens, _ = book.opening(candidate, city_id)
        if opens > at and book.closed_on(candidate, city_id) is None:
            return opens.astimezone(UTC)
    return None
