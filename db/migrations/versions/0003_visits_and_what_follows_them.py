# ruff: noqa: E501 - a closed set is one line of SQL
"""Visits and what follows them

Deploy rule: the version still running must be able to live with this. Additions only, or say here why not.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.base import Id, Json, UtcDateTime

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:

    op.create_table(
        "mitan",
        sa.Column("id", sa.String(length=10), nullable=False),
        sa.Column("city_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("skills", Json, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("phone LIKE '+%' AND length(phone) BETWEEN 8 AND 16", name=op.f("ck_mitan_phone")),
        sa.CheckConstraint("length(id) BETWEEN 4 AND 10", name=op.f("ck_mitan_id")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_mitan_city_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mitan")),
        sa.UniqueConstraint("phone", name=op.f("uq_mitan_phone")),
    )
    op.create_index(op.f("ix_mitan_city_id"), "mitan", ["city_id"], unique=False)

    op.create_table(
        "slot",
        sa.Column("id", Id, nullable=False),
        sa.Column("city_id", sa.String(length=40), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_slot_span")),
        sa.CheckConstraint("seat >= 0", name=op.f("ck_slot_seat")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_slot_city_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
        sa.UniqueConstraint("city_id", "starts_at", "seat", name=op.f("uq_slot_city_id_starts_at_seat")),
        sa.UniqueConstraint("id", "city_id", "starts_at", name=op.f("uq_slot_id_city_id_starts_at")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "roster",
        sa.Column("id", Id, nullable=False),
        sa.Column("mitan_id", sa.String(length=10), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_roster_span")),
        sa.ForeignKeyConstraint(["mitan_id"], ["mitan.id"], name=op.f("fk_roster_mitan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
        sa.UniqueConstraint("mitan_id", "starts_at", name=op.f("uq_roster_mitan_id_starts_at")),
    )
    op.create_index(op.f("ix_roster_day"), "roster", ["day"], unique=False)
    op.create_index(op.f("ix_roster_starts_at"), "roster", ["starts_at"], unique=False)

    op.create_table(
        "appointment",
        sa.Column("id", Id, nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("caller_id", Id, nullable=True),
        sa.Column("applicant_id", Id, nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("city_id", sa.String(length=40), nullable=False),
        sa.Column("service_id", sa.String(length=40), nullable=False),
        sa.Column("slot_id", Id, nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("terms", Json, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("moves", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('booked', 'arrived', 'scanned', 'with_department', 'ready', 'delivered', 'papers_missing', 'rejected', 'cancelled')",
            name=op.f("ck_appointment_state"),
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_appointment_span")),
        sa.CheckConstraint("length(reference) = 8", name=op.f("ck_appointment_reference")),
        sa.CheckConstraint("moves >= 0", name=op.f("ck_appointment_moves")),
        sa.ForeignKeyConstraint(["applicant_id"], ["applicant.id"], name=op.f("fk_appointment_applicant_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_appointment_call_id")),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_appointment_caller_id")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_appointment_city_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_appointment_service_id")),
        sa.ForeignKeyConstraint(
            ["slot_id", "city_id", "starts_at"],
            ["slot.id", "slot.city_id", "slot.starts_at"],
            name=op.f("fk_appointment_slot_id_city_id_starts_at"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appointment")),
        sa.UniqueConstraint("key", name=op.f("uq_appointment_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_appointment_reference")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_appointment_caller_id_starts_at"), "appointment", ["caller_id", "starts_at"], unique=False)
    op.create_index(op.f("ix_appointment_city_id_starts_at"), "appointment", ["city_id", "starts_at"], unique=False)
    op.create_index(op.f("ix_appointment_phone_starts_at"), "appointment", ["phone", "starts_at"], unique=False)
    op.create_index(op.f("ix_appointment_state_starts_at"), "appointment", ["state", "starts_at"], unique=False)
    op.create_index(
        op.f("uq_appointment_live_applicant"),
        "appointment",
        ["applicant_id", "service_id"],
        unique=True,
        sqlite_where=sa.text("applicant_id IS NOT NULL AND state NOT IN ('delivered', 'rejected', 'cancelled')"),
        postgresql_where=sa.text("applicant_id IS NOT NULL AND state NOT IN ('delivered', 'rejected', 'cancelled')"),
    )
    op.create_index(
        op.f("uq_appointment_live_caller"),
        "appointment",
        ["caller_id", "service_id"],
        unique=True,
        sqlite_where=sa.text("applicant_id IS NULL AND state NOT IN ('delivered', 'rejected', 'cancelled')"),
        postgresql_where=sa.text("applicant_id IS NULL AND state NOT IN ('delivered', 'rejected', 'cancelled')"),
    )

    op.create_table(
        "case",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("city_id", sa.String(length=40), nullable=True),
        sa.Column("caller_id", Id, nullable=True),
        sa.Column("appointment_id", Id, nullable=True),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=True),
        sa.Column("owner_id", Id, nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'waiting', 'closed')", name=op.f("ck_case_state")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_case_appointment_id")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_case_call_id")),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_case_caller_id")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_case_city_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["user.id"], name=op.f("fk_case_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_case_caller_id"), "case", ["caller_id"], unique=False)
    op.create_index(op.f("ix_case_state_due_at"), "case", ["state", "due_at"], unique=False)

    op.create_table(
        "claim",
        sa.Column("slot_id", Id, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("holder", sa.String(length=60), nullable=True),
        sa.Column("appointment_id", Id, nullable=True),
        sa.Column("held_until", UtcDateTime, nullable=True),
        sa.CheckConstraint(
            "(kind = 'held' AND holder IS NOT NULL AND held_until IS NOT NULL AND appointment_id IS NULL) OR (kind = 'booked' AND appointment_id IS NOT NULL AND held_until IS NULL)",
            name=op.f("ck_claim_consistent"),
        ),
        sa.CheckConstraint("kind IN ('held', 'booked')", name=op.f("ck_claim_kind")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_claim_appointment_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["slot.id"], name=op.f("fk_claim_slot_id")),
        sa.PrimaryKeyConstraint("slot_id", name=op.f("pk_claim")),
        sa.UniqueConstraint("appointment_id", name=op.f("uq_claim_appointment_id")),
    )
    op.create_index(
        op.f("ix_claim_held_until"),
        "claim",
        ["held_until"],
        unique=False,
        sqlite_where=sa.text("kind = 'held'"),
        postgresql_where=sa.text("kind = 'held'"),
    )
    op.create_index(op.f("ix_claim_holder"), "claim", ["holder"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", Id, nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.String(length=120), nullable=False),
        sa.Column("template", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("values", Json, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("appointment_id", Id, nullable=True),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("deadline", UtcDateTime, nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_by", sa.String(length=60), nullable=True),
        sa.Column("claimed_at", UtcDateTime, nullable=True),
        sa.Column("provider_ref", sa.String(length=120), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("channel IN ('sms', 'whatsapp', 'email')", name=op.f("ck_outbox_channel")),
        sa.CheckConstraint(
            "state IN ('waiting', 'claimed', 'sending', 'sent', 'failed', 'unknown', 'cancelled')",
            name=op.f("ck_outbox_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('claimed', 'sending') OR (claimed_by IS NOT NULL AND claimed_at IS NOT NULL)",
            name=op.f("ck_outbox_claimed"),
        ),
        sa.CheckConstraint("segments >= 1 AND attempts >= 0", name=op.f("ck_outbox_counts")),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"], name=op.f("fk_outbox_appointment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_appointment_id"), "outbox", ["appointment_id"], unique=False)
    op.create_index(op.f("ix_outbox_state_due_at"), "outbox", ["state", "due_at"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore the backup that was taken before the upgrade")
