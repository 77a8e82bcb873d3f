"""Policy as dated rows: cities, services, papers, fees, hours, closed days. Every row says since when and says who.

A row is in force from `valid_from` up to, not including, `valid_to` (null: until further notice). NULL in a fee or a
limit means "not published" and is said so to the caller; it is never zero and never guessed.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, Text, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column

from db import triggers
from db.base import Base, Id, Json, one_of, rule

_DATES = "valid_to IS NULL OR valid_to > valid_from"
Names = dict[str, str]  # {"hi": …, "en": …}


class City(Base):
    """A municipal corporation served; `id` is a slug such as `raipur`."""

    __tablename__ = "city"
    __table_args__ = (rule("dates", _DATES),)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    division: Mapped[str] = mapped_column(String(40))
    ordinal: Mapped[int] = mapped_column(default=1000)  # its place when the division's cities are said
    district: Mapped[str] = mapped_column(String(80))
    names: Mapped[Names] = mapped_column(Json)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(Text)


class ServiceGroup(Base):
    """A key of the services menu."""

    __tablename__ = "service_group"
    __table_args__ = (UniqueConstraint("ordinal"),)
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    names: Mapped[Names] = mapped_column(Json)
    ordinal: Mapped[int]


class Service(Base):
    """A certificate or registration that can be asked for; `skill` is what a mitan must be able to do for it."""

    __tablename__ = "service"
    __table_args__ = (rule("dates", _DATES), UniqueConstraint("group_id", "ordinal"))
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    group_id: Mapped[str] = mapped_column(ForeignKey("service_group.id"))
    ordinal: Mapped[int]
    names: Mapped[Names] = mapped_column(Json)
    skill: Mapped[str | None] = mapped_column(String(40))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(Text)


class ServiceTerms(Base):
    """Departmental fee and legal limit of a service for a span of days; a booking keeps the ones it was made under."""

    __tablename__ = "service_terms"
    __table_args__ = (
        rule("dates", _DATES),
        rule("fee", "fee_paise >= 0"),
        one_of("limit_unit", "working_days", "days"),
        rule("limit", "(limit_days IS NULL) = (limit_unit IS NULL)"),
        UniqueConstraint("service_id", "valid_from"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    service_id: Mapped[str] = mapped_column(ForeignKey("service.id"))
    fee_paise: Mapped[int | None]
    limit_days: Mapped[int | None]
    limit_unit: Mapped[str | None] = mapped_column(String(20))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(Text)


class Document(Base):
    """A paper by its everyday name."""

    __tablename__ = "document"
    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    names: Mapped[Names] = mapped_column(Json)


class PaperGroup(Base):
    """Papers to have ready: all of `documents` (mandatory), any one of them, those there are, or on a condition."""

    __tablename__ = "paper_group"
    __table_args__ = (
        rule("dates", _DATES),
        one_of("rule", "one_of", "mandatory", "if_any", "conditional"),
        rule("condition", "(rule = 'conditional') = (condition IS NOT NULL)"),
        UniqueConstraint("service_id", "ordinal", "valid_from"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    service_id: Mapped[str] = mapped_column(ForeignKey("service.id"))
    ordinal: Mapped[int]
    rule: Mapped[str] = mapped_column(String(20))
    condition: Mapped[str | None] = mapped_column(String(60))
    documents: Mapped[list[str]] = mapped_column(Json)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(Text)


class PolicyValue(Base):
    """Any other rule of the operator by key: names, fees, hours, cut-offs; a city's row beats the general one."""

    __tablename__ = "policy_value"
    __table_args__ = (
        rule("dates", _DATES),
        # NULLs are distinct in a unique constraint, so the general row needs an index of its own.
        Index(
            "uq_policy_value_general",
            "key",
            "valid_from",
            unique=True,
            sqlite_where=text("city_id IS NULL"),
            postgresql_where=text("city_id IS NULL"),
        ),
        UniqueConstraint("key", "city_id", "valid_from"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    value: Mapped[Any] = mapped_column(Json)
    city_id: Mapped[str | None] = mapped_column(ForeignKey("city.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    source: Mapped[str] = mapped_column(Text)


class ClosedDay(Base):
    """A day without visits (`service`) or one that the law does not count (`government`)."""

    __tablename__ = "closed_day"
    __table_args__ = (
        one_of("calendar", "service", "government"),
        Index(
            "uq_closed_day_general",
            "calendar",
            "day",
            unique=True,
            sqlite_where=text("city_id IS NULL"),
            postgresql_where=text("city_id IS NULL"),
        ),
        UniqueConstraint("calendar", "day", "city_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    day: Mapped[date]
    calendar: Mapped[str] = mapped_column(String(20))
    city_id: Mapped[str | None] = mapped_column(ForeignKey("city.id"))
    names: Mapped[Names] = mapped_column(Json)
    source: Mapped[str] = mapped_column(Text)


class PinHint(Base):
    """A span of PIN codes that suggests a city; always confirmed by a key, since cities share and adjoin."""

    __tablename__ = "pin_hint"
    __table_args__ = (
        rule("pins", "pin_from BETWEEN 100000 AND 999999 AND pin_to BETWEEN pin_from AND 999999"),
        UniqueConstraint("pin_from", "pin_to", "city_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    pin_from: Mapped[int]
    pin_to: Mapped[int]
    city_id: Mapped[str] = mapped_column(ForeignKey("city.id"))
    source: Mapped[str] = mapped_column(Text)


# Whatever is read of these is remembered until one of them is written to (db.remembered).
TABLES = (
    "city",
    "closed_day",
    "document",
    "paper_group",
    "pin_hint",
    "policy_value",
    "service",
    "service_group",
    "service_terms",
)


@event.listens_for(Base.metadata, "after_create")
def _watch(target: object, connection: Connection, **_: Any) -> None:
    for statement in triggers.on_change(connection.dialect.name, TABLES):
        connection.exec_driver_sql(statement)
