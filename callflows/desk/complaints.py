"""Complaints: a case that people must settle, with the caller's own recording and a number to ask by."""

from __future__ import annotations

from sqlalchemy.orm import Session

from callflows.desk.asking import Ask, Result
from db import events
from db.models import Case, City
from scheduler import visits


def open_complaint(session: Session, ask: Ask) -> Result:
    """opened, with the case's number; city and visit where they are known. The recording is found by the call."""
    city = session.get(City, ask.text("city_id")) if ask.text("city_id") else None
    visit = visits.by_id(session, int(ask.text("visit_id"))) if ask.text("visit_id") else None
    case = Case(
        kind="complaint",
        state="open",
        city_id=visit.city_id if visit else city.id if city else None,
        caller_id=ask.caller_id if ask.number else None,
        appointment_id=visit.appointment_id if visit else None,
        call_id=ask.call_id,
        opened_at=ask.now,
    )
    session.add(case)
    session.flush()
    events.append(session, "case.opened", call_id=ask.call_id, case_id=case.id, case_kind=case.kind)
    return Result("opened", {"complaint_number": str(case.id)})
