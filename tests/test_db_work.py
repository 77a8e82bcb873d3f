"""Work is a write transaction like `begin`: whole or nothing, one clock, the only writer; its session is made late."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import IntegrityError

from db import calls, clock, policy
from db.below import Work, run, table
from db.models import House, PolicyValue
from db.session import Database

HOUSE = table(House)


def by_core(work: Work, key: str) -> None:
    run(work, HOUSE.insert(), {"key": key, "value": "x"})


def by_orm(work: Work, key: str) -> None:
    work.session.add(House(key=key, value="x"))


Write = Callable[[Work, str], None]
WRITES = [by_core, by_orm]


def keys(database: Database) -> set[str]:
    with database.read() as session:
        return set(session.scalars(select(House.key).where(House.value == "x")))


@pytest.mark.parametrize("write", WRITES)
def test_what_was_done_is_committed_at_the_end(database: Database, write: Write) -> None:
    with database.work() as work:
        write(work, "a")
        assert keys(database) == set()
    assert keys(database) == {"a"}


@pytest.mark.parametrize("write", WRITES)
def test_work_that_raises_leaves_nothing(database: Database, write: Write) -> None:
    with pytest.raises(InterruptedError), database.work() as work:
        write(work, "a")
        by_core(work, "b")
        raise InterruptedError
    with database.work() as work:  # the same pooled connection
        write(work, "c")
    assert keys(database) == {"c"}


def test_what_waits_in_the_session_comes_before_what_follows(database: Database) -> None:
    with pytest.raises(IntegrityError), database.work() as work:
        by_orm(work, "a")
        by_core(work, "a")
    assert keys(database) == set()


def test_a_conflict_found_at_the_end_is_told(database: Database) -> None:
    with pytest.raises(IntegrityError), database.work() as work:
        by_core(work, "a")
        by_orm(work, "a")
    assert keys(database) == set()


def test_its_session_can_commit_nothing_alone(database: Database) -> None:
    with pytest.raises(InterruptedError), database.work() as work:
        by_orm(work, "a")
        work.session.commit()
        raise InterruptedError
    assert keys(database) == set()


def test_a_savepoint_taken_back_leaves_the_rest(database: Database) -> None:
    with database.work() as work:
        by_orm(work, "a")
        with pytest.raises(InterruptedError), work.session.begin_nested():
            by_orm(work, "b")
            work.session.flush()
            raise InterruptedError
    assert keys(database) == {"a"}


def test_everybody_in_it_has_the_same_moment(database: Database) -> None:
    with database.work() as work:
        assert clock.now(work) == clock.now(work.session) == clock.now(work)


def test_sqlite_has_its_writer_from_the_first_moment(seeded_sqlite: Database) -> None:
    with (
        closing(sqlite3.connect(str(seeded_sqlite.url.database), timeout=0, isolation_level=None)) as other,
        seeded_sqlite.work(),
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


def test_loading_a_call_tells_the_time_and_the_policys_token_too(seeded: Database) -> None:
    with seeded.work() as work:
        began = clock.now(work)
        calls.open_call(work, "c", new=a_call(), caller_id=None, resumed_from=None, now=began)
    with seeded.read() as session:
        policy.policy_value(session, "visit_fee_paise", date(2026, 11, 20))  # remembered from now on
    heard: list[str] = []
    event.listen(seeded.engine, "before_cursor_execute", lambda *args: heard.append(args[2]))
    with seeded.work() as work:
        assert calls.load_call(work, "c") is not None
        assert clock.now(work) >= began
        assert policy.policy_value(work.session, "visit_fee_paise", date(2026, 11, 20)) == 5000
    assert [sql[:6] for sql in heard if not sql.startswith("PRAGMA")] == ["SELECT"], heard


def test_a_token_read_with_a_call_is_not_believed_once_policy_was_written(seeded: Database) -> None:
    with seeded.work() as work:
        calls.open_call(work, "c", new=a_call(), caller_id=None, resumed_from=None, now=clock.now(work))
    with pytest.raises(InterruptedError), seeded.work() as work:
        calls.load_call(work, "c")
        run(work, update(PolicyValue).where(PolicyValue.key == "visit_fee_paise").values(value=6000))
        assert policy.policy_value(work.session, "visit_fee_paise", date(2026, 11, 20)) == 6000
        raise InterruptedError
    with seeded.read() as session:
        assert policy.policy_value(session, "visit_fee_paise", date(2026, 11, 20)) == 5000


def a_call() -> dict[str, str]:
    return {"channel": "sip", "origin": "trunk", "direction": "in"}
