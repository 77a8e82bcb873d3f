"""Running statements below the ORM: made once, their values bound by name. Somebody is listening while they run.

Building a statement and walking through the ORM costs several times what the database takes to answer it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, Table
from sqlalchemy.orm import Session

from db.base import Base

Values = Mapping[str, Any]


def run(
    session: Session, statement: Executable, values: Values | Sequence[Values] | None = None
) -> CursorResult[*tuple[Any, ...]]:
    """Runs it in the session's transaction, after whatever waits in the session to be written."""
    if session.new or session.dirty or session.deleted:
        session.flush()
    return session.connection().execute(statement, values)


def table(model: type[Base]) -> Table:
    """The table of a model, which the ORM leaves alone."""
    return cast(Table, model.__table__)
