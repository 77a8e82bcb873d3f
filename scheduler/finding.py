"""Which arrival windows can be offered: the earliest, by part of day, by day, the next days with their free seats.

Only reads. A full window is never offered; whether a seat is really to be had is judged later, by `booking.hold`.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from scheduler.outcomes import Day, Part, Window

__all__ = ["Day", "Part", "Window", "days", "earliest", "windows"]


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
    raise NotImplementedError


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
    raise NotImplementedError


def days(
    session: Session, now: datetime, city_id: str, service_id: str, n: int, *, holder: str | None = None
) -> list[Day]:
    """The next `n` days with a free seat, in order, with free seats by part of day."""
    raise NotImplementedError
