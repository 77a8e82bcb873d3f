"""Reading dated policy: what is in force on a local day, where, and by what name. SQL only; rules live in scheduler.

A row counts from `valid_from` up to, not including, `valid_to`; the newest that counts wins, a city's before the
general one. None in a fee or limit means "not published".
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.models import (
    City,
    ClosedDay,
    Document,
    PaperGroup,
    PinHint,
    PolicyValue,
    Service,
    ServiceGroup,
    ServiceTerms,
)
from db.models.policy import Names


class UnknownPolicy(LookupError):
    """No row says this on that day: the installation lacks it, and nobody invents it."""


def policy_value(session: Session, key: str, on: date, city_id: str | None = None) -> Any:
    """The value in force; raises UnknownPolicy."""
    whose = _general_or(PolicyValue.city_id, city_id)
    found = session.execute(
        select(PolicyValue.value)
        .where(PolicyValue.key == key, whose, *_in_force(PolicyValue, on))
        .order_by(PolicyValue.city_id.is_(None), PolicyValue.valid_from.desc())
        .limit(1)
    ).first()
    if found is None:
        raise UnknownPolicy(f"{key} on {on}")
    return found[0]


def cities(session: Session, on: date, division: str | None = None) -> list[City]:
    """Cities served, as they were seeded: the largest of a division first, then those added by the operator."""
    wanted = [City.division == division] if division else []
    return list(session.scalars(select(City).where(*wanted, *_in_force(City, on)).order_by(City.ordinal, City.id)))


def city_of_pin(session: Session, pin: int, on: date) -> list[str]:
    """Cities that a PIN code suggests, the narrowest span first; a hint, to be confirmed by a key."""
    query = (
        select(PinHint.city_id)
        .join(City, City.id == PinHint.city_id)
        .where(PinHint.pin_from <= pin, PinHint.pin_to >= pin, *_in_force(City, on))
        .order_by(PinHint.pin_to - PinHint.pin_from, PinHint.city_id)
    )
    return list(session.scalars(query))


def service_groups(session: Session, on: date) -> list[ServiceGroup]:
    """Groups that hold at least one service in force, in the order of their keys."""
    filled = select(Service.group_id).where(*_in_force(Service, on))
    return list(session.scalars(select(ServiceGroup).where(ServiceGroup.id.in_(filled)).order_by(ServiceGroup.ordinal)))


def services(session: Session, on: date, group_id: str | None = None) -> list[Service]:
    """Services offered, in the order of their groups and of their place there."""
    wanted = [Service.group_id == group_id] if group_id else []
    query = (
        select(Service)
        .join(ServiceGroup, ServiceGroup.id == Service.group_id)
        .where(*wanted, *_in_force(Service, on))
        .order_by(ServiceGroup.ordinal, Service.ordinal)
    )
    return list(session.scalars(query))


def terms(session: Session, service_id: str, on: date) -> ServiceTerms | None:
    """Departmental fee and legal limit of a service; None when nothing at all is known of it."""
    query = select(ServiceTerms).where(ServiceTerms.service_id == service_id, *_in_force(ServiceTerms, on))
    return session.scalars(query.order_by(ServiceTerms.valid_from.desc()).limit(1)).first()


def paper_groups(session: Session, service_id: str, on: date) -> list[PaperGroup]:
    """Papers to have ready, group by group in the order they are said; empty when they are not published."""
    query = select(PaperGroup).where(PaperGroup.service_id == service_id, *_in_force(PaperGroup, on))
    newest: dict[int, PaperGroup] = {}
    for group in session.scalars(query.order_by(PaperGroup.valid_from)):
        newest[group.ordinal] = group
    return [newest[ordinal] for ordinal in sorted(newest)]


def closed_days(
    session: Session, calendar: str, first: date, last: date, city_id: str | None = None
) -> dict[date, Names]:
    """Closed days from `first` to `last`, both included, with their names; those of all cities and of this one."""
    where = _general_or(ClosedDay.city_id, city_id)
    query = select(ClosedDay.day, ClosedDay.names).where(
        ClosedDay.calendar == calendar, ClosedDay.day.between(first, last), where
    )
    return {row.day: row.names for row in session.execute(query.order_by(ClosedDay.day))}


_NAMED: dict[str, type[City] | type[Service] | type[ServiceGroup] | type[Document]] = {
    "city": City,
    "service": Service,
    "service_group": ServiceGroup,
    "document": Document,
}


def names(session: Session, kind: str, id_: str, lang: str) -> str:
    """What a city, service, service_group or document is called; Hindi where the language has no name of its own.

    Raises LookupError for what does not exist.
    """
    model = _NAMED[kind]
    found = session.scalar(select(model.names).where(model.id == id_))
    if found is None:
        raise LookupError(f"no {kind} {id_!r}")
    return found.get(lang) or found["hi"]


def _in_force(model: Any, on: date) -> tuple[ColumnElement[bool], ...]:
    return model.valid_from <= on, or_(model.valid_to.is_(None), model.valid_to > on)


def _general_or(column: InstrumentedAttribute[str | None], city_id: str | None) -> ColumnElement[bool]:
    return column.is_(None) if city_id is None else or_(column.is_(None), column == city_id)
