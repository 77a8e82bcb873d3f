"""The command table: taken quickly, done once, answered always; and calls that end while we are not in them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from panoramisk.message import Message

from db import clock, commands
from db.models import Call, Command
from db.session import Database
from ivr.channels.ami import Account, Ami, Patience
from ivr.channels.conversation import Exchange, Parts
from ivr.channels.departures import Departures
from ivr.channels.orders import Orders
from ivr.core.call import Bridge, BridgeEnded, End, HungUp, Listen
from tests.kit_ami import FakeAmi, block, fake_ami, response
from tests.kit_exchange import ScriptedDriver, in_loop, reply, until

PATIENCE = Patience(answer_s=0.4, ping_every_s=30, back_off_s=0.05)


def ask(database: Database, kind: str, within: timedelta = timedelta(seconds=30), **args: Any) -> int:
    with database.begin() as session:
        return commands.ask(session, kind, args, "test", clock.now(session), within)


def row(database: Database, command_id: int) -> Command:
    with database.read() as session:
        return session.get_one(Command, command_id)


@asynccontextmanager
async def orders(database: Database, fake: FakeAmi, *, wait: bool = True) -> AsyncIterator[Ami]:
    ami = Ami(Account("127.0.0.1", fake.port, "mitan", "s3cret"), patience=PATIENCE)
    with ThreadPoolExecutor(4) as pool:
        tasks = [asyncio.create_task(work) for work in (ami.run(), Orders(database, ami, pool).run())]
        try:
            if wait:
                await until(lambda: ami.sees)
            yield ami
        finally:
            for task in tasks:
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(*tasks)


async def answered(database: Database, command_id: int) -> Command:
    await until(lambda: row(database, command_id).state not in ("asked", "taken"), 10)
    return row(database, command_id)


def rings(asked: dict[str, str]) -> bytes:
    done = block(Event="OriginateResponse", ActionID=asked["actionid"], Response="Success")
    return response(asked, message="Originate successfully queued") + done


@in_loop
async def test_originate_rings_once_with_our_own_channel_id(database: Database) -> None:
    async with fake_ami() as fake, orders(database, fake):
        fake.on["originate"] = rings
        id_ = ask(database, "originate", channel="PJSIP/seat01", context="seats", exten="701", ring_s=1)
        done = await answered(database, id_)
    assert (done.state, done.answer) == ("done", {"channel_id": f"mitan-command-{id_}"})
    (sent,) = fake.asked("originate")
    assert (sent["channelid"], sent["variable"]) == (f"mitan-command-{id_}", f"MITAN_COMMAND={id_}")
    assert "application" not in sent


@in_loop
async def test_command_is_taken_within_fifty_milliseconds_and_answered_soon_after(database: Database) -> None:
    loop, took = asyncio.get_running_loop(), []
    async with fake_ami() as fake, orders(database, fake):
        for _ in range(5):
            begun = loop.time()
            await answered(database, ask(database, "reload_seats"))
            took.append(loop.time() - begun)
    assert min(took) < 0.2, took  # the best of five: the machine may have other things to do
    assert fake.asked("reload")[0]["module"] == "res_pjsip.so"


@in_loop
async def test_command_taken_by_a_process_that_died_is_unknown_and_never_sent_again(database: Database) -> None:
    id_ = ask(database, "originate", channel="PJSIP/seat01", context="seats", exten="701")
    with database.begin() as session:
        assert commands.take(session, clock.now(session)) is not None
    async with fake_ami() as fake, orders(database, fake):
        assert (await answered(database, id_)).state == "unknown"
        assert (await answered(database, ask(database, "reload_seats"))).state == "done"
        assert not fake.asked("originate")


@in_loop
async def test_link_that_dies_under_an_originate_makes_it_unknown(database: Database) -> None:
    async with fake_ami() as fake, orders(database, fake) as ami:
        fake.on["originate"] = lambda _: fake.die()
        id_ = ask(database, "originate", channel="PJSIP/seat01", context="seats", exten="701", ring_s=0.2)
        assert (await answered(database, id_)).state == "unknown"
        await until(lambda: ami.links == 2)
        assert len(fake.asked("originate")) == 1


@pytest.mark.parametrize(
    ("word", "kind", "args"),
    [
        ("unknown kind", "shell", {"command": "id"}),
        ("no channel", "originate", {"context": "seats", "exten": "701"}),
        ("a technology that runs things", "originate", {"channel": "Console/x", "context": "seats", "exten": "1"}),
        (
            "a second header",
            "originate",
            {"channel": "PJSIP/a\r\nApplication: System", "context": "seats", "exten": "1"},
        ),
        ("a context with a comma", "originate", {"channel": "PJSIP/a", "context": "seats,1,System", "exten": "1"}),
        ("ringing for ever", "originate", {"channel": "PJSIP/a", "context": "seats", "exten": "1", "ring_s": 9999}),
        ("nobody to hang up", "hangup", {}),
        ("a channel that is not there", "hangup", {"unique": "9.9"}),
        ("paused by a word", "pause", {"seat": "seat01", "queue": "executives", "paused": "yes"}),
    ],
)
@in_loop
async def test_order_that_makes_no_sense_is_refused(
    database: Database, word: str, kind: str, args: dict[str, Any]
) -> None:
    async with fake_ami() as fake, orders(database, fake):
        done = await answered(database, ask(database, kind, **args))
    assert done.state == "failed" and done.answer and done.answer["why"]
    assert not fake.asked("originate") and not fake.asked("hangup") and not fake.asked("queuepause")


@in_loop
async def test_pause_and_hang_up_reach_asterisk(database: Database) -> None:
    async with fake_ami() as fake:
        fake.channels = [{"Uniqueid": "1.1", "Linkedid": "1.1", "Channel": "PJSIP/trunk-00000001"}]
        async with orders(database, fake):
            paused = ask(database, "pause", seat="seat01", queue="executives", paused=True, reason="break")
            assert (await answered(database, paused)).state == "done"
            assert (await answered(database, ask(database, "hangup", unique="1.1"))).state == "done"
    (pause,), (hangup,) = fake.asked("queuepause"), fake.asked("hangup")
    assert (pause["interface"], pause["paused"], pause["reason"]) == ("PJSIP/seat01", "true", "break")
    assert hangup["channel"] == "PJSIP/trunk-00000001"


@in_loop
async def test_blind_or_late_is_said_at_once(database: Database) -> None:
    late = ask(database, "reload_seats", within=timedelta(seconds=-1))
    async with fake_ami() as fake:
        fake.on["login"] = lambda asked: response(asked, "Error", "no")
        async with orders(database, fake, wait=False):
            assert (await answered(database, late)).answer == {"why": "too late"}
            blind = await answered(database, ask(database, "reload_seats"))
    assert (blind.state, blind.answer) == ("failed", {"why": "no connection to Asterisk"})


# --- departures ----------------------------------------------------------------------------------------------------
def departures(database: Database, driver: ScriptedDriver, pool: ThreadPoolExecutor) -> Departures:
    parts = Parts(driver, lambda r: [], lambda lang: [], lambda p, c, s: "1", Path(), pool)
    return Departures(Exchange(parts), driver, database, pool)


def in_queue(gone: Departures, driver: ScriptedDriver, unique: str = "1.1") -> None:
    driver.last["call-1"] = reply(3, Bridge("executives"))
    gone._exchange.bridged[unique] = driver.last["call-1"]


def event(name: str, unique: str = "1.1") -> Message:
    return Message({"Event": name, "Uniqueid": unique})


@pytest.mark.parametrize(("talked", "outcome"), [(True, "done"), (False, "abandoned")])
def test_hanging_up_in_the_queue_or_in_the_talk_ends_the_call(database: Database, talked: bool, outcome: str) -> None:
    driver = ScriptedDriver([Listen(1, 8)])
    with ThreadPoolExecutor(1) as pool:
        gone = departures(database, driver, pool)
        in_queue(gone, driver)
        if talked:
            gone.hear(event("AgentConnect"))
        gone.hear(event("Hangup", "9.9"))
        gone.hear(event("Hangup"))
        gone.hear(event("Hangup"))
    assert driver.events == [BridgeEnded(outcome), HungUp()]


def test_end_of_a_call_that_the_flow_ended_itself_is_not_told_twice(database: Database) -> None:
    driver = ScriptedDriver([End()])
    with ThreadPoolExecutor(1) as pool:
        gone = departures(database, driver, pool)
        in_queue(gone, driver)
        gone.hear(event("Hangup"))
    assert driver.events == [BridgeEnded("abandoned")]


def open_call(database: Database, id_: str, external_id: str | None) -> None:
    with database.begin() as session:
        now = clock.now(session)
        session.add(
            Call(
                id=id_,
                channel="sip",
                origin="trunk",
                direction="in",
                external_id=external_id,
                language="hi",
                flow="main",
                node="menu",
                turn=3,
                state={},
                reply={},
                started_at=now,
                last_at=now,
            )
        )


def test_sweep_ends_calls_without_a_channel_and_no_others(database: Database) -> None:
    driver = ScriptedDriver([Listen(1, 8)])
    for name in ("gone", "up", "talking"):
        open_call(database, name, f"{name}.1")
        driver.last[name] = reply(3, Listen(1, 8), call_id=name)
    ami = Ami(Account("127.0.0.1", 1, "mitan", "x"))
    with ThreadPoolExecutor(1) as pool:
        gone = departures(database, driver, pool)
        gone._exchange.talking["talking.1"] = None  # type: ignore[assignment]  # only its key matters here
        ami.picture.apply({"Event": "Newchannel", "Uniqueid": "up.1"})
        assert gone.sweep(ami) == 0, "blind: nobody's call is ended"
        ami.picture.unknown_since = None
        assert gone.sweep(ami) == 1
    assert driver.events == [HungUp()]
