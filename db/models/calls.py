"""What a call leaves behind: its state, its steps, the event bus, actions done, commands to Asterisk, recordings.

`event` carries ids, enums and durations, never a number, a name or a key; steps keep kinds and counts, never digits.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Id, Json, UtcDateTime, Xid, one_of, rule, writing_xid


class House(Base):
    """What this database is: `demo` = `true` marks invented data, the only kind whose clock may be shifted."""

    __tablename__ = "house"
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Call(Base):
    """One call and where it stands; `turn` is the door that two requests race for."""

    __tablename__ = "call"
    __table_args__ = (
        one_of("channel", "sip", "twilio", "browser", "plain", "text"),
        one_of("origin", "trunk", "claimed"),
        one_of("direction", "in", "out"),
        rule("ended", "(ended_at IS NULL) = (end_reason IS NULL)"),
        rule("turn", "turn >= 0"),
        Index(None, "phone", "last_at"),  # a dropped caller who rings again
        Index(None, "caller_id"),
        Index(None, "external_id"),
        Index(None, "started_at"),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    channel: Mapped[str] = mapped_column(String(10))
    origin: Mapped[str] = mapped_column(String(10))
    direction: Mapped[str] = mapped_column(String(3))
    phone: Mapped[str | None] = mapped_column(Text)  # as the network says: no length a stranger sends may end a call
    dialled: Mapped[str | None] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    caller_id: Mapped[int | None] = mapped_column(ForeignKey("caller.id"))
    language: Mapped[str] = mapped_column(String(8))
    flow: Mapped[str] = mapped_column(String(60))
    node: Mapped[str] = mapped_column(String(60))
    turn: Mapped[int]
    state: Mapped[dict[str, Any]] = mapped_column(Json)
    reply: Mapped[dict[str, Any]] = mapped_column(Json)
    resumed_from: Mapped[str | None] = mapped_column(ForeignKey("call.id"))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(String(40))


class CallStep(Base):
    """An edge walked; together they are the drop-off report."""

    __tablename__ = "call_step"
    __table_args__ = (Index("uq_call_step_call_id_turn_seq", "call_id", "turn", "seq", unique=True),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"))
    turn: Mapped[int]
    seq: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    flow: Mapped[str] = mapped_column(String(60))
    node: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(20))
    outcome: Mapped[str] = mapped_column(String(60))
    to_node: Mapped[str] = mapped_column(String(60))
    misses: Mapped[int]


class EventRow(Base):
    """The bus, append-only; read it through `db.events.tail`, never by `id > last`. No foreign key: it outlives all."""

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_xid_id", "xid", "id"),
        Index(None, "call_id"),
        Index(None, "at"),
        {"sqlite_autoincrement": True},  # ids are never given twice, even after old rows went
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    xid: Mapped[int] = mapped_column(Xid, server_default=writing_xid())
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str] = mapped_column(String(60))
    call_id: Mapped[str | None] = mapped_column(String(32))
    data: Mapped[dict[str, Any]] = mapped_column(Json)


class Action(Base):
    """What has been done for a call; inserted last in the action's own transaction, so the first insert wins."""

    __tablename__ = "action"
    __table_args__ = (Index(None, "call_id"),)
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("call.id"))
    name: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[str] = mapped_column(String(60))
    facts: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Command(Base):
    """A wish put to Asterisk, taken by `voice` and answered in the row; never repeated when in doubt."""

    __tablename__ = "command"
    __table_args__ = (
        one_of("state", "asked", "taken", "done", "failed", "unknown"),
        rule("taken", "(state <> 'asked' OR taken_at IS NULL) AND (state <> 'taken' OR taken_at IS NOT NULL)"),
        rule("answered", "answer IS NULL OR state IN ('done', 'failed', 'unknown')"),
        Index(None, "state", "id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    args: Mapped[dict[str, Any]] = mapped_column(Json)
    asked_by: Mapped[str] = mapped_column(String(60))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10))
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[dict[str, Any] | None] = mapped_column(Json)


class Recording(Base):
    """An encrypted file and the key that opens it, wrapped; erasing forgets the key."""

    __tablename__ = "recording"
    __table_args__ = (
        one_of("state", "kept", "flagged", "erased"),
        rule("key", "(state = 'erased') = (wrapped_key IS NULL)"),
        rule("size", "size_bytes >= 0 AND duration_s >= 0"),
        Index(None, "state", "retain_until"),
        Index(None, "call_id"),
        Index(None, "caller_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str | None] = mapped_column(ForeignKey("call.id"))
    purpose: Mapped[str] = mapped_column(String(40))
    path: Mapped[str] = mapped_column(Text)
    wrapped_key: Mapped[str | None] = mapped_column(Text)
    size_bytes: Mapped[int]
    duration_s: Mapped[float]
    retain_until: Mapped[datetime] = mapped_column(UtcDateTime)
    caller_id: Mapped[int | None] = mapped_column(ForeignKey("caller.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10))


class Callback(Base):
    """Somebody to be rung back, and why; a recorded message hangs on it when there is one."""

    __tablename__ = "callback"
    __table_args__ = (
        one_of("state", "waiting", "done", "dropped"),
        Index(None, "state", "due_at"),
        Index(None, "call_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    phone: Mapped[str | None] = mapped_column(String(20))
    call_id: Mapped[str | None] = mapped_column(ForeignKey("call.id"))
    recording_id: Mapped[int | None] = mapped_column(ForeignKey("recording.id"))
    reason: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(8))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10))


class Case(Base):
    """Something a person must settle: a complaint, a delay, missing papers."""

    __tablename__ = "case"
    __table_args__ = (
        one_of("state", "open", "waiting", "closed"),
        Index(None, "state", "due_at"),
        Index(None, "caller_id"),
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(10))
    city_id: Mapped[str | None] = mapped_column(ForeignKey("city.id"))
    caller_id: Mapped[int | None] = mapped_column(ForeignKey("caller.id"))
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    call_id: Mapped[str | None] = mapped_column(ForeignKey("call.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    note: Mapped[str | None] = mapped_column(Text)
