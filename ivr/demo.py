"""A believable day for a database marked demo: invented citizens call through the real driver, flows and rules.

`day` plays yesterday and today up to now on a shifted clock; `keep_calling` keeps a few calls up while a demo runs.
Both refuse a database that is not marked demo. Numbers are the test numbers, which belong to nobody.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from db import clock, house
from db.session import Database
from ivr.channels.driver import Driver
from ivr.channels.reply import NewCall, Reply
from ivr.core.call import Bridge, BridgeEnded, End, Event, HungUp, Listen, Pressed, Silence, TakeRecording
from scheduler.rules import IST

log = logging.getLogger(__name__)

CALLS_A_DAY = 60
LONGEST = 24  # turns
OPENS_H, CLOSES_H = 8, 20
# What citizens mostly want: at these questions the first choice is taken this often, elsewhere any choice is as good.
USUAL = {"menu": 0.7, "offer": 0.75, "offer_fixed": 0.75, "confirm": 0.95, "right_city": 0.9}
SETTLED = "anything_else"  # asked when all is done: hardly anybody wants more


class NotADemo(PermissionError):
    """Invented calls were asked of a database that holds citizens' bookings."""


def day(
    open_database: Callable[[timedelta], Database],
    make_driver: Callable[[Database], Driver],
    progress: Callable[[int, int], None],
    *,
    calls: int = CALLS_A_DAY,
    seed: int = 14545,
) -> int:
    """Plays yesterday's calls and today's until now; returns how many. `open_database` takes the clock's offset."""
    dice = random.Random(seed)  # noqa: S311 - invented people, not secrets
    here = open_database(timedelta(0))
    with here.read() as session:
        if not house.is_demo(session):
            raise NotADemo("this database is not marked demo")
        now = clock.now(session)
    here.dispose()
    moments = sorted(_moments(dice, now, calls))
    for number, moment in enumerate(moments, 1):
        database = open_database(moment - now)
        driver = make_driver(database)
        for _ in one_call(driver, dice, _phone(dice)):
            pass
        driver.close()
        database.dispose()
        progress(number, len(moments))
    return len(moments)


def keep_calling(
    driver: Driver, database: Database, stop: threading.Event, *, callers: int = 3, seed: int = 50
) -> None:
    """Keeps `callers` calls up, each at a citizen's pace, until told to stop."""
    with database.read() as session:
        if not house.is_demo(session):
            raise NotADemo("this database is not marked demo")

    def citizen(dice: random.Random) -> None:
        while not stop.is_set():
            try:
                for _ in one_call(driver, dice, _phone(dice), stop):
                    stop.wait(dice.uniform(4, 12))
            except Exception:  # the door of invented people: the database may be away for a while
                log.exception("an invented caller was cut off")
            stop.wait(dice.uniform(5, 40))

    threads = [
        threading.Thread(target=citizen, args=(random.Random(seed + n),), daemon=True)  # noqa: S311
        for n in range(callers)
    ]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(15)


def one_call(driver: Driver, dice: random.Random, phone: str, stop: threading.Event | None = None) -> Iterator[Reply]:
    """One citizen's call, a turn at a time; hung up at the latest after `LONGEST` turns."""
    reply = driver.settle(driver.begin(NewCall("plain", "trunk", phone)))
    for _ in range(LONGEST):
        yield reply
        if isinstance(reply.wait, End):
            return
        event = HungUp() if stop is not None and stop.is_set() else press(reply, dice)
        reply = driver.run(reply.call_id, reply.turn, event)
    driver.run(reply.call_id, reply.turn, HungUp())


def press(reply: Reply, dice: random.Random) -> Event:
    """What an invented citizen does at this point: mostly something sensible, now and then nothing or a wrong key."""
    wait = reply.wait
    if isinstance(wait, Bridge):
        return BridgeEnded(dice.choices(("done", "abandoned"), (9, 1))[0])
    if isinstance(wait, TakeRecording) or not isinstance(wait, Listen):
        return Silence()
    mood = dice.random()
    if reply.node == SETTLED and mood < 0.85:
        return Silence()
    if mood < 0.04:
        return Silence()
    if mood < 0.06:
        return HungUp()
    keys = [key for key in wait.choices if key in "123456789"]
    if not keys:
        return Pressed("0" * max(1, wait.min_keys))
    if dice.random() < USUAL.get(reply.node, 0.3):
        return Pressed(keys[0])
    return Pressed("9" if mood > 0.98 else dice.choice(keys))


def _moments(dice: random.Random, now: datetime, calls: int) -> Iterator[datetime]:
    today = now.astimezone(IST).date()
    for date in (today - timedelta(days=1), today):
        opens = datetime(date.year, date.month, date.day, OPENS_H, tzinfo=IST)
        for _ in range(calls):
            moment = opens + timedelta(hours=dice.triangular(0, CLOSES_H - OPENS_H, 3))  # busiest before noon
            if moment < now - timedelta(minutes=10):
                yield moment


def _phone(dice: random.Random) -> str:
    return f"+915000{dice.randrange(20_000, 30_000):06d}"
