"""Databases for tests: one PostgreSQL server a process, templates migrated and seeded once, a fresh copy a test.

Nothing here knows the subject of a test. Everything lies in temporary folders and is gone afterwards; what a killed
test run left behind is stopped by the next one.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Protocol

import psycopg

from db import migrate
from db.seed import seed
from db.session import Database

_SERVERS = Path(tempfile.gettempdir()) / f"mitan-test-pg.{os.getuid()}"
_DIALECTS = ("sqlite", "postgresql")


class Stock(Protocol):
    """Where fresh databases come from."""

    def fresh(self, *, seeded: bool) -> str:
        """The URL of a new database: migrated, and seeded with the demo data if asked."""
        ...


class SqliteStock:
    """Copies of a template file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._templates: dict[bool, Path] = {}
        self._numbers = count(1)

    def fresh(self, *, seeded: bool) -> str:
        if seeded not in self._templates:
            path = self._folder / f"template-{seeded}.db"
            _fill(f"sqlite:///{path}", seeded=seeded)
            self._templates[seeded] = path
        copy = self._folder / f"{next(self._numbers)}.db"
        shutil.copyfile(self._templates[seeded], copy)
        return f"sqlite:///{copy}"


class PostgresStock:
    """Clones of a template database on one server."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._templates: dict[bool, str] = {}
        self._numbers = count(1)

    def fresh(self, *, seeded: bool) -> str:
        if seeded not in self._templates:
            name = f"template_{seeded}".lower()
            self.sql(f"CREATE DATABASE {name}")
            _fill(self.url(name), seeded=seeded)
            self._templates[seeded] = name
        name = f"t{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {self._templates[seeded]}")
        return self.url(name)

    def drop(self, name: str) -> None:
        """Removes a database, whoever is still connected."""
        self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    def url(self, name: str) -> str:
        return self._url.replace("/postgres?", f"/{name}?")

    def sql(self, statement: str) -> None:
        with closing(psycopg.connect(self._url, autocommit=True)) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL of our own on a socket; stopped and removed at the end. Works for root too."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns about a missing XDG_RUNTIME_DIR at import
        import pgserver
    _stop_orphans()
    _SERVERS.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=_SERVERS))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    try:
        url = server.get_uri()
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            for setting in ("fsync", "full_page_writes"):  # a test database need not survive a power cut
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()


def _stop_orphans() -> None:
    """Ends servers whose test run was killed: their folder is named after a process that is no more."""
    for folder in _SERVERS.glob("*-*"):
        owner = int(folder.name.partition("-")[0])
        if Path(f"/proc/{owner}").exists():
            continue
        with suppress(OSError, ValueError):
            pid = int((folder / "postmaster.pid").read_text().splitlines()[0])
            if str(folder) in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGQUIT)
        shutil.rmtree(folder, ignore_errors=True)


def _fill(url: str, *, seeded: bool) -> None:
    migrate.upgrade(url)
    database = Database(url, pool_size=1, wait_ms=60_000)
    try:
        if seeded:
            seed(database, demo=True)
        if database.dialect == "sqlite":  # the copy takes only the file itself: bring the journal home
            with database.engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                assert raw is not None
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.dispose()
