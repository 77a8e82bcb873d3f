"""Telling the citizen what became of a visit: an outbox row in the very transaction that changes it.

Nothing is sent here. Whoever cannot read a message (a landline, a withheld number) gets no row, and the answer says so.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.models import Caller, Outbox, Service
from scheduler import messages, phones
from scheduler.outcomes import Visit


def tell(session: Session, now: datetime, template: str, visit: Visit, *, key: str) -> bool:
    """Puts the message about `visit` into the outbox, once by `key`; False when its number takes no messages."""
    caller = session.get(Caller, visit.caller_id) if visit.caller_id is not None else None
    kind = caller.kind if caller and caller.phone == visit.phone else None  # says nothing of another number
    if visit.phone is None or not phones.can_text(visit.phone, kind):
        return False
    names = session.execute(select(Service.names).where(Service.id == visit.service_id)).scalar_one()
    text = messages.about_visit(
        template,
        visit.language,
        service=names.get(visit.language, names[messages.FALLBACK]),
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        reference=visit.reference,
    )
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        insert(Outbox)
        .values(
            key=key,
            channel="sms",
            recipient=visit.phone,
            template=text.template,
            language=text.language,
            values=dict(text.values),
            text=text.text,
            segments=text.segments,
            appointment_id=visit.appointment_id,
            asked_at=now,
            due_at=now,
            deadline=visit.starts_at,  # news of a visit that has begun helps nobody
            state="waiting",
            attempts=0,
        )
        .on_conflict_do_nothing(index_elements=[Outbox.key])
    )
    return True
