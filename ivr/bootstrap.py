"""The composition root: makes the parts of the house from Settings and hands them to each other.

Every other module takes its parts as arguments; only this one, and the commands that call it, know how all of them
fit. It decides nothing and starts no thread.
"""

from __future__ import annotations

import uuid

from callflows import ACTIONS, ENTRY, flows
from callflows.desk import desk
from db.session import Database
from ivr.channels.driver import Driver
from ivr.settings import Settings


def database(settings: Settings) -> Database:
    """The database that the settings name, on the settings' clock."""
    return Database(settings.database_url, offset=settings.clock_offset, pool_size=settings.database_pool)


def driver(settings: Settings, db: Database) -> Driver:
    """The driver of every door: the flows, the desk that keeps their promises, and the store."""
    return Driver(
        flows(), ACTIONS, desk(), db, new_id=lambda: uuid.uuid4().hex, entry=ENTRY, workers=settings.database_pool
    )
