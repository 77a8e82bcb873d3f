"""People: callers by their number, applicants they speak for, the staff and their web sessions.

A person's name is text for screens only; it is spoken from that person's own recording, never by an engine.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, UtcDateTime, one_of, rule

ROLES = (
    "executive",
    "team_lead",
    "supervisor",
    "city_coordinator",
    "nodal_officer",
    "district",
    "state_viewer",
    "administrator",
    "auditor",
)


class Caller(Base):
    """One telephone number and how its owner likes to be spoken to."""

    __tablename__ = "caller"
    __table_args__ = (
        UniqueConstraint("phone"),
        one_of("kind", "mobile", "landline", "foreign"),
        one_of("pace", "normal", "slow"),
        one_of("path", "keys", "yes_no"),
        rule("phone", "phone LIKE '+%' AND length(phone) BETWEEN 8 AND 16"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    phone: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(8), default="hi")
    pace: Mapped[str] = mapped_column(String(10), default="normal")
    path: Mapped[str] = mapped_column(String(10), default="keys")
    city_id: Mapped[str | None] = mapped_column(ForeignKey("city.id"))
    first_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_call_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Applicant(Base):
    """For whom the certificate is: the caller or somebody of the family."""

    __tablename__ = "applicant"
    __table_args__ = (
        one_of("relation", "self", "family"),
        Index(None, "caller_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    caller_id: Mapped[int] = mapped_column(ForeignKey("caller.id"))
    relation: Mapped[str] = mapped_column(String(10))
    name: Mapped[str | None] = mapped_column(Text)
    name_recording_id: Mapped[int | None] = mapped_column(ForeignKey("recording.id"))


class User(Base):
    """A member of staff; `password_hash` is argon2's own string, `must_change` holds until the first own password."""

    __tablename__ = "user"
    __table_args__ = (
        UniqueConstraint("username"),
        one_of("role", *ROLES),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(String(60))
    display_name: Mapped[str] = mapped_column(String(120))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8), default="hi")
    active: Mapped[bool] = mapped_column(default=True)
    must_change: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WebSession(Base):
    """A sign-in; `id` is the hash of the cookie's secret, so the table alone opens nothing."""

    __tablename__ = "web_session"
    __table_args__ = (Index(None, "user_id"), rule("expires", "expires_at > made_at"))
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
