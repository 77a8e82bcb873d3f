"""The booking call over a fake Asterisk's socket, with the real driver, flows, desk and database behind it.

Whatever kills the server or the line, and wherever: the booking is whole or absent, and the redial does not book twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from tests.kit_asterisk import HANG_UP, FakeCall
from tests.kit_db import SqliteStock
from tests.kit_exchange import in_loop
from tests.kit_house import House, house, noise_once, quick_voice
from tests.kit_sip import wait_until

KEYS = ["1", "1", "1", "1", "2", "1", "1"]
CALLER = "+915000000051"
WHOLE = """
SELECT a.reference, a.state, c.kind, o.state IS NOT NULL FROM appointment a
JOIN claim c ON c.appointment_id = a.id LEFT JOIN outbox o ON o.appointment_id = a.id
"""


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory, sqlite_stock: SqliteStock) -> Path:
    return noise_once(tmp_path_factory, sqlite_stock)


@pytest.fixture
def home(tmp_path: Path, sqlite_stock: SqliteStock, sounds: Path) -> Iterator[House]:
    with house(tmp_path, sqlite_stock, sounds) as h:
        h.settings.spool_dir.mkdir(parents=True)
        yield h


def whole(h: House, caller: str = CALLER) -> list[tuple[object, ...]]:
    """The caller's bookings, each with its seat and message; asserts that there is none by halves."""
    rows = h.sql(WHOLE + "WHERE a.phone = ?", caller)
    assert all(row[1:] == ("booked", "booked", 1) for row in rows), rows
    (orphans,) = h.sql("SELECT count(*) FROM claim WHERE kind = 'booked' AND appointment_id IS NULL")
    assert orphans == (0,)
    assert len(rows) == h.sql("SELECT count(*) FROM appointment WHERE phone = ?", caller)[0][0]
    return rows


@in_loop
async def test_booking_call_leaves_everything_it_should(home: House) -> None:
    with quick_voice(home):
        call = await FakeCall(home.settings.fastagi_port, KEYS, caller=CALLER).run()
        steps = home.sql("SELECT node, kind, outcome FROM call_step WHERE call_id = ?", call.variables["MITAN_CALL"])
        assert len(whole(home)) == 1, steps
        ((reference, *_),) = whole(home)
        assert str(reference).isdigit() and len(str(reference)) == 8
        call_id = call.variables["MITAN_CALL"]
        assert [Path(h) for h in call.heard] == [p.with_suffix("") for p in home.said(call_id)]
        ended = "SELECT channel, origin, phone, end_reason FROM call WHERE id = ? AND ended_at IS NOT NULL"
        (row,) = wait_until(lambda: home.sql(ended, call_id))
        assert row == ("sip", "trunk", CALLER, "caller_gone")
        kinds = Counter(k for (k,) in home.sql("SELECT kind FROM call_step WHERE call_id = ?", call_id))
        assert kinds["pressed"] == len(KEYS)


@pytest.mark.timeout(400)
@in_loop
async def test_server_killed_at_every_command_books_once_or_not_at_all(home: House) -> None:
    """Kills `voice` with SIGKILL at command n = 1, 2, 3 …; the next serves the redial, and dies a step later."""
    n, killed, victim = 0, True, ""
    while killed:
        n += 1
        with quick_voice(home) as process:
            if victim:
                before = whole(home, victim)
                await dial(home, victim, f"1770000001.{n}", redial(home, victim, booked=bool(before)))
                assert len(whole(home, victim)) == 1, (n, before)
            victim = f"+91500000{n:04d}"
            at = n

            def kill(count: int, words: list[str], at: int = at, process: BaseProcess = process) -> None:
                if count == at:
                    process.kill()

            call = await dial(home, victim, f"1770000000.{n}", KEYS, kill)
            if killed := len(call.commands) >= at:
                process.join(10)
                assert not call.finished or at == len(call.commands), "nothing after the last word"
    assert n > 15, "the call has that many commands, each of them a place to die"


async def dial(
    h: House, caller: str, unique: str, keys: Any, on_command: Callable[[int, list[str]], None] = lambda n, w: None
) -> FakeCall:
    call = FakeCall(h.settings.fastagi_port, keys, caller=caller, unique=unique, on_command=on_command)
    return await call.run()


def redial(h: House, caller: str, *, booked: bool) -> Callable[[list[str]], str]:
    """Books from wherever the call stands; whoever has booked already hangs up, and so does who is done."""

    def press(heard: list[str]) -> str:
        ((node,), *_) = h.sql("SELECT node FROM call WHERE phone = ? ORDER BY started_at DESC", caller)
        if booked or node == "anything_else":
            return HANG_UP
        return "2" if node == "which_service" else "1"

    return press
