"""Reading visits: an appointment row as the rest of the house sees it. Nothing is written here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.models import Appointment
from scheduler import terms
from scheduler.outcomes import Visit

OVER = ("delivered", "rejected", "cancelled")  # the states that the database's "one live visit" leaves out


def by_id(session: Session, appointment_id: int, *, lock: bool = False) -> Visit | None:
    """The visit, with its row locked to the end of the transaction when it is about to be changed."""
    statement = _visits().where(Appointment.id == appointment_id)
    return _first(session, statement.with_for_update(key_share=True) if lock else statement)


def by_key(session: Session, key: str) -> Visit | None:
    """The visit that was booked under this idempotency key."""
    return _first(session, _visits().where(Appointment.key == key))


def by_reference(session: Session, reference: str) -> Visit | None:
    """The visit with this reference, whoever asks: the caller of this function judges that."""
    return _first(session, _visits().where(Appointment.reference == reference))


def live(session: Session, *, caller_id: int | None, applicant_id: int | None, service_id: str) -> Visit | None:
    """The one live visit of this applicant (or of a caller who named nobody) for this service; nobody is nobody's."""
    if applicant_id is None and caller_id is None:
        return None
    whose: Any = Appointment.applicant_id == applicant_id
    if applicant_id is None:
        whose = (Appointment.caller_id == caller_id) & Appointment.applicant_id.is_(None)
    return _first(session, _visits().where(whose, Appointment.service_id == service_id, Appointment.state.not_in(OVER)))


def next_of(session: Session, now: datetime, caller_id: int) -> Visit | None:
    """The caller's next booked visit whose window has not ended."""
    mine = _visits().where(
        Appointment.caller_id == caller_id, Appointment.state.in_(("booked", "arrived")), Appointment.ends_at > now
    )
    return _first(session, mine.order_by(Appointment.starts_at, Appointment.id).limit(1))


def of_phone(session: Session, phone: str) -> list[Visit]:
    """Every visit booked from or for this number (E.164), newest window first."""
    mine = _visits().where(Appointment.phone == phone)
    ordered = mine.order_by(Appointment.starts_at.desc(), Appointment.id.desc())
    return [_visit(row) for row in session.execute(ordered)]


def _visits() -> Select[*tuple[Any, ...]]:
    a = Appointment
    return select(
        a.id,
        a.reference,
        a.state,
        a.city_id,
        a.service_id,
        a.starts_at,
        a.ends_at,
        a.phone,
        a.caller_id,
        a.applicant_id,
        a.language,
        a.terms,
        a.moves,
    )


def _first(session: Session, statement: Select[*tuple[Any, ...]]) -> Visit | None:
    row = session.execute(statement).first()
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
