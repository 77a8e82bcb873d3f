"""The outbox: rows that wait to be sent, claimed and sent at most once per key, else visibly `unknown`.

waiting ▸ claimed ▸ sending ▸ sent | failed | unknown; past its deadline a message is cancelled and counted. The
gateway is called with no transaction open; every write names the state it expects, so a worker that lost its row to
another writes nothing.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, or_, select, update
from sqlalchemy.orm import Session

from db import clock, events
from db.models import Outbox
from db.session import Database
from scheduler import phones
from scheduler.gateways import Accepted, Gateway, Later, Message, NeverSeen, Refused, Unsure

log = logging.getLogger(__name__)

BATCH = 20
ATTEMPTS = 5
CLAIM_S = 60  # a claim older than this was left behind by a worker that died before sending
SENDING_S = 120  # a send older than this will not report any more: it may or may not have gone out


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is this worker's to send."""

    id: int
    attempts: int
    message: Message


def claim(session: Session, now: datetime, *, worker: str, n: int = BATCH) -> list[Claimed]:
    """Takes up to `n` due rows for `worker`, oldest first; no row goes to two workers."""
    due = (
        select(Outbox.id)
        .where(
            Outbox.state == "waiting",
            Outbox.due_at <= now,
            or_(Outbox.deadline.is_(None), Outbox.deadline > now),
        )
        .order_by(Outbox.due_at, Outbox.id)
        .limit(n)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(Outbox)
        .where(Outbox.id.in_(due), Outbox.state == "waiting")
        .values(state="claimed", claimed_by=worker, claimed_at=now)
        .returning(
            Outbox.id,
            Outbox.attempts,
            Outbox.key,
            Outbox.channel,
            Outbox.recipient,
            Outbox.template,
            Outbox.language,
            Outbox.text,
            Outbox.segments,
        )
        .execution_options(synchronize_session=False)
    )
    rows = session.execute(taken).all()
    return sorted((Claimed(row[0], row[1], Message(*row[2:])) for row in rows), key=lambda c: c.id)


def deliver(database: Database, gateway: Gateway, *, worker: str, n: int = BATCH) -> int:
    """Sends one batch; returns how many rows were claimed (fewer than `n`: nothing more is due)."""
    with database.begin() as session:
        batch = claim(session, clock.now(session), worker=worker, n=n)
    for claimed in batch:
        if gateway.real and phones.is_test(claimed.message.recipient):
            _end(database, claimed.id, worker, "claimed", "cancelled", error="a test number")
        elif _begin(database, claimed.id, worker):
            _send(database, gateway, claimed, worker)
    return len(batch)


def expire(database: Database) -> int:
    """Cancels what waits past its deadline, each with an event; how many."""
    with database.begin() as session:
        now = clock.now(session)
        late = select(Outbox.id).where(Outbox.state == "waiting", Outbox.deadline <= now).limit(500)
        gone = session.execute(
            update(Outbox)
            .where(Outbox.id.in_(late.with_for_update(skip_locked=True)), Outbox.state == "waiting")
            .values(state="cancelled", last_error="deadline")
            .returning(Outbox.id, Outbox.template, Outbox.appointment_id)
            .execution_options(synchronize_session=False)
        ).all()
        for id, template, appointment_id in gone:
            events.append(session, "message.expired", outbox_id=id, template=template, appointment_id=appointment_id)
        return len(gone)


def recover(database: Database, gateway: Gateway) -> int:
    """Settles what dead workers left: claims go back, sends are asked about at the provider. How many rows."""
    with database.begin() as session:
        now = clock.now(session)
        back = session.execute(
            update(Outbox)
            .where(Outbox.state == "claimed", Outbox.claimed_at <= now - timedelta(seconds=CLAIM_S))
            .values(state="waiting", claimed_by=None, claimed_at=None)
            .returning(Outbox.id)
            .execution_options(synchronize_session=False)
        ).all()
        lost = session.execute(
            select(Outbox.id, Outbox.key, Outbox.claimed_by).where(
                Outbox.state == "sending", Outbox.claimed_at <= now - timedelta(seconds=SENDING_S)
            )
        ).all()
    for id, key, holder in lost:
        worker = str(holder)
        match gateway.ask(key):
            case Accepted(ref):
                _end(database, id, worker, "sending", "sent", ref=ref)
            case Refused(error):
                _end(database, id, worker, "sending", "failed", error=error)
            case NeverSeen():
                _end(database, id, worker, "sending", "waiting", error="lost before it was handed over")
            case Unsure(error):
                _end(database, id, worker, "sending", "unknown", error=error)
    return len(back) + len(lost)


def _begin(database: Database, id: int, worker: str) -> bool:
    """Marks the row as being sent, in its own transaction before the gateway; False when it is ours no more."""
    with database.begin() as session:
        now = clock.now(session)
        mine = (Outbox.id == id, Outbox.state == "claimed", Outbox.claimed_by == worker)
        late = Outbox.deadline.is_not(None) & (Outbox.deadline <= now)
        state = session.execute(
            update(Outbox)
            .where(*mine)
            .values(
                state=case((late, "cancelled"), else_="sending"),
                last_error=case((late, "deadline"), else_=Outbox.last_error),
                attempts=Outbox.attempts + 1,
                claimed_at=now,
            )
            .returning(Outbox.state)
            .execution_options(synchronize_session=False)
        ).scalar()
        if state == "cancelled":
            events.append(session, "message.expired", outbox_id=id)
        return state == "sending"


def _send(database: Database, gateway: Gateway, claimed: Claimed, worker: str) -> None:
    try:
        answer = gateway.send(claimed.message)
    except Exception as broken:  # the door to other people's code: whether it went out is not known
        log.exception("gateway broke on outbox row %s", claimed.id)
        answer = Unsure(type(broken).__name__)
    match answer:
        case Accepted(ref):
            _end(database, claimed.id, worker, "sending", "sent", ref=ref)
        case Refused(error):
            _end(database, claimed.id, worker, "sending", "failed", error=error)
        case Later(error) if claimed.attempts + 1 < ATTEMPTS:
            wait = timedelta(seconds=30 * 4**claimed.attempts)
            _end(database, claimed.id, worker, "sending", "waiting", error=error, wait=wait)
        case Later(error):
            _end(database, claimed.id, worker, "sending", "failed", error=error)
        case Unsure(error):
            _end(database, claimed.id, worker, "sending", "unknown", error=error)


def _end(
    database: Database,
    id: int,
    worker: str,
    was: str,
    state: str,
    *,
    ref: str | None = None,
    error: str | None = None,
    wait: timedelta = timedelta(0),
) -> None:
    """Writes what became of a row, if it still is this worker's and as expected; else nothing."""
    with database.begin() as session:
        now = clock.now(session)
        values: dict[str, object] = {"state": state, "provider_ref": ref, "last_error": error}
        if state == "waiting":
            values |= {"due_at": now + wait, "claimed_by": None, "claimed_at": None}
        row = session.execute(
            update(Outbox)
            .where(Outbox.id == id, Outbox.state == was, Outbox.claimed_by == worker)
            .values(**values)
            .returning(Outbox.template, Outbox.appointment_id)
            .execution_options(synchronize_session=False)
        ).first()
        if row is None:
            log.warning("outbox row %s went to somebody else before it could be marked %s", id, state)
        elif state in ("sent", "failed", "unknown"):
            events.append(
                session, f"message.{state}", outbox_id=id, template=row.template, appointment_id=row.appointment_id
            )
