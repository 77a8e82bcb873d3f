# ruff: noqa: E501 - a closed set is one line of SQL
"""People and calls

Deploy rule: the version still running must be able to live with this. Additions only, or say here why not.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from db.base import Id, Json, UtcDateTime, Xid, writing_xid

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:

    op.create_table(
        "command",
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("args", Json, nullable=False),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("deadline", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("taken_at", UtcDateTime, nullable=True),
        sa.Column("answer", Json, nullable=True),
        sa.CheckConstraint(
            "(state <> 'asked' OR taken_at IS NULL) AND (state <> 'taken' OR taken_at IS NOT NULL)",
            name=op.f("ck_command_taken"),
        ),
        sa.CheckConstraint(
            "answer IS NULL OR state IN ('done', 'failed', 'unknown')", name=op.f("ck_command_answered")
        ),
        sa.CheckConstraint("state IN ('asked', 'taken', 'done', 'failed', 'unknown')", name=op.f("ck_command_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_command")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_command_state_id"), "command", ["state", "id"], unique=False)

    op.create_table(
        "event",
        sa.Column("id", Id, nullable=False),
        sa.Column("xid", Xid, server_default=writing_xid(), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("data", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_event_at"), "event", ["at"], unique=False)
    op.create_index(op.f("ix_event_call_id"), "event", ["call_id"], unique=False)
    op.create_index(op.f("ix_event_xid_id"), "event", ["xid", "id"], unique=False)

    op.create_table(
        "house",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_house")),
    )
    op.create_table(
        "user",
        sa.Column("id", Id, nullable=False),
        sa.Column("username", sa.String(length=60), nullable=False),
        sa.Column("display_name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.CheckConstraint(
            "role IN ('executive', 'team_lead', 'supervisor', 'city_coordinator', 'nodal_officer', 'district', 'state_viewer', 'administrator', 'auditor')",
            name=op.f("ck_user_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("username", name=op.f("uq_user_username")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "caller",
        sa.Column("id", Id, nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("pace", sa.String(length=10), nullable=False),
        sa.Column("path", sa.String(length=10), nullable=False),
        sa.Column("city_id", sa.String(length=40), nullable=True),
        sa.Column("first_seen_at", UtcDateTime, nullable=False),
        sa.Column("last_call_at", UtcDateTime, nullable=True),
        sa.CheckConstraint("kind IN ('mobile', 'landline', 'foreign')", name=op.f("ck_caller_kind")),
        sa.CheckConstraint("pace IN ('normal', 'slow')", name=op.f("ck_caller_pace")),
        sa.CheckConstraint("path IN ('keys', 'yes_no')", name=op.f("ck_caller_path")),
        sa.CheckConstraint("phone LIKE '+%' AND length(phone) BETWEEN 8 AND 16", name=op.f("ck_caller_phone")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_caller_city_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_caller")),
        sa.UniqueConstraint("phone", name=op.f("uq_caller_phone")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "web_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("last_seen_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_web_session_expires")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_web_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
    )
    op.create_index(op.f("ix_web_session_user_id"), "web_session", ["user_id"], unique=False)

    op.create_table(
        "call",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("dialled", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("caller_id", Id, nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("flow", sa.String(length=60), nullable=False),
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("state", Json, nullable=False),
        sa.Column("reply", Json, nullable=False),
        sa.Column("resumed_from", sa.String(length=32), nullable=True),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("last_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime, nullable=True),
        sa.Column("end_reason", sa.String(length=40), nullable=True),
        sa.CheckConstraint("channel IN ('sip', 'twilio', 'browser', 'plain', 'text')", name=op.f("ck_call_channel")),
        sa.CheckConstraint("direction IN ('in', 'out')", name=op.f("ck_call_direction")),
        sa.CheckConstraint("origin IN ('trunk', 'claimed')", name=op.f("ck_call_origin")),
        sa.CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name=op.f("ck_call_ended")),
        sa.CheckConstraint("turn >= 0", name=op.f("ck_call_turn")),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_call_caller_id")),
        sa.ForeignKeyConstraint(["resumed_from"], ["call.id"], name=op.f("fk_call_resumed_from")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index(op.f("ix_call_caller_id"), "call", ["caller_id"], unique=False)
    op.create_index(op.f("ix_call_external_id"), "call", ["external_id"], unique=False)
    op.create_index(op.f("ix_call_phone_last_at"), "call", ["phone", "last_at"], unique=False)
    op.create_index(op.f("ix_call_started_at"), "call", ["started_at"], unique=False)

    op.create_table(
        "action",
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_action_call_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_action")),
    )
    op.create_index(op.f("ix_action_call_id"), "action", ["call_id"], unique=False)

    op.create_table(
        "call_step",
        sa.Column("id", Id, nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("flow", sa.String(length=60), nullable=False),
        sa.Column("node", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("to_node", sa.String(length=60), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_step_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_step")),
    )
    op.create_index(op.f("uq_call_step_call_id_turn_seq"), "call_step", ["call_id", "turn", "seq"], unique=True)

    op.create_table(
        "recording",
        sa.Column("id", Id, nullable=False),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("wrapped_key", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("retain_until", UtcDateTime, nullable=False),
        sa.Column("caller_id", Id, nullable=True),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.CheckConstraint("(state = 'erased') = (wrapped_key IS NULL)", name=op.f("ck_recording_key")),
        sa.CheckConstraint("state IN ('kept', 'flagged', 'erased')", name=op.f("ck_recording_state")),
        sa.CheckConstraint("size_bytes >= 0 AND duration_s >= 0", name=op.f("ck_recording_size")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_recording_call_id")),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_recording_caller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_recording_call_id"), "recording", ["call_id"], unique=False)
    op.create_index(op.f("ix_recording_caller_id"), "recording", ["caller_id"], unique=False)
    op.create_index(op.f("ix_recording_state_retain_until"), "recording", ["state", "retain_until"], unique=False)

    op.create_table(
        "applicant",
        sa.Column("id", Id, nullable=False),
        sa.Column("caller_id", Id, nullable=False),
        sa.Column("relation", sa.String(length=10), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("name_recording_id", Id, nullable=True),
        sa.CheckConstraint("relation IN ('self', 'family')", name=op.f("ck_applicant_relation")),
        sa.ForeignKeyConstraint(["caller_id"], ["caller.id"], name=op.f("fk_applicant_caller_id")),
        sa.ForeignKeyConstraint(["name_recording_id"], ["recording.id"], name=op.f("fk_applicant_name_recording_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applicant")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_applicant_caller_id"), "applicant", ["caller_id"], unique=False)

    op.create_table(
        "callback",
        sa.Column("id", Id, nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("call_id", sa.String(length=32), nullable=True),
        sa.Column("recording_id", Id, nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("asked_at", UtcDateTime, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'done', 'dropped')", name=op.f("ck_callback_state")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_callback_call_id")),
        sa.ForeignKeyConstraint(["recording_id"], ["recording.id"], name=op.f("fk_callback_recording_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_callback")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_callback_call_id"), "callback", ["call_id"], unique=False)
    op.create_index(op.f("ix_callback_state_due_at"), "callback", ["state", "due_at"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("there is no way back: restore the backup that was taken before the upgrade")
