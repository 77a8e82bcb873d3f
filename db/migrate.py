"""Brings a database to the newest version. Two processes may ask at once: the second waits and finds it done."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, text

from db.session import Database, normal_url

_LOCK = 14545  # PostgreSQL's advisory lock of an upgrade
_WAIT_MS = 120_000


def upgrade(url: str | URL) -> None:
    """Runs every version that is missing, all in one transaction; a SQLite file and its folder are made."""
    parsed = normal_url(url)
    if parsed.get_backend_name() == "sqlite":
        Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
    database = Database(parsed, pool_size=1, wait_ms=_WAIT_MS)
    try:
        with database.engine.connect() as connection:
            if database.dialect == "sqlite":
                _sqlite(connection)
            else:
                _postgresql(connection)
    finally:
        database.dispose()


def head() -> str:
    """The newest version; raises CommandError when there is more than one."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    if newest is None:
        raise LookupError("no migrations: the package is not whole")
    return newest


def current(url: str | URL) -> str | None:
    """The version a database is at; None when it is empty or not there."""
    parsed = normal_url(url)
    if parsed.get_backend_name() == "sqlite" and not Path(str(parsed.database)).exists():
        return None
    database = Database(parsed, pool_size=1)
    try:
        with database.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        database.dispose()


def _sqlite(connection: Connection) -> None:
    # Batch mode drops and renames tables, which foreign keys would forbid; the switch works outside a transaction only.
    raw = connection.connection.dbapi_connection
    if raw is None:
        raise ConnectionError("SQLite gave no connection")
    raw.cursor().execute("PRAGMA foreign_keys=OFF")
    with connection.begin():
        _run(connection)
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            raise ValueError(
                f"the upgrade would leave {len(broken)} rows pointing nowhere, the first in {broken[0][0]}"
            )


def _postgresql(connection: Connection) -> None:
    with connection.begin():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        # Whoever waits for a table lock makes all later readers wait too: better to fail and be run again.
        connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        _run(connection)


def _run(connection: Connection) -> None:
    prepared = config()
    prepared.attributes["connection"] = connection
    command.upgrade(prepared, "head")


def config() -> Config:
    """Alembic's configuration: our folder, wherever the package is installed. `connection` is put in its attributes."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    return made
