"""Visits that stand: looking them up, moving and cancelling them, only for the number that the network vouches for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from callflows.desk import values
from callflows.desk.asking import Ask, Result
from ivr.core.flow import Json
from scheduler import booking, changing, visits
from scheduler.outcomes import Cancelled, CutOff, Moved, NotLive, NotOffered, SlotTaken, TooManyMoves, Visit


def my_visits(session: Session, ask: Ask) -> Result:
    """withheld | none | one | several. What is over is told only when nothing else stands, and only the newest."""
    if ask.number is None:
        return Result("withheld")
    mine = [visit for visit in booking.appointments(session, ask.number) if visit.state != "cancelled"]
    live = [visit for visit in mine if visit.state not in visits.OVER]
    told = sorted(live, key=lambda visit: visit.starts_at) or mine[:1]
    if not told:
        return Result("none")
    if len(told) == 1:
        return Result("one", values.visit_facts(told[0], ask.now))
    listed: list[Json] = [
        {"value": visit.appointment_id, "service": visit.service_id, "day": values.day(visit.starts_at)}
        for visit in told
    ]
    return Result("several", {"visits": listed})


def look_at_visit(session: Session, ask: Ask) -> Result:
    """found | gone."""
    visit = _mine(session, ask)
    return Result("found", values.visit_facts(visit, ask.now)) if visit else Result("gone")


def prepare_move(session: Session, ask: Ask) -> Result:
    """ready | too_late | gone: from here "find a slot" looks where and for what the visit is, past its own window."""
    visit = _mine(session, ask)
    if visit is None or visit.state != "booked":
        return Result("gone")
    if not visit.movable(ask.now):
        return Result("too_late")
    facts: dict[str, Json] = {"city_id": visit.city_id, "service_id": visit.service_id}
    return Result("ready", {**facts, "avoid": values.local(visit.starts_at)})


def move_visit(session: Session, ask: Ask) -> Result:
    """moved | taken | too_late | gone; the old window is kept until the new one is certain."""
    visit = _mine(session, ask)
    if visit is None:
        return Result("gone")
    done = changing.move(
        session,
        ask.now,
        visit.appointment_id,
        starts_at=values.window_start(ask.args["window"]),
        holder=ask.holder,
        call_id=ask.call_id,
    )
    match done:
        case Moved(visit=now_at, texted=texted):
            return Result("moved", {**values.offer(now_at.starts_at, now_at.ends_at), "texted": texted})
        case CutOff() | TooManyMoves():
            return Result("too_late")
        case SlotTaken() | NotOffered():
            return Result("taken")
        case NotLive():
            return Result("gone")


def cancel_visit(session: Session, ask: Ask) -> Result:
    """cancelled | gone; open until the worker has arrived."""
    visit = _mine(session, ask)
    if visit is None:
        return Result("gone")
    match changing.cancel(session, ask.now, visit.appointment_id, call_id=ask.call_id):
        case Cancelled():
            return Result("cancelled")
        case NotLive():
            return Result("gone")


def _mine(session: Session, ask: Ask) -> Visit | None:
    """The visit that the flow speaks of, if it was booked from or for this very number."""
    if ask.number is None or not ask.text("visit_id"):
        return None
    visit = visits.by_id(session, int(ask.text("visit_id")))
    return visit if visit and visit.phone == ask.number else None
