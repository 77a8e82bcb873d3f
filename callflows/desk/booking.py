"""Booking the held window: the scheduler judges, in the driver's transaction, under the action's own key."""

from __future__ import annotations

from sqlalchemy.orm import Session

from callflows.desk import values
from callflows.desk.asking import Ask, Result
from db import calls
from db.models import Applicant
from scheduler import booking
from scheduler.outcomes import Already, Booked, Booking, NotOffered, SlotTaken


def book_visit(session: Session, ask: Ask) -> Result:
    """booked | taken (the next choice is offered) | already (this number has a live visit for this service)."""
    asked = Booking(
        holder=ask.holder,
        city_id=ask.text("city_id"),
        service_id=ask.text("service_id"),
        starts_at=values.window_start(ask.args["window"]),
        caller_id=ask.caller_id if ask.number else None,
        applicant_id=_family_member(session, ask),
        phone=ask.number,
        language=ask.language,
        call_id=ask.call_id,
    )
    outcome = booking.book(session, ask.now, asked, key=ask.key)
    if asked.applicant_id is not None and not isinstance(outcome, Booked):
        session.delete(session.get_one(Applicant, asked.applicant_id))  # nobody was booked: nobody is kept
    match outcome:
        case Booked(reference=reference, starts_at=starts_at, ends_at=ends_at, texted=texted):
            if asked.caller_id is not None:
                calls.remember_city(session, asked.caller_id, asked.city_id)
            return Result("booked", {**values.offer(starts_at, ends_at), "reference": reference, "texted": texted})
        case Already(visit):
            other = values.offer(visit.starts_at, visit.ends_at)
            return Result("already", {"other_day": other["day"], "other_window": other["window"]})
        case SlotTaken() | NotOffered():
            return Result("taken")


def _family_member(session: Session, ask: Ask) -> int | None:
    """A new applicant beside the caller, when the visit is for somebody else on the same telephone."""
    if not ask.args.get("for_family") or ask.number is None or ask.caller_id is None:
        return None
    applicant = Applicant(caller_id=ask.caller_id, relation="family")
    session.add(applicant)
    session.flush()
    return applicant.id
