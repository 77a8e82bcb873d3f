"""Visits: mitans and their rosters, seats in a city's arrival windows, claims on them, appointments and messages.

A seat is taken by inserting its claim: the primary key is the judge, nobody counts first.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Json, UtcDateTime, one_of, rule

_SPAN = "ends_at > starts_at"
APPOINTMENT_STATES = (
    "booked",
    "arrived",
    "scanned",
    "with_department",
    "ready",
    "delivered",
    "papers_missing",
    "rejected",
    "cancelled",
)
_LIVE = "state NOT IN ('delivered', 'rejected', 'cancelled')"


class Mitan(Base):
    """A field executive; `id` is the digits on the ID card, read out so that a citizen can verify it."""

    __tablename__ = "mitan"
    __table_args__ = (
        UniqueConstraint("phone"),
        rule("id", "length(id) BETWEEN 4 AND 10"),
        rule("phone", "phone LIKE '+%' AND length(phone) BETWEEN 8 AND 16"),
        Index(None, "city_id"),
    )
    id: Mapped[str] = mapped_column(String(10), primary_key=True)
    city_id: Mapped[str] = mapped_column(ForeignKey("city.id"))
    name: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(String(20))
    skills: Mapped[list[str]] = mapped_column(Json)
    active: Mapped[bool] = mapped_column(default=True)


class Roster(Base):
    """A mitan on duty for a span of a local day."""

    __tablename__ = "roster"
    __table_args__ = (
        UniqueConstraint("mitan_id", "starts_at"),
        rule("span", _SPAN),
        Index(None, "day"),
        Index(None, "starts_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    mitan_id: Mapped[str] = mapped_column(ForeignKey("mitan.id"))
    day: Mapped[date]
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Slot(Base):
    """One seat of a city's arrival window; as many seats as mitans on duty."""

    __tablename__ = "slot"
    __table_args__ = (
        UniqueConstraint("city_id", "starts_at", "seat"),
        UniqueConstraint("id", "city_id", "starts_at"),  # what an appointment refers to
        rule("span", _SPAN),
        rule("seat", "seat >= 0"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    city_id: Mapped[str] = mapped_column(ForeignKey("city.id"))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seat: Mapped[int]


class Appointment(Base):
    """A visit promised: its window is its seat's window, so the two cannot drift apart."""

    __tablename__ = "appointment"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("key"),  # the booking's idempotency key
        ForeignKeyConstraint(["slot_id", "city_id", "starts_at"], ["slot.id", "slot.city_id", "slot.starts_at"]),
        one_of("state", *APPOINTMENT_STATES),
        rule("reference", "length(reference) = 8"),
        rule("span", _SPAN),
        rule("moves", "moves >= 0"),
        Index(None, "phone", "starts_at"),
        Index(None, "caller_id", "starts_at"),
        Index(None, "city_id", "starts_at"),
        Index(None, "state", "starts_at"),
        # One live visit per applicant and service; a caller who named nobody is one applicant too.
        Index(
            "uq_appointment_live_applicant",
            "applicant_id",
            "service_id",
            unique=True,
            sqlite_where=text(f"applicant_id IS NOT NULL AND {_LIVE}"),
            postgresql_where=text(f"applicant_id IS NOT NULL AND {_LIVE}"),
        ),
        Index(
            "uq_appointment_live_caller",
            "caller_id",
            "service_id",
            unique=True,
            sqlite_where=text(f"applicant_id IS NULL AND {_LIVE}"),
            postgresql_where=text(f"applicant_id IS NULL AND {_LIVE}"),
        ),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reference: Mapped[str] = mapped_column(String(8))
    caller_id: Mapped[int | None] = mapped_column(ForeignKey("caller.id"))  # null: the number was withheld
    applicant_id: Mapped[int | None] = mapped_column(ForeignKey("applicant.id"))
    phone: Mapped[str | None] = mapped_column(String(20))
    city_id: Mapped[str] = mapped_column(ForeignKey("city.id"))
    service_id: Mapped[str] = mapped_column(ForeignKey("service.id"))
    slot_id: Mapped[int] = mapped_column(Id)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(20))
    terms: Mapped[dict[str, Any]] = mapped_column(Json)
    language: Mapped[str] = mapped_column(String(8))
    call_id: Mapped[str | None] = mapped_column(ForeignKey("call.id"))
    made_by: Mapped[str] = mapped_column(String(60))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    key: Mapped[str] = mapped_column(String(80))
    moves: Mapped[int] = mapped_column(default=0)  # by the caller: policy allows so many


class Claim(Base):
    """A seat that is not free: held for a call until a moment, or booked by an appointment. Its key is the seat."""

    __tablename__ = "claim"
    __table_args__ = (
        UniqueConstraint("appointment_id"),
        one_of("kind", "held", "booked"),
        rule(
            "consistent",
            "(kind = 'held' AND holder IS NOT NULL AND held_until IS NOT NULL AND appointment_id IS NULL)"
            " OR (kind = 'booked' AND appointment_id IS NOT NULL AND held_until IS NULL)",
        ),
        Index(None, "holder"),
        Index(  # holds to sweep are few, booked claims are millions
            "ix_claim_held_until",
            "held_until",
            sqlite_where=text("kind = 'held'"),
            postgresql_where=text("kind = 'held'"),
        ),
    )
    slot_id: Mapped[int] = mapped_column(ForeignKey("slot.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(10))
    holder: Mapped[str | None] = mapped_column(String(60))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    held_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Outbox(Base):
    """A message to be sent, at most once per key; in doubt it is `unknown`, and seen to be."""

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("key"),
        one_of("channel", "sms", "whatsapp", "email"),
        one_of("state", "waiting", "claimed", "sending", "sent", "failed", "unknown", "cancelled"),
        rule("claimed", "state NOT IN ('claimed', 'sending') OR (claimed_by IS NOT NULL AND claimed_at IS NOT NULL)"),
        rule("counts", "segments >= 1 AND attempts >= 0"),
        Index(None, "state", "due_at"),
        Index(None, "appointment_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(100))
    channel: Mapped[str] = mapped_column(String(10))
    recipient: Mapped[str] = mapped_column(String(120))
    template: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(8))
    values: Mapped[dict[str, Any]] = mapped_column(Json)
    text: Mapped[str] = mapped_column(Text)
    segments: Mapped[int]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline: Mapped[datetime | None] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    claimed_by: Mapped[str | None] = mapped_column(String(60))
    claimed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider_ref: Mapped[str | None] = mapped_column(String(120))
    last_error: Mapped[str | None] = mapped_column(Text)
