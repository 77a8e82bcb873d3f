"""The worker: one leader, jobs that survive a database that is away, a clean stop, nothing remembered between ticks."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from db import clock
from db.models import Callback, City, EventRow, Outbox, Recording, Slot, User, WebSession
from db.session import Database
from scheduler import jobs, leader, worker
from scheduler.gateways import ConsoleGateway
from scheduler.rules import local_day
from tests.kit_booking import Town, at, town

WAIT_S = 20.0


@pytest.fixture
def place(database: Database) -> Town:
    return town(database, policy={"horizon_days": 1})


def until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def wait_message(place: Town, key: str) -> None:
    with place.database.begin() as session:
        now = clock.now(session)
        session.add(
            Outbox(
                key=key,
                channel="sms",
                recipient="+915000099999",
                template="visit_booked",
                language="hi",
                values={},
                text="नमस्ते",
                segments=1,
                asked_at=now,
                due_at=now,
                state="waiting",
            )
        )


def sent(place: Town) -> int:
    return sum(row.state == "sent" for row in place.outbox())


class Running:
    """A worker in a thread."""

    def __init__(self, database: Database, var_dir: Path) -> None:
        self.out = io.StringIO()
        self.stop = threading.Event()
        self.thread = threading.Thread(
            target=worker.run,
            args=(database, SimpleNamespace(var_dir=var_dir), self.stop),
            kwargs={"gateway": ConsoleGateway(self.out)},
        )
        self.thread.start()

    def end(self) -> None:
        self.stop.set()
        self.thread.join(WAIT_S)
        assert not self.thread.is_alive()


def test_a_worker_lays_out_windows_sends_what_waits_and_stops_cleanly(place: Town, tmp_path: Path) -> None:
    with place.database.read() as session:
        day = (local_day(clock.now(session)) + timedelta(days=1)).isoformat()
    place.mitan((at(day, "08:00"), at(day, "20:00")))
    wait_message(place, "a")
    running = Running(place.database, tmp_path)
    try:
        assert until(lambda: sent(place) == 1 and len(place.rows(Slot)) == 6)
        wait_message(place, "b")
        assert until(lambda: sent(place) == 2)
    finally:
        running.end()
    assert running.out.getvalue().count("नमस्ते") == 2
    wait_message(place, "c")
    assert sent(place) == 2 and threading.active_count() < 20


def test_of_two_workers_one_leads_and_the_other_takes_over(place: Town, tmp_path: Path) -> None:
    first, second = leader.leadership(place.database), leader.leadership(place.database)
    assert first.mine() and first.mine()
    assert not second.mine()
    running = Running(place.database, tmp_path)
    wait_message(place, "a")
    time.sleep(1.5)
    assert sent(place) == 0
    first.give_up()
    try:
        assert until(lambda: sent(place) == 1)
        assert not second.mine()
    finally:
        running.end()
    assert second.mine()
    second.give_up()


@pytest.mark.postgres
def test_a_leader_whose_connection_is_cut_leads_no_more_until_it_has_the_lock_again(postgres: Database) -> None:
    first, second = leader.AdvisoryLock(postgres), leader.AdvisoryLock(postgres)
    assert first.mine()
    with postgres.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
    assert until(second.mine)
    assert not first.mine()
    second.give_up()
    assert until(first.mine)
    first.give_up()


def test_a_killed_leader_is_followed_within_moments(place: Town) -> None:
    script = (
        "import sys, time; from db.session import Database; from scheduler import leader\n"
        "lead = leader.leadership(Database(sys.argv[1])); print(lead.mine(), flush=True); time.sleep(60)"
    )
    url = place.database.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, "-c", script, url], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and child.stdout.readline() == "True\n"
        mine = leader.leadership(place.database)
        assert not mine.mine()
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert until(mine.mine)
    mine.give_up()


def test_a_tick_survives_an_outage_tries_on_and_complains_once(caplog: pytest.LogCaptureFixture) -> None:
    leading = threading.Event()
    now = [0.0]
    runs: list[float] = []

    def job() -> int:
        runs.append(now[0])
        if now[0] < 10:
            raise OperationalError("SELECT 1", {}, Exception("gone"))
        return 1

    tick = worker.Tick("a job", job, leading, 5, steady=lambda: now[0])
    tick()
    assert runs == []  # does not lead
    leading.set()
    for second in range(21):
        now[0] = float(second)
        tick()
    assert runs == [*map(float, range(11)), 15.0, 20.0]
    assert caplog.text.count("trying on") == 1


def test_a_job_with_a_bug_is_logged_and_paced(caplog: pytest.LogCaptureFixture) -> None:
    leading = threading.Event()
    leading.set()
    now = [0.0]
    tick = worker.Tick("a job", lambda: 1 // 0, leading, 5, steady=lambda: now[0])
    for second in range(6):
        now[0] = float(second)
        tick()
    assert caplog.text.count("a job broke") == 2


def test_a_clock_set_back_or_forth_is_noticed_once() -> None:
    wall, steady = [1000.0], [0.0]
    jumps = worker.Jumps(lambda: wall[0], lambda: steady[0])

    def passes(seconds: float, *, set_by: float = 0.0) -> bool:
        steady[0] += seconds
        wall[0] += seconds + set_by
        return jumps.jumped()

    assert [passes(1), passes(1, set_by=-7200), passes(1), passes(1, set_by=7200), passes(60)] == [
        False,
        True,
        False,
        True,
        False,
    ]


def test_due_callbacks_are_told_when_their_number_changes(place: Town) -> None:
    def ask(minutes: int) -> None:
        with place.database.begin() as session:
            now = clock.now(session)
            due = now + timedelta(minutes=minutes)
            session.add(Callback(reason="night", language="hi", asked_at=now, due_at=due, state="waiting"))

    tell = jobs.DueCallbacks()
    ask(-1)
    ask(5)
    assert (tell(place.database), tell(place.database)) == (1, 1)
    ask(-1)
    assert tell(place.database) == 2
    assert [e.data["n"] for e in place.rows(EventRow)] == [1, 2]


def test_retention_forgets_keys_and_files_but_only_our_own_and_only_when_due(place: Town, tmp_path: Path) -> None:
    ours, kept, flagged = (tmp_path / "var" / name for name in ("old.bin", "young.bin", "flagged.bin"))
    foreign = tmp_path / "passwd"
    ours.parent.mkdir()
    for file in (ours, kept, flagged, foreign):
        file.write_bytes(b"x")
    with place.database.begin() as session:
        now = clock.now(session)
        for path, days, state in (
            ("old.bin", -1, "kept"),
            (str(kept), 1, "kept"),
            (str(flagged), -1, "flagged"),
            ("../passwd", -1, "kept"),
        ):
            session.add(
                Recording(
                    purpose="message",
                    path=path,
                    wrapped_key="k",
                    size_bytes=1,
                    duration_s=1.0,
                    retain_until=now + timedelta(days=days),
                    made_at=now,
                    state=state,
                )
            )
        user = User(username="u", display_name="U", role="supervisor", password_hash="h", created_at=now)
        session.add(user)
        session.flush()
        for days in (-200, -1):
            moment = now + timedelta(days=days)
            session.add(
                WebSession(
                    id=str(days),
                    user_id=user.id,
                    made_at=moment - timedelta(hours=8),
                    last_seen_at=moment,
                    expires_at=moment,
                )
            )
    assert jobs.forget(place.database, ours.parent) == 2
    assert jobs.forget(place.database, ours.parent) == 0
    assert [(r.state, r.wrapped_key) for r in place.rows(Recording)] == [
        ("erased", None),
        ("kept", "k"),
        ("flagged", "k"),
        ("erased", None),
    ]
    assert [f.exists() for f in (ours, kept, flagged, foreign)] == [False, True, True, True]
    assert [s.id for s in place.rows(WebSession)] == ["-1"]


def test_the_names_of_things_are_cached_and_outlive_the_database(place: Town) -> None:
    from scheduler.names import Names

    names = Names(place.database, ttl_s=0)
    assert names("city", "raipur", "en") == "Raipur"
    assert names("service", "income", "hi") == names("service", "income", "hne") == "आय प्रमाण पत्र"
    with pytest.raises(KeyError):
        names("city", "atlantis", "hi")
    with place.database.begin() as session:
        session.get_one(City, "raipur").names = {"hi": "रायपुर", "en": "Raipur"}
    assert names("city", "raipur", "hi") == "रायपुर"
    names._database = Database("postgresql://nobody@127.0.0.1:1/none")
    assert names("city", "raipur", "hi") == "रायपुर"
