"""The same journey by the terminal, the browser's JSON and a fake Asterisk's socket leaves the same rows.

By SIP through a real Asterisk it is held in `test_sip_booking`, by a real Chromium in `test_web_browser`.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ivr import bootstrap
from ivr.channels.plain import dump_turn, play
from ivr.channels.reply import NewCall
from scheduler.windows import materialise
from tests.kit_asterisk import FakeCall
from tests.kit_db import SqliteStock
from tests.kit_house import House, house, noise, quick_voice
from tests.kit_web import token

KEYS = ["1", "1", "1", "1", "2", "1", "1"]
ROWS = {
    "appointment": "SELECT city_id, service_id, state, language, made_by, moves FROM appointment",
    "claim": "SELECT kind, held_until IS NULL, holder IS NULL FROM claim WHERE appointment_id IS NOT NULL",
    "message": "SELECT channel, template, language, segments, state FROM outbox",
    "step": "SELECT flow, node, kind, outcome, to_node, misses FROM call_step ORDER BY turn, seq",
    "action": "SELECT name, outcome FROM action ORDER BY at, name",
    "call": "SELECT origin, direction, language, end_reason FROM call",
    "event": "SELECT kind FROM event WHERE kind NOT LIKE 'user.%' ORDER BY id",
}


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory, sqlite_stock: SqliteStock) -> Path:
    return noise(tmp_path_factory.mktemp("sounds"), sqlite_stock)


@pytest.fixture
def homes(tmp_path: Path, sqlite_stock: SqliteStock, sounds: Path) -> Iterator[Callable[[str], House]]:
    """A fresh house for each door."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def fresh(name: str) -> House:
            (tmp_path / name).mkdir()
            made = stack.enter_context(house(tmp_path / name, sqlite_stock, sounds))
            made.settings.spool_dir.mkdir(parents=True)
            materialise(made.database)
            return made

        yield fresh


def by_terminal(home: House, phone: str) -> None:
    driver = bootstrap.driver(home.settings, home.database)
    lines = io.StringIO("\n".join([*KEYS, "hangup", ""]))
    said = [
        json.loads(dump_turn(reply, home.speaker))
        for reply in play(driver, NewCall("plain", "trunk", phone), lines, pytest.fail)
    ]
    assert said[-1]["wait"] == "ended" and all(turn["said"] for turn in said[:-1])
    driver.close()


def by_browser(home: House, phone: str) -> None:
    client = bootstrap.web(home.settings).test_client()
    headers = {"X-CSRFToken": token(client, "/phone")}
    reply: Any = client.post("/phone/calls", json={"from": phone.removeprefix("+91")}, headers=headers).json
    events = [{"kind": "pressed", "keys": key} for key in KEYS]
    for event in events:
        body = {"turn": reply["turn"], "event": event}
        reply = client.post(f"/phone/calls/{reply['call_id']}/events", json=body, headers=headers).json
        assert "turn" in reply, reply
    assert client.post(f"/phone/calls/{reply['call_id']}/hangup", headers=headers).status_code == 204


def by_socket(home: House, phone: str) -> None:
    with quick_voice(home):
        asyncio.run(FakeCall(home.settings.fastagi_port, KEYS, caller=phone).run())


def test_every_door_leaves_the_same_rows(homes: Callable[[str], House]) -> None:
    left = {}
    for name, door in (("terminal", by_terminal), ("browser", by_browser), ("socket", by_socket)):
        home = homes(name)
        door(home, "+915000000071")
        left[name] = {what: home.sql(query) for what, query in ROWS.items()}
    assert len(left["terminal"]["appointment"]) == 1 and len(left["terminal"]["message"]) == 1
    for what in ROWS:
        assert left["browser"][what] == left["terminal"][what], what
        assert left["socket"][what] == left["terminal"][what], what
