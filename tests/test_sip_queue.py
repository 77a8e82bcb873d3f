"""Callers who wait for people, or talk with them, on a real Asterisk: restarts of `voice` touch them not at all.

An executive is an extension of the dialplan, added at run time, that rings for ever or answers and soon hangs up.
"""

from __future__ import annotations

import cmath
import math
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from audio import sound
from db.sealed import unseal
from ivr import bootstrap
from tests.kit_db import SqliteStock
from tests.kit_house import House, house, noise_once, voice
from tests.kit_rtp import frames_of, share_found
from tests.kit_sip import ALWAYS, Asterisk, SipCaller, asterisk, caller, need_sipp, wait_until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(300)]
TONE = 620.0  # Hz, an executive's voice


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


def recorded(h: House, call_id: str) -> tuple[tuple[Any, ...], list[tuple[float, float]]]:
    """The only recording of a call: its row, and how loud each tenth of a second is and how much of that is TONE."""
    query = "SELECT purpose, duration_s, caller_id, path, wrapped_key FROM recording WHERE call_id = ?"
    (row,) = wait_until(lambda: h.sql(query, call_id), 20, "a recording")
    master = bootstrap.recordings(h.settings, h.database).master
    wav = b"".join(unseal(h.settings.var_dir / row[3], row[4], master))
    assert struct.unpack("<I", wav[40:44]) == (len(wav) - 44,), "the file was closed properly"
    samples = struct.unpack(f"<{(len(wav) - 44) // 2}h", wav[44:])
    pieces = [samples[n : n + 800] for n in range(0, len(samples) - 799, 800)]
    turn = [cmath.exp(-2j * math.pi * TONE * n / 8000) for n in range(800)]
    out = []
    for piece in pieces:
        power = sum(s * s for s in piece) / 800
        in_tone = 2 * abs(sum(s * t for s, t in zip(piece, turn, strict=True)) / 800) ** 2
        out.append((math.sqrt(power), in_tone / power if power else 0.0))
    return row, out


def test_conversation_is_recorded_and_neither_music_nor_menus(scene: tuple[House, Asterisk], tmp_path: Path) -> None:
    h, a = scene
    number = "+915000000097"
    says = tmp_path / "executive.alaw"
    says.write_bytes(sound.alaw(sound.tone(f"0.3*sin(2*PI*{TONE}*t)", 1.5)))
    answers = executive(a, "Wait,3", "Answer", f"Playback,{says.with_suffix('')}", "Wait,4", "Hangup")
    with answers, voice(h), caller(h.settings, tmp_path, number=number) as call:
        call_id = ask_for_a_person(h, call, number)
        notice = frames_of(h.line("person.connecting"))
        wait_until(lambda: share_found(notice, call.phone.sound()) >= 0.98, 15, "told that it is recorded")
        said = frames_of([says])
        wait_until(lambda: share_found(said, call.phone.sound()) >= 0.9, 20, "he hears the executive")
        call.phone.speak(1.5)
        wait_until(lambda: stands(h, call_id)[:2] == ("anything_else", "listen"), 30, "back in the flow")
        (purpose, seconds, who, *_), pieces = recorded(h, call_id)
        wait_until(lambda: len(call.phone.sound()) > 100, 5, "the flow goes on")
        call.hang_up()
    assert purpose == "conversation" and [(who,)] == h.sql("SELECT caller_id FROM call WHERE id = ?", call_id)
    assert 4.5 < seconds < 6.5, "as long as they talked; three more with the music"
    tone_s = sum(level > 500 and share > 0.8 for level, share in pieces) / 10
    noise_s = sum(level > 500 and share < 0.2 for level, share in pieces) / 10
    assert 1.2 <= tone_s <= 1.7 and 1.2 <= noise_s <= 1.9, "both sides, and no other sound"
    assert h.sql("SELECT COUNT(*) FROM recording WHERE call_id = ?", call_id) == [(1,)]
    assert h.sql("SELECT 1 FROM callback WHERE call_id = ?", call_id) == []
    assert [f for f in h.settings.spool_dir.rglob("*") if f.is_file()] == []


def test_conversation_that_the_dialplan_arranged_is_recorded_after_its_notice(
    scene: tuple[House, Asterisk], tmp_path: Path
) -> None:
    h, a = scene
    number = "+915000000099"
    with executive(a, "Answer", "Wait,3", "Hangup"), caller(h.settings, tmp_path, number=number) as call:
        told = frames_of([h.own_line("trouble"), h.own_line("recording_notice")])
        wait_until(lambda: share_found(told, call.phone.sound()) >= 0.98, 15, "the notice")
        call.ended(20)
    with voice(h):
        kept = "SELECT purpose, duration_s FROM recording WHERE call_id IS NULL"
        ((purpose, seconds),) = wait_until(lambda: h.sql(kept), 20, "a recording")
        wait_until(lambda: not list((h.settings.spool_dir / "conversations").iterdir()), 5, "the spool is emptied")
    assert purpose == "conversation" and 2 < seconds < 4
    assert h.sql("SELECT 1 FROM callback WHERE phone = ?", number) == []


def test_spool_that_cannot_be_written_harms_no_conversation(scene: tuple[House, Asterisk], tmp_path: Path) -> None:
    h, a = scene
    number = "+915000000098"
    folder = h.settings.spool_dir / "conversations"
    folder.rmdir()
    folder.touch()
    try:
        with executive(a, "Answer", "Wait,3", "Hangup"), voice(h), caller(h.settings, tmp_path, number=number) as call:
            call_id = ask_for_a_person(h, call, number)
            wait_until(lambda: a.channels() >= 3, 20, "they talk")
            wait_until(lambda: stands(h, call_id)[:2] == ("anything_else", "listen"), 30, "back in the flow")
            assert call.up
    finally:
        folder.unlink()
        folder.mkdir(mode=0o700)
    assert h.sql("SELECT 1 FROM recording WHERE call_id = ?", call_id) == []


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
