"""Policy says when it changed

Deploy rule: the version still running must be able to live with this. Additions only: it does not know the token.
"""

from __future__ import annotations

from alembic import op

from db import triggers

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

TABLES = (
    "city",
    "closed_day",
    "document",
    "paper_group",
    "pin_hint",
    "policy_value",
    "service",
    "service_group",
    "service_terms",
)


def upgrade() -> None:
    for statement in triggers.on_change(op.get_bind().dialect.name, TABLES):
        op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore the backup that was taken before the upgrade")
