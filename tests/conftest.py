"""Fixtures that every room uses: `database` (migrated, empty) and `seeded` (demo data), each on both databases.

`seeded_sqlite` and `postgres` are for tests that concern one database only.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from db.session import Database
from tests.kit_db import SqliteStock, fill
from tests.kit_postgres import PostgresStock, server

BOTH = [pytest.param("sqlite", id="sqlite"), pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def sqlite_stock(tmp_path_factory: pytest.TempPathFactory) -> SqliteStock:
    return SqliteStock(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_stock() -> Iterator[PostgresStock]:
    with server() as url:
        yield PostgresStock(url, fill)


@pytest.fixture(params=BOTH)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def _open(request: pytest.FixtureRequest, dialect: str, *, seeded: bool) -> Iterator[Database]:
    stock: SqliteStock | PostgresStock
    stock = request.getfixturevalue("sqlite_stock" if dialect == "sqlite" else "postgres_stock")
    database = Database(stock.fresh(seeded=seeded), pool_size=20)
    yield database
    database.dispose()
    stock.give_back(str(database.url.database), seeded=seeded)


@pytest.fixture
def database(request: pytest.FixtureRequest, dialect: str) -> Iterator[Database]:
    """A migrated, empty database."""
    yield from _open(request, dialect, seeded=False)


@pytest.fixture
def seeded(request: pytest.FixtureRequest, dialect: str) -> Iterator[Database]:
    """A database with the seed and the demo data: cities, services, mitans, rosters, a few callers."""
    yield from _open(request, dialect, seeded=True)


@pytest.fixture
def seeded_sqlite(request: pytest.FixtureRequest) -> Iterator[Database]:
    """As `seeded`, on SQLite only: for tests that have nothing to learn from a second database."""
    yield from _open(request, "sqlite", seeded=True)


@pytest.fixture
def postgres(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty PostgreSQL; mark the test `postgres`."""
    yield from _open(request, "postgresql", seeded=False)
