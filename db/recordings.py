"""Rows of recordings and of the callbacks that hang on them. SQL only, inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import events
from db.models import Call, Callback, Caller, Recording
from db.policy import UnknownPolicy, policy_value

IST = ZoneInfo("Asia/Kolkata")
KEPT_DAYS = 90  # the operator's default, for a purpose or a database that policy does not name


@dataclass(frozen=True, slots=True)
class NewRecording:
    """A sealed file on its way to its row. `path` is relative to the var folder and names no other recording."""

    path: str
    wrapped_key: str
    purpose: str  # message | conversation
    size_bytes: int
    duration_s: float
    made_at: datetime
    retain_until: datetime
    call_id: str | None = None
    phone: str | None = None  # of a caller by trunk whose call has no row; nothing of it is stored here


def rekey(session: Session, path: str, wrapped_key: str) -> int | None:
    """The row of this file, if it has one, with the key of the file as it now lies there; else None."""
    return session.scalars(
        update(Recording)
        .where(Recording.path == path, Recording.state != "erased")
        .values(wrapped_key=wrapped_key)
        .returning(Recording.id),
        execution_options={"synchronize_session": False},
    ).first()


def phone_of(session: Session, call_id: str | None) -> str | None:
    """The number a call came from."""
    call = session.get(Call, call_id) if call_id else None
    return call.phone if call else None


def call_named(session: Session, name: str) -> str | None:
    """The call of this id, or of Asterisk's channel of this name."""
    if session.get(Call, name) is not None:
        return name
    return session.scalars(select(Call.id).where(Call.external_id == name).order_by(Call.started_at.desc())).first()


def keep_until(session: Session, purpose: str, made_at: datetime) -> datetime:
    """When a recording is to be erased: policy `recording_days`, by purpose, as it was on the day it was made."""
    try:
        days = policy_value(session, "recording_days", made_at.astimezone(IST).date())
    except UnknownPolicy:
        days = {}
    return made_at + timedelta(days=days.get(purpose, KEPT_DAYS))


def add(session: Session, new: NewRecording) -> int:
    """Inserts the row and returns its id; the caller of the call becomes the recording's."""
    call = session.get(Call, new.call_id) if new.call_id else None
    by_number = select(Caller.id).where(Caller.phone == new.phone)
    row = Recording(
        call_id=call.id if call else None,
        caller_id=call.caller_id if call else session.scalars(by_number).first() if new.phone else None,
        purpose=new.purpose,
        path=new.path,
        wrapped_key=new.wrapped_key,
        size_bytes=new.size_bytes,
        duration_s=new.duration_s,
        retain_until=new.retain_until,
        made_at=new.made_at,
        state="kept",
    )
    session.add(row)
    session.flush()
    events.append(session, "recording.kept", call_id=row.call_id, recording_id=row.id, purpose=new.purpose)
    return row.id


def ask_callback(
    session: Session,
    recording_id: int,
    *,
    phone: str | None,
    reason: str,
    language: str,
    asked_at: datetime,
    due_at: datetime,
) -> int:
    """Asks people to ring back whoever left this recording; asked again, it answers the callback that stands."""
    standing = session.scalars(select(Callback.id).where(Callback.recording_id == recording_id)).first()
    if standing is not None:
        return standing
    recording = session.get_one(Recording, recording_id)
    row = Callback(
        phone=phone,
        call_id=recording.call_id,
        recording_id=recording_id,
        reason=reason,
        language=language,
        asked_at=asked_at,
        due_at=due_at,
        state="waiting",
    )
    session.add(row)
    session.flush()
    events.append(session, "callback.asked", call_id=row.call_id, callback_id=row.id, reason=reason)
    return row.id
