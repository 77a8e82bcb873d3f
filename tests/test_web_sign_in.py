"""Signing in and out: first passwords, one sign-in a user, sessions that end, tries that are counted."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from agent_console import accounts, passwords
from agent_console.accounts import NewUser
from agent_console.config import ConsoleConfig
from agent_console.routes import Role
from agent_console.throttle import WINDOW_S, Limits, Throttle
from db.models import EventRow, User, WebSession
from db.session import Database
from tests.kit_web import OWN, add, console, post, sign_in, token

ASHA = NewUser("asha", "आशा साहू", Role.EXECUTIVE)


def live(database: Database) -> int:
    with database.read() as session:
        where = WebSession.ended_at.is_(None)
        return session.execute(select(func.count()).select_from(WebSession).where(where)).scalar_one()


@contextmanager
def later_on(client: FlaskClient, database: Database, later: timedelta, folder: Path) -> Iterator[FlaskClient]:
    """The same browser and the same database at another time."""
    moved = Database(database.url, offset=later, pool_size=2)
    other = console(moved, folder).test_client()
    cookie = client.get_cookie("mitan")
    assert cookie is not None
    other.set_cookie("mitan", cookie.value)
    yield other
    moved.dispose()


# --- first passwords -------------------------------------------------------------------------------------------------
def test_a_first_password_lies_in_an_owners_file_until_the_first_sign_in(database: Database, tmp_path: Path) -> None:
    file = accounts.add_user(database, ASHA, tmp_path / "first-passwords")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    first = file.read_text().strip()
    with database.read() as session:
        assert first not in session.execute(select(User.password_hash)).scalar_one()
    client = console(database, tmp_path).test_client()
    assert sign_in(client, password=first).status_code == 302
    assert not file.exists()


def test_with_a_first_password_nothing_is_open_until_it_is_changed(database: Database, tmp_path: Path) -> None:
    first = accounts.add_user(database, ASHA, tmp_path / "first-passwords").read_text().strip()
    client = console(database, tmp_path).test_client()
    sign_in(client, password=first)
    assert client.get("/").location == "/password?next=/"
    assert client.get("/state", headers={"Accept": "application/json"}).status_code == 403
    kept = post(client, "/password", "/password", old=first, new=first, again=first)
    assert kept.status_code == 422
    assert post(client, "/password", "/password", old=first, new=OWN, again=OWN).status_code == 302
    assert client.get("/").status_code == 200
    assert sign_in(console(database, tmp_path).test_client(), password=first).status_code == 422


def test_a_reset_gives_a_new_file_and_ends_what_was_open(database: Database, tmp_path: Path) -> None:
    add(database, tmp_path)
    client = console(database, tmp_path).test_client()
    sign_in(client)
    file = accounts.reset_password(database, "asha", tmp_path / "first-passwords")
    assert client.get("/").status_code == 302
    assert sign_in(client).status_code == 422
    assert sign_in(client, password=file.read_text().strip()).status_code == 302
    with pytest.raises(accounts.NoSuchUser):
        accounts.reset_password(database, "nobody", tmp_path)


def test_a_name_is_given_once(database: Database, tmp_path: Path) -> None:
    accounts.add_user(database, ASHA, tmp_path)
    with pytest.raises(accounts.UserExists):
        accounts.add_user(database, ASHA, tmp_path)


@pytest.mark.parametrize("name", ["", "a", "../etc", "Asha", "asha/", ".asha", "asha\n", "आशा", "a" * 41])
def test_a_username_that_could_be_a_path_is_refused(name: str, seeded_sqlite: Database, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no username"):
        accounts.add_user(seeded_sqlite, NewUser(name, "x", Role.EXECUTIVE), tmp_path)


@pytest.mark.parametrize(
    ("password", "objection"),
    [
        (OWN, None),
        ("सात नदियाँ और एक नाव", None),
        ("eleven char", "password.too_short"),
        ("password1234", "password.guessable"),
        ("mitan14545mitan", "password.guessable"),
        ("asha-asha-asha-asha", "password.guessable"),
        ("aaaaaaaaaaaaaaaaaaaa", "password.guessable"),
        ("admin123456789", "password.guessable"),
        ("x" * 257, "password.too_long"),
    ],
)
def test_what_is_refused_as_a_password(password: str, objection: str | None) -> None:
    assert passwords.objection(password, "asha") == objection


@pytest.mark.parametrize("key", ["", "change me", "secret" * 8])
def test_a_default_or_weak_key_is_refused(key: str, seeded_sqlite: Database, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too weak"):
        ConsoleConfig(seeded_sqlite, key, tmp_path)


# --- sessions --------------------------------------------------------------------------------------------------------
def test_a_second_sign_in_ends_the_first(database: Database, tmp_path: Path) -> None:
    app = console(database, tmp_path)
    add(database, tmp_path)
    first, second = app.test_client(), app.test_client()
    sign_in(first)
    sign_in(second)
    assert (first.get("/").status_code, second.get("/").status_code) == (302, 200)
    assert live(database) == 1


@pytest.mark.parametrize(
    ("later", "status"),
    [
        pytest.param(timedelta(minutes=59), 200, id="just within the idle time"),
        pytest.param(timedelta(minutes=61), 302, id="idle too long"),
    ],
)
def test_an_idle_session_ends(database: Database, tmp_path: Path, later: timedelta, status: int) -> None:
    add(database, tmp_path)
    client = console(database, tmp_path).test_client()
    sign_in(client)
    with later_on(client, database, later, tmp_path) as then:
        assert then.get("/").status_code == status


def test_a_busy_session_ends_too(database: Database, tmp_path: Path) -> None:
    add(database, tmp_path)
    client = console(database, tmp_path).test_client()
    sign_in(client)
    for half_hours in range(1, 24):
        with later_on(client, database, half_hours * timedelta(minutes=30), tmp_path) as then:
            assert then.get("/").status_code == 200, half_hours
    with later_on(client, database, timedelta(hours=12, minutes=1), tmp_path) as then:
        assert then.get("/").status_code == 302


def test_signing_in_changes_the_cookie_and_the_csrf_secret(database: Database, tmp_path: Path) -> None:
    add(database, tmp_path)
    client = console(database, tmp_path).test_client()
    before = token(client)
    planted = client.get_cookie("mitan")
    assert sign_in(client).status_code == 302
    after = client.get_cookie("mitan")
    assert planted and after and planted.value != after.value
    assert client.post("/sign-out", data={"csrf_token": before}).status_code == 400
    with database.read() as session:
        stored = session.execute(select(WebSession.id)).scalar_one()
    with client.session_transaction() as cookie:
        assert cookie["token"] != stored
        assert len(stored) == 64


def test_signing_out_ends_the_session_in_the_table(database: Database, tmp_path: Path) -> None:
    add(database, tmp_path)
    app = console(database, tmp_path)
    client = app.test_client()
    sign_in(client)
    stolen = client.get_cookie("mitan")
    assert stolen
    assert post(client, "/sign-out", "/").status_code == 302
    assert live(database) == 0
    thief = app.test_client()
    thief.set_cookie("mitan", stolen.value)
    assert thief.get("/").status_code == 302
    with database.read() as session:
        kinds = session.scalars(select(EventRow.kind).order_by(EventRow.id)).all()
    assert kinds == ["user.added", "user.signed_in", "user.signed_out"]


def test_two_sign_ins_at_once_leave_one(database: Database, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    app = console(database, tmp_path)
    add(database, tmp_path)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: sign_in(app.test_client()).status_code, range(4)))
    assert answers == [302] * 4
    assert live(database) == 1


# --- tries -----------------------------------------------------------------------------------------------------------
def test_wrong_tries_are_throttled_and_say_for_how_long(seeded_sqlite: Database, tmp_path: Path) -> None:
    app = console(seeded_sqlite, tmp_path)
    add(seeded_sqlite, tmp_path)
    client = app.test_client()
    answers = [sign_in(client, password=f"wrong {n}").status_code for n in range(6)]
    assert answers == [422] * 5 + [429]
    blocked = sign_in(client)
    assert blocked.status_code == 429
    assert 0 < int(blocked.headers["Retry-After"]) <= WINDOW_S
    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert sign_in(elsewhere).status_code == 302


def test_an_unknown_name_is_answered_like_a_wrong_password(seeded_sqlite: Database, tmp_path: Path) -> None:
    add(seeded_sqlite, tmp_path)
    client = console(seeded_sqlite, tmp_path).test_client()
    known, unknown = (sign_in(client, name, "wrong wrong wrong") for name in ("asha", "nobody"))
    assert known.status_code == unknown.status_code == 422
    assert known.text.replace("asha", "").count("note-bad") == unknown.text.count("note-bad") == 1


def test_the_throttle_counts_by_name_and_by_address_and_forgets_in_time() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0], Limits(pair=3, name=5, address=7), room=6)
    for _ in range(3):
        throttle.failed("asha", "1.1.1.1")
    assert throttle.wait_s("asha", "1.1.1.1") == WINDOW_S
    assert throttle.wait_s("asha", "2.2.2.2") == throttle.wait_s("ravi", "1.1.1.1") == 0
    now[0] = 60.0
    for address in ("3.3.3.3", "4.4.4.4"):
        throttle.failed("asha", address)
    assert throttle.wait_s("asha", "9.9.9.9") == WINDOW_S - 60, "a name tried from everywhere"
    now[0] = WINDOW_S + 61
    assert throttle.wait_s("asha", "1.1.1.1") == 0


def test_the_throttle_is_bounded() -> None:
    throttle = Throttle(lambda: 0.0, room=100)
    for n in range(5000):
        throttle.failed(f"name{n}", f"address{n}")
    assert len(throttle._failures) == 100


# --- CSRF and the way back -------------------------------------------------------------------------------------------
def test_every_unsafe_method_needs_the_token(database: Database, tmp_path: Path) -> None:
    add(database, tmp_path)
    app = console(database, tmp_path)
    client = app.test_client()
    sign_in(client)
    for rule in app.url_map.iter_rules():
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            assert client.post(rule.rule, data={"x": "y"}).status_code == 400, rule
    assert client.get("/").status_code == 200, "still signed in"


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/state", "/state"),
        ("/phone?x=1", "/phone?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/x\\..", "/"),
        ("/a\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_one_is_led_only_inside_the_house(asked: str, led_to: str, seeded_sqlite: Database, tmp_path: Path) -> None:
    add(seeded_sqlite, tmp_path)
    client = console(seeded_sqlite, tmp_path).test_client()
    assert sign_in(client, next=asked).location == led_to


def test_the_language_is_chosen_kept_and_survives_signing_in(seeded_sqlite: Database, tmp_path: Path) -> None:
    add(seeded_sqlite, tmp_path)
    client = console(seeded_sqlite, tmp_path).test_client()
    assert '<html lang="hi">' in client.get("/sign-in").text
    assert '<html lang="en">' in client.get("/sign-in", headers={"Accept-Language": "en-GB,en"}).text
    assert post(client, "/language", language="en", next="/sign-in").location == "/sign-in"
    assert '<html lang="en">' in client.get("/sign-in").text
    sign_in(client)
    assert '<html lang="en">' in client.get("/").text
    post(client, "/language", "/", language="xx")
    assert '<html lang="en">' in client.get("/").text


def test_a_database_that_is_gone_is_a_page_of_its_own(seeded_sqlite: Database, tmp_path: Path) -> None:
    add(seeded_sqlite, tmp_path)
    client = console(seeded_sqlite, tmp_path).test_client()
    sign_in(client)
    with seeded_sqlite.engine.connect() as connection:
        connection.execute(text("ALTER TABLE web_session RENAME TO gone"))
        connection.commit()
    answer = client.get("/")
    assert answer.status_code == 503
    assert "डेटाबेस" in answer.text
    assert client.get("/state", headers={"Accept": "application/json"}).json["status"] == 503
