"""The one clock: the database's time plus the house's offset, read once a transaction.

Nobody else asks what time it is: no column has a time default and no other SQL names a clock function.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

# clock_timestamp, not the transaction's start: a writer that waited for a lock must not judge by an old time.
_READ = {
    "postgresql": "SELECT clock_timestamp()",
    "sqlite": "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')",
}
OFFSET = "clock_offset"  # keys of session.info
READ = "clock_read"


def now(session: Session) -> datetime:
    """The aware UTC time of this transaction; the same value however often it is asked within it."""
    known = session.info.get(READ)
    if isinstance(known, datetime):
        return known
    connection = session.connection()
    raw = connection.exec_driver_sql(_READ[connection.dialect.name]).scalar_one()
    moment = raw if isinstance(raw, datetime) else datetime.fromisoformat(raw).replace(tzinfo=UTC)
    offset: timedelta = session.info.get(OFFSET, timedelta(0))
    read = moment.astimezone(UTC) + offset
    session.info[READ] = read
    return read
