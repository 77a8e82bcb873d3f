"""Cancelling and moving a visit: one transaction each, outcomes instead of exceptions.

A move keeps the old seat until the new one is certain. The cut-off binds moving only.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.outcomes import CancelOutcome, MoveOutcome


def cancel(
    session: Session, now: datetime, appointment_id: int, *, key: str, by: str = "caller", call_id: str | None = None
) -> CancelOutcome:
    """Ends the visit and frees its seat; asked again it answers Cancelled(again=True)."""
    raise NotImplementedError


def move(
    session: Session,
    now: datetime,
    appointment_id: int,
    *,
    starts_at: datetime,
    holder: str,
    key: str,
    by: str = "caller",
    call_id: str | None = None,
) -> MoveOutcome:
    """Takes a seat in the window of the same city that starts at `starts_at`, then lets the old one go."""
    raise NotImplementedError
