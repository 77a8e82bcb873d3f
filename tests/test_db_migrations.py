"""The migrations and the models say the same on both databases, in one line of versions without a clock of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import db
from db import migrate
from db.models import Base
from db.session import Database
from tests.kit_db import SqliteStock
from tests.kit_postgres import PostgresStock

HERE = Path(db.__file__).parent
CHECKS = {
    "postgresql": "SELECT conrelid::regclass::text || ' ' || conname, pg_get_constraintdef(oid)"
    " FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    " UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'",
}


def written_rules(database: Database) -> dict[str, str]:
    """Every constraint and trigger (SQLite: every CREATE) as the database writes it, blanks evened out and sorted."""
    with database.read() as session:
        rows = session.execute(text(CHECKS[database.dialect])).all()
    return {
        name: " ".join(sorted(re.split(r",?\s*\n\s*", re.sub(r'[ \t"]+', " ", sql).strip())))
        for name, sql in rows
        if not name.startswith("alembic")
    }


def test_models_equal_migrations(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_checks_and_keys_equal_migrations(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """compare_metadata does not look at CHECK constraints, and those are where the database says no."""
    migrated = written_rules(database)
    if database.dialect == "sqlite":
        direct = Database(f"sqlite:///{tmp_path}/direct.db")
    else:
        stock: PostgresStock = request.getfixturevalue("postgres_stock")
        direct = Database(stock.url(stock.create("direct")))
    try:
        Base.metadata.create_all(direct.engine)
        assert migrated == written_rules(direct)
    finally:
        direct.dispose()


def test_one_head_and_every_version_has_a_deploy_rule() -> None:
    scripts = ScriptDirectory.from_config(migrate.config())
    assert scripts.get_heads() == [migrate.head()]
    for script in scripts.walk_revisions():
        assert "Deploy rule:" in (script.longdoc or ""), script.revision


def test_upgrading_twice_changes_nothing(sqlite_stock: SqliteStock) -> None:
    url = sqlite_stock.fresh(seeded=True)
    database = Database(url)
    before = written_rules(database)
    migrate.upgrade(url)
    assert written_rules(database) == before
    database.dispose()
    assert migrate.current(url) == migrate.head()


def test_a_database_that_is_not_there_is_at_no_version(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new/mitan.db"
    assert migrate.current(url) is None
    assert not (tmp_path / "new").exists()
    migrate.upgrade(url)
    assert migrate.current(url) == migrate.head()


def test_a_broken_upgrade_leaves_nothing_behind(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/mitan.db")
    with database.engine.connect() as connection, pytest.raises(RuntimeError, match="power cut"), connection.begin():
        config = migrate.config()
        config.attributes["connection"] = connection
        command.upgrade(config, "+1")
        raise RuntimeError("power cut")
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM sqlite_master")).scalar_one() == 0
    database.dispose()


def test_there_is_no_way_back_and_it_is_said(sqlite_stock: SqliteStock) -> None:
    database = Database(sqlite_stock.fresh(seeded=False))
    with (
        database.engine.connect() as connection,
        pytest.raises(NotImplementedError, match="restore the backup"),
        connection.begin(),
    ):
        config = migrate.config()
        config.attributes["connection"] = connection
        command.downgrade(config, "-1")
    database.dispose()


def test_no_sql_asks_the_time_but_the_clock() -> None:
    clock_words = re.compile(
        r"\bnow\(\)|current_timestamp|clock_timestamp|func\.now|utcnow|datetime\.now|strftime", re.I
    )
    found = [
        str(path.relative_to(HERE))
        for path in HERE.rglob("*.py")
        if path.name != "clock.py" and clock_words.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_column_has_a_time_default() -> None:
    defaults = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.server_default is not None or (column.default is not None and "At" in type(column.type).__name__)
    }
    assert defaults == {"event.xid"}
