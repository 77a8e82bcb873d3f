"""Remembered policy is never stale: whoever changes it, by whatever way, the very next transaction sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import event, select, text, update
from sqlalchemy.orm import Session

from db import policy, remembered
from db.models import House, PolicyValue
from db.models.policy import TABLES
from db.session import Database
from db.triggers import VERSION

DAY = date(2026, 11, 20)
FEE = "visit_fee_paise"
Change = Callable[[Session], object]


def fee(session: Session) -> int:
    return int(policy.policy_value(session, FEE, DAY))


def fee_now(database: Database) -> int:
    with database.read() as session:
        return fee(session)


def by_orm(session: Session) -> None:
    session.scalars(select(PolicyValue).where(PolicyValue.key == FEE)).one().value = 6000


def by_core(session: Session) -> None:
    session.connection().execute(update(PolicyValue).where(PolicyValue.key == FEE).values(value=6000))


def by_raw_sql(session: Session) -> None:
    session.connection().exec_driver_sql(f"UPDATE  policy_value SET value = '6000' WHERE key = '{FEE}'")


def by_cte(session: Session) -> None:
    words = f"WITH wanted AS (SELECT '{FEE}' AS key) UPDATE policy_value SET value = '6000' WHERE key IN "
    session.execute(text(words + "(SELECT key FROM wanted)"))


CHANGES = [by_orm, by_core, by_raw_sql, by_cte]


def statements(database: Database) -> list[str]:
    heard: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: heard.append(args[2]))
    return heard


def test_what_was_read_is_not_asked_again(seeded: Database) -> None:
    heard = statements(seeded)
    assert fee_now(seeded) == fee_now(seeded) == 5000
    assert sum("policy_value" in statement for statement in heard) <= 1


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_transaction_sees_a_change(seeded: Database, change: Change) -> None:
    assert fee_now(seeded) == 5000
    with seeded.begin() as session:
        change(session)
    assert fee_now(seeded) == 6000


@pytest.mark.parametrize("change", CHANGES)
def test_another_process_change_is_seen(seeded: Database, change: Change) -> None:
    """Another Database object stands for the other process: nothing of ours hears of its writes."""
    assert fee_now(seeded) == 5000
    other = Database(seeded.url)
    with other.begin() as session:
        change(session)
    other.dispose()
    assert fee_now(seeded) == 6000


@pytest.mark.parametrize("change", CHANGES)
def test_who_changes_policy_sees_it_and_a_rollback_leaves_nothing(seeded: Database, change: Change) -> None:
    with pytest.raises(InterruptedError), seeded.begin() as session:
        assert fee(session) == 5000
        change(session)
        assert fee(session) == 6000
        raise InterruptedError
    assert fee_now(seeded) == 5000
    with seeded.begin() as session:  # the same pooled connection, in a transaction of its own
        assert fee(session) == 5000


def test_a_savepoint_taken_back_leaves_nothing(seeded: Database) -> None:
    with seeded.begin() as session:
        with pytest.raises(InterruptedError), session.begin_nested():
            by_raw_sql(session)
            assert fee(session) == 6000
            raise InterruptedError
        assert fee(session) == 5000
    assert fee_now(seeded) == 5000


def test_a_rule_that_waits_in_the_session_counts(seeded: Database) -> None:
    with seeded.begin() as session:
        assert fee(session) == 5000
        session.add(PolicyValue(key=FEE, value=7000, valid_from=DAY, source="test"))
        assert fee(session) == 7000


def test_a_value_belongs_to_who_asked(seeded: Database) -> None:
    with seeded.read() as session:
        policy.policy_value(session, "scheme_name", DAY)["hi"] = "changed"
        assert policy.policy_value(session, "scheme_name", DAY)["hi"] == "मोर संगवारी सेवा"


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("writing", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_every_write_to_policy_gives_a_new_token(seeded: Database, table: str, writing: str) -> None:
    tokens = []
    with pytest.raises(InterruptedError), seeded.begin() as session:
        column = "source" if table not in ("document", "service_group") else "names"
        if seeded.dialect == "sqlite":
            session.execute(text("PRAGMA defer_foreign_keys=ON"))
        else:
            session.execute(text("SET session_replication_role = replica"))
            session.execute(text(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER policy_changed_{table}"))
        for sql in ("SELECT 1", writing.format(table, column, column)):
            session.execute(text(sql))
            tokens.append(session.scalar(select(House.value).where(House.key == VERSION)))
        raise InterruptedError
    assert len(set(tokens)) == 2
    assert None not in tokens


def test_an_empty_table_filled_past_a_conflict_is_noticed(database: Database) -> None:
    """OR IGNORE reaches into SQLite's triggers: the token must change all the same."""
    ignoring = "INSERT OR IGNORE INTO" if database.dialect == "sqlite" else "INSERT INTO"
    after = "" if database.dialect == "sqlite" else " ON CONFLICT DO NOTHING"
    tokens = set()
    for id_ in ("a", "b"):
        with database.begin() as session:
            session.execute(text(f"{ignoring} document (id, names) VALUES ('{id_}', '{{}}'){after}"))
        with database.read() as session:
            tokens.add(session.scalar(select(House.value).where(House.key == VERSION)))
    assert len(tokens) == 2


def test_the_memory_is_bounded(seeded_sqlite: Database) -> None:
    @remembered.remembered
    def echo(session: Session, number: int) -> int:
        return number

    with seeded_sqlite.read() as session:
        assert sum(echo(session, number) for number in range(2 * remembered.ENTRIES)) > 0
        heard = statements(seeded_sqlite)
        fee(session)
    assert any("policy_value" in statement for statement in heard)
