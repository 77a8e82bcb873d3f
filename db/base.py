"""The ground every table stands on: naming convention, column types and the two constraint shapes used everywhere.

No table lives here and no clock: a column never has a time default, the writer binds `db.clock.now`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, DateTime, Dialect, Integer, MetaData, types
from sqlalchemy.dialects.postgresql import base as postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

# Constraints are named by rule, so that SQLite's batch mode and PostgreSQL's ALTER can find them again.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Every table of the house."""

    metadata = MetaData(naming_convention=NAMING)


class NaiveTime(ValueError):
    """A time without a zone: nobody can say which moment it means, so it is not stored."""


class UtcDateTime(types.TypeDecorator[datetime]):
    """An aware moment. Any zone goes in, UTC comes out, on both databases; a naive one raises NaiveTime."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None or value.utcoffset() is None:
            raise NaiveTime(f"naive datetime {value!r}")
        value = value.astimezone(UTC)
        # SQLite keeps text without a zone: all of it is UTC, so comparing text compares moments.
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Xid8(types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id as an int."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "XID8"

    def bind_processor(self, dialect: Dialect) -> Any:
        # PostgreSQL casts no integer to xid8, but reads an untyped text as one.
        return str

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        return lambda value: None if value is None else int(value)


Xid = Xid8().with_variant(BigInteger(), "sqlite")  # there always 0
postgresql.ischema_names["xid8"] = Xid8  # so that reflection (and the test "models equal migrations") knows it


class writing_xid(FunctionElement[int]):  # noqa: N801 - it is an SQL function, spelled as one
    """The default of `event.xid`: the id of the transaction that writes, 0 where ids are given in commit order."""

    inherit_cache = True
    type = Xid8()


@compiles(writing_xid)
def _no_xid(element: writing_xid, compiler: SQLCompiler, **kw: Any) -> str:
    return "0"


@compiles(writing_xid, "postgresql")
def _pg_xid(element: writing_xid, compiler: SQLCompiler, **kw: Any) -> str:
    return "pg_current_xact_id()"


# Text JSON on both databases: JSONB would reorder a stored reply's choices, which are spoken in order.
Json = JSON(none_as_null=True)
Id = BigInteger().with_variant(Integer(), "sqlite")  # only INTEGER counts up by itself on SQLite


def one_of(column: str, *allowed: str) -> CheckConstraint:
    """A closed set: `column` is one of the words (or NULL, where the column allows it)."""
    words = ", ".join(f"'{w}'" for w in allowed)
    return CheckConstraint(f"{column} IN ({words})", name=column)


def rule(name: str, sql: str) -> CheckConstraint:
    """A rule between columns, in SQL that both databases read alike."""
    return CheckConstraint(sql, name=name)
