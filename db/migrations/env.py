"""What Alembic runs: the versions, on the connection and in the transaction that `db.migrate` hands in."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from db.base import Base
from db.models import House  # noqa: F401 - importing the models fills the metadata

_OURS = {"Id": "Id", "JSON": "Json", "UtcDateTime": "UtcDateTime", "Xid8": "Xid", "writing_xid": "writing_xid()"}


def _render(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Our own types by the name they have in `db.base`, so that a new version reads like the models."""
    name = type(item).__name__
    if name in _OURS:
        autogen.imports.add(f"from db.base import {_OURS[name].removesuffix('()')}")
        return _OURS[name]
    if name == "BigInteger" and item.dialect_impl:
        autogen.imports.add("from db.base import Id")
        return "Id"
    if kind == "server_default" and item is not None and type(item.arg).__name__ == "writing_xid":
        autogen.imports.add("from db.base import writing_xid")
        return "writing_xid()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    transactional_ddl=True,  # SQLite too: half an upgrade must not stay behind
    render_item=_render,
)
context.run_migrations()
