"""What a running house looks like from outside: its processes, calls, queue, database and sounds, and what is wrong.

Reads only; asks Asterisk by its own command line and the database for counts, never for a person's row.
"""

from __future__ import annotations

import fcntl
import json
import re
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from agent_console.counts import count_now
from audio.phrases import Values
from audio.store import SoundStore
from db import clock, house, migrate
from db.session import Database
from ivr import bootstrap, phrasebook
from ivr.asterisk.render import QUEUES, Places
from ivr.asterisk.tree import NoAsterisk, ensure
from ivr.settings import Settings
from ivr.standing import ask, state_file
from scheduler.names import Names


@dataclass
class State:
    """Facts by name, and a sentence for each that is not as it should be."""

    facts: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def look(settings: Settings) -> State:
    """The state of this moment; a part that cannot be asked is wrong, and its facts are missing."""
    found = State()
    running = _processes(settings, found)
    if running:
        _exchange(settings, found)
    database = bootstrap.database(settings)
    try:
        _database(settings, database, found)
    except SQLAlchemyError as gone:
        found.wrong.append(f"the database does not answer: {type(gone).__name__}")
    finally:
        database.dispose()
    return found


def _processes(settings: Settings, found: State) -> bool:
    if not _held(settings):
        found.facts["running"] = False
        found.wrong.append(f"mitan is not running in {settings.var_dir}")
        return False
    told = json.loads(state_file(settings).read_text())
    found.facts |= {"running": True, "supervisor": told["supervisor"], "programs": told["programs"]}
    for name, one in told["programs"].items():
        if one["pid"] is None:
            found.wrong.append(f"{name} is down, crashed {one['crashes']} times ({settings.var_dir}/log/{name}.log)")
        elif not one["ready"]:
            found.wrong.append(f"{name} is not ready yet")
    return True


def _held(settings: Settings) -> bool:
    """Whether a supervisor holds the folder."""
    try:
        with (settings.var_dir / "run.lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return state_file(settings).exists()
    except FileNotFoundError:
        return False
    return False


def _exchange(settings: Settings, found: State) -> None:
    conf = Places(settings.asterisk_home).conf
    try:
        tree = ensure(lambda _: None, own=settings.asterisk == "auto")
    except NoAsterisk as none:
        found.wrong.append(str(none))
        return
    channels = re.search(r"(\d+) active channel", ask(tree, conf, "core show channels count"))
    queue = ask(tree, conf, f"queue show {QUEUES[0]}")
    waiting = re.search(r"has (\d+) calls?", queue)
    if not channels or not waiting:
        found.wrong.append("Asterisk does not answer")
        return
    members = [line for line in queue.splitlines() if "PJSIP/" in line]
    signed_in = [line for line in members if not re.search(r"Unavailable|Invalid|Unknown", line)]
    found.facts |= {
        "channels": int(channels.group(1)),
        "queue": {"waiting": int(waiting.group(1)), "seats": len(members), "signed_in": len(signed_in)},
    }


def _database(settings: Settings, database: Database, found: State) -> None:
    current, head = migrate.current(settings.database_url), migrate.head()
    found.facts["migrations"] = {"at": current, "newest": head}
    if current != head:
        found.wrong.append("the database is not at the newest version: mitan db upgrade")
        return
    with database.read() as session:
        counts = count_now(session)
        found.facts |= {name: value for name, (_, value) in counts.measured().items()}
        found.facts["demo"] = house.is_demo(session)
        values = phrasebook.values(session, clock.now(session))
    if counts.messages_failed:
        found.wrong.append(f"{counts.messages_failed} messages failed or are in doubt")
    missing = _missing(bootstrap.sounds(settings), Names(database), values)
    found.facts["sounds_missing"] = missing
    found.wrong += [f"{n} sounds are missing in {lang}: mitan prompts build" for lang, n in missing.items() if n]


def _missing(store: SoundStore, names: Names, values: Values) -> dict[str, int]:
    return {
        lang: sum(store.path(segment, lang) is None for segment in phrasebook.segments(book, names, values))
        for lang, book in bootstrap.catalogues().items()
    }
