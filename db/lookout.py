"""Looks out for commands on a connection kept for nothing else, because it is asked twenty times a second for ever.

No pool, no transaction, no ORM: on SQLite one pragma says that nobody has written since, on PostgreSQL one prepared
statement answers. It only looks; what it sees is taken elsewhere, in a write transaction. One thread at a time.
"""

from __future__ import annotations

import select
import sqlite3
from pathlib import Path
from typing import Protocol

import psycopg
from psycopg import pq

from db.session import Database

_WAITING = "SELECT 1 FROM command WHERE state = 'asked' LIMIT 1"
_NAME = b"mitan_waiting"
ANSWER_S = 2.0


class LostSight(ConnectionError):
    """The database cannot be asked now; the next look tries a new connection."""


class Lookout:
    """`waiting()` says whether a command is to be taken; `close()` gives the connection up."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._eye: _Eye | None = None

    def waiting(self) -> bool:
        """Answers or raises LostSight, in a bounded time."""
        try:
            if self._eye is None:
                eye = _Sqlite if self._database.dialect == "sqlite" else _Postgresql
                self._eye = eye(self._database)
            return self._eye.sees()
        except (sqlite3.Error, psycopg.Error, OSError) as gone:
            self.close()
            raise LostSight(type(gone).__name__) from gone

    def close(self) -> None:
        """The next look opens a new connection."""
        if self._eye is not None:
            self._eye.close()
            self._eye = None


class _Eye(Protocol):
    def sees(self) -> bool: ...
    def close(self) -> None: ...


class _Sqlite:
    """`data_version` changes whenever another connection has committed; reading it asks no table."""

    def __init__(self, database: Database) -> None:
        file = Path(str(database.url.database)).absolute().as_uri()
        # rw: a file that is missing is an outage, not a new database. No waiting: a look that finds it locked is lost.
        self._connection = sqlite3.connect(
            f"{file}?mode=rw", uri=True, timeout=0, isolation_level=None, check_same_thread=False
        )
        self._connection.execute("PRAGMA query_only=1")
        self._version: int | None = None
        self._seen = True  # never looked: look

    def sees(self) -> bool:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        if self._seen or version != self._version:  # what was seen may still wait, though nobody wrote
            self._seen = self._connection.execute(_WAITING).fetchone() is not None
            self._version = version
        return self._seen

    def close(self) -> None:
        self._connection.close()


class _Postgresql:
    """Speaks to libpq itself: psycopg's own way costs more, and waits for ever for a server that hangs."""

    def __init__(self, database: Database) -> None:
        url = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(
            url, autocommit=True, connect_timeout=2, tcp_user_timeout=2000, options="-c statement_timeout=1500"
        )
        self._libpq = self._connection.pgconn
        self._poll = select.poll()
        self._poll.register(self._libpq.socket, select.POLLIN)
        try:
            self._libpq.send_prepare(_NAME, _WAITING.encode())
            self._answer(pq.ExecStatus.COMMAND_OK)
        except psycopg.Error:
            self.close()
            raise

    def sees(self) -> bool:
        self._libpq.send_query_prepared(_NAME, None)
        return self._answer(pq.ExecStatus.TUPLES_OK).ntuples > 0

    def close(self) -> None:
        self._connection.close()

    def _answer(self, wanted: pq.ExecStatus) -> pq.abc.PGresult:
        self._libpq.flush()
        found = None
        while True:
            while self._libpq.is_busy():
                if not self._poll.poll(ANSWER_S * 1000):
                    raise psycopg.OperationalError("no answer in time")
                self._libpq.consume_input()
            result = self._libpq.get_result()
            if result is None:
                break
            found = result
        if found is None or found.status != wanted:
            raise psycopg.OperationalError("no answer to a look")
        return found
