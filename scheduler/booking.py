"""Holding a seat and booking it: one transaction, judged by the database, outcomes instead of exceptions.

The caller owns the transaction (`database.begin()`); nothing here commits. Seats are only ever taken by
`claims.take`. Cancelling and moving are in `changing`, reading visits in `visits`. Staff come through here too.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db import events
from db.below import run, table
from db.models import Appointment, Outbox, Slot
from scheduler import claims, offering, reference, rules, telling, terms, visits
from scheduler.offering import Offering
from scheduler.outcomes import Already, Booked, Booking, BookOutcome, Held, NotOffered, SlotTaken, Visit, WhyNot
from scheduler.rules import Rules, local_day

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

LOCK = 14547  # the first half of the advisory lock on a key; 14545 is the migrations', 14546 the leader's
REFERENCES = 8  # tries for a reference that nobody has; at 9 million live ones the first still succeeds


def hold(
    session: Session, now: datetime, *, holder: str, city_id: str, starts_at: datetime, minutes: int | None = None
) -> Held | None:
    """Keeps one seat of the window for `holder` and lets go of any other it held; None when none is to be had.

    Asked again for the same window it renews the seat already held. `minutes` defaults to policy.
    """
    offer = offering.load(session, now, city_id, None)
    if offer.why_not(starts_at) is not None:
        return None
    until = now + (timedelta(minutes=minutes) if minutes is not None else _hold_for(offer.rules, now))
    slot_id = claims.keep(session, holder=holder, city_id=city_id, starts_at=starts_at, until=until)
    if slot_id is None:
        slot_id = claims.take(session, now, city_id=city_id, starts_at=starts_at, holder=holder, until=until)
    if slot_id is None:
        return None
    claims.let_go(session, holder=holder, but=slot_id)
    return Held(slot_id, starts_at, _ends_at(session, slot_id), until)


def renew(session: Session, now: datetime, *, holder: str, minutes: int | None = None) -> bool:
    """Moves the end of what `holder` holds to `minutes` from now, never back; False when it holds nothing any more.

    `minutes` defaults to policy; a dropped call's seat is kept longer by asking for more.
    """
    if minutes is not None:
        until = now + timedelta(minutes=minutes)
    else:
        until = now + _hold_for(rules.load(session, now, keys=("hold_minutes",)), now)
    return claims.renew(session, now, holder=holder, until=until) > 0


def release(session: Session, *, holder: str) -> int:
    """Frees whatever `holder` holds (booked seats are not held); returns how many seats that was."""
    return claims.let_go(session, holder=holder)


def book(session: Session, now: datetime, asked: Booking, *, key: str) -> BookOutcome:
    """Turns the holder's held seat (or, when that ran out, any free one of the window) into a visit.

    Appointment, claim, outbox row and event stand together or not at all. The same `key` again answers what the
    first answered and writes nothing.
    """
    _queue_up(session, key)
    if done := visits.by_key(session, key):
        return _booked(session, now, done)
    if other := _live(session, asked):
        return Already(other)
    offer = offering.load(session, now, asked.city_id, asked.service_id)
    slot_id, fresh, refusal = _seat(session, now, offer, asked)
    if slot_id is None:
        return NotOffered(refusal) if refusal is not None else SlotTaken()
    appointment_id = _appointment(session, now, offer, asked, slot_id, key)
    if appointment_id is None:  # another transaction was quicker with this key or this applicant
        if fresh:
            claims.let_go(session, holder=asked.holder)
        if done := visits.by_key(session, key):
            return _booked(session, now, done)
        other = _live(session, asked)
        return Already(other) if other else SlotTaken()
    claims.turn(session, slot_id=slot_id, holder=asked.holder, appointment_id=appointment_id)
    visit = visits.by_id(session, appointment_id)
    assert visit is not None
    texted = telling.tell(session, now, "visit_booked", visit, key=_message_key(visit))
    events.append(
        session,
        "appointment.booked",
        call_id=asked.call_id,
        appointment_id=visit.appointment_id,
        city_id=visit.city_id,
        service_id=visit.service_id,
        starts_at=visit.starts_at.isoformat(),
        made_by=asked.made_by,
    )
    return Booked(visit.appointment_id, visit.reference, visit.starts_at, visit.ends_at, visit.movable(now), texted)


def next_visit(session: Session, now: datetime, caller_id: int) -> Visit | None:
    """The caller's next live visit whose window has not ended, or None."""
    return visits.next_of(session, now, caller_id)


def appointments(session: Session, phone: str) -> list[Visit]:
    """Every visit booked from or for this number (E.164), newest window first."""
    return visits.of_phone(session, phone)


def _seat(session: Session, now: datetime, offer: Offering, asked: Booking) -> tuple[int | None, bool, WhyNot | None]:
    """The seat to book, now locked for us; whether it was taken just now; why nothing of the kind is offered."""
    city_id, starts_at = asked.city_id, asked.starts_at
    until = now + _hold_for(offer.rules, now)
    refusal = offer.why_not(starts_at, noticed=True)
    if refusal is not None:
        return None, False, refusal
    kept = claims.keep(session, holder=asked.holder, city_id=city_id, starts_at=starts_at, until=until)
    if kept is not None:
        return kept, False, None
    refusal = offer.why_not(starts_at)
    if refusal is not None:
        return None, False, refusal
    taken = claims.take(session, now, city_id=city_id, starts_at=starts_at, holder=asked.holder, until=until)
    if taken is None and not _there(session, asked):
        refusal = "window"
    return taken, True, refusal


def _appointment(
    session: Session, now: datetime, offer: Offering, asked: Booking, slot_id: int, key: str
) -> int | None:
    """Writes the row under a reference nobody has; None when its key or its applicant was there first."""
    statement = _insert(session.get_bind().dialect.name)
    row = {
        "caller_id": asked.caller_id,
        "applicant_id": asked.applicant_id,
        "phone": asked.phone,
        "city_id": asked.city_id,
        "service_id": asked.service_id,
        "slot_id": slot_id,
        "starts_at": asked.starts_at,
        "ends_at": _ends_at(session, slot_id),
        "state": "booked",
        "terms": terms.of(session, offer.rules, now, asked.city_id, asked.service_id),
        "language": asked.language,
        "call_id": asked.call_id,
        "made_by": asked.made_by,
        "made_at": now,
        "key": key,
        "moves": 0,
    }
    for _ in range(REFERENCES):
        appointment_id = run(session, statement, {**row, "reference": reference.fresh()}).scalar()
        if appointment_id is not None:
            return int(appointment_id)
        if visits.by_key(session, key) or _live(session, asked):
            return None
    raise LookupError("no free reference found")


def _queue_up(session: Session, key: str) -> None:
    """Lets one transaction a key in at a time: its double must see what it did, not lose the last seat to it.

    SQLite has one writer anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:ours, hashtext(:key))"), {"ours": LOCK, "key": key})


def _booked(session: Session, now: datetime, visit: Visit) -> Booked:
    sent = run(session, _SENT, {"key": _message_key(visit)}).first()
    return Booked(
        visit.appointment_id, visit.reference, visit.starts_at, visit.ends_at, visit.movable(now), sent is not None
    )


def _live(session: Session, asked: Booking) -> Visit | None:
    return visits.live(session, caller_id=asked.caller_id, applicant_id=asked.applicant_id, service_id=asked.service_id)


def _hold_for(book: Rules, now: datetime) -> timedelta:
    return timedelta(minutes=book.number("hold_minutes", local_day(now)))


def _there(session: Session, asked: Booking) -> bool:
    return run(session, _THERE, {"city": asked.city_id, "starts": asked.starts_at}).first() is not None


def _ends_at(session: Session, slot_id: int) -> datetime:
    ends_at: datetime = run(session, _ENDS, {"seat": slot_id}).scalar_one()
    return ends_at


def _message_key(visit: Visit) -> str:
    return f"visit_booked:{visit.appointment_id}"


@cache
def _insert(dialect: str) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(_APPOINTMENT).on_conflict_do_nothing().returning(_APPOINTMENT.c.id)


_APPOINTMENT, _SLOT, _OUTBOX = table(Appointment), table(Slot).c, table(Outbox).c
_SENT = select(_OUTBOX.id).where(_OUTBOX.key == bindparam("key"))
_THERE = select(_SLOT.id).where(_SLOT.city_id == bindparam("city"), _SLOT.starts_at == bindparam("starts")).limit(1)
_ENDS = select(_SLOT.ends_at).where(_SLOT.id == bindparam("seat"))
