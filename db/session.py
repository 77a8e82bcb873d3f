"""The door to the database: one class for SQLite (WAL) and PostgreSQL, with write and read transactions.

A writer on SQLite starts with BEGIN IMMEDIATE: a deferred upgrade would fail at once, whatever the time-out. Nothing
waits for ever: connecting, locks, statements and the pool are all bounded, because a caller is listening.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from datetime import timedelta
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session, SessionTransaction

from db import clock, remembered
from db.below import Work
from db.turn import Turn

_READ_ONLY = "mitan_read_only"


class Database:
    """One database. Thread-safe; a process has one and disposes of it at its end.

    `offset` shifts the clock (only where the database is marked demo: the composition root sees to that).
    `wait_ms` bounds locks and statements; doors keep the default, reports may ask for more.
    """

    def __init__(
        self,
        url: str | URL,
        *,
        offset: timedelta = timedelta(0),
        pool_size: int = 5,
        wait_ms: int = 1500,
        pool_wait_s: float = 2.0,
    ) -> None:
        self.url = normal_url(url)
        self.dialect = self.url.get_backend_name()
        self.offset = offset
        options: dict[str, Any] = {
            "pool_size": pool_size,
            "max_overflow": 0,
            "pool_timeout": pool_wait_s,
            "json_serializer": json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode,
        }
        self._turn = Turn(pool_wait_s, wait_ms)
        if self.dialect == "sqlite":
            self.engine = _sqlite(self.url, wait_ms, options, self._turn)
        else:
            self.engine = _postgresql(self.url, wait_ms, options)
        remembered.watch(self.engine)
        self._reader = self.engine.execution_options(**{_READ_ONLY: True, **_read_options(self.dialect)})

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A write transaction: commits at the end of the block, rolls back when it raises."""
        turn = self._turn.taken() if self.dialect == "sqlite" else nullcontext()
        with turn, self._session(self.engine) as session, session.begin():
            yield session

    @contextmanager
    def work(self) -> Iterator[Work]:
        """As `begin`, without a session unless one is asked for: for what is done at every turn of a call."""
        turn = self._turn.taken() if self.dialect == "sqlite" else nullcontext()
        with turn, self.engine.begin() as connection:
            work = Work(connection, {clock.OFFSET: self.offset})
            with closing(work):
                yield work
                work.connection()  # what waits in its session is written

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A read transaction; the database itself refuses any write in it."""
        with self._session(self._reader) as session:
            yield session

    def dispose(self) -> None:
        """Closes every pooled connection; the Database can be used again afterwards."""
        self.engine.dispose()

    def _session(self, engine: Engine) -> Session:
        return Session(engine, expire_on_commit=False, info={clock.OFFSET: self.offset})


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(clock.READ, None)
        session.info.pop(remembered.READ, None)


def normal_url(url: str | URL) -> URL:
    """The URL with its driver; plain `postgresql://` means psycopg 3. Raises ValueError for what we do not speak."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed
        case "sqlite":
            raise ValueError("SQLite needs a file: several processes talk through the tables")
        case other:
            raise ValueError(f"{other} is neither sqlite nor postgresql")


def _read_options(dialect: str) -> dict[str, Any]:
    return {"postgresql_readonly": True} if dialect == "postgresql" else {}


def _sqlite(url: URL, wait_ms: int, options: dict[str, Any], turn: Turn) -> Engine:
    engine = create_engine(url, connect_args={"timeout": wait_ms / 1000}, **options)

    @event.listens_for(engine, "connect")
    def _open(dbapi: Any, record: object) -> None:
        dbapi.isolation_level = None  # the driver's own BEGIN is a deferred one; ours is below
        dbapi.execute("PRAGMA journal_mode=WAL")
        dbapi.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reading = bool(connection.get_execution_options().get(_READ_ONLY))
        if connection.info.get(_READ_ONLY, False) != reading:  # a pooled connection serves both kinds
            connection.exec_driver_sql(f"PRAGMA query_only={int(reading)}")
            connection.info[_READ_ONLY] = reading
        if reading:
            connection.exec_driver_sql("BEGIN")
        else:
            turn.begin(connection)

    return engine


def _postgresql(url: URL, wait_ms: int, options: dict[str, Any]) -> Engine:
    # The last one frees the locks of a thread that hangs between two statements.
    bounds = f"-c lock_timeout={wait_ms} -c statement_timeout={wait_ms} -c idle_in_transaction_session_timeout=15000"
    return create_engine(
        url,
        # tcp_user_timeout: a server that vanished without a word is noticed too, not only one that refuses.
        connect_args={"connect_timeout": 2, "tcp_user_timeout": 2000, "options": f"{bounds} -c timezone=UTC"},
        pool_pre_ping=True,
        **options,
    )
