"""Real calls while things break: `voice` stopped, killed, refusing or absent; nobody signed in, night, a day off.

Whatever happens, a caller is in the fallback within eight seconds of the end of what he was asked, meets no longer
silence than that, hears why nobody comes, and can leave a message.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from ivr.asterisk.render import Opening
from scheduler.rules import IST
from tests.kit_db import SqliteStock
from tests.kit_house import House, house, noise_once, voice
from tests.kit_rtp import frames_of, share_found
from tests.kit_sip import ALWAYS, Asterisk, SipCaller, asterisk, caller, need_sipp, wait_until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(300)]
STOP, CONT = 19, 18
FREED_S = 8.0
LISTENING_S = 8.0
TOLERANCE_S = 1.5  # of a loaded machine


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, sqlite_stock: SqliteStock) -> Iterator[tuple[House, Asterisk]]:
    need_sipp()
    sounds = noise_once(tmp_path_factory, sqlite_stock)
    folder = tmp_path_factory.mktemp("faults")
    with house(folder, sqlite_stock, sounds, trunk_match=("127.0.0.1",)) as h, asterisk(h.settings, ALWAYS) as a:
        yield h, a


def hears(call: SipCaller, files: list[Path], within_s: float, what: str) -> float:
    """Waits until these sounds have been heard in order; returns when the first of their frames came."""
    expected = frames_of(files)
    assert len(expected) >= 10
    wait_until(lambda: share_found(expected, call.phone.sound()) >= 0.98, within_s, f"{what} is heard")
    first = set(expected[:5])
    return next(h.at for h in call.phone.heard if h.sound in first)


def asked(h: House, call: SipCaller) -> None:
    """Waits until the caller has heard the main menu's first sounds."""
    wait_until(lambda: h.sql("SELECT 1 FROM said WHERE reply LIKE '%listen%'"), 15, "a question")
    wait_until(lambda: len(call.phone.heard) > 20, 10, "its sound")


def test_nobody_listens_at_all(scene: tuple[House, Asterisk], tmp_path: Path) -> None:
    h, _ = scene
    with caller(h.settings, tmp_path) as call:
        begun = time.monotonic()
        at = hears(call, [h.own_line("trouble"), h.own_line("nobody")], 20, "the fallback")
        assert at - begun < 3


def test_server_that_accepts_and_says_nothing(scene: tuple[House, Asterisk], tmp_path: Path) -> None:
    h, _ = scene
    with socket.create_server(("127.0.0.1", h.settings.fastagi_port)), caller(h.settings, tmp_path) as call:
        begun = time.monotonic()
        at = hears(call, [h.own_line("trouble"), h.own_line("nobody")], 25, "the fallback")
        assert at - begun < FREED_S + TOLERANCE_S


@pytest.mark.parametrize(
    ("word", "number", "key"),
    [
        ("killed while he listens", 9, ""),
        ("killed and he presses", 9, "1"),
        ("stopped while he listens", STOP, ""),
        ("stopped and he presses", STOP, "1"),
    ],
)
def test_voice_dies_in_mid_call(
    scene: tuple[House, Asterisk], tmp_path: Path, word: str, number: int, key: str
) -> None:
    h, a = scene
    with voice(h) as v, caller(h.settings, tmp_path, number="anonymous") as call:
        asked(h, call)
        prompt_s = sum(f.stat().st_size for f in h.said(last_call(h))) / 8000 + 2
        v.process.send_signal(number)
        begun = time.monotonic()
        if key:
            call.phone.press(key)
        at = hears(call, [h.own_line("trouble")], 60, "the fallback")
        expected = 0.5 if key else prompt_s + LISTENING_S
        assert at - begun < expected + FREED_S + TOLERANCE_S
        if key:
            assert at - begun < FREED_S + TOLERANCE_S, "a key ends the waiting: no longer silence than that"
        hears(call, [h.own_line("nobody"), h.own_line("record")], 30, "why, and what to do")
        call.hang_up()
    wait_until(lambda: a.channels() == 0, 10, "no channel is left")


def last_call(h: House) -> str:
    ((call_id,), *_) = h.sql("SELECT call_id FROM said ORDER BY id DESC")
    return str(call_id)


def test_message_left_while_nothing_of_ours_runs_is_a_callback_afterwards(
    scene: tuple[House, Asterisk], tmp_path: Path
) -> None:
    h, a = scene
    number = "+915000000071"
    with caller(h.settings, tmp_path, number=number) as call:
        hears(call, [h.own_line("trouble"), h.own_line("nobody"), h.own_line("record")], 30, "what to do")
        wait_until(lambda: list(h.settings.spool_dir.glob("fallback_*.wav")), 10, "the recording")
        call.phone.speak(4.0)
        call.phone.press("1")
        hears(call, [h.own_line("thanks")], 20, "thanks")
        call.ended(10)
    assert a.channels() == 0
    with voice(h):
        rows = (
            "SELECT c.phone, c.reason, c.state, r.duration_s FROM callback c JOIN recording r ON r.id = c.recording_id"
        )
        (row,) = wait_until(lambda: h.sql(f"{rows} WHERE c.phone = ?", number), 20, "a callback")
    assert row[:3] == (number, "nobody", "waiting") and 3 < row[3] < 8
    assert not list(h.settings.spool_dir.glob("fallback_*"))


def test_message_ended_by_hanging_up_is_kept_too(scene: tuple[House, Asterisk], tmp_path: Path) -> None:
    h, _ = scene
    number = "+915000000072"
    with caller(h.settings, tmp_path, number=number) as call:
        hears(call, [h.own_line("nobody"), h.own_line("record")], 30, "what to do")
        wait_until(lambda: list(h.settings.spool_dir.glob("fallback_*.wav")), 10, "the recording")
        call.phone.speak(4.0)
        call.hang_up()
    with voice(h):
        wait_until(lambda: h.sql("SELECT 1 FROM callback WHERE phone = ?", number), 20, "a callback")


@pytest.mark.parametrize("why", ["night", "closed"])
def test_closed_office_says_why_and_takes_a_message(
    why: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, sqlite_stock: SqliteStock
) -> None:
    need_sipp()
    sounds = noise_once(tmp_path_factory, sqlite_stock)
    now = datetime.now(IST)
    hour = replace(
        Opening(),
        opens=now.replace(hour=(now.hour + 2) % 24).time(),
        closes=now.replace(hour=(now.hour + 3) % 24).time(),
    )
    opening = hour if why == "night" else replace(ALWAYS, closed=(now.date(),))
    with ExitStack() as stack:
        h = stack.enter_context(house(tmp_path, sqlite_stock, sounds, trunk_match=("127.0.0.1",)))
        stack.enter_context(asterisk(h.settings, opening))
        call = stack.enter_context(caller(h.settings, tmp_path / "caller"))
        hears(call, [h.own_line("trouble"), h.own_line(why), h.own_line("record")], 30, "why")


def test_booking_killed_in_the_middle_is_whole_or_absent_and_made_once(
    scene: tuple[House, Asterisk], tmp_path: Path
) -> None:
    """Kills `voice` with SIGKILL after the second, the sixth and the last key; the caller redials each time."""
    h, a = scene
    for n, last in enumerate((2, 6, 7), 1):
        number = f"+91500000008{n}"
        with voice(h) as v, caller(h.settings, tmp_path / f"{n}a", number=number) as call:
            press(h, call, number, last)
            v.kill()
            call.hang_up()
        wait_until(lambda: a.channels() == 0, 10, "no channel is left")
        booked = h.sql("SELECT count(*) FROM appointment WHERE phone = ?", number)[0][0]
        earlier = [i for (i,) in h.sql("SELECT id FROM call")]
        with voice(h), caller(h.settings, tmp_path / f"{n}b", number=number) as call:
            if not booked:
                press(h, call, number, 7, earlier)
        steps = h.sql("SELECT call_id, node, kind FROM call_step ORDER BY id DESC LIMIT 40")
        assert h.sql("SELECT count(*) FROM appointment WHERE phone = ?", number) == [(1,)], (n, booked, steps)


def press(h: House, call: SipCaller, number: str, keys: int, earlier: Collection[str] = ()) -> None:
    """Books with up to so many keys in the call that is none of the earlier ones; it may stand anywhere."""
    calls = "SELECT id FROM call WHERE phone = ? AND ended_at IS NULL"
    (call_id,) = wait_until(lambda: [i for (i,) in h.sql(calls, number) if i not in earlier], 15, "the call")
    waits = "SELECT node, turn FROM call WHERE id = ? AND json_extract(reply, '$.wait.wait') = 'listen'"
    moved, pressed_at = f"{waits} AND turn > ?", 0.0
    for _ in range(keys):
        ((node, turn),) = wait_until(lambda: h.sql(waits, call_id), 15, "a question")
        if node == "anything_else":
            return
        # What was told before may still be playing, and a key would only end that.
        question = set(frames_of(h.replies(call_id)[-1]))
        wait_until(lambda q=question, t=pressed_at: q & set(call.phone.sound(t)), 15, "the question's sound")
        pressed_at = call.phone.press("2" if node == "which_service" else "1").ended_at
        wait_until(lambda t=turn: h.sql(moved, call_id, t), 10, "the next question")
