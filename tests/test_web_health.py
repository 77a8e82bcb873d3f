"""What machines ask: alive, ready, measured; on both databases, with migrations missing, from elsewhere."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from agent_console.counts import count_now
from db import clock
from db.models import Callback
from db.session import Database
from tests.kit_web import console

LINE = re.compile(r"mitan_[a-z_]+ \d+")


def test_alive_and_ready(database: Database, tmp_path: Path) -> None:
    client = console(database, tmp_path).test_client()
    assert client.get("/healthz").json == {"status": "alive"}
    assert client.get("/readyz").json == {"status": "ready"}


def test_not_ready_before_the_migrations(database: Database, tmp_path: Path) -> None:
    with database.begin() as session:
        session.execute(text("DELETE FROM alembic_version"))
    answer = console(database, tmp_path).test_client().get("/readyz")
    assert (answer.status_code, answer.json["missing"]) == (503, ["migrations"])


def test_not_ready_without_a_database_but_alive(tmp_path: Path) -> None:
    lost = Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1)
    client = console(lost, tmp_path).test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["missing"]) == (503, ["database"])
    lost.dispose()


def test_metrics_are_prometheus_text_with_counts_only(seeded_sqlite: Database, tmp_path: Path) -> None:
    answer = console(seeded_sqlite, tmp_path).test_client().get("/metrics")
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    values = [line for line in answer.text.splitlines() if not line.startswith("#")]
    assert len(values) == 10
    assert all(LINE.fullmatch(line) for line in values)


@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        pytest.param("127.0.0.1", {}, 200, id="this machine"),
        pytest.param("::1", {}, 200, id="this machine, IPv6"),
        pytest.param("192.0.2.7", {}, 403, id="elsewhere"),
        pytest.param("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 403, id="through a proxy here"),
        pytest.param("192.0.2.7", {"Authorization": "Bearer a token"}, 200, id="with the token"),
        pytest.param("192.0.2.7", {"Authorization": "Bearer a tokem"}, 403, id="with a wrong token"),
        pytest.param("192.0.2.7", {"Authorization": "Bearer "}, 403, id="with an empty token"),
    ],
)
def test_who_may_measure(
    seeded_sqlite: Database, tmp_path: Path, address: str, headers: dict[str, str], status: int
) -> None:
    client = console(seeded_sqlite, tmp_path, metrics_token="a token").test_client()
    client.environ_base["REMOTE_ADDR"] = address
    assert client.get("/metrics", headers=headers).status_code == status


def test_without_a_token_set_none_is_accepted(seeded_sqlite: Database, tmp_path: Path) -> None:
    client = console(seeded_sqlite, tmp_path).test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403


def test_a_callback_past_its_time_is_counted_late(database: Database) -> None:
    with database.begin() as session:
        now = clock.now(session)
        for minutes in (-5, 5):
            session.add(
                Callback(
                    reason="message",
                    language="hi",
                    asked_at=now - timedelta(hours=1),
                    due_at=now + timedelta(minutes=minutes),
                    state="waiting",
                )
            )
    with database.read() as session:
        counts = count_now(session)
    assert (counts.callbacks, counts.callbacks_late) == (2, 1)
