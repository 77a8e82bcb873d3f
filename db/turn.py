"""Taking turns to write on SQLite: it has one writer, and its own way of waiting lets the unlucky starve.

SQLite polls ever more seldom, up to 100 ms apart: of two hundred callers half were told "locked" after 1.5 s while the
others went by. Here the threads of one process stand in line, only its first one asks the database, often, and a
process that met another at the door lets it go first the next time.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

BEGIN = "BEGIN IMMEDIATE"
POLL_MS = 3
POLITE_S = 0.005  # longer than a poll of those who wait


class Turn:
    """One process's line of writers. `line_s` bounds the wait in it, `wait_ms` the head's wait for other processes.

    Whoever waits longer hears OperationalError, as SQLite would have said.
    """

    def __init__(self, line_s: float, wait_ms: int) -> None:
        self._line = threading.Lock()
        self._line_s = line_s
        self._wait_ms = wait_ms
        self._met_others = False

    @contextmanager
    def taken(self) -> Iterator[None]:
        """The head of the line, for one transaction."""
        if not self._line.acquire(timeout=self._line_s):
            raise OperationalError(BEGIN, None, sqlite3.OperationalError("locked: no turn to write"))
        try:
            yield
        finally:
            self._line.release()

    def begin(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE, once the other processes leave a gap."""
        if self._met_others:
            time.sleep(POLITE_S)
            self._met_others = False
        until = time.monotonic() + self._wait_ms / 1000
        driver: Any = connection.connection.dbapi_connection  # straight to it: this is said at every turn of a call
        driver.execute(f"PRAGMA busy_timeout={POLL_MS}")
        try:
            while True:
                try:
                    driver.execute(BEGIN)
                    return
                except sqlite3.OperationalError as error:
                    self._met_others = True
                    if "locked" not in str(error) or time.monotonic() >= until:
                        raise OperationalError(BEGIN, None, error) from error
        finally:
            driver.execute(f"PRAGMA busy_timeout={self._wait_ms}")
