"""Seed data: what is published about the scheme as dated rows with their source, and invented people for a demo.

Seeding only adds what is missing. It never changes a row, so an operator's own figures survive every upgrade.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeAlias

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from db import clock, house
from db.seed import people, scheme
from db.session import Database

Rows: TypeAlias = Iterator[tuple[Table, dict[str, Any]]]
CHUNK = 500  # rows a transaction: a caller's booking waits for a writer at most that long


def seed(database: Database, *, demo: bool = False) -> int:
    """Adds what is missing and returns how many rows that was; safe to run again, at any time.

    `demo` marks the database as invented, with mitans, their rosters up to the horizon and a few callers.
    Raises house.NotEmpty when that is asked of a database that serves citizens.
    """
    added = _add(database, scheme.rows())
    if demo:
        with database.begin() as session:
            house.mark_demo(session)
            now = clock.now(session)
        added += _add(database, people.rows(now))
    return added


def _add(database: Database, rows: Rows) -> int:
    insert = postgresql.insert if database.dialect == "postgresql" else sqlite.insert
    added = 0
    while chunk := list(islice(rows, CHUNK)):
        by_table: dict[Table, list[dict[str, Any]]] = {}
        for table, row in chunk:
            by_table.setdefault(table, []).append(row)
        with database.begin() as session:
            for table, values in by_table.items():
                statement = insert(table).on_conflict_do_nothing().returning(table.primary_key.c[0])
                added += len(session.execute(statement, values).all())
    return added
