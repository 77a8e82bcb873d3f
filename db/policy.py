"""Reading dated policy: what is in force on a local day, where, and by what name. SQL only; rules live in scheduler.

A row counts from `valid_from` up to, not including, `valid_to`; the newest that counts wins, a city's before the
general one. None in a fee or limit means "not published". What a call asks for again and again is remembered.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db import models
from db.models import ClosedDay, PinHint, PolicyValue
from db.models.policy import Names
from db.remembered import remembered


class UnknownPolicy(LookupError):
    """No row says this on that day: the installation lacks it, and nobody invents it."""


@dataclass(frozen=True, slots=True)
class City:
    """A city served."""

    id: str
    division: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service offered."""

    id: str
    group_id: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """A key of the services menu."""

    id: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Departmental fee and legal limit of a service, and who says so."""

    fee_paise: int | None
    limit_days: int | None
    limit_unit: str | None
    source: str


@dataclass(frozen=True, slots=True)
class PaperGroup:
    """Papers to have ready: all of them, one of them, those there are, or on a condition."""

    ordinal: int
    rule: str
    condition: str | None
    documents: tuple[str, ...]


def policy_value(session: Session, key: str, on: date, city_id: str | None = None) -> Any:
    """The value in force, the caller's own to change; raises UnknownPolicy."""
    return json.loads(_value(session, key, on, city_id))


@remembered
def _value(session: Session, key: str, on: date, city_id: str | None) -> str:
    whose = _general_or(PolicyValue.city_id, city_id)
    found = session.execute(
        select(PolicyValue.value)
        .where(PolicyValue.key == key, whose, *_in_force(PolicyValue, on))
        .order_by(PolicyValue.city_id.is_(None), PolicyValue.valid_from.desc())
        .limit(1)
    ).first()
    if found is None:
        raise UnknownPolicy(f"{key} on {on}")
    return json.dumps(found[0])


@remembered
def cities(session: Session, on: date, division: str | None = None) -> tuple[City, ...]:
    """Cities served, as they were seeded: the largest of a division first, then those added by the operator."""
    row = models.City
    wanted = [row.division == division] if division else []
    query = select(row.id, row.division).where(*wanted, *_in_force(row, on)).order_by(row.ordinal, row.id)
    return tuple(City(*found) for found in session.execute(query))


def city_of_pin(session: Session, pin: int, on: date) -> list[str]:
    """Cities that a PIN code suggests, the narrowest span first; a hint, to be confirmed by a key."""
    query = (
        select(PinHint.city_id)
        .join(models.City, models.City.id == PinHint.city_id)
        .where(PinHint.pin_from <= pin, PinHint.pin_to >= pin, *_in_force(models.City, on))
        .order_by(PinHint.pin_to - PinHint.pin_from, PinHint.city_id)
    )
    return list(session.scalars(query))


@remembered
def service_groups(session: Session, on: date) -> tuple[ServiceGroup, ...]:
    """Groups that hold at least one service in force, in the order of their keys."""
    row = models.ServiceGroup
    filled = select(models.Service.group_id).where(*_in_force(models.Service, on))
    query = select(row.id, row.ordinal).where(row.id.in_(filled)).order_by(row.ordinal)
    return tuple(ServiceGroup(*found) for found in session.execute(query))


@remembered
def services(session: Session, on: date, group_id: str | None = None) -> tuple[Service, ...]:
    """Services offered, in the order of their groups and of their place there."""
    row, group = models.Service, models.ServiceGroup
    wanted = [row.group_id == group_id] if group_id else []
    query = (
        select(row.id, row.group_id, row.valid_from, row.valid_to)
        .join(group, group.id == row.group_id)
        .where(*wanted, *_in_force(row, on))
        .order_by(group.ordinal, row.ordinal)
    )
    return tuple(Service(*found) for found in session.execute(query))


@remembered
def terms(session: Session, service_id: str, on: date) -> Terms | None:
    """Departmental fee and legal limit of a service; None when nothing at all is known of it."""
    row = models.ServiceTerms
    query = (
        select(row.fee_paise, row.limit_days, row.limit_unit, row.source)
        .where(row.service_id == service_id, *_in_force(row, on))
        .order_by(row.valid_from.desc())
    )
    found = session.execute(query.limit(1)).first()
    return Terms(*found) if found else None


@remembered
def paper_groups(session: Session, service_id: str, on: date) -> tuple[PaperGroup, ...]:
    """Papers to have ready, group by group in the order they are said; empty when they are not published."""
    row = models.PaperGroup
    query = select(row.ordinal, row.rule, row.condition, row.documents).where(
        row.service_id == service_id, *_in_force(row, on)
    )
    newest: dict[int, PaperGroup] = {}
    for ordinal, rule, condition, documents in session.execute(query.order_by(row.valid_from)):
        newest[ordinal] = PaperGroup(ordinal, rule, condition, tuple(documents))
    return tuple(newest[ordinal] for ordinal in sorted(newest))


def closed_days(
    session: Session, calendar: str, first: date, last: date, city_id: str | None = None
) -> dict[date, Names]:
    """Closed days from `first` to `last`, both included, with their names; those of all cities and of this one."""
    where = _general_or(ClosedDay.city_id, city_id)
    query = select(ClosedDay.day, ClosedDay.names).where(
        ClosedDay.calendar == calendar, ClosedDay.day.between(first, last), where
    )
    return {row.day: row.names for row in session.execute(query.order_by(ClosedDay.day))}


_NAMED: dict[str, type[models.City] | type[models.Service] | type[models.ServiceGroup] | type[models.Document]] = {
    "city": models.City,
    "service": models.Service,
    "service_group": models.ServiceGroup,
    "document": models.Document,
}


@remembered
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
