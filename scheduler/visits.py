"""Reading visits: an appointment row as the rest of the house sees it. Nothing is written here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from db.below import run, table
from db.models import Appointment
from scheduler import terms
from scheduler.outcomes import Visit

OVER = ("delivered", "rejected", "cancelled")  # the states that the database's "one live visit" leaves out


def by_id(session: Session, appointment_id: int, *, lock: bool = False) -> Visit | None:
    """The visit, with its row locked to the end of the transaction when it is about to be changed."""
    return _first(session, _LOCKED if lock else _BY_ID, id_=appointment_id)


def by_key(session: Session, key: str) -> Visit | None:
    """The visit that was booked under this idempotency key."""
    return _first(session, _BY_KEY, key=key)


def by_reference(session: Session, reference: str) -> Visit | None:
    """The visit with this reference, whoever asks: the caller of this function judges that."""
    return _first(session, _BY_REFERENCE, reference=reference)


def live(session: Session, *, caller_id: int | None, applicant_id: int | None, service_id: str) -> Visit | None:
    """The one live visit of this applicant (or of a caller who named nobody) for this service; nobody is nobody's."""
    if applicant_id is not None:
        return _first(session, _LIVE_APPLICANTS, applicant=applicant_id, service=service_id)
    if caller_id is not None:
        return _first(session, _LIVE_CALLERS, caller=caller_id, service=service_id)
    return None


def next_of(session: Session, now: datetime, caller_id: int) -> Visit | None:
    """The caller's next booked visit whose window has not ended."""
    return _first(session, _NEXT, caller=caller_id, now=now)


def of_phone(session: Session, phone: str) -> list[Visit]:
    """Every visit booked from or for this number (E.164), newest window first."""
    return [_visit(row) for row in run(session, _OF_PHONE, {"phone": phone})]


def _first(session: Session, statement: Select[*tuple[Any, ...]], **values: Any) -> Visit | None:
    row = run(session, statement, values).first()
    return _visit(row) if row else None


def _visit(row: Any) -> Visit:
    return Visit(
        appointment_id=row.id,
        reference=row.reference,
        state=row.state,
        city_id=row.city_id,
        service_id=row.service_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        move_until=terms.move_until(row.terms, row.starts_at),
        phone=row.phone,
        caller_id=row.caller_id,
        applicant_id=row.applicant_id,
        language=row.language,
        moves=row.moves,
        terms=row.terms,
    )


_A = table(Appointment).c
_VISITS = select(
    *(_A[name] for name in ("id", "reference", "state", "city_id", "service_id", "starts_at", "ends_at")),
    *(_A[name] for name in ("phone", "caller_id", "applicant_id", "language", "terms", "moves")),
)
_BY_ID = _VISITS.where(_A.id == bindparam("id_"))
_LOCKED = _BY_ID.with_for_update(key_share=True)
_BY_KEY = _VISITS.where(_A.key == bindparam("key"))
_BY_REFERENCE = _VISITS.where(_A.reference == bindparam("reference"))
_LIVE = _VISITS.where(_A.service_id == bindparam("service"), _A.state.not_in(OVER))
_LIVE_APPLICANTS = _LIVE.where(_A.applicant_id == bindparam("applicant"))
_LIVE_CALLERS = _LIVE.where(_A.caller_id == bindparam("caller"), _A.applicant_id.is_(None))
_NEXT = (
    _VISITS.where(_A.caller_id == bindparam("caller"), _A.state.in_(("booked", "arrived")))
    .where(_A.ends_at > bindparam("now"))
    .order_by(_A.starts_at, _A.id)
    .limit(1)
)
_OF_PHONE = _VISITS.where(_A.phone == bindparam("phone")).order_by(_A.starts_at.desc(), _A.id.desc())
