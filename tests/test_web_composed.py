"""The console as the house composes it from its settings: every route has an entry, and what is said can be heard."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import update

from agent_console.config import BUILT
from audio.catalogue import Catalogue
from audio.render import segments
from db.models import House
from db.session import Database
from ivr import bootstrap
from ivr.channels.reply import NewCall
from ivr.settings import Settings
from scheduler.names import Names
from tests.kit_audio import store_with
from tests.kit_web import token

pytestmark = pytest.mark.skipif(
    not (BUILT / "manifest.json").is_file(), reason="assets: python -m agent_console.bundle"
)


@pytest.fixture
def settings(seeded_sqlite: Database, tmp_path: Path) -> Settings:
    url = seeded_sqlite.url.render_as_string(False)
    return Settings(var_dir=tmp_path, database_url=url, sounds_dir=tmp_path / "sounds", demo=True)


def test_the_composed_console_names_every_route(settings: Settings, seeded_sqlite: Database) -> None:
    app = bootstrap.web(settings)
    assert {r.endpoint for r in app.url_map.iter_rules()} == app.extensions["mitan.table"].keys()
    assert app.test_client().get("/phone").status_code == 200
    with seeded_sqlite.begin() as session:
        session.execute(update(House).where(House.key == "demo").values(value="false"))
    closed = bootstrap.web(settings)  # where citizens' bookings are kept
    assert closed.test_client().get("/phone").location == "/sign-in?next=/phone"


def test_what_is_said_can_be_heard_and_what_is_not_ready_is_left_out(
    settings: Settings, seeded_sqlite: Database
) -> None:
    driver = bootstrap.driver(settings, seeded_sqlite)
    greeting = driver.settle(driver.begin(NewCall("browser", "claimed"))).prompts
    driver.close()
    names = Names(seeded_sqlite)
    ready = [segment for line in greeting for segment in segments(Catalogue.load("hi"), line, names)]
    store_with(settings.sounds_dir, *ready)
    client = bootstrap.web(settings).test_client()
    headers = {"X-CSRFToken": token(client, "/phone")}
    reply = client.post("/phone/calls", json={"from": ""}, headers=headers).json
    heard = [url for line in reply["said"] for url in line["sounds"]]
    assert len(heard) >= len(greeting)
    for url in heard:
        with client.get(url) as sound:
            assert (sound.status_code, sound.mimetype) == (200, "audio/wav")
            assert len(sound.data) > 300
    body = {"turn": reply["turn"], "event": {"kind": "pressed", "keys": "1"}}
    reply = client.post(f"/phone/calls/{reply['call_id']}/events", json=body, headers=headers).json
    assert reply["said"][0]["sounds"] == [], "not ready: the page shows the words and says so"
