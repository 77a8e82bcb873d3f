"""Who may ask for what: every route of the console against every role, and the broken twin without an entry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from werkzeug.routing import Rule

from agent_console.app import create_app
from agent_console.config import ConsoleConfig
from agent_console.routes import ADMINISTRATORS, MACHINE, PUBLIC, SIGNED_IN, Role, admits
from db.models import User
from db.session import Database
from ivr.channels.browser import Phone
from ivr.core.call import End
from tests.kit_web import (
    KEY,
    PlainSpeaker,
    ScriptedDriver,
    add,
    console,
    empty_assets,
    sign_in,
    token,
)

VALUES = {"filename": "console.css", "call_id": "0" * 32, "turn": 1, "path": "hi/greeting.wav"}


def a_phone(folder: Path) -> Phone:
    return Phone(ScriptedDriver([End()]), PlainSpeaker(folder), folder, lambda file, call, seconds: "1")


def without_entry(app: Flask) -> list[str]:
    """Endpoints that the table does not name."""
    return sorted({r.endpoint for r in app.url_map.iter_rules()} - app.extensions["mitan.table"].keys())


def ask(client: FlaskClient, rule: Rule, csrf: str) -> int:
    """Asks a route with its first method; the answer's status, 0 where it leads to the sign-in."""
    method = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})[0]
    with client.application.test_request_context():
        path = client.application.url_for(rule.endpoint, **{a: VALUES[a] for a in rule.arguments})
    answer = client.open(path, method=method, headers={"X-CSRFToken": csrf})
    answer.close()
    led_away = answer.status_code == 302 and re.fullmatch(r"/sign-in(\?next=.*)?", answer.location)
    return 0 if led_away or answer.status_code == 401 else answer.status_code


@pytest.fixture
def app(seeded_sqlite: Database, tmp_path: Path) -> Flask:
    return console(seeded_sqlite, tmp_path, a_phone(tmp_path))


def test_every_route_has_an_entry_and_every_entry_a_route(app: Flask) -> None:
    assert without_entry(app) == []
    assert app.extensions["mitan.table"].keys() == {r.endpoint for r in app.url_map.iter_rules()}


def test_a_route_without_an_entry_is_found_and_refused(seeded_sqlite: Database, tmp_path: Path) -> None:
    forgotten = Blueprint("forgotten", __name__)
    forgotten.add_url_rule("/forgotten", "page", lambda: "secrets")
    config = ConsoleConfig(seeded_sqlite, KEY, tmp_path, dist=empty_assets(tmp_path / "dist"))
    app = create_app(config, [(forgotten, {})])
    assert without_entry(app) == ["forgotten.page"]
    add(seeded_sqlite, tmp_path, role=Role.ADMINISTRATOR)
    client = app.test_client()
    sign_in(client)
    assert client.get("/forgotten").status_code == 403


def test_two_tables_may_not_name_the_same_route(seeded_sqlite: Database, tmp_path: Path) -> None:
    config = ConsoleConfig(seeded_sqlite, KEY, tmp_path, dist=empty_assets(tmp_path / "dist"))
    with pytest.raises(ValueError, match=r"home\.show"):
        create_app(config, [(Blueprint("other", __name__), {"home.show": PUBLIC})])


@pytest.mark.parametrize("role", [None, *Role])
def test_each_role_reaches_what_the_table_opens_and_nothing_else(
    app: Flask, seeded_sqlite: Database, tmp_path: Path, role: Role | None
) -> None:
    table = app.extensions["mitan.table"]
    add(seeded_sqlite, tmp_path, role=role or Role.EXECUTIVE)
    client = app.test_client()
    if role:
        assert sign_in(client).status_code == 302
    csrf = token(client, "/" if role else "/sign-in")
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: r.endpoint == "door.sign_out"):  # out comes last
        access = table[rule.endpoint]
        status = ask(client, rule, csrf)
        if access is MACHINE:
            assert status == 200, rule  # the test client is this machine
        elif admits(access, role):
            assert status not in {0, 403}, (rule, role, status)
        else:
            assert status == (403 if role else 0), (rule, role, status)


def test_the_phone_is_open_in_a_demo_on_loopback_and_else_to_administrators(
    seeded_sqlite: Database, tmp_path: Path
) -> None:
    phone = a_phone(tmp_path)
    doors = {
        "demo here": (console(seeded_sqlite, tmp_path, phone, demo=True), 200),
        "demo for the world": (console(seeded_sqlite, tmp_path, phone, demo=True, bind_loopback=False), 302),
        "no demo": (console(seeded_sqlite, tmp_path, phone), 302),
    }
    for name, (app, status) in doors.items():
        assert app.test_client().get("/phone").status_code == status, name
    demo, _ = doors["demo here"]
    assert demo.test_client().get("/phone", headers={"Host": "evil.example"}).status_code == 400


def test_a_change_of_role_and_a_dismissal_hold_from_the_next_request(database: Database, tmp_path: Path) -> None:
    app = console(database, tmp_path, a_phone(tmp_path))
    add(database, tmp_path, role=Role.ADMINISTRATOR)
    client = app.test_client()
    sign_in(client)
    assert client.get("/phone").status_code == 200
    with database.begin() as session:
        session.execute(update(User).values(role="executive"))
    assert client.get("/phone").status_code == 403
    assert client.get("/").status_code == 200
    with database.begin() as session:
        session.execute(update(User).values(active=False))
    assert client.get("/").location == "/sign-in?next=/"


def test_a_script_is_told_and_a_reader_is_led(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/state").location == "/sign-in?next=/state"
    told = client.get("/state", headers={"Accept": "application/json"})
    assert (told.status_code, told.json["error"]) == (401, "401")
    moved = client.get("/state", headers={"HX-Request": "true"})
    assert (moved.status_code, moved.headers["HX-Redirect"]) == (204, "/sign-in")


def test_the_table_knows_what_admits_means() -> None:
    assert [admits(a, None) for a in (PUBLIC, SIGNED_IN, ADMINISTRATORS, MACHINE, None)] == [True, *[False] * 4]
    assert [admits(a, Role.AUDITOR) for a in (PUBLIC, SIGNED_IN, ADMINISTRATORS, MACHINE, None)] == [
        True,
        True,
        False,
        False,
        False,
    ]
