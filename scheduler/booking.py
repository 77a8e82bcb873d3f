"""Holding a seat and booking it: one transaction, judged by the database, outcomes instead of exceptions.

The caller owns the transaction (`database.begin()`); nothing here commits. Seats are only ever taken by
`claims.take`. Cancelling and moving are in `changing`, reading visits in `visits`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.outcomes import Already, Booked, Booking, BookOutcome, Held, NotOffered, SlotTaken, Visit

__all__ = [
    "Already",
    "Booked",
    "Booking",
    "Held",
    "NotOffered",
    "SlotTaken",
    "Visit",
    "appointments",
    "book",
    "hold",
    "next_visit",
    "release",
    "renew",
]


def hold(
    session: Session, now: datetime, *, holder: str, city_id: str, starts_at: datetime, minutes: int = 3
) -> Held | None:
    """Keeps one seat of the window for `holder` and lets go of any other it held; None when every seat is taken.

    Asked again for the same window it renews the seat already held.
    """
    raise NotImplementedError


def renew(session: Session, now: datetime, *, holder: str, minutes: int = 3) -> bool:
    """Moves the end of what `holder` holds to `minutes` from now, never back; False when it holds nothing any more."""
    raise NotImplementedError


def release(session: Session, *, holder: str) -> int:
    """Frees whatever `holder` holds (booked seats are not held); returns how many seats that was."""
    raise NotImplementedError


def book(session: Session, now: datetime, asked: Booking, *, key: str) -> BookOutcome:
    """Turns the holder's held seat (or, when that ran out, any free one of the window) into a visit.

    Appointment, claim, outbox row and event stand together or not at all. The same `key` again answers what the
    first answered and writes nothing.
    """
    raise NotImplementedError


def next_visit(session: Session, now: datetime, caller_id: int) -> Visit | None:
    """The caller's next live visit whose window has not ended, or None."""
    raise NotImplementedError


def appointments(session: Session, phone: str) -> list[Visit]:
    """Every visit booked from or for this number (E.164), newest window first."""
    raise NotImplementedError
