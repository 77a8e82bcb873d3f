"""A console for tests: on any database, with users who can sign in, and a telephone whose driver is a list of replies.

Real parts wherever they cost nothing; the assets are a handful of empty files unless a test needs a real browser.
"""

from __future__ import annotations

import json
import re
import wave
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.test import TestResponse

from agent_console import accounts, passwords
from agent_console.accounts import NewUser
from agent_console.app import create_app
from agent_console.config import ConsoleConfig
from agent_console.routes import ADMINISTRATORS, PUBLIC, Access, Role
from db.models import User
from db.session import Database
from ivr.channels.browser import ENDPOINTS, Phone, phone_pages
from ivr.channels.reply import NewCall, Reply
from ivr.core.call import End, Event, HungUp, Manner, Spoken, Wait

KEY = "a key for tests: 0123456789 abcdefghij"
OWN = "bunch of marigold on a tractor"  # a password of the user's own
ASSETS = ("console.css", "console.js", "phone.css", "phone.js", "noto-sans-devanagari-devanagari-wght-normal.woff2")
TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
ICON = re.compile(r"icon\(\"([^\"]+)\"")
TEMPLATES = Path(__file__).parents[1] / "agent_console" / "templates"


def empty_assets(folder: Path) -> Path:
    """A bundle with every name the pages ask for and nothing in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ASSETS:
        (folder / name).write_text("")
    named = {icon for page in TEMPLATES.glob("*.html") for icon in ICON.findall(page.read_text("utf-8"))}
    (folder / "manifest.json").write_text(json.dumps({name: name for name in ASSETS}))
    (folder / "icons.json").write_text(json.dumps(dict.fromkeys(named, "<path/>")))
    return folder


def console(database: Database, folder: Path, phone: Phone | None = None, **settings: Any) -> Flask:
    """The console on `database`; `folder` is the test's own. Other fields of ConsoleConfig by name."""
    defaults: dict[str, Any] = {
        "database": database,
        "secret_key": KEY,
        "first_passwords": folder / "first-passwords",
        "dist": settings.pop("dist", None) or empty_assets(folder / "dist"),
    }
    config = ConsoleConfig(**{**defaults, **settings})
    access: Access = PUBLIC if config.open_demo else ADMINISTRATORS
    entries = {f"phone.{name}": access for name in ENDPOINTS}
    app = create_app(config, [(phone_pages(phone), entries)] if phone else [])
    app.testing = False  # errors become pages, as they do for a reader
    return app


def add(database: Database, folder: Path, username: str = "asha", role: Role = Role.EXECUTIVE) -> str:
    """A user with a password of her own; returns it."""
    accounts.add_user(database, NewUser(username, username.title(), role), folder / "first-passwords")
    with database.begin() as session:
        session.execute(
            update(User).where(User.username == username).values(password_hash=passwords.hashed(OWN), must_change=False)
        )
    return OWN


def token(client: FlaskClient, path: str = "/sign-in") -> str:
    """The CSRF token a page carries."""
    found = TOKEN.search(client.get(path).text)
    assert found, f"no token on {path}"
    return found[1]


def post(client: FlaskClient, path: str, page: str = "/sign-in", **form: str) -> TestResponse:
    """Posts a form as the page would."""
    return client.post(path, data={**form, "csrf_token": token(client, page)})


def sign_in(client: FlaskClient, username: str = "asha", password: str = OWN, **form: str) -> TestResponse:
    return post(client, "/sign-in", username=username, password=password, **form)


@dataclass
class ScriptedDriver:
    """Answers from a list, one reply a turn, as the real one would: stale turns hear the stored reply again."""

    waits: Iterable[Wait]
    said: tuple[Spoken, ...] = (Spoken("greeting"),)
    begun: list[NewCall] = field(default_factory=list)
    told: list[tuple[str, int, Event]] = field(default_factory=list)
    standing: dict[str, Reply] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._left = iter(self.waits)

    def begin(self, new: NewCall) -> Reply:
        self.begun.append(new)
        call_id = f"{len(self.begun):032x}"
        self.standing[call_id] = Reply(call_id, 1, "main", "greet", Manner(), self.said, next(self._left), {"n": 1})
        return self.standing[call_id]

    def current(self, call_id: str) -> Reply:
        return self.standing[call_id]

    def settle(self, reply: Reply) -> Reply:
        return reply

    def run(self, call_id: str, turn: int, event: Event) -> Reply:
        reply = self.standing[call_id]
        if turn != reply.turn or isinstance(reply.wait, End):
            return reply
        self.told.append((call_id, turn, event))
        wait = End("caller_gone") if isinstance(event, HungUp) else next(self._left)
        self.standing[call_id] = replace(reply, turn=turn + 1, wait=wait)
        return self.standing[call_id]


@dataclass(frozen=True)
class PlainSpeaker:
    """Says a key as itself; each line has one sound, which lies in `sounds`."""

    sounds: Path

    def text(self, line: Spoken, lang: str) -> str:
        return f"{lang}:{line.key}"

    def files(self, lines: Iterable[Spoken], lang: str, pace: str = "normal", form: str = "alaw") -> list[Path]:
        return [self.sounds / lang / f"{line.key}.{form}" for line in lines]


def write_wav(path: Path, seconds: float, rate: int = 8000) -> Path:
    """Silence as 16-bit mono."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\0\0" * int(seconds * rate))
    return path
