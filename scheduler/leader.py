"""One leader among any number of workers: an advisory lock on PostgreSQL, a locked file beside a SQLite database.

The lock lives exactly as long as the process (or its connection) that took it: a `kill -9` frees it at once, and
nobody has to guess from a time-stamp whether the leader is still there.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from db.session import Database

ADVISORY = 14546  # 14545 is the migrations'


class Leadership(Protocol):
    """Who leads."""

    def mine(self) -> bool:
        """Whether this process leads now, trying to become the leader if nobody is. Never waits, never raises."""
        ...

    def give_up(self) -> None:
        """Lets go of the lead and of what holds it."""
        ...


def leadership(database: Database) -> Leadership:
    """The kind of lock that fits the database."""
    if database.dialect == "postgresql":
        return AdvisoryLock(database)
    return FileLock(Path(f"{database.url.database}.worker-lock"))


class AdvisoryLock:
    """PostgreSQL's session lock on a connection of its own, kept outside the pool."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None

    def mine(self) -> bool:
        try:
            if self._connection is None:
                connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
                if not connection.execute(text("SELECT pg_try_advisory_lock(:id)"), {"id": ADVISORY}).scalar_one():
                    connection.close()
                    return False
                connection.detach()
                self._connection = connection
            # the lock died with the connection if it did: ask it, and only believe an answer
            return bool(self._connection.execute(text("SELECT 1")).scalar_one())
        except SQLAlchemyError:
            self.give_up()
            return False

    def give_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):  # it may be broken: that is why it goes
                connection.close()


class FileLock:
    """`flock` on a file beside the database: the kernel frees it with the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def mine(self) -> bool:
        if self._fd is not None:
            return True
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def give_up(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)
