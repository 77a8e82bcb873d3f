"""Recorded conversations: kept with their call, for as long as policy says, and never taken while they go on."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path

import pytest

from audio.catalogue import Catalogue
from callflows import flows
from db import clock, sealed
from db.models import Call, Caller, PolicyValue
from db.policy import policy_value
from db.session import Database
from ivr.core.flow import Prompt, Transfer
from tests.test_recordings_store import MASTER, callbacks, note, rows, store, wav


def talk(spool: Path, who: str, seconds: float = 4.0, age_s: float = 60.0, phone: str = "", over: bool = True) -> Path:
    """What Asterisk leaves of a conversation of this call or channel."""
    file = wav(spool / "conversations", f"conversation_{who}_1770000000.wav", seconds, age_s)
    beside = file.with_suffix(".txt")
    beside.write_text(f"phone={phone}\n" + ("ended=2\n" if over else ""))
    os.utime(beside, (time.time() - age_s,) * 2)
    return file


def a_call(database: Database, phone: str = "+915000000031") -> tuple[str, int]:
    """A call that has ended, of a caller we know: (call, caller)."""
    with database.begin() as session:
        now = clock.now(session)
        caller = Caller(phone=phone, kind="mobile", language="hi", first_seen_at=now, last_call_at=now)
        session.add(caller)
        session.flush()
        new = {"channel": "sip", "origin": "trunk", "direction": "in", "external_id": "1770000000.7", "phone": phone}
        place = {"language": "hi", "flow": "main", "node": "menu", "turn": 1, "state": {}, "reply": {}}
        call = Call(id="0a" * 16, caller_id=caller.id, started_at=now, last_at=now, **new, **place)
        session.add(call)
        session.flush()
        return call.id, caller.id


@pytest.mark.parametrize("who", ["0a" * 16, "1770000000.7"], ids=["named by the call", "named by the channel"])
def test_conversation_is_kept_with_its_call_and_nobody_is_asked_to_ring_back(
    database: Database, tmp_path: Path, who: str
) -> None:
    call_id, caller_id = a_call(database)
    spool = tmp_path / "spool"
    data = talk(spool, who).read_bytes()
    wav(spool, "fallback_1.1.wav")
    note(spool, "fallback_1.1", ended="2")
    assert store(database, tmp_path).import_spool(spool, busy=[call_id]) == 1, "one message"
    message, row = sorted(rows(database), key=lambda r: r.purpose, reverse=True)
    assert (row.purpose, row.call_id, row.caller_id, row.duration_s) == ("conversation", call_id, caller_id, 4.0)
    assert b"".join(sealed.unseal(tmp_path / row.path, str(row.wrapped_key), MASTER)) == data
    (callback,) = callbacks(database)
    assert (message.purpose, callback.recording_id) == ("message", message.id)
    assert [f for f in spool.rglob("*") if f.is_file()] == []


def test_conversation_without_a_call_counts_for_whoever_the_trunk_named(database: Database, tmp_path: Path) -> None:
    _, caller_id = a_call(database)
    talk(tmp_path, "1770000000.8", phone="05000000031")
    talk(tmp_path, "1770000000.9")
    store(database, tmp_path).import_spool(tmp_path)
    assert [(r.call_id, r.caller_id) for r in rows(database)] == [(None, caller_id), (None, None)]


def test_conversation_still_going_on_is_left_alone_however_long_its_caller_waits(
    database: Database, tmp_path: Path
) -> None:
    talk(tmp_path, "a", age_s=700, over=False)
    talk(tmp_path, "b", seconds=0, age_s=700, over=False)
    store(database, tmp_path).import_spool(tmp_path)
    assert rows(database) == [] and len(list((tmp_path / "conversations").iterdir())) == 4


def test_conversation_whose_end_was_never_marked_is_taken_later(database: Database, tmp_path: Path) -> None:
    talk(tmp_path, "a", age_s=2000, over=False).with_suffix(".txt").unlink()
    store(database, tmp_path).import_spool(tmp_path)
    assert [r.purpose for r in rows(database)] == ["conversation"] and not list((tmp_path / "conversations").iterdir())


def test_caller_whom_nobody_answered_leaves_nothing(database: Database, tmp_path: Path) -> None:
    talk(tmp_path, "a", seconds=0)
    talk(tmp_path, "b").unlink()  # nothing could be written but the note
    store(database, tmp_path).import_spool(tmp_path)
    assert rows(database) == [] and not list((tmp_path / "conversations").iterdir())


def test_conversation_that_cannot_be_kept_stays_in_the_spool(tmp_path: Path) -> None:
    talk(tmp_path, "a")
    gone = Database(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    store(gone, tmp_path).import_spool(tmp_path)
    gone.dispose()
    assert len(list((tmp_path / "conversations").iterdir())) == 2


def test_policy_says_how_long_each_purpose_is_kept(database: Database, tmp_path: Path) -> None:
    since, source = date(2020, 1, 1), "operator"
    with database.begin() as session:
        days = {"conversation": 30}
        session.add(PolicyValue(key="recording_days", value=days, valid_from=since, source=source))
    keeper = store(database, tmp_path)
    talk(tmp_path, "a")
    keeper.import_spool(tmp_path)
    keeper.keep(wav(tmp_path / "s", "message_abc_3.wav"), "abc", 4.0)
    kept = [(r.purpose, (r.retain_until - r.made_at).days) for r in rows(database)]
    assert kept == [("conversation", 30), ("message", 90)]


def test_seed_names_both_purposes(seeded_sqlite: Database) -> None:
    with seeded_sqlite.read() as session:
        days = policy_value(session, "recording_days", date(2026, 11, 20))
    assert days == {"conversation": 90, "message": 90}


@pytest.mark.parametrize("lang", ["hi", "en"])
def test_whoever_is_handed_to_a_person_is_told_first_that_it_is_recorded(lang: str) -> None:
    said = Catalogue.load(lang)
    (notice,) = said["fallback.recording_notice"].parts
    transfers = [node for flow in flows().values() for node in flow.nodes if isinstance(node, Transfer)]
    assert transfers
    for node in transfers:
        lines = [said[line.key].parts for line in node.prompt if isinstance(line, Prompt)]
        assert any(str(parts[-1]).endswith(str(notice)) for parts in lines), node.id
