"""The broken twins: panoramisk without our guards, against the same fake Asterisk, does what the guards are for.

If one of these fails, panoramisk has mended it, and the guard can go.
"""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from panoramisk import Manager
from panoramisk.message import Message

import ivr
from tests.kit_ami import FakeAmi, block, fake_ami, response
from tests.kit_exchange import in_loop, until


async def plain(fake: FakeAmi) -> Manager:
    fake.on["login"] = lambda asked: response(asked) + block(Event="FullyBooted", Status="Fully Booted")
    manager = Manager(host="127.0.0.1", port=fake.port, username="mitan", secret="x", reconnect_timeout=0)
    await manager.connect()
    await until(lambda: manager.authenticated)
    return manager


async def end(manager: Manager) -> None:
    manager.connection_lost = lambda exc: None  # else it would connect again while the loop ends
    manager.close()
    await asyncio.sleep(0.05)


@in_loop
async def test_unguarded_it_rings_a_citizen_twice() -> None:
    async with fake_ami() as fake:
        fake.on["originate"] = lambda _: fake.die() if len(fake.asked("originate")) == 1 else None
        manager = await plain(fake)
        manager.send_action({"Action": "Originate", "Channel": "PJSIP/seat01"})
        await until(lambda: len(fake.asked("originate")) == 2)
        await end(manager)


@in_loop
async def test_unguarded_it_loses_letters_where_a_name_is_cut() -> None:
    heard: list[Message] = []
    name = "मितान"
    async with fake_ami() as fake:
        manager = await plain(fake)
        manager.register_event("Newchannel", lambda _, message: heard.append(message))
        event = block(Event="Newchannel", CallerIDName=name)
        cut = event.index(name.encode()) + 4
        fake.say(event[:cut])
        await asyncio.sleep(0.05)  # a segment of its own
        fake.say(event[cut:])
        await until(lambda: bool(heard))
        await end(manager)
    assert heard[0].CallerIDName != name


@in_loop
async def test_unguarded_an_action_whose_link_dies_never_ends() -> None:
    async with fake_ami() as fake:
        manager = await plain(fake)
        fake.on["hangup"] = lambda _: fake.die()
        answer = manager.send_action({"Action": "Hangup", "Channel": "PJSIP/1"})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(answer), 0.5)
        assert not answer.done()
        answer.cancel()
        await end(manager)


@in_loop
async def test_unguarded_a_newline_in_a_value_is_another_action() -> None:
    async with fake_ami() as fake:
        manager = await plain(fake)
        manager.send_action({"Action": "QueuePause", "Interface": "x\r\n\r\nAction: Originate\r\nActionID: 1"})
        await until(lambda: bool(fake.asked("originate")))
        await end(manager)


def test_its_fastagi_server_and_call_manager_are_used_nowhere() -> None:
    """They spin for ever on a connection that closes at once, and merge calls of the same second."""
    sources = {path: path.read_text("utf-8") for path in Path(ivr.__file__).parent.rglob("*.py")}
    assert not [p for p, text in sources.items() if "panoramisk.fast_agi" in text or "panoramisk.call_manager" in text]
