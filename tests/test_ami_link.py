"""The AMI client against an Asterisk that misbehaves in every way that was seen, and some that were not yet."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from panoramisk.message import Message

from ivr.channels.ami import Account, Ami, Patience
from ivr.channels.ami_link import Blind, Doubt, Refused
from tests.kit_ami import FakeAmi, block, fake_ami, response
from tests.kit_exchange import in_loop, until

QUICK = Patience(answer_s=0.4, ping_every_s=0.15, back_off_s=0.05, back_off_most_s=0.2)
CALM = Patience(answer_s=0.4, ping_every_s=30, back_off_s=0.05)


@asynccontextmanager
async def client(fake: FakeAmi, patience: Patience = CALM, heard: list[Message] | None = None) -> AsyncIterator[Ami]:
    account = Account("127.0.0.1", fake.port, "mitan", "s3cret")
    ami = Ami(account, patience=patience, on_event=heard.append if heard is not None else None)
    task = asyncio.create_task(ami.run())
    try:
        await until(lambda: ami.sees)
        yield ami
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@in_loop
async def test_hindi_name_cut_at_every_byte_arrives_whole() -> None:
    heard: list[Message] = []
    event = block(Event="Newchannel", Uniqueid="1.1", Linkedid="1.1", CallerIDName="मितान राम")
    async with fake_ami() as fake, client(fake, heard=heard):
        for cut in range(1, len(event)):
            fake.say(event[:cut])
            await fake.links[-1].drain()
            await asyncio.sleep(0)
            fake.say(event[cut:])
        await until(lambda: len(heard) == len(event) - 1)
    assert {m.CallerIDName for m in heard} == {"मितान राम"}


@in_loop
async def test_segments_of_one_byte_and_many_messages_in_one_segment() -> None:
    heard: list[Message] = []
    event = block(Event="Newchannel", Uniqueid="1.1", CallerIDName="राम")
    async with fake_ami() as fake, client(fake, heard=heard):
        for n in range(len(event)):
            fake.say(event[n : n + 1])
            await asyncio.sleep(0.001)  # lets the kernel send each byte as a segment of its own
        fake.say(event * 50)
        await until(lambda: len(heard) == 51)


@in_loop
async def test_value_with_line_ends_is_one_value() -> None:
    async with fake_ami() as fake, client(fake) as ami:
        await ami.act(
            "QueuePause", {"Interface": "PJSIP/seat01\r\nAction: Originate\r\n\r\nAction: Hangup", "R": "\0a\u2028b"}
        )
        assert not fake.asked("originate") and not fake.asked("hangup")
        assert fake.asked("queuepause")[0]["interface"] == "PJSIP/seat01Action: OriginateAction: Hangup"
        assert fake.asked("queuepause")[0]["r"] == "ab"


@in_loop
async def test_originate_is_never_sent_again_after_a_reconnect() -> None:
    async with fake_ami() as fake:

        def die(_: dict[str, str]) -> None:
            fake.die()

        fake.on["originate"] = die
        async with client(fake) as ami:
            assert await ami.originate("mitan-7", {"Channel": "PJSIP/seat01"}, ring_s=0.2) == "unknown"
            await until(lambda: ami.links == 2)
            await ami.act("Ping")
            assert len(fake.asked("originate")) == 1


@in_loop
async def test_originate_in_doubt_is_looked_for_by_its_own_channel_id() -> None:
    async with fake_ami() as fake:

        def ring_and_die(asked: dict[str, str]) -> None:
            fake.channels = [{"Uniqueid": asked["channelid"], "Linkedid": asked["channelid"], "Channel": "PJSIP/x"}]
            fake.die()

        fake.on["originate"] = ring_and_die
        async with client(fake) as ami:
            assert await ami.originate("mitan-8", {"Channel": "PJSIP/seat01"}, ring_s=0.2) == "done"
            assert len(fake.asked("originate")) == 1


@pytest.mark.parametrize(("said", "outcome"), [("Success", "done"), ("Failure", "failed")])
@in_loop
async def test_originate_waits_for_its_own_answer(said: str, outcome: str) -> None:
    async with fake_ami() as fake:
        fake.on["originate"] = lambda asked: (
            response(asked, message="Originate successfully queued")
            + block(Event="OriginateResponse", ActionID=asked["actionid"], Response=said, Reason="4")
        )
        async with client(fake) as ami:
            assert await ami.originate("mitan-9", {"Channel": "PJSIP/seat01"}, ring_s=1) == outcome
            assert fake.asked("originate")[0]["channelid"] == "mitan-9"


@in_loop
async def test_originate_into_an_application_is_refused_here() -> None:
    async with fake_ami() as fake, client(fake) as ami:
        with pytest.raises(Refused):
            await ami.originate("mitan-10", {"Channel": "Local/1", "Application": "System", "Data": "id"}, ring_s=1)
        assert not fake.asked("originate")


@in_loop
async def test_action_ends_when_the_link_dies_under_it() -> None:
    async with fake_ami() as fake, client(fake, Patience(answer_s=30, ping_every_s=30)) as ami:
        fake.on["hangup"] = lambda _: fake.die()
        begun = time.monotonic()
        with pytest.raises(Doubt):
            await ami.act("Hangup", {"Channel": "PJSIP/1"})
        assert time.monotonic() - begun < 2


@in_loop
async def test_action_without_an_answer_ends_in_time() -> None:
    async with fake_ami() as fake, client(fake) as ami:
        fake.on["hangup"] = lambda _: None
        with pytest.raises(Doubt):
            await ami.act("Hangup", {"Channel": "PJSIP/1"})
        assert await ami.act("Ping")


@in_loop
async def test_refusal_is_an_answer() -> None:
    async with fake_ami() as fake, client(fake) as ami:
        fake.on["queuepause"] = lambda asked: response(asked, "Error", "no such member")
        with pytest.raises(Refused, match="no such member"):
            await ami.act("QueuePause", {"Interface": "PJSIP/nobody"})


@in_loop
async def test_silent_asterisk_is_noticed_dropped_and_found_again() -> None:
    async with fake_ami() as fake, client(fake, QUICK) as ami:
        fake.silent = True
        await until(lambda: not ami.sees, 3)
        assert ami.picture.unknown_since is not None
        with pytest.raises(Blind):
            await ami.act("Hangup")
        since = ami.picture.unknown_since
        await asyncio.sleep(0.3)
        assert ami.picture.unknown_since == since, "since when, not since the last attempt"
        fake.silent = False
        await until(lambda: ami.sees, 3)


@in_loop
async def test_picture_is_rebuilt_after_a_reconnect_not_continued() -> None:
    async with fake_ami() as fake:
        fake.channels = [{"Uniqueid": "1.1", "Linkedid": "1.1", "Channel": "PJSIP/a"}]
        async with client(fake) as ami:
            assert set(ami.picture.channels) == {"1.1"}
            fake.channels = [{"Uniqueid": "2.2", "Linkedid": "2.2", "Channel": "PJSIP/b"}]
            fake.die()
            await until(lambda: ami.links == 2)
            assert set(ami.picture.channels) == {"2.2"}


@in_loop
async def test_flood_of_events_starves_nobody() -> None:
    heard: list[Message] = []
    async with fake_ami() as fake, client(fake, heard=heard) as ami:
        fake.say(block(Event="Newstate", Uniqueid="1.1", Linkedid="1.1") * 20_000)
        await fake.links[-1].drain()
        await until(lambda: len(heard) == 20_000, 20)
        assert await ami.act("Ping")


@in_loop
async def test_message_without_an_end_costs_the_link_not_the_memory() -> None:
    async with fake_ami() as fake, client(fake) as ami:
        with contextlib.suppress(ConnectionError):
            for _ in range(50):
                fake.say(b"X: " + b"y" * 10_000 + b"\r\n")
                await fake.links[-1].drain()
                await asyncio.sleep(0)
        await until(lambda: ami.links == 2)


@in_loop
async def test_keys_and_variables_go_no_further() -> None:
    heard: list[Message] = []
    async with fake_ami() as fake, client(fake, heard=heard):
        fake.say(block(Event="VarSet", Variable="KEYS", Value="73519846"), block(Event="DTMFEnd", Digit="7"))
        fake.say(block(Event="Newchannel", Uniqueid="1.1"))
        await until(lambda: bool(heard))
    assert [m.event for m in heard] == ["Newchannel"]


@in_loop
async def test_wrong_secret_is_tried_again_slowly_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with fake_ami() as fake:
        fake.on["login"] = lambda asked: response(asked, "Error", "Authentication failed")
        account = Account("127.0.0.1", fake.port, "mitan", "s3cret")
        ami = Ami(account, patience=QUICK)
        task = asyncio.create_task(ami.run())
        await until(lambda: len(fake.asked("login")) >= 3)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert not ami.sees and "s3cret" not in caplog.text and "s3cret" not in repr(account)


@in_loop
async def test_nobody_there_is_blindness_not_an_end() -> None:
    ami = Ami(Account("127.0.0.1", 1, "mitan", "s3cret"), patience=QUICK)
    task = asyncio.create_task(ami.run())
    await asyncio.sleep(0.3)
    assert not task.done() and not ami.sees
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
