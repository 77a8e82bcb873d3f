"""Databases for tests on SQLite, and what fills a template on either database."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

from db import migrate
from db.seed import seed
from db.session import Database


class SqliteStock:
    """Copies of a template file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._templates: dict[bool, Path] = {}
        self._numbers = count(1)

    def fresh(self, *, seeded: bool) -> str:
        """The URL of a new database: migrated, and seeded with the demo data if asked."""
        if seeded not in self._templates:
            path = self._folder / f"template-{seeded}.db"
            fill(f"sqlite:///{path}", seeded)
            self._templates[seeded] = path
        copy = self._folder / f"{next(self._numbers)}.db"
        shutil.copyfile(self._templates[seeded], copy)
        return f"sqlite:///{copy}"

    def give_back(self, path: str, *, seeded: bool) -> None:
        """Removes a used copy with its journal."""
        for end in ("", "-wal", "-shm"):
            Path(path + end).unlink(missing_ok=True)


def fill(url: str, seeded: bool) -> None:
    """Migrates a database and, if asked, seeds it with the demo data."""
    migrate.upgrade(url)
    if not seeded:
        return
    database = Database(url, pool_size=1, wait_ms=60_000)
    try:
        seed(database, demo=True)
    finally:
        database.dispose()  # SQLite's last connection brings the journal home, so a copy of the file is whole
