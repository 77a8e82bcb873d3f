"""A whole house for calls: a seeded SQLite, sounds of noise, and `voice` in a process of its own.

A sound of noise is as good as speech for proving that it arrived, since no two frames of it are alike, and a call of
short sounds is soon over. A trigger writes down every reply a call was given, so a test knows all that had to be heard.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from audio import exchange
from audio.line import Segment
from audio.store import SoundStore
from db import clock
from db.session import Database
from ivr import bootstrap, phrasebook
from ivr.channels.reply import load_reply
from ivr.channels.speaking import Speaker
from ivr.core.call import Spoken
from ivr.core.wire import load
from ivr.settings import Settings
from ivr.voice import main
from scheduler import windows
from scheduler.rules import IST
from tests.kit_db import SqliteStock
from tests.kit_sip import settings_on_free_ports, wait_until

NOISE = "noise-1"
SOUND_S = 0.2
JOURNAL = """
CREATE TABLE said (id INTEGER PRIMARY KEY, call_id TEXT, state TEXT, reply TEXT);
CREATE TRIGGER said_it AFTER UPDATE OF reply ON call BEGIN
  INSERT INTO said (call_id, state, reply) VALUES (NEW.id, NEW.state, NEW.reply);
END;
"""
VOICE = "import sys; from ivr.settings import Settings; from ivr.voice import main; sys.exit(main(Settings()))"


@dataclass
class House:
    """Settings, database and sounds of one test."""

    settings: Settings
    database: Database
    speaker: Speaker

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows, read past every layer of ours."""
        with contextlib.closing(sqlite3.connect(str(self.database.url.database), timeout=5)) as connection:
            return connection.execute(query, values).fetchall()

    def said(self, call_id: str) -> list[Path]:
        """Every sound that the replies of a call so far named, in order."""
        return [sound for sounds in self.replies(call_id) for sound in sounds]

    def replies(self, call_id: str) -> list[list[Path]]:
        """The sounds of each reply of a call so far."""
        rows = self.sql("SELECT state, reply FROM said WHERE call_id = ? ORDER BY id", call_id)
        replies = [load_reply(json.loads(reply), load(json.loads(state))) for state, reply in rows]
        return [self.speaker.sounds(reply) for reply in replies]

    def line(self, key: str, lang: str = "hi") -> list[Path]:
        """The sounds of a line without values."""
        return self.speaker.files([Spoken(key)], lang)

    def own_line(self, name: str, lang: str = "hi") -> Path:
        """The file of one of the exchange's own lines."""
        return self.settings.sounds_dir / "fallback" / lang / f"{name}.alaw"


def until_morning() -> timedelta:
    """From now to the next Monday, or the Tuesday after a closed one: nothing here depends on when it is run."""
    now = datetime.now(IST)
    morning = now.replace(hour=10, minute=30, second=0, microsecond=0) + timedelta(days=7 - now.weekday())
    return morning - now + timedelta(days=(morning.month, morning.day) in {(1, 26), (8, 15), (10, 2)})


@contextmanager
def house(tmp_path: Path, stock: SqliteStock, sounds: Path, **more: Any) -> Iterator[House]:
    """A fresh seeded demo database with its windows laid out, at half past ten of a working morning.

    `sounds` is a folder made by `noise`.
    """
    values = {"database_url": stock.fresh(seeded=True), "sounds_dir": sounds, "demo": True, **more}
    values.setdefault("clock_offset", until_morning())
    settings = settings_on_free_ports(tmp_path / "var", **values)
    settings.var_dir.mkdir(exist_ok=True)
    database = bootstrap.database(settings)
    windows.materialise(database)
    with contextlib.closing(sqlite3.connect(str(database.url.database))) as connection:
        connection.executescript(JOURNAL)
    try:
        yield House(settings, database, bootstrap.speaker(settings, database))
    finally:
        database.dispose()


def noise_once(folders: pytest.TempPathFactory, stock: SqliteStock) -> Path:
    """The folder of `noise`, made once a test run."""
    root = folders.getbasetemp() / "noise"
    return root if root.exists() else noise(root, stock)


def noise(root: Path, stock: SqliteStock, seconds: float = SOUND_S) -> Path:
    """Makes a sound of noise for everything callers may hear, published, with the exchange's own lines."""
    database = Database(stock.fresh(seeded=True))
    store = SoundStore(root)
    try:
        with database.read() as session:
            values = phrasebook.values(session, clock.now(session))
        names = bootstrap.speaker(Settings(sounds_dir=root), database).names
        for lang, catalogue in bootstrap.catalogues().items():
            for segment in phrasebook.segments(catalogue, names, values):
                _lay_down(store, segment, seconds)
            store.publish(lang, NOISE)
            exchange.install(store, catalogue)
    finally:
        database.dispose()
    return root


def _lay_down(store: SoundStore, segment: Segment, seconds: float) -> None:
    if not store.has(NOISE, segment, "normal"):  # whoever wants it slow hears it at the normal pace
        dice = random.Random(f"{segment.lang}{segment.text}")
        store.put(NOISE, segment, "normal", {"alaw": dice.randbytes(int(seconds * 8000)), "wav": b"", "mp3": b""})


@dataclass
class VoiceProcess:
    """`voice`, as the supervisor would start it."""

    house: House
    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """`kill -9`, and it is gone."""
        self.process.kill()
        self.process.wait(5)


@contextmanager
def voice(house: House) -> Iterator[VoiceProcess]:
    """Starts `voice` and waits until it answers and sees Asterisk's AMI, or only answers where there is none."""
    written = {"mode": "json", "exclude_defaults": True}
    env = {f"MITAN_{k.upper()}": _plain(v) for k, v in house.settings.model_dump(**written).items()}
    log_file = house.settings.var_dir / "voice.log"
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", VOICE], env={**os.environ, **env}, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    running = VoiceProcess(house, process, log_file)
    begun = running.log.count("voice answers")
    try:
        wait_until(
            lambda: process.poll() is not None or running.log.count("voice answers") > begun, 20, "voice answers"
        )
        assert process.poll() is None, running.log[-3000:]
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(8)
            except subprocess.TimeoutExpired:
                running.kill()


@contextmanager
def quick_voice(house: House) -> Iterator[BaseProcess]:
    """The same process forked from one that has imported everything: for tests that kill it again and again."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["ivr.voice"])
    process = context.Process(target=_run_quietly, args=(house.settings,), daemon=True)
    process.start()
    try:
        wait_until(lambda: _answers(house.settings.fastagi_port) or not process.is_alive(), 20, "voice answers")
        assert process.is_alive()
        yield process
    finally:
        process.kill()
        process.join(5)
        process.close()


def _run_quietly(settings: Settings) -> None:
    with (settings.var_dir / "voice.log").open("ab") as log:
        os.dup2(log.fileno(), 2)
    main(settings)


def _answers(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "-".join(str(v) for v in value) if len(value) == 2 and isinstance(value[0], int) else ",".join(value)
    return str(value)
