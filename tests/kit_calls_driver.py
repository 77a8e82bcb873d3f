"""The stage on which call files meet the real driver, desk and database; and seats to book on it.

Only files with a line `real` are played here: those that tell the desk nothing and name no day.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from callflows import ACTIONS, ENTRY, flows
from callflows.desk import desk
from db import clock, policy
from db.models import Action, Caller, Slot
from db.session import Database
from ivr.channels.driver import Driver
from ivr.channels.reply import NewCall, Reply
from ivr.core.call import Event, HungUp
from scheduler.rules import IST, local_day
from tests.kit_calls import Script, Shown, text_of

DAYS = 7
PHONE = "+915000077001"
HOURS = {"open": 10, "night": 22}


def open_day(session: Session) -> date:
    """The first day from tomorrow on from which no closed day comes within `DAYS`."""
    day = local_day(clock.now(session)) + timedelta(days=1)
    while policy.closed_days(session, "service", day, day + timedelta(days=DAYS)):
        day += timedelta(days=1)
    return day


def add_seats(session: Session, first: date, *cities: str) -> None:
    """Two seats in each window of two hours between eight and eight, for `DAYS` days."""
    days = [first + timedelta(days=n) for n in range(DAYS)]
    starts = [datetime.combine(day, time(hour), IST) for day in days for hour in range(8, 20, 2)]
    session.execute(
        insert(Slot),
        [
            {"city_id": city, "starts_at": start, "ends_at": start + timedelta(hours=2), "seat": seat}
            for city in cities
            for start in starts
            for seat in range(2)
        ],
    )


class DriverStage:
    """A call on the real driver, at an hour that fits the file's `office`."""

    def __init__(self, script: Script, database: Database) -> None:
        self.script, self.database = script, database
        self.caller = script.setting("caller", "new")
        self.driver = Driver(flows(), ACTIONS, desk(), database, new_id=lambda: uuid.uuid4().hex, entry=ENTRY)
        self.reply: Reply | None = None

    def begin(self) -> Shown:
        if self.caller.startswith("known in "):
            self._remember(self.caller.removeprefix("known in "))
        phone = None if self.caller == "withheld" else PHONE
        origin = "claimed" if self.caller == "claimed" else "trunk"
        return self._shown(self.driver.settle(self.driver.begin(NewCall("plain", origin, phone))))

    def feed(self, event: Event) -> Shown:
        assert self.reply is not None
        return self._shown(self.driver.run(self.reply.call_id, self.reply.turn, event))

    def done(self) -> list[str]:
        assert self.reply is not None
        with self.database.read() as session:
            mine = select(Action.name).where(Action.call_id == self.reply.call_id)
            return list(session.scalars(mine))

    def _remember(self, city: str) -> None:
        with self.database.begin() as session:
            long_ago = clock.now(session) - timedelta(days=9)
            path = self.script.setting("path", "keys")
            language = self.script.setting("language", "hi")
            told = {"language": language, "path": path, "city_id": city, "first_seen_at": long_ago}
            session.add(Caller(phone=PHONE, kind="mobile", pace="normal", last_call_at=long_ago, **told))

    def _shown(self, reply: Reply) -> Shown:
        self.reply = reply
        said = tuple(text_of(line, reply.manner.language) for line in reply.prompts)
        return Shown(f"{reply.flow}.{reply.node}", said, reply.wait)


@contextmanager
def driver_stage(script: Script, seeded: Database) -> Iterator[DriverStage]:
    """A stage with seats in the city that the files speak of, on a clock of its own."""
    with seeded.begin() as session:
        day = open_day(session)
        add_seats(session, day, "raipur", "durg")
        hour = time(HOURS[script.setting("office", "open")])
        offset = datetime.combine(day, hour, IST) - clock.now(session)
    database = Database(seeded.url, offset=offset)
    stage = DriverStage(script, database)
    try:
        yield stage
        if stage.reply is not None:
            stage.feed(HungUp())
    finally:
        stage.driver.close()
        database.dispose()
