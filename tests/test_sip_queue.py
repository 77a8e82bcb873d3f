"""Callers who wait for people, or talk with them, on a real Asterisk: restarts of `voice` touch them not at all.

An executive is an extension of the dialplan, added at run time, that rings for ever or answers and soon hangs up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.kit_db import SqliteStock
from tests.kit_house import House, house, noise_once, voice
from tests.kit_rtp import frames_of, share_found
from tests.kit_sip import ALWAYS, Asterisk, SipCaller, asterisk, caller, need_sipp, wait_until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, sqlite_stock: SqliteStock) -> Iterator[tuple[House, Asterisk]]:
    need_sipp()
    sounds = noise_once(tmp_path_factory, sqlite_stock)
    folder = tmp_path_factory.mktemp("queue")
    with house(folder, sqlite_stock, sounds, trunk_match=("127.0.0.1",)) as h, asterisk(h.settings, ALWAYS) as a:
        yield h, a


@contextmanager
def executive(a: Asterisk, *steps: str) -> Iterator[None]:
    """Somebody signed in whose telephone does these dialplan steps when it rings."""
    for n, step in enumerate(steps, 1):
        a.cli(f"dialplan add extension 900,{n},{step} into seats replace")
    a.cli("queue add member Local/900@seats to executives")
    try:
        yield
    finally:
        a.cli("queue remove member Local/900@seats from executives")
        a.cli("dialplan remove extension 900@seats")


def waiting(a: Asterisk) -> int:
    """Callers in the queue."""
    shown = a.cli("queue show executives")
    return 0 if "No Callers" in shown else shown.partition("Callers:")[2].count("(wait:")


def ask_for_a_person(h: House, call: SipCaller, number: str) -> str:
    listening = "SELECT id FROM call WHERE phone = ? AND json_extract(reply, '$.wait.wait') = 'listen'"
    ((call_id,),) = wait_until(lambda: h.sql(listening, number), 15, "the menu")
    wait_until(lambda: len(call.phone.heard) > 20, 10, "sound")
    call.phone.press("0")
    return str(call_id)


def stands(h: House, call_id: str) -> tuple[str, str, str | None]:
    """(node, wait, end reason) of a call."""
    query = "SELECT node, json_extract(reply, '$.wait.wait'), end_reason FROM call WHERE id = ?"
    ((node, wait, reason),) = h.sql(query, call_id)
    return node, wait, reason


def test_waiting_caller_survives_voice_and_his_end_is_noted(scene: tuple[House, Asterisk], tmp_path: Path) -> None:
    h, a = scene
    number = "+915000000091"
    with executive(a, "Wait,120"), voice(h) as v, caller(h.settings, tmp_path, number=number) as call:
        call_id = ask_for_a_person(h, call, number)
        wait_until(lambda: waiting(a) == 1, 20, "the caller is in the queue")
        v.kill()
        with voice(h):
            assert waiting(a) == 1 and call.up, "killed and started again: he still waits"
            assert stands(h, call_id)[2] is None
            call.hang_up()
            wait_until(lambda: stands(h, call_id)[2] == "caller_gone", 30, "his end is noted")
    wait_until(lambda: a.channels() == 0, 10, "no channel is left")


def test_talk_goes_on_without_voice_and_comes_back_to_the_flow(scene: tuple[House, Asterisk], tmp_path: Path) -> None:
    h, a = scene
    number = "+915000000092"
    talks = executive(a, "Answer", "Wait,6", "Hangup")
    with talks, voice(h) as v, caller(h.settings, tmp_path, number=number) as call:
        call_id = ask_for_a_person(h, call, number)
        wait_until(lambda: a.channels() >= 3, 20, "they talk")
        v.kill()
        with voice(h):
            wait_until(lambda: stands(h, call_id)[:2] == ("anything_else", "listen"), 30, "back in the flow")
            said = frames_of(h.line("main.anything_else"))
            wait_until(lambda: share_found(said, call.phone.sound()) >= 0.98, 15, "and asked whether there is more")
            call.hang_up()
            wait_until(lambda: stands(h, call_id)[2] == "caller_gone", 30)


def test_hanging_up_on_a_person_ends_the_call(scene: tuple[House, Asterisk], tmp_path: Path) -> None:
    h, a = scene
    number = "+915000000093"
    with executive(a, "Answer", "Wait,60"), voice(h), caller(h.settings, tmp_path, number=number) as call:
        call_id = ask_for_a_person(h, call, number)
        wait_until(lambda: a.channels() >= 3, 20, "they talk")
        call.hang_up()
        wait_until(lambda: stands(h, call_id)[2] == "caller_gone", 10, "its end is noted at once, by AMI")
    outcomes = h.sql("SELECT outcome FROM call_step WHERE call_id = ? AND kind = 'bridged'", call_id)
    assert outcomes == [("done",)]


def test_nobody_signed_in_takes_a_message_into_the_store(scene: tuple[House, Asterisk], tmp_path: Path) -> None:
    h, _ = scene
    number = "+915000000094"
    with voice(h), caller(h.settings, tmp_path, number=number) as call:
        call_id = ask_for_a_person(h, call, number)
        wait_until(lambda: stands(h, call_id)[1] == "recording", 20, "he may leave a message")
        wait_until(lambda: list(h.settings.spool_dir.glob(f"message_{call_id}_*.wav")), 20, "the recording begins")
        call.phone.speak(4.0)
        call.phone.press("1")
        call.ended(30)
        rows = "SELECT r.duration_s, r.path, c.state FROM recording r JOIN callback c ON c.recording_id = r.id"
        ((seconds, path, state),) = wait_until(lambda: h.sql(f"{rows} WHERE r.call_id = ?", call_id), 10, "a callback")
    assert 3 < seconds < 8 and state == "waiting" and (h.settings.var_dir / path).stat().st_size > 40_000
    assert not list(h.settings.spool_dir.glob("message_*")), "the spool is emptied at the call's end"


def test_voice_told_to_end_lets_callers_fall_to_people(scene: tuple[House, Asterisk], tmp_path: Path) -> None:
    h, _ = scene
    number = "+915000000095"
    with voice(h) as v, caller(h.settings, tmp_path, number=number) as call:
        listening = "SELECT 1 FROM call WHERE phone = ? AND json_extract(reply, '$.wait.wait') = 'listen'"
        wait_until(lambda: h.sql(listening, number), 15, "the menu")
        v.process.terminate()
        assert v.process.wait(6) == 0
        call.phone.press("1")
        trouble = frames_of([h.own_line("trouble")])
        wait_until(lambda: share_found(trouble, call.phone.sound()) >= 0.98, 10, "the fallback")


def test_database_locked_in_mid_call_is_no_long_silence(scene: tuple[House, Asterisk], tmp_path: Path) -> None:
    h, _ = scene
    number = "+915000000096"
    with voice(h), caller(h.settings, tmp_path, number=number) as call:
        listening = "SELECT 1 FROM call WHERE phone = ? AND json_extract(reply, '$.wait.wait') = 'listen'"
        wait_until(lambda: h.sql(listening, number), 15, "the menu")
        wait_until(lambda: len(call.phone.heard) > 20, 10, "sound")
        with closing(sqlite3.connect(str(h.database.url.database), timeout=5, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            key = call.phone.press("1")
            trouble = frames_of([h.own_line("trouble"), h.own_line("nobody")])
            wait_until(lambda: share_found(trouble, call.phone.sound(key.ended_at)) >= 0.98, 15, "told, and on the way")
            assert call.phone.silence_s(key.ended_at) < 2.0
            other.execute("ROLLBACK")
