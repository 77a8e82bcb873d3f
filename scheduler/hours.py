"""When the line's people are there: open now, opens next, and why not, from dated policy, in Asia/Kolkata.

Visits have hours too (`windows`); these are the call centre's. Never reads a clock: `at` is an argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

IST = ZoneInfo("Asia/Kolkata")
Closed: TypeAlias = Literal["before_hours", "after_hours", "closed_day"]


@dataclass(frozen=True, slots=True)
class Hours:
    """Open or not at an instant. When closed: why, the day's names when it is a closed day, and when we open."""

    open: bool
    why: Closed | None
    opens_at: datetime | None
    closes_at: datetime | None
    day_names: dict[str, str] | None = None


def hours(session: Session, at: datetime, city_id: str | None = None) -> Hours:
    """Whether people answer at `at` (aware); opens_at is the next opening within 30 days, aware UTC."""
    raise NotImplementedError
