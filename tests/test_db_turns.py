"""SQLite's writers of one process stand in line: bounded, and never starved by their neighbours."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from db.session import Database


def test_a_writer_whose_turn_does_not_come_is_told_so_in_time(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db", pool_wait_s=0.2)
    inside, leave = threading.Event(), threading.Event()

    def dawdle() -> None:
        with database.begin():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=dawdle)
    thread.start()
    inside.wait(10)
    began = time.monotonic()
    with pytest.raises(OperationalError, match="no turn"), database.begin():
        pass
    assert time.monotonic() - began < 2
    with database.read() as session:  # readers wait for no writer
        assert session.execute(text("SELECT 1")).scalar_one() == 1
    leave.set()
    thread.join()
    with database.begin() as session:
        session.execute(text("SELECT 1"))
    database.dispose()


def test_a_hundred_writers_all_come_to_write(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db", pool_size=10, pool_wait_s=30)
    with database.begin() as session:
        session.execute(text("CREATE TABLE t (n INTEGER)"))
    failed: list[Exception] = []

    def write(n: int) -> None:
        try:
            with database.begin() as session:
                session.execute(text("INSERT INTO t VALUES (:n)"), {"n": n})
                time.sleep(0.01)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM t")).scalar_one() == 100
    assert failed == []
    database.dispose()
