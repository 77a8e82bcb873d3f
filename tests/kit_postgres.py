"""A PostgreSQL of the tests' own: one server a process, clones of migrated templates, used ones given back as new.

Works for root too. What a killed test run left behind is stopped by the next one.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg

_SERVERS = Path(tempfile.gettempdir()) / f"mitan-test-pg.{os.getuid()}"

# A clone costs 200 ms and more, giving one back about 10: a table is rewritten only if a row of it is missing, or is
# not of the transaction that last wrote it. `replica` leaves the foreign keys' triggers out while it does so.
_PRISTINE = """
CREATE SCHEMA pristine;
CREATE TABLE pristine._mark (name text PRIMARY KEY, written_by text NOT NULL DEFAULT '');
CREATE TABLE pristine._sequence AS
    SELECT sequencename AS name, last_value FROM pg_sequences WHERE schemaname = 'public';
DO $$
DECLARE t text;
BEGIN
    FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE format('CREATE TABLE pristine.%1$I AS TABLE public.%1$I', t);
        INSERT INTO pristine._mark VALUES (t);
    END LOOP;
END $$;
CREATE FUNCTION pristine.restore() RETURNS void LANGUAGE plpgsql AS $$
DECLARE m pristine._mark; s pristine._sequence; changed boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR m IN SELECT * FROM pristine._mark LOOP
        EXECUTE format('SELECT (SELECT count(*) FROM public.%1$I) <> (SELECT count(*) FROM pristine.%1$I)
            OR EXISTS (SELECT FROM public.%1$I WHERE xmin::text <> %2$L)', m.name, m.written_by) INTO changed;
        CONTINUE WHEN NOT changed;
        EXECUTE format('DELETE FROM public.%I', m.name);
        EXECUTE format('INSERT INTO public.%1$I SELECT * FROM pristine.%1$I', m.name);
        UPDATE pristine._mark SET written_by = pg_current_xact_id()::xid::text WHERE name = m.name;
    END LOOP;
    FOR s IN SELECT * FROM pristine._sequence LOOP
        PERFORM setval(format('public.%I', s.name)::regclass, coalesce(s.last_value, 1), s.last_value IS NOT NULL);
    END LOOP;
END $$;
SELECT pristine.restore();
"""
_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


class PostgresStock:
    """Databases on one server; `fill(url, seeded)` makes a template's content."""

    def __init__(self, server_url: str, fill: Callable[[str, bool], None]) -> None:
        self._url = server_url
        self._fill = fill
        self._templates: dict[bool, str] = {}
        self._idle: dict[bool, list[str]] = {False: [], True: []}
        self._numbers = count(1)

    def fresh(self, *, seeded: bool) -> str:
        """The URL of a database as new: migrated, and seeded with the demo data if asked."""
        if self._idle[seeded]:
            return self.url(self._idle[seeded].pop())
        if seeded not in self._templates:
            name = f"template_{seeded}".lower()
            self.sql(f"CREATE DATABASE {name}")
            self._fill(self.url(name), seeded)
            self.sql(_PRISTINE, name)
            self._templates[seeded] = name
        return self.url(self.create(f"t{next(self._numbers)}", self._templates[seeded]))

    def give_back(self, name: str, *, seeded: bool) -> None:
        """Takes a used database back, whoever is still connected to it."""
        self.sql(_OTHERS, name)
        self.sql("SELECT pristine.restore()", name)
        self._idle[seeded].append(name)

    def create(self, name: str, template: str = "template1") -> str:
        """A database for a test with needs of its own; returns its name."""
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def url(self, name: str) -> str:
        return self._url.replace("/postgres?", f"/{name}?")

    def sql(self, statement: str, name: str = "postgres") -> None:
        with closing(psycopg.connect(self.url(name), autocommit=True)) as connection:
            connection.execute(statement.encode())


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server on a socket; stopped and removed at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns about a missing XDG_RUNTIME_DIR at import
        import pgserver
    _stop_orphans()
    _SERVERS.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=_SERVERS))
    started = pgserver.get_server(folder, cleanup_mode=None)
    try:
        url: str = started.get_uri()
        with closing(psycopg.connect(url, autocommit=True)) as connection:
            for setting in ("fsync", "full_page_writes"):  # a test database need not survive a power cut
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        # Nobody needs its data: no last checkpoint, which takes seconds on a busy disk.
        pgserver.pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=folder, user=started.system_user)
        started.cleanup()
        shutil.rmtree(folder)


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
