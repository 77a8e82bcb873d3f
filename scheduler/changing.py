"""Cancelling and moving a visit: one transaction each, outcomes instead of exceptions.

A move keeps the old seat until the new one is certain. The cut-off binds moving only; cancelling stays open until the
mitan has arrived. Messages about the old window that have not gone out yet go out no more.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import events
from db.models import Appointment, Outbox, Slot
from scheduler import claims, offering, telling, visits
from scheduler.outcomes import (
    Cancelled,
    CancelOutcome,
    CutOff,
    Moved,
    MoveOutcome,
    NotLive,
    NotOffered,
    SlotTaken,
    TooManyMoves,
    Visit,
)
from scheduler.rules import local_day

HOLD = timedelta(minutes=3)


def cancel(
    session: Session, now: datetime, appointment_id: int, *, by: str = "caller", call_id: str | None = None
) -> CancelOutcome:
    """Ends the visit and frees its seat; asked again it answers Cancelled(again=True) and writes nothing."""
    visit = visits.by_id(session, appointment_id, lock=True)
    if visit is None or visit.state not in ("booked", "cancelled"):
        return NotLive(visit.state if visit else None)
    if visit.state == "cancelled":
        return Cancelled(visit, again=True)
    session.execute(update(Appointment).where(Appointment.id == appointment_id).values(state="cancelled"))
    claims.free(session, appointment_id=appointment_id)
    _hush(session, appointment_id)
    ended = _again(session, appointment_id)
    telling.tell(session, now, "visit_cancelled", ended, key=f"visit_cancelled:{appointment_id}")
    events.append(session, "appointment.cancelled", call_id=call_id, appointment_id=appointment_id, by=by)
    return Cancelled(ended)


def move(
    session: Session,
    now: datetime,
    appointment_id: int,
    *,
    starts_at: datetime,
    holder: str,
    by: str = "caller",
    call_id: str | None = None,
) -> MoveOutcome:
    """Takes a seat in the window of the same city that starts at `starts_at`, then lets the old one go.

    A visit that stands there already is Moved without another message, so that asking twice moves once.
    """
    visit = visits.by_id(session, appointment_id, lock=True)
    if visit is None or visit.state != "booked":
        return NotLive(visit.state if visit else None)
    if visit.starts_at == starts_at:
        return Moved(visit, texted=False)
    if not visit.movable(now):
        return CutOff(visit.move_until)
    offer = offering.load(session, now, visit.city_id, visit.service_id)
    limit = offer.rules.number("max_moves", local_day(now), visit.city_id)
    if by == "caller" and visit.moves >= limit:
        return TooManyMoves(limit)
    if (refusal := offer.why_not(starts_at)) is not None:
        return NotOffered(refusal)
    slot_id = _seat(session, now, visit.city_id, starts_at, holder)
    if slot_id is None:
        return SlotTaken()
    claims.free(session, appointment_id=appointment_id)
    ends_at = session.execute(select(Slot.ends_at).where(Slot.id == slot_id)).scalar_one()
    moves = visit.moves + (by == "caller")
    there = {"slot_id": slot_id, "starts_at": starts_at, "ends_at": ends_at, "moves": moves}
    session.execute(update(Appointment).where(Appointment.id == appointment_id).values(**there))
    claims.turn(session, slot_id=slot_id, holder=holder, appointment_id=appointment_id)
    claims.let_go(session, holder=holder)
    _hush(session, appointment_id)
    moved = _again(session, appointment_id)
    # the moment is part of the key: moving to a window, away and back again are three messages
    texted = telling.tell(session, now, "visit_moved", moved, key=f"visit_moved:{appointment_id}:{now.isoformat()}")
    events.append(
        session,
        "appointment.moved",
        call_id=call_id,
        appointment_id=appointment_id,
        was=visit.starts_at.isoformat(),
        starts_at=starts_at.isoformat(),
        by=by,
    )
    return Moved(moved, texted)


def _seat(session: Session, now: datetime, city_id: str, starts_at: datetime, holder: str) -> int | None:
    until = now + HOLD
    kept = claims.keep(session, holder=holder, city_id=city_id, starts_at=starts_at, until=until)
    if kept is not None:
        return kept
    return claims.take(session, now, city_id=city_id, starts_at=starts_at, holder=holder, until=until)


def _hush(session: Session, appointment_id: int) -> None:
    """What waits to be sent about this visit is not true any more."""
    waiting = update(Outbox).where(Outbox.appointment_id == appointment_id, Outbox.state == "waiting")
    session.execute(waiting.values(state="cancelled", last_error="superseded"))


def _again(session: Session, appointment_id: int) -> Visit:
    visit = visits.by_id(session, appointment_id)
    assert visit is not None
    return visit
