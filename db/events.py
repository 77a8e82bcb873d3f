"""The bus: `append` writes an event in the caller's transaction, `tail` reads what was committed, each row once.

PostgreSQL gives ids before commit, so "id > last" loses rows that commit late. Readers therefore go by (writing
transaction, id) and stop before the oldest transaction that is still open. A restore into another cluster starts
transaction ids anew: set `event.xid` to 0 there, or old rows stay unseen until the new cluster has caught up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from sqlalchemy import BigInteger, func, literal, select, tuple_
from sqlalchemy.orm import Session

from db import clock
from db.base import Xid
from db.below import Within, run, table
from db.models import EventRow
from db.wake import Wake

__all__ = ["START", "Cursor", "EventRow", "NotForTheTrail", "Wake", "append", "newest", "tail"]

Word: TypeAlias = "str | int | float | bool | None"
_ID = re.compile(r"[A-Za-z0-9_.:/-][A-Za-z0-9_.:/+-]{0,79}")  # ids, enums, ISO times; no blanks, no Hindi, no +91…


class NotForTheTrail(ValueError):
    """A value that may be a person's name or number was about to enter the trail, which is never erased."""


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """How far a reader has come; `str()` of it is the SSE `Last-Event-ID`."""

    xid: int = 0
    id: int = 0

    def __str__(self) -> str:
        return f"{self.xid}-{self.id}"

    @classmethod
    def at(cls, row: EventRow) -> Cursor:
        """The cursor of a reader who has seen this row."""
        return cls(row.xid, row.id)

    @classmethod
    def parse(cls, written: str) -> Cursor:
        """The cursor written as `xid-id`; raises ValueError for anything else."""
        if not re.fullmatch(r"[0-9]{1,19}-[0-9]{1,19}", written):
            raise ValueError(f"not a cursor: {written[:40]!r}")
        xid, _, id_ = written.partition("-")
        return cls(int(xid), int(id_))


START: Final = Cursor()


def append(within: Within, kind: str, /, *, call_id: str | None = None, **fields: Word) -> None:
    """Writes one event; it is seen when the caller's transaction commits. Raises NotForTheTrail."""
    for name, value in (("name", kind), *fields.items()):
        if isinstance(value, str) and not _ID.fullmatch(value):
            raise NotForTheTrail(f"{name} of event {kind!r} is not an id, an enum or a moment")
    run(within, _INSERT, {"at": clock.now(within), "kind": kind, "call_id": call_id, "data": fields})


def tail(session: Session, after: Cursor, limit: int = 500) -> list[EventRow]:
    """The events after the cursor, in the order every reader sees; a row's own cursor is `Cursor.at(row)`."""
    if _is_postgresql(session):
        seen = tuple_(literal(after.xid, Xid), literal(after.id, BigInteger()))
        query = select(EventRow).where(tuple_(EventRow.xid, EventRow.id) > seen, _SETTLED)
        return list(session.scalars(query.order_by(EventRow.xid, EventRow.id).limit(limit)))
    # SQLite has one writer at a time: ids are given in the order of commits.
    return list(session.scalars(select(EventRow).where(EventRow.id > after.id).order_by(EventRow.id).limit(limit)))


def newest(session: Session) -> Cursor:
    """Where a reader starts who wants nothing of the past."""
    query = select(EventRow.xid, EventRow.id).order_by(EventRow.xid.desc(), EventRow.id.desc()).limit(1)
    row = session.execute(query.where(_SETTLED) if _is_postgresql(session) else query).first()
    return Cursor(*row) if row else START


_INSERT = table(EventRow).insert()
_SETTLED = EventRow.xid < func.pg_snapshot_xmin(func.pg_current_snapshot(), type_=Xid)


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
