"""What the leader does at each tick: every job is one function of the database, safe to run twice or never.

No job remembers anything between ticks; whatever was missed is still due in its row. Short transactions only.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, func, select, update

from db import clock, events
from db.models import Callback, Recording, WebSession
from db.session import Database
from scheduler import claims, outbox, windows
from scheduler.gateways import Gateway

log = logging.getLogger(__name__)

HOLDS_KEPT = timedelta(hours=1)  # over long ago; young ones stay, their holder may still turn them into a visit
SESSIONS_KEPT = timedelta(days=180)  # who was signed in and when (CERT-In)
BATCH = 200


def lay_out_windows(database: Database) -> int:
    """Seats up to the horizon, as policy and rosters have them now; how many changed."""
    made = windows.materialise(database)
    if made.short:
        log.warning("%d booked seats have nobody on duty", made.short)
    return made.added + made.withdrawn + made.restored


def send_messages(database: Database, gateway: Gateway, worker: str) -> int:
    """Everything due in the outbox, batch by batch; first what is too late is cancelled. How many rows were taken."""
    outbox.expire(database)
    total = 0
    while taken := outbox.deliver(database, gateway, worker=worker):
        total += taken
        if taken < outbox.BATCH:
            break
    return total


def recover_messages(database: Database, gateway: Gateway) -> int:
    """Rows that a worker died on."""
    return outbox.recover(database, gateway)


def sweep_holds(database: Database) -> int:
    """Deletes holds that ended long ago; they bound nobody since they ended."""
    with database.begin() as session:
        return claims.sweep(session, clock.now(session) - HOLDS_KEPT)


class DueCallbacks:
    """Tells boards how many callbacks are due whenever that changes; people ring back, nothing is dialled here.

    The last count is only a memory of what was told: a new leader tells once more, and nothing is lost.
    """

    def __init__(self) -> None:
        self._told: int | None = None

    def __call__(self, database: Database) -> int:
        with database.begin() as session:
            due = (Callback.state == "waiting", Callback.due_at <= clock.now(session))
            n = session.execute(select(func.count()).select_from(Callback).where(*due)).scalar_one()
            if n != self._told:
                events.append(session, "callbacks.due", n=n)
        self._told = n
        return n


def forget(database: Database, var_dir: Path) -> int:
    """Erases what is past its retention: recordings lose key and file, old sign-ins their row. How many recordings.

    The key goes first: from then on the file is noise, even where it could not be deleted.
    """
    with database.begin() as session:
        now = clock.now(session)
        old = select(Recording.id).where(Recording.state == "kept", Recording.retain_until <= now).limit(BATCH)
        erased = session.execute(
            update(Recording)
            .where(Recording.id.in_(old), Recording.state == "kept")
            .values(state="erased", wrapped_key=None)
            .returning(Recording.id, Recording.path)
            .execution_options(synchronize_session=False)
        ).all()
        for id, _ in erased:
            events.append(session, "recording.erased", recording_id=id)
        ended = select(WebSession.id).where(WebSession.expires_at <= now - SESSIONS_KEPT).limit(BATCH)
        session.execute(delete(WebSession).where(WebSession.id.in_(ended)))
    root = var_dir.resolve()
    for _, path in erased:
        file = (root / path).resolve()
        if file.is_relative_to(root):  # a row may name anything; only our own folder is ours to clean
            file.unlink(missing_ok=True)
    return len(erased)
