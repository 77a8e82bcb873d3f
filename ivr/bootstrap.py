"""The composition root: makes the parts of the house from Settings and hands them to each other.

Every other module takes its parts as arguments; only this one, and the commands that call it, know how all of them
fit. It decides nothing and starts no process.
"""

from __future__ import annotations

import base64
import logging
import uuid
from pathlib import Path

from flask import Flask

from agent_console.app import create_app
from agent_console.config import ConsoleConfig
from agent_console.routes import ADMINISTRATORS, PUBLIC, Access
from audio.catalogue import Catalogue, languages
from audio.store import SoundStore
from callflows import ACTIONS, ENTRY, flows
from callflows.desk import desk
from db import clock, house
from db.session import Database
from ivr.asterisk.render import Opening
from ivr.channels.browser import ENDPOINTS, Phone, phone_pages
from ivr.channels.driver import Driver
from ivr.channels.recordings import Recordings
from ivr.channels.speaking import Speaker
from ivr.settings import Settings, is_loopback, key_text
from scheduler import rules
from scheduler.hours import hours
from scheduler.names import Names

CLOSED_DAYS_AHEAD = 400


def logs(settings: Settings) -> None:
    """Every process logs alike, to standard error: whoever runs it keeps it."""
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for chatty in ("apscheduler", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def database(settings: Settings) -> Database:
    """The database that the settings name, on the settings' clock. Raises PermissionError for a shifted clock where
    citizens' bookings are kept."""
    made = Database(settings.database_url, offset=settings.clock_offset, pool_size=settings.database_pool)
    if settings.clock_offset:
        with made.read() as session:
            if not house.is_demo(session):
                raise PermissionError("MITAN_CLOCK_OFFSET: this database is not marked demo")
    return made


def catalogues() -> dict[str, Catalogue]:
    """What is said, by language: as many languages as there are catalogues."""
    return {lang: Catalogue.load(lang) for lang in languages()}


def sounds(settings: Settings) -> SoundStore:
    """The prepared sounds."""
    return SoundStore(settings.sounds_dir)


def speaker(settings: Settings, db: Database) -> Speaker:
    """What turns a Reply into files or text."""
    return Speaker(catalogues(), Names(db), sounds(settings))


def driver(settings: Settings, db: Database) -> Driver:
    """The driver of every door: the flows, the desk that keeps their promises, and the store."""
    return Driver(
        flows(), ACTIONS, desk(), db, new_id=lambda: uuid.uuid4().hex, entry=ENTRY, workers=settings.database_pool
    )


def recordings(settings: Settings, db: Database) -> Recordings:
    """The store of what callers said; a message is due as soon as people answer."""
    master = base64.urlsafe_b64decode(key_text(settings.recordings_key_file))
    return Recordings(db, settings.var_dir, master, due_at=lambda session, now: hours(session, now).opens_at or now)


def is_demo(db: Database) -> bool:
    """Whether everybody in this database is invented."""
    with db.read() as session:
        return house.is_demo(session)


def opening(db: Database) -> Opening:
    """When people answer, for the dialplan, which can ask nobody: the general hours and the closed days of all."""
    with db.read() as session:
        now = clock.now(session)
        policy = rules.load(session, now, days=CLOSED_DAYS_AHEAD)
    today = rules.local_day(now)
    opens, closes = policy.opening(today)
    shut = sorted(day for day, city_id in policy.closed if city_id is None and day >= today)
    return Opening(opens.time(), closes.time(), tuple(shut))


def web(settings: Settings) -> Flask:
    """The console with the browser phone, which stands open only in a demonstration that nobody else can reach."""
    db = database(settings)
    config = ConsoleConfig(
        database=db,
        secret_key=key_text(settings.secret_key_file),
        first_passwords=first_passwords(settings),
        demo=is_demo(db),
        bind_loopback=is_loopback(settings.bind),
        tls=settings.tls_cert_file is not None,
        hosts=settings.web_hosts,
        metrics_token=settings.metrics_token.get_secret_value(),
    )
    phone = Phone(
        driver=driver(settings, db),
        speaker=speaker(settings, db),
        sounds=settings.sounds_dir,
        keep=recordings(settings, db).keep,
        languages=languages(),
        origin="trunk" if config.open_demo else "claimed",
    )
    access: Access = PUBLIC if config.open_demo else ADMINISTRATORS
    return create_app(config, [(phone_pages(phone), {f"phone.{name}": access for name in ENDPOINTS})])


def first_passwords(settings: Settings) -> Path:
    """Where a new user's random password lies until they choose their own."""
    return settings.var_dir / "secrets" / "first-passwords"
