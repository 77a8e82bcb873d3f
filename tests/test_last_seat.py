"""Two hundred callers want the last seat of a window: one is offered it, the others hear the next choice.

The race for the seat itself, with kills and the broken twin, is in `test_booking_races`; here whole calls race, flows,
desk and all, and each stands at the question for the service when the start is given.
"""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select

from db import clock
from db.models import Appointment, Claim, Slot
from db.session import Database
from ivr import bootstrap
from ivr.channels.driver import Driver
from ivr.channels.reply import NewCall, Reply
from ivr.core.call import End, Pressed
from ivr.settings import Settings
from scheduler.windows import materialise

CALLERS, AT_ONCE = 200, 16
TO_THE_SERVICE = ("1", "1", "1", "1")  # book · division · city · group
pytestmark = pytest.mark.timeout(300)


def press(driver: Driver, reply: Reply, *keys: str) -> Reply:
    for key in keys:
        reply = driver.run(reply.call_id, reply.turn, Pressed(key))
    return reply


def begin(driver: Driver, number: int) -> Reply:
    phone = f"+9150000{number:05d}"
    return press(driver, driver.settle(driver.begin(NewCall("sip", "trunk", phone))), *TO_THE_SERVICE)


def offered(reply: Reply) -> str:
    window = reply.facts["window"]
    assert isinstance(window, dict)
    return str(window["from"])


def leave_one_seat(database: Database, driver: Driver) -> str:
    """Takes all seats but one of the window that would be offered next; returns its beginning."""
    window = offered(press(driver, begin(driver, 99_999), "2"))
    with database.begin() as session:
        late = clock.now(session) + timedelta(days=30)
        session.execute(delete(Claim).where(Claim.holder.is_not(None), Claim.holder != "roster"))
        starts_at = datetime.fromisoformat(window)
        seats = session.scalars(select(Slot.id).where(Slot.starts_at == starts_at, Slot.city_id == "raipur")).all()
        taken = set(session.scalars(select(Claim.slot_id).where(Claim.slot_id.in_(seats))))
        free = [seat for seat in seats if seat not in taken]
        session.add_all(Claim(slot_id=seat, kind="held", holder="gone", held_until=late) for seat in free[1:])
    return window


def test_of_two_hundred_callers_one_is_offered_the_last_seat(seeded: Database) -> None:
    materialise(seeded)
    settings = Settings(database_url=seeded.url.render_as_string(hide_password=False))
    driver = bootstrap.driver(settings, seeded)
    last = leave_one_seat(seeded, driver)
    start = threading.Barrier(AT_ONCE)

    def race(callers: list[Reply]) -> list[Reply]:
        start.wait()
        return [press(driver, caller, "2") for caller in callers]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = list(pool.map(lambda n: begin(driver, n), range(CALLERS)))
        lanes = [waiting[n::AT_ONCE] for n in range(AT_ONCE)]
        replies = [reply for lane in pool.map(race, lanes) for reply in lane]
    windows = Counter(offered(reply) for reply in replies)
    assert len(replies) == CALLERS and windows[last] == 1, windows
    assert all("offer" in reply.node for reply in replies), "everybody hears a window that is really theirs"
    winner = next(reply for reply in replies if offered(reply) == last)
    told = press(driver, winner, "1", "1")
    assert not isinstance(told.wait, End)
    with seeded.read() as session:
        booked = session.scalars(select(Appointment.starts_at)).all()
    assert booked == [datetime.fromisoformat(last)]
    driver.close()
