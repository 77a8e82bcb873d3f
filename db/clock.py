"""The one clock: the database's time plus the house's offset, read once a transaction.

Nobody else asks what time it is: no column has a time default and no other SQL names a clock function.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, literal_column

from db.below import Within

# clock_timestamp, not the transaction's start: a writer that waited for a lock must not judge by an old time.
_TIME = {
    "postgresql": "clock_timestamp()",
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%f', 'now')",
}
OFFSET = "clock_offset"  # keys of session.info
READ = "clock_read"


def now(within: Within) -> datetime:
    """The aware UTC time of this transaction; the same value however often it is asked within it."""
    known = within.info.get(READ)
    if isinstance(known, datetime):
        return known
    connection = within.connection()
    return note(within, connection.exec_driver_sql(f"SELECT {_TIME[connection.dialect.name]}").scalar_one())


def column(dialect: str) -> ColumnElement[Any]:
    """The time as a column of a statement that is read anyway; what it says is for `note`."""
    return literal_column(_TIME[dialect])


def note(within: Within, raw: datetime | str) -> datetime:
    """Makes what the database said the time of this transaction, unless it has one."""
    known = within.info.get(READ)
    if isinstance(known, datetime):
        return known
    moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(raw).replace(tzinfo=UTC)
    offset: timedelta = within.info.get(OFFSET, timedelta(0))
    read = moment.astimezone(UTC) + offset
    within.info[READ] = read
    return read
