"""Names of cities, services, documents and the like, as `names(kind, id, lang)` wants them.

Read from the database a kind at a time and kept for `ttl_s`; when the database cannot be asked, the last known names
still serve: a caller is listening. A language without a name of its own gets Hindi.
"""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from db.models import City, Document, Service, ServiceGroup
from db.session import Database

FALLBACK = "hi"
_KINDS: dict[str, Any] = {"city": City, "service": Service, "group": ServiceGroup, "document": Document}


class Names:
    """Callable `names(kind, id, lang) -> str`; kinds: city, service, group, document. Thread-safe.

    Raises KeyError for a kind or id that is not there, SQLAlchemyError when nothing was ever read.
    """

    def __init__(self, database: Database, *, ttl_s: float = 60.0) -> None:
        self._database = database
        self._ttl_s = ttl_s
        self._known: dict[str, tuple[float, dict[str, dict[str, str]]]] = {}
        self._lock = Lock()

    def __call__(self, kind: str, id: str, lang: str) -> str:
        names = self._of(kind, id)
        return names.get(lang) or names[FALLBACK]

    def _of(self, kind: str, id: str) -> dict[str, str]:
        known = self._known.get(kind)
        if known is None or monotonic() - known[0] > self._ttl_s or id not in known[1]:
            known = self._read(kind, known)
        return known[1][id]

    def _read(
        self, kind: str, stale: tuple[float, dict[str, dict[str, str]]] | None
    ) -> tuple[float, dict[str, dict[str, str]]]:
        table = _KINDS[kind]
        with self._lock:
            newest = self._known.get(kind)
            if newest is not None and newest is not stale:
                return newest  # somebody else read it while we waited
            try:
                with self._database.read() as session:
                    rows = {row.id: row.names for row in session.execute(select(table.id, table.names))}
            except SQLAlchemyError:
                if stale is None:
                    raise
                rows = stale[1]
            self._known[kind] = fresh = (monotonic(), rows)
            return fresh
