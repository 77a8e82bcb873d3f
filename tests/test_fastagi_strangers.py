"""Scanners, floods and half-open connections on the FastAGI port, while twenty calls go on beside them unharmed."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ivr.channels.fastagi import Limits
from ivr.core.call import End, Listen
from tests.kit_asterisk import FakeCall
from tests.kit_exchange import ScriptedDriver, house, in_loop, until

LIMITS = Limits(calls=40, strangers=64, header_s=2.0)
HEADER = FakeCall(0).header()
Attack = Callable[[int], Awaitable[None]]


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", port)


async def closed_by_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            while await reader.read(65536):
                pass
    except ConnectionError:
        pass
    finally:
        writer.close()


async def connect_and_close(port: int) -> None:
    for _ in range(100):
        await asyncio.gather(*(one_connect(port, n) for n in range(100)))


async def one_connect(port: int, n: int) -> None:
    _, writer = await connect(port)
    if n % 2:
        writer.transport.abort()  # a reset, half of the time
    else:
        writer.close()


async def half_headers(port: int) -> None:
    held = [await connect(port) for _ in range(300)]
    for _, writer in held:
        writer.write(HEADER[: random.randrange(1, len(HEADER) - 1)])
    await asyncio.gather(*(closed_by_server(r, w, 5) for r, w in held))


async def one_byte_a_second(port: int) -> None:
    async def drip() -> None:
        reader, writer = await connect(port)
        closed = asyncio.create_task(closed_by_server(reader, writer, 5))
        for byte in HEADER:
            if closed.done():
                return
            writer.write(bytes([byte]))
            await asyncio.wait({closed}, timeout=1)
        await closed

    await asyncio.gather(*(drip() for _ in range(50)))


async def ten_megabytes(port: int) -> None:
    async def pour(block: bytes) -> None:
        reader, writer = await connect(port)
        closed = asyncio.create_task(closed_by_server(reader, writer, 5))
        try:
            for _ in range(10 * 1024 * 1024 // len(block)):
                writer.write(block)
                await writer.drain()
        except ConnectionError:
            pass
        await closed

    line = b"agi_x: " + b"x" * 1016 + b"\n"
    await asyncio.gather(*(pour(b) for b in [line, b"agi_" + b"y" * 1020] for _ in range(5)))


async def random_bytes(port: int) -> None:
    async def throw() -> None:
        reader, writer = await connect(port)
        writer.write(os.urandom(random.randrange(1, 4096)) + b"\n\n")
        await closed_by_server(reader, writer, 5)

    for _ in range(10):
        await asyncio.gather(*(throw() for _ in range(50)))


@pytest.mark.parametrize("attack", [connect_and_close, half_headers, one_byte_a_second, ten_megabytes, random_bytes])
@in_loop
async def test_twenty_calls_go_on_beside(tmp_path: Path, attack: Attack) -> None:
    waits_s: list[float] = []
    attacked = asyncio.Event()

    async def caller(port: int, n: int) -> None:
        """Calls again and again until the attack is over; every call must be whole, every answer quick."""
        while True:
            over = attacked.is_set()
            since = time.monotonic()

            def on_command(_: int, words: list[str]) -> None:
                nonlocal since
                waits_s.append(time.monotonic() - since)
                since = time.monotonic()

            call = FakeCall(port, ["1"] * 5, unique=f"{n}.{len(driver.began)}", on_command=on_command)
            await call.run()
            assert call.finished, call.commands
            if over:
                return
            await asyncio.sleep(0.02)

    driver = ScriptedDriver([Listen(1, 8)] * 5 + [End()])
    async with house(tmp_path, driver, limits=LIMITS) as h:

        async def attacker() -> None:
            try:
                await attack(h.port)
            finally:
                attacked.set()

        async with asyncio.timeout(50):
            await asyncio.gather(attacker(), *(caller(h.port, n) for n in range(20)))
        await until(lambda: not h.server.calls and not h.server.strangers)
    assert len(waits_s) > 500 and max(waits_s) < 2.0


@in_loop
async def test_stranger_who_holds_on_makes_room_for_a_call(tmp_path: Path) -> None:
    limits = Limits(strangers=5, strangers_at_most=10, grace_s=0.2, header_s=30)
    async with house(tmp_path, ScriptedDriver([End()]), limits=limits) as h:
        held = [await connect(h.port) for _ in range(20)]
        await until(lambda: h.server.strangers == 10)
        await asyncio.sleep(0.3)  # past the grace: this is what time does here, not a race
        assert (await FakeCall(h.port).run()).finished
        assert h.server.strangers <= 10
        for _, writer in held:
            writer.close()


@in_loop
async def test_call_too_many_is_refused_at_once_and_the_next_is_not(tmp_path: Path) -> None:
    async with house(tmp_path, ScriptedDriver([Listen(1, 8), End()]), limits=Limits(calls=2)) as h:
        held = []
        for n in range(2):
            reader, writer = await connect(h.port)
            writer.write(FakeCall(h.port, unique=f"held.{n}").header())
            await reader.readline()
            held.append(writer)
        begun = time.monotonic()
        refused = await FakeCall(h.port, ["1"], unique="third.1").run()
        assert not refused.finished and refused.commands == [] and time.monotonic() - begun < 1
        held[0].close()
        await until(lambda: h.server.calls == 1)
        assert (await FakeCall(h.port, ["1"], unique="fourth.1").run()).finished
        held[1].close()


@in_loop
async def test_asterisk_that_stops_answering_is_given_up(tmp_path: Path) -> None:
    driver = ScriptedDriver([Listen(1, 0.2), End()])
    async with house(tmp_path, driver, limits=Limits(command_s=0.3)) as h:
        _, writer = await connect(h.port)
        writer.write(HEADER)
        await until(lambda: h.server.calls == 1)
        await until(lambda: h.server.calls == 0)
        writer.close()


@in_loop
async def test_closing_cuts_off_what_does_not_end(tmp_path: Path) -> None:
    async with house(tmp_path, ScriptedDriver([Listen(1, 8), End()])) as h:
        reader, writer = await connect(h.port)
        writer.write(HEADER)
        await reader.readline()
        begun = time.monotonic()
        await h.server.close(grace_s=0.2)
        assert time.monotonic() - begun < 1.5
        assert await asyncio.wait_for(reader.read(), 1) == b""
        writer.close()
