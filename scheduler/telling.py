"""Telling the citizen what became of a visit: an outbox row in the very transaction that changes it.

Nothing is sent here. Whoever cannot read a message (a landline, a withheld number) gets no row, and the answer says so.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db import policy
from db.below import run, table
from db.models import Caller, Outbox
from scheduler import messages, phones
from scheduler.outcomes import Visit


def tell(session: Session, now: datetime, template: str, visit: Visit, *, key: str) -> bool:
    """Puts the message about `visit` into the outbox, once by `key`; False when its number takes no messages."""
    kind = run(session, _KIND, {"id_": visit.caller_id, "phone": visit.phone}).scalar()  # of this number only
    if visit.phone is None or not phones.can_text(visit.phone, kind):
        return False
    text = messages.about_visit(
        template,
        visit.language,
        service=policy.names(session, "service", visit.service_id, visit.language),
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        reference=visit.reference,
    )
    row = {
        "key": key,
        "channel": "sms",
        "recipient": visit.phone,
        "template": text.template,
        "language": text.language,
        "values": dict(text.values),
        "text": text.text,
        "segments": text.segments,
        "appointment_id": visit.appointment_id,
        "asked_at": now,
        "due_at": now,
        "deadline": visit.starts_at,  # news of a visit that has begun helps nobody
        "state": "waiting",
        "attempts": 0,
    }
    run(session, _insert(session.get_bind().dialect.name), row)
    return True


@cache
def _insert(dialect: str) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table(Outbox)).on_conflict_do_nothing(index_elements=["key"])


_CALLER = table(Caller).c
_KIND = select(_CALLER.kind).where(_CALLER.id == bindparam("id_"), _CALLER.phone == bindparam("phone"))
