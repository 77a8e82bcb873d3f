"""PostgreSQL gone in mid-call, hung or shut down: no caller meets silence, the dialplan takes over, nobody restarts us.

The server is this test's own: its processes are stopped and ended here.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from db.lookout import Lookout, LostSight
from db.session import Database
from ivr import bootstrap
from scheduler import windows
from tests.kit_asterisk import FakeCall
from tests.kit_db import SqliteStock, fill
from tests.kit_exchange import in_loop
from tests.kit_house import House, noise_once, quick_voice, until_morning
from tests.kit_postgres import server
from tests.kit_sip import settings_on_free_ports, wait_until

pytestmark = pytest.mark.postgres

KEYS = ["1", "1", "1", "1", "2", "1", "1"]
SILENCE_S = 2.0  # more than that is a dead line
LEFT_S = 8.0
SOUNDS = (["EXEC", "Playback"], ["GOSUB", "mitan-tell"], ["GOSUB", "mitan-ask"])


@dataclass
class Postgres:
    """A server that can be lost."""

    url: str
    folder: Path

    def pid(self) -> int:
        return int((self.folder / "postmaster.pid").read_text().splitlines()[0])

    def signal(self, number: signal.Signals) -> None:
        """To all its processes; those that are stopped start no new ones."""
        parent = self.pid()
        os.kill(parent, number)
        for pid in children(parent):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def hang(self) -> None:
        self.signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.signal(signal.SIGCONT)

    def shut_down(self) -> None:
        """An immediate shutdown: whoever is connected is cut off."""
        os.kill(self.pid(), signal.SIGQUIT)

    def start(self) -> None:
        """Starts it as it was started before, and waits until it answers."""
        wait_until(lambda: not (self.folder / "postmaster.pid").exists(), 20, "the server is gone")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pgserver
        owner = self.folder.owner() if os.getuid() == 0 else None
        pgserver.pg_ctl(["-w", "-l", str(self.folder / "log"), "restart"], pgdata=self.folder, user=owner)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def postgres_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with server() as url:
        fill(url, seeded=True)
        with psycopg.connect(url) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
            assert row is not None
        yield Postgres(url, Path(str(row[0])))


@pytest.fixture
def home(
    tmp_path: Path,
    postgres_alone: Postgres,
    sqlite_stock: SqliteStock,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[House]:
    sounds = noise_once(tmp_path_factory, sqlite_stock)
    settings = settings_on_free_ports(
        tmp_path / "var",
        database_url=postgres_alone.url,
        sounds_dir=sounds,
        demo=True,
        clock_offset=until_morning(),
    )
    settings.spool_dir.mkdir(parents=True)
    database = bootstrap.database(settings)
    windows.materialise(database)
    yield House(settings, database, bootstrap.speaker(settings, database))
    database.dispose()


@contextmanager
def hung(postgres: Postgres) -> Iterator[Callable[[], None]]:
    try:
        yield postgres.hang
    finally:
        postgres.go_on()


@contextmanager
def shut_down(postgres: Postgres) -> Iterator[Callable[[], None]]:
    try:
        yield postgres.shut_down
    finally:
        postgres.start()


@dataclass
class Ordeal:
    """A call that notes when it heard something, and loses the database at its `at`th question (0: before it)."""

    home: House
    at: int
    lose: Callable[[], None]
    number: int = 1
    lost_at: float = 0.0
    heard_at: list[float] = field(default_factory=list)
    asked: int = 0

    async def run(self) -> FakeCall:
        if self.at == 0:
            self._lose()
        call = FakeCall(
            self.home.settings.fastagi_port,
            KEYS,
            caller=f"+9150000{self.number:05d}",
            unique=f"1770000000.{self.number}",
            on_command=self._note,
        )
        await call.run()
        self.left_at = time.monotonic()
        return call

    def _note(self, count: int, words: list[str]) -> None:
        self.asked += words[1:2] == ["mitan-ask"]
        if self.asked == self.at and not self.lost_at:
            self._lose()
        if words[:2] in SOUNDS:
            self.heard_at.append(time.monotonic())

    def _lose(self) -> None:
        self.lose()
        self.lost_at = time.monotonic()

    def check(self, call: FakeCall) -> None:
        """Nobody waited in silence, and the dialplan has the call."""
        assert self.lost_at, "it never came so far"
        assert not call.finished
        assert self.left_at - self.lost_at < LEFT_S
        moments = [self.lost_at, *(t for t in self.heard_at if t > self.lost_at), self.left_at]
        silences = [after - before for before, after in pairwise(moments)]
        assert max(silences) < SILENCE_S, silences


@pytest.mark.parametrize("at", [0, 3, 7], ids=["before the first word", "at a question", "at the booking"])
@pytest.mark.parametrize("lost", [hung, shut_down])
@in_loop
async def test_a_call_without_its_database_goes_to_the_dialplan_and_the_next_one_is_served(
    home: House, postgres_alone: Postgres, lost: Callable[..., AbstractContextManager[Callable[[], None]]], at: int
) -> None:
    with quick_voice(home) as process:
        with lost(postgres_alone) as lose:
            ordeal = Ordeal(home, at, lose)
            ordeal.check(await ordeal.run())
        await served(home, postgres_alone, 500 + at)
        assert process.is_alive()


@in_loop
async def test_more_callers_than_threads_are_all_let_go_in_time(home: House, postgres_alone: Postgres) -> None:
    with quick_voice(home) as process:
        with hung(postgres_alone) as lose:
            lose()
            ordeals = [Ordeal(home, 0, lambda: None, number=n) for n in range(1, home.settings.database_pool + 5)]
            for ordeal, call in zip(ordeals, await asyncio.gather(*(o.run() for o in ordeals)), strict=True):
                ordeal.check(call)
        await served(home, postgres_alone, 600)
        assert process.is_alive()


def test_looking_out_for_commands_gives_a_hung_server_up(postgres_alone: Postgres) -> None:
    database = Database(postgres_alone.url)
    lookout = Lookout(database)
    assert not lookout.waiting()
    with hung(postgres_alone) as lose:
        lose()
        for _ in range(2):  # by the old connection, then by a new one
            begun = time.monotonic()
            with pytest.raises(LostSight):
                lookout.waiting()
            assert time.monotonic() - begun < 3
    assert not lookout.waiting()
    lookout.close()
    database.dispose()


async def served(home: House, postgres: Postgres, number: int) -> None:
    """A new call books, at the latest after a few seconds' redialling."""
    until = time.monotonic() + 10
    phone = f"+9150000{number:05d}"
    for attempt in range(99):
        call = FakeCall(home.settings.fastagi_port, KEYS, caller=phone, unique=f"1770000900.{number}{attempt}")
        await call.run()
        with psycopg.connect(postgres.url) as connection:
            found = connection.execute("SELECT count(*) FROM appointment WHERE phone = %s", (phone,)).fetchone()
        if found == (1,):
            return
        assert found == (0,) and time.monotonic() < until, (found, call.commands[-3:])
        await asyncio.sleep(0.3)


def children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(stat.parent.name))
    return found
