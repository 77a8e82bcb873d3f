"""Running statements below the ORM: made once, their values bound by name. Somebody is listening while they run.

Building a statement and walking through the ORM costs several times what the database takes to answer it. A session
costs as much as the transaction it stands for, so a `Work` makes one only for whoever asks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, cast

from sqlalchemy import Connection, CursorResult, Executable, Table
from sqlalchemy.orm import Session

from db.base import Base

Values = Mapping[str, Any]


class Within(Protocol):
    """A transaction: a Session or a Work."""

    @property
    def info(self) -> dict[Any, Any]: ...
    def connection(self) -> Connection: ...


class Work:
    """A transaction on a connection; `database.work()` makes, commits and closes it."""

    def __init__(self, connection: Connection, info: dict[Any, Any]) -> None:
        self._connection, self.info = connection, info
        self._session: Session | None = None

    def connection(self) -> Connection:
        """What waits in the session is written before anything else is."""
        if self._session is not None:
            self._session.flush()
        return self._connection

    @property
    def session(self) -> Session:
        """The ORM inside this transaction, which it cannot commit; it reads the same clock."""
        if self._session is None:
            self._session = Session(
                self._connection, expire_on_commit=False, info=self.info, join_transaction_mode="rollback_only"
            )
        return self._session

    def close(self) -> None:
        """Lets the session go; what waits in it and was not flushed is lost."""
        if self._session is not None:
            self._session.close()


def run(
    within: Within, statement: Executable, values: Values | Sequence[Values] | None = None
) -> CursorResult[*tuple[Any, ...]]:
    """Runs it in the transaction, after whatever waits in its session to be written."""
    if isinstance(within, Session) and (within.new or within.dirty or within.deleted):
        within.flush()
    return within.connection().execute(statement, values)


def table(model: type[Base]) -> Table:
    """The table of a model, which the ORM leaves alone."""
    return cast(Table, model.__table__)
