"""The bus: `append` writes an event in the caller's transaction, `tail` reads what was committed, each row once.

PostgreSQL gives ids before commit, so "id > last" loses rows that commit late. Readers therefore go by (writing
transaction, id) and stop before the oldest transaction that is still open. A restore into another cluster starts
transaction ids anew: set `event.xid` to 0 there, or old rows stay unseen until the new cluster has caught up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import BigInteger, Table, insert, text
from sqlalchemy.orm import Session

from db import clock
from db.base import Json, UtcDateTime, Xid8
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
    def parse(cls, written: str) -> Cursor:
        """The cursor written as `xid-id`; raises ValueError for anything else."""
        if not re.fullmatch(r"[0-9]{1,19}-[0-9]{1,19}", written):
            raise ValueError(f"not a cursor: {written[:40]!r}")
        xid, _, id_ = written.partition("-")
        return cls(int(xid), int(id_))


START: Final = Cursor()


def append(session: Session, kind: str, *, call_id: str | None = None, **fields: Word) -> None:
    """Writes one event; it is seen when the caller's transaction commits. Raises NotForTheTrail."""
    for name, value in {"kind": kind, **fields}.items():
        if isinstance(value, str) and not _ID.fullmatch(value):
            raise NotForTheTrail(f"{name} of event {kind!r} is not an id, an enum or a moment")
    session.execute(_INSERT, {"at": clock.now(session), "kind": kind, "call_id": call_id, "data": fields})


def tail(session: Session, after: Cursor, limit: int = 500) -> list[EventRow]:
    """The events after the cursor, in the order every reader sees; each row's own cursor is `(row.xid, row.id)`."""
    found = session.execute(
        _TAIL[session.get_bind().dialect.name], {"xid": after.xid, "id": after.id, "limit": limit}
    ).mappings()
    return [EventRow(**row) for row in found]


def newest(session: Session) -> Cursor:
    """Where a reader starts who wants nothing of the past."""
    row = session.execute(_NEWEST[session.get_bind().dialect.name]).first()
    return Cursor(row.xid, row.id) if row else START


_INSERT = insert(cast(Table, EventRow.__table__))


def _typed(sql: str) -> Any:
    """Columns as the models give them, without the cost of loading objects into the session."""
    return text(sql).columns(
        id=BigInteger(), xid=Xid8(), at=UtcDateTime(), kind=EventRow.kind.type, call_id=EventRow.call_id.type, data=Json
    )


_COLUMNS = "id, xid, at, kind, call_id, data"
_SETTLED = "xid < pg_snapshot_xmin(pg_current_snapshot())"
_TAIL: dict[str, Any] = {
    "postgresql": _typed(
        f"SELECT {_COLUMNS} FROM event WHERE (xid, id) > (CAST(CAST(:xid AS text) AS xid8), :id) AND {_SETTLED}"
        " ORDER BY xid, id LIMIT :limit"
    ),
    # One writer at a time, so ids are given in the order of commits.
    "sqlite": _typed(f"SELECT {_COLUMNS} FROM event WHERE id > :id AND :xid >= 0 ORDER BY id LIMIT :limit"),
}
_NEWEST: dict[str, Any] = {
    "postgresql": _typed(f"SELECT xid, id FROM event WHERE {_SETTLED} ORDER BY xid DESC, id DESC LIMIT 1"),
    "sqlite": _typed("SELECT xid, id FROM event ORDER BY id DESC LIMIT 1"),
}
