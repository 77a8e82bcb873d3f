"""A nudge for readers of `event`, so that they look at once instead of at their next poll. Losing one harms nobody.

NOTIFY takes one lock for the whole server at commit, so it has a transaction of its own and a limit of 20 a second.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from db.session import Database

log = logging.getLogger(__name__)
CHANNEL = "mitan_event"
_GAP_S = 0.05


class Wake:
    """`ring` after a commit that wrote events; `wait` in the one thread of a process that tails them."""

    def __init__(self, database: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._rung_at = float("-inf")
        self._here = threading.Event()  # SQLite: the readers of this process; others poll
        self._ear: psycopg.Connection[tuple[object, ...]] | None = None

    def ring(self) -> bool:
        """Wakes the readers; False when it was left to their poll (rung a moment ago, or the database is gone)."""
        with self._lock:
            now = self._monotonic()
            if now - self._rung_at < _GAP_S:
                return False
            self._rung_at = now
        self._here.set()
        if self._database.dialect == "sqlite":
            return True
        try:
            with self._database.engine.begin() as connection:
                connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
        except SQLAlchemyError as gone:
            log.warning("readers were not woken: %s", type(gone).__name__)
            return False
        return True

    def wait(self, timeout_s: float = 0.1) -> bool:
        """Sleeps until rung or the time is over, and says which; a broken link is a plain sleep, then a new one."""
        if self._database.dialect == "sqlite":
            rung = self._here.wait(timeout_s)
            self._here.clear()
            return rung
        try:
            return any(True for _ in self._listening().notifies(timeout=timeout_s, stop_after=1))
        except psycopg.Error as gone:
            log.warning("listening broke off: %s", type(gone).__name__)
            self.close()
            self._here.wait(timeout_s)
            return False

    def close(self) -> None:
        """Stops listening; `wait` would start again."""
        if self._ear is not None:
            self._ear.close()
            self._ear = None

    def _listening(self) -> psycopg.Connection[tuple[object, ...]]:
        if self._ear is None:
            url = self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)
            self._ear = psycopg.connect(url, autocommit=True, connect_timeout=2)
            self._ear.execute(f"LISTEN {CHANNEL}")
        return self._ear
