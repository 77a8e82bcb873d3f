"""Policy as dated rows

Deploy rule: the version still running must be able to live with this. Additions only, or say here why not.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.base import Id, Json

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:

    op.create_table(
        "city",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("division", sa.String(length=40), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("district", sa.String(length=80), nullable=False),
        sa.Column("names", Json, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_city_dates")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("names", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    op.create_table(
        "service_group",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("names", Json, nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_group")),
        sa.UniqueConstraint("ordinal", name=op.f("uq_service_group_ordinal")),
    )
    op.create_table(
        "closed_day",
        sa.Column("id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("calendar", sa.String(length=20), nullable=False),
        sa.Column("city_id", sa.String(length=40), nullable=True),
        sa.Column("names", Json, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("calendar IN ('service', 'government')", name=op.f("ck_closed_day_calendar")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_closed_day_city_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_closed_day")),
        sa.UniqueConstraint("calendar", "day", "city_id", name=op.f("uq_closed_day_calendar_day_city_id")),
    )
    op.create_index(
        op.f("uq_closed_day_general"),
        "closed_day",
        ["calendar", "day"],
        unique=True,
        sqlite_where=sa.text("city_id IS NULL"),
        postgresql_where=sa.text("city_id IS NULL"),
    )

    op.create_table(
        "pin_hint",
        sa.Column("id", Id, nullable=False),
        sa.Column("pin_from", sa.Integer(), nullable=False),
        sa.Column("pin_to", sa.Integer(), nullable=False),
        sa.Column("city_id", sa.String(length=40), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "pin_from BETWEEN 100000 AND 999999 AND pin_to BETWEEN pin_from AND 999999", name=op.f("ck_pin_hint_pins")
        ),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_pin_hint_city_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin_hint")),
        sa.UniqueConstraint("pin_from", "pin_to", "city_id", name=op.f("uq_pin_hint_pin_from_pin_to_city_id")),
    )
    op.create_table(
        "policy_value",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("city_id", sa.String(length=40), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_policy_value_dates")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_policy_value_city_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_value")),
        sa.UniqueConstraint("key", "city_id", "valid_from", name=op.f("uq_policy_value_key_city_id_valid_from")),
    )
    op.create_index(
        op.f("uq_policy_value_general"),
        "policy_value",
        ["key", "valid_from"],
        unique=True,
        sqlite_where=sa.text("city_id IS NULL"),
        postgresql_where=sa.text("city_id IS NULL"),
    )

    op.create_table(
        "service",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("group_id", sa.String(length=40), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("names", Json, nullable=False),
        sa.Column("skill", sa.String(length=40), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_service_dates")),
        sa.ForeignKeyConstraint(["group_id"], ["service_group.id"], name=op.f("fk_service_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service")),
        sa.UniqueConstraint("group_id", "ordinal", name=op.f("uq_service_group_id_ordinal")),
    )
    op.create_table(
        "paper_group",
        sa.Column("id", Id, nullable=False),
        sa.Column("service_id", sa.String(length=40), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=20), nullable=False),
        sa.Column("condition", sa.String(length=60), nullable=True),
        sa.Column("documents", Json, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("(rule = 'conditional') = (condition IS NOT NULL)", name=op.f("ck_paper_group_condition")),
        sa.CheckConstraint(
            "rule IN ('one_of', 'mandatory', 'if_any', 'conditional')", name=op.f("ck_paper_group_rule")
        ),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_paper_group_dates")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_paper_group_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_group")),
        sa.UniqueConstraint(
            "service_id", "ordinal", "valid_from", name=op.f("uq_paper_group_service_id_ordinal_valid_from")
        ),
    )
    op.create_table(
        "service_terms",
        sa.Column("id", Id, nullable=False),
        sa.Column("service_id", sa.String(length=40), nullable=False),
        sa.Column("fee_paise", sa.Integer(), nullable=True),
        sa.Column("limit_days", sa.Integer(), nullable=True),
        sa.Column("limit_unit", sa.String(length=20), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.CheckConstraint("limit_unit IN ('working_days', 'days')", name=op.f("ck_service_terms_limit_unit")),
        sa.CheckConstraint("(limit_days IS NULL) = (limit_unit IS NULL)", name=op.f("ck_service_terms_limit")),
        sa.CheckConstraint("fee_paise >= 0", name=op.f("ck_service_terms_fee")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_service_terms_dates")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_service_terms_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_terms")),
        sa.UniqueConstraint("service_id", "valid_from", name=op.f("uq_service_terms_service_id_valid_from")),
    )


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore the backup that was taken before the upgrade")
