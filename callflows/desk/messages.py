"""Messages that callers leave: a recording becomes a callback for people to ring."""

from __future__ import annotations

from sqlalchemy.orm import Session

from callflows.desk.asking import Ask, Result
from db import events
from db.models import Callback, Recording
from scheduler.hours import hours


def leave_callback(session: Session, ask: Ask) -> Result:
    """noted | no_number: with neither a number nor a word spoken there is nobody to ring."""
    spoken = ask.text("message")
    if ask.number is None and not spoken:
        return Result("no_number")
    at = hours(session, ask.now)
    callback = Callback(
        phone=ask.number,
        call_id=ask.call_id,
        recording_id=recording_id(session, spoken),
        reason=ask.text("reason") or "nobody",
        language=ask.language,
        asked_at=ask.now,
        due_at=ask.now if at.open else at.opens_at or ask.now,
        state="waiting",
    )
    session.add(callback)
    session.flush()
    events.append(session, "callback.asked", call_id=ask.call_id, callback_id=callback.id, reason=callback.reason)
    return Result("noted")


def recording_id(session: Session, ref: str) -> int | None:
    """The row of a recording, if it is stored already; else it is found by its call when the spool has been read."""
    if not ref.isdecimal():
        return None
    row = session.get(Recording, int(ref))
    return row.id if row else None
