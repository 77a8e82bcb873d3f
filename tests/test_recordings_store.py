"""Recordings: what lies on the disk is noise, the spool is emptied, nothing said is lost and nothing is kept twice."""

from __future__ import annotations

import io
import os
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db import clock, sealed
from db.models import Callback, Recording
from db.session import Database
from ivr.channels.recordings import Recordings, read_note
from tests.kit_asterisk import silent_wav

MASTER = bytes(range(32))


def store(database: Database, tmp_path: Path) -> Recordings:
    return Recordings(database, tmp_path, MASTER, due_at=lambda session, now: now + timedelta(hours=1))


def wav(folder: Path, name: str, seconds: float = 4.0, age_s: float = 60.0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_bytes(silent_wav(seconds))
    os.utime(file, (time.time() - age_s,) * 2)
    return file


def rows(database: Database) -> list[Recording]:
    with database.read() as session:
        return list(session.scalars(select(Recording).order_by(Recording.id)))


def callbacks(database: Database) -> list[Callback]:
    with database.read() as session:
        return list(session.scalars(select(Callback).order_by(Callback.id)))


# --- sealed files --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 200_000])
def test_what_is_sealed_can_be_opened_again_and_only_with_its_keys(tmp_path: Path, size: int) -> None:
    data, target = os.urandom(size), tmp_path / "a.sealed"
    done = sealed.seal(io.BytesIO(data), target, MASTER)
    assert done.size_bytes == size and b"".join(sealed.unseal(target, done.wrapped_key, MASTER)) == data
    assert target.stat().st_mode & 0o777 == 0o600 and [p.name for p in tmp_path.iterdir()] == ["a.sealed"]
    with pytest.raises(sealed.CannotOpen):
        b"".join(sealed.unseal(target, done.wrapped_key, bytes(32)))


def test_nothing_of_the_voice_is_on_the_disk(tmp_path: Path) -> None:
    canary = b"a citizen's own words" * 100
    sealed.seal(io.BytesIO(canary), tmp_path / "a.sealed", MASTER)
    assert canary[:16] not in (tmp_path / "a.sealed").read_bytes()


@pytest.mark.parametrize(
    ("word", "harm"),
    [
        ("a bit turned", lambda d: d[:5000] + bytes([d[5000] ^ 1]) + d[5001:]),
        ("end cut off at a piece", lambda d: d[: 12 + 65536 + 16]),
        ("end cut off", lambda d: d[:-1]),
        (
            "pieces exchanged",
            lambda d: d[:12] + d[12 + 65552 : 12 + 2 * 65552] + d[12 : 12 + 65552] + d[12 + 2 * 65552 :],
        ),
        ("something added", lambda d: d + b"x"),
        ("another file", lambda d: b"RIFF" + d[4:]),
        ("nothing", lambda d: b""),
    ],
)
def test_harmed_file_does_not_open(tmp_path: Path, word: str, harm) -> None:  # type: ignore[no-untyped-def]  # a table of lambdas
    target = tmp_path / "a.sealed"
    done = sealed.seal(io.BytesIO(os.urandom(180_000)), target, MASTER)
    target.write_bytes(harm(target.read_bytes()))
    with pytest.raises(sealed.CannotOpen):
        b"".join(sealed.unseal(target, done.wrapped_key, MASTER))


def test_key_of_one_recording_opens_no_other(tmp_path: Path) -> None:
    done = sealed.seal(io.BytesIO(b"one"), tmp_path / "a.sealed", MASTER)
    (tmp_path / "b.sealed").write_bytes((tmp_path / "a.sealed").read_bytes())
    with pytest.raises(sealed.CannotOpen):
        b"".join(sealed.unseal(tmp_path / "b.sealed", done.wrapped_key, MASTER))


# --- the store -----------------------------------------------------------------------------------------------------
def test_message_of_a_call_is_kept_once_and_leaves_the_spool(database: Database, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    file = wav(spool, "message_abc_3.wav")
    data = file.read_bytes()
    id_ = store(database, tmp_path).keep(file, "abc", 4.0)
    (row,) = rows(database)
    assert (str(row.id), row.purpose, row.duration_s, row.state) == (id_, "message", 4.0, "kept")
    assert row.retain_until - row.made_at == timedelta(days=90)
    assert not list(spool.iterdir())
    assert b"".join(sealed.unseal(tmp_path / row.path, str(row.wrapped_key), MASTER)) == data


def test_two_messages_of_one_call_and_turn_are_two(database: Database, tmp_path: Path) -> None:
    keeper = store(database, tmp_path)
    first = keeper.keep(wav(tmp_path / "a", "message_abc.wav", 4.0), "abc", 4.0)
    assert first != keeper.keep(wav(tmp_path / "a", "message_abc.wav", 5.0), "abc", 5.0)


def test_dying_before_the_spool_was_emptied_keeps_it_once(database: Database, tmp_path: Path) -> None:
    keeper, spool = store(database, tmp_path), tmp_path / "spool"
    data = wav(spool, "message_abc_3.wav").read_bytes()
    keeper.keep(spool / "message_abc_3.wav", "abc", 4.0)
    wav(spool, "message_abc_3.wav").write_bytes(data)  # as if the process had died before it unlinked
    os.utime(spool / "message_abc_3.wav", (time.time() - 60,) * 2)
    assert keeper.import_spool(spool) == 1
    (row,) = rows(database)
    assert b"".join(sealed.unseal(tmp_path / row.path, str(row.wrapped_key), MASTER)) == data


def note(spool: Path, name: str, **more: str) -> None:
    fields = {
        "phone": "05000000001",
        "origin": "trunk",
        "why": "night",
        "language": "en",
        "call": "",
        "at": "1",
        **more,
    }
    (spool / f"{name}.txt").write_text("".join(f"{k}={v}\n" for k, v in fields.items()))


def test_message_that_the_dialplan_took_becomes_a_callback(database: Database, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    wav(spool, "fallback_1770000000.1.wav", age_s=3600)
    note(spool, "fallback_1770000000.1", ended="2")
    assert store(database, tmp_path).import_spool(spool) == 1
    (row,), (callback,) = rows(database), callbacks(database)
    assert (callback.phone, callback.reason, callback.language) == ("+915000000001", "night", "en")
    assert callback.recording_id == row.id and callback.state == "waiting"
    with database.read() as session:
        ago = clock.now(session) - callback.asked_at
    assert timedelta(minutes=59) < ago < timedelta(minutes=61), "asked when it was spoken, not when it was found"
    assert not list(spool.iterdir())


def test_message_still_being_spoken_is_left_alone(database: Database, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    wav(spool, "fallback_1.1.wav", age_s=0)
    note(spool, "fallback_1.1")
    wav(spool, "message_abc_1.wav")
    assert store(database, tmp_path).import_spool(spool, busy=["abc"]) == 0
    assert len(list(spool.iterdir())) == 3


def test_message_whose_end_was_never_marked_is_taken_later(database: Database, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    wav(spool, "fallback_1.1.wav", age_s=700)
    note(spool, "fallback_1.1")
    assert store(database, tmp_path).import_spool(spool) == 1


def test_breath_left_by_a_blank_call_is_no_message(database: Database, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    wav(spool, "fallback_1.1.wav", seconds=1.0)
    note(spool, "fallback_1.1", ended="2")
    assert store(database, tmp_path).import_spool(spool) == 0
    assert (rows(database), callbacks(database), list(spool.iterdir())) == ([], [], [])


def test_one_message_that_cannot_be_taken_keeps_no_other_back(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = tmp_path / "spool"
    (spool / "fallback_0.0.wav").mkdir(parents=True)
    (spool / "fallback_0.0.txt").write_text("phone=+915000000009\nended=1\n")
    (spool / "fallback_0.0.wav" / "x").write_bytes(bytes(100))
    os.truncate(wav(spool, "fallback_0.1.wav"), 0)
    wav(spool, "fallback_1.1.wav")
    note(spool, "fallback_1.1", ended="2")
    assert store(database, tmp_path).import_spool(spool) == 1
    assert len(callbacks(database)) == 1 and "5000000009" not in caplog.text


def test_database_gone_leaves_the_message_where_it_was(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    wav(spool, "fallback_1.1.wav")
    note(spool, "fallback_1.1", ended="2")
    gone = Database(f"sqlite:///{tmp_path / 'nowhere' / 'x.db'}")
    assert store(gone, tmp_path).import_spool(spool) == 0
    gone.dispose()
    assert len(list(spool.iterdir())) == 2


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("empty", ""),
        ("strange", "why=nonsense\nlanguage=../../x\ncall='; DROP\nphone=राम\n===\n\x00"),
        ("unknown call", "call=0123456789abcdef\nlanguage=hi"),
    ],
)
def test_strange_note_costs_no_message(database: Database, tmp_path: Path, word: str, text: str) -> None:
    read = read_note(text)
    assert (read.phone, read.reason, read.language) == (None, "nobody", "hi")
    spool = tmp_path / "spool"
    wav(spool, "fallback_1.1.wav", age_s=700)
    (spool / "fallback_1.1.txt").write_text(text)
    assert store(database, tmp_path).import_spool(spool) == 1


def test_recording_counts_nobody_but_its_caller(database: Database, tmp_path: Path) -> None:
    store(database, tmp_path).keep(wav(tmp_path / "s", "message_abc_3.wav"), "no-such-call", 4.0)
    (row,) = rows(database)
    assert row.call_id is None and row.caller_id is None and isinstance(row.made_at, datetime)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Callback)) == 0
