"""A secret keyed in a real call is looked for afterwards in everything the house keeps, writes or tells.

The broken twin is the same search for digits that are no secret: it finds them, so it would find the others.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from callflows.desk.asking import Result
from ivr.channels.conversation import Exchange, Parts
from ivr.channels.driver import Driver
from ivr.channels.fastagi import Server
from ivr.settings import key_text
from tests.kit_db import SqliteStock
from tests.kit_flows import ACTIONS, FLOWS, MAIN
from tests.kit_house import House, house, noise_once
from tests.kit_sip import ALWAYS, Asterisk, asterisk, caller, need_sipp, wait_until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(200)]
REFERENCE, CANARY = "80417263", "739514"


@contextmanager
def serving(h: House, checked: list[str]) -> Iterator[Exchange]:
    """A flow with a secret, on the real driver and database, served from a thread of this process."""

    def check_code(session: Any, ask: Any) -> Result:
        checked.append(str(ask.args["keys"]))
        return Result("wrong")

    numbers = iter(range(1_000_000))
    desk = {"check_code": check_code}
    driver = Driver(FLOWS, ACTIONS, desk, h.database, new_id=lambda: f"{next(numbers):032x}", entry=MAIN.name)
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    with ThreadPoolExecutor(4) as pool:
        sound = h.line("main.goodbye")
        exchange = Exchange(
            Parts(driver, lambda r: sound, lambda lang: sound, lambda *kept: "1", h.settings.spool_dir, pool)
        )

        async def serve() -> None:
            server = Server(exchange.serve)
            await server.listen("127.0.0.1", h.settings.fastagi_port)
            await stop.wait()
            await server.close()

        thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
        thread.start()
        try:
            yield exchange
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()
            driver.close()


@contextmanager
def listening_in(h: House) -> Iterator[bytearray]:
    """Everything that AMI tells our own user, byte by byte."""
    told = bytearray()
    secret = key_text(h.settings.ami_secret_file)
    with socket.create_connection(("127.0.0.1", h.settings.ami_port), 5) as link:
        link.sendall(f"Action: Login\r\nUsername: mitan\r\nSecret: {secret}\r\nEvents: on\r\n\r\n".encode())
        link.settimeout(0.2)
        over = threading.Event()

        def listen() -> None:
            while not over.is_set():
                try:
                    told.extend(link.recv(65536))
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield told
        finally:
            over.set()
            thread.join(5)


def places_with(h: House, a: Asterisk, told: bytearray, log: str, word: str) -> list[str]:
    """Where a word is found: files of ours, the database's files, AMI, our log, Asterisk's variables and its log."""
    needle = word.encode()
    database = Path(str(h.database.url.database))
    files = [*h.settings.var_dir.rglob("*"), *database.parent.glob(f"{database.name}*")]
    found = [str(f) for f in files if f.is_file() and needle in f.read_bytes()]
    found += ["AMI"] if needle in told else []
    found += ["log"] if word in log else []
    shown = a.cli("core show channels verbose") + a.cli("core show globals")
    return found + (["channels"] if word in shown else [])


def test_keyed_secret_is_found_nowhere(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    sqlite_stock: SqliteStock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    need_sipp()
    caplog.set_level(logging.DEBUG)
    checked: list[str] = []
    number = "+915000000099"
    with (
        house(tmp_path, sqlite_stock, noise_once(tmp_path_factory, sqlite_stock), trunk_match=("127.0.0.1",)) as h,
        asterisk(h.settings, ALWAYS) as a,
        serving(h, checked),
        listening_in(h) as told,
        caller(h.settings, tmp_path / "caller", number=number) as call,
    ):
        waits = "SELECT 1 FROM call WHERE node = ? AND json_extract(reply, '$.wait.wait') = 'listen'"
        for node, keys in (("menu", "2"), ("reference", REFERENCE), ("code", CANARY)):
            wait_until(lambda n=node: h.sql(waits, n), 15, node)
            before = len(call.phone.heard)
            wait_until(lambda b=before: len(call.phone.heard) > b + 5, 10, "sound")
            call.phone.press(keys)
        wait_until(lambda: checked, 15, "the check")
        assert checked == [CANARY], "the check, and only the check, was told"
        during = places_with(h, a, told, caplog.text, CANARY)
        twin = places_with(h, a, told, caplog.text, REFERENCE)
        call.hang_up()
        wait_until(lambda: h.sql("SELECT 1 FROM call WHERE end_reason IS NOT NULL"))
        assert b"Newchannel" in told, "AMI did tell things"
    assert during == []
    assert places_with(h, a, told, caplog.text, CANARY) == []
    assert any(".db" in place for place in twin), "digits that are no secret are a fact in the database"
    assert "AMI" not in twin and "log" not in twin, "yet no key at all goes through AMI or a log"
