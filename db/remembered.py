"""Policy that was read, kept in memory for as long as it is in force, and never a moment longer.

Every write to a policy table gives the database a new token (`db.triggers`). A transaction reads the token once, before
anything else of policy, and what it then reads is kept under it: rows can be newer than their token, never older. So a
change is seen by the very next transaction of any process. A transaction that has itself written policy reads the
tables, and keeps nothing: what it sees may be rolled back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from functools import lru_cache, wraps
from threading import Lock
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, event, literal_column
from sqlalchemy.orm import Session

from db.below import Within
from db.models.policy import TABLES

P = ParamSpec("P")
R = TypeVar("R")

READ: Final = "policy_version_read"  # key of session.info; forgotten with the transaction
ENTRIES = 4096


class _Absent:
    """Not kept: a kept result may well be None."""


_ABSENT: Final = _Absent()
_WRITTEN = "policy_written_in"
_READ_VERSION = "SELECT value FROM house WHERE key = 'policy_version'"
TOKEN: Final[ColumnElement[Any]] = literal_column(
    f"({_READ_VERSION})"
)  # a column of a statement that is read anyway, for `note`
_NAMES_POLICY = re.compile(rf"\b({'|'.join(TABLES)})\b", re.I)
_kept: dict[Hashable, Any] = {}
_lock = Lock()


def remembered(read: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Session, P], R]:
    """For pure reads of policy: arguments hashable, the result immutable and bound to no session."""

    @wraps(read)
    def look_up(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> R:
        token = _token(session)
        if token is None:
            return read(session, *args, **kwargs)
        name = (token, read, args, tuple(sorted(kwargs.items())))
        found: R | _Absent = _kept.get(name, _ABSENT)
        if not isinstance(found, _Absent):
            return found
        found = read(session, *args, **kwargs)
        with _lock:
            _kept[name] = found
            while len(_kept) > ENTRIES:
                del _kept[next(iter(_kept))]  # the oldest: those of past tokens go first
        return found

    return look_up


def note(within: Within, token: str | None) -> None:
    """Makes what the database said the token of this transaction, unless it has one: the first one read counts."""
    within.info.setdefault(READ, token)


def watch(engine: Engine) -> None:
    """Notes which transactions of this engine write policy."""

    @event.listens_for(engine, "before_cursor_execute")
    def _note(connection: Connection, cursor: Any, statement: str, *rest: Any) -> None:
        if _writes_policy(statement):
            connection.info[_WRITTEN] = connection.get_transaction()


def _token(session: Session) -> str | None:
    """The token of this transaction; None where nothing may be kept or found."""
    if session.new or session.dirty or session.deleted:
        session.flush()  # as the read itself would have done
    connection = session.connection()
    if (written := connection.info.get(_WRITTEN)) is not None and written is connection.get_transaction():
        return None
    if READ not in session.info:
        session.info[READ] = connection.exec_driver_sql(_READ_VERSION).scalar()
    token: str | None = session.info[READ]
    return token


@lru_cache(1024)
def _writes_policy(statement: str) -> bool:
    return not statement.lstrip()[:6].upper().startswith("SELECT") and bool(_NAMES_POLICY.search(statement))
