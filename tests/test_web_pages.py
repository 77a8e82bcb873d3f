"""What every page keeps to: the browser's rules, both languages, no word missing, nothing inline, ways back."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from agent_console import language
from agent_console.app import create_app
from agent_console.config import ConsoleConfig
from agent_console.headers import POLICY
from agent_console.routes import PUBLIC, Role
from db.session import Database
from ivr.channels.browser import Phone
from ivr.core.call import End
from tests.kit_web import KEY, TEMPLATES, PlainSpeaker, ScriptedDriver, add, console, empty_assets, post, sign_in

PAGES = ("/", "/sign-in", "/password", "/phone", "/state", "/nowhere")
ROOMS = TEMPLATES.parent
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Reader(HTMLParser):
    """Notes what a strict policy would refuse, ids given twice, fields without a label, tags left open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.ids: list[str] = []
        self.fields: list[str] = []
        self.labels: set[str] = set()
        self.open: list[str] = []
        self.feed(page)
        self.wrong += [f"id {i} twice" for i in set(self.ids) if self.ids.count(i) > 1]
        self.wrong += [f"{f} has no label" for f in self.fields if f not in self.labels]
        self.wrong += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = dict(attrs)
        self.wrong += [f"inline {name} on <{tag}>" for name in have if name.startswith("on") or name == "style"]
        if tag in {"script", "style"} and "src" not in have:
            self.wrong.append(f"inline <{tag}>")
        self.wrong += [f"{v} is elsewhere" for n, v in attrs if n in {"src", "href"} and (v or "").startswith("http")]
        self.ids += [have["id"] or ""] if "id" in have else []
        if tag == "input" and have.get("type") != "hidden" and "hidden" not in have:
            self.fields.append(have.get("id") or "?")
        if tag == "label":
            self.labels.add(have.get("for") or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        return

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.wrong.append(f"</{tag}> closes nothing")


@pytest.fixture
def app(seeded_sqlite: Database, tmp_path: Path) -> Flask:
    phone = Phone(ScriptedDriver([End()]), PlainSpeaker(tmp_path), tmp_path, lambda file, call, seconds: "1")
    add(seeded_sqlite, tmp_path, role=Role.ADMINISTRATOR)
    return console(seeded_sqlite, tmp_path, phone)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    client = app.test_client()
    sign_in(client)
    return client


@pytest.mark.parametrize("lang", ["hi", "en"])
def test_pages_are_whole_and_hold_nothing_inline(client: FlaskClient, lang: str) -> None:
    post(client, "/language", "/", language=lang)
    for path in PAGES:
        answer = client.get(path, follow_redirects=True)
        page = answer.text
        assert Reader(page).wrong == [], path
        if path != "/state":
            assert f'<html lang="{lang}">' in page
            assert len(re.findall(r"<h1", page)) == 1, path
            assert 'href="#main"' in page


def test_the_reader_of_pages_sees_what_is_wrong() -> None:
    bad = '<p onclick="x" style="y"><script>1</script><input id="a"><b id="a"></b><img src="https://x/y"></div>'
    assert len(Reader(bad).wrong) == 8


def test_every_answer_carries_the_browsers_rules(client: FlaskClient) -> None:
    for path in (*PAGES, "/healthz", "/static/console.css", "/phone/sounds/nothing.wav"):
        with client.get(path) as answer:
            assert answer.headers["Content-Security-Policy"] == POLICY, path
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["X-Frame-Options"] == "DENY"
            if not path.startswith("/static"):
                assert answer.headers["Cache-Control"] == "no-store", path
    assert "unsafe" not in POLICY
    assert "*" not in POLICY


def test_the_cookie_is_for_us_alone(app: Flask, seeded_sqlite: Database, tmp_path: Path) -> None:
    plain = app.test_client().get("/sign-in").headers["Set-Cookie"]
    assert plain.startswith("mitan=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {p.strip() for p in plain.split(";")}
    tls = console(seeded_sqlite, tmp_path, tls=True).test_client().get("/sign-in", base_url="https://localhost")
    assert tls.headers["Set-Cookie"].startswith("__Host-mitan=")
    assert "Secure" in tls.headers["Set-Cookie"]
    assert "Strict-Transport-Security" in tls.headers


def test_assets_are_kept_for_ever_and_compressed_beforehand(seeded_sqlite: Database, tmp_path: Path) -> None:
    dist = empty_assets(tmp_path / "built")
    (dist / "console.css.br").write_bytes(b"squeezed")
    client = console(seeded_sqlite, tmp_path, dist=dist).test_client()
    with client.get("/static/console.css", headers={"Accept-Encoding": "gzip, br"}) as answer:
        assert (answer.headers["Content-Encoding"], answer.data) == ("br", b"squeezed")
        assert answer.mimetype == "text/css"
        assert {"public", "immutable"} <= {p.strip() for p in answer.headers["Cache-Control"].split(",")}
        assert answer.vary.as_set() >= {"accept-encoding"}
    with client.get("/static/console.css") as answer:
        assert "Content-Encoding" not in answer.headers
    for escape in ("../../../etc/passwd", "..%2f..%2fetc/passwd", "/etc/passwd"):
        assert client.get(f"/static/{escape}").status_code in {308, 404}


def test_a_console_without_assets_says_what_to_do(seeded_sqlite: Database, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"python -m agent_console\.bundle"):
        create_app(ConsoleConfig(seeded_sqlite, KEY, tmp_path, dist=tmp_path / "nothing"))


def test_both_languages_have_every_word_and_every_word_asked_for_is_there() -> None:
    hindi, english = language.words("hi"), language.words("en")
    assert hindi.keys() == english.keys()
    for key, text in hindi.items():
        holes = re.findall(r"\{(\w+)\}", text)
        assert sorted(holes) == sorted(re.findall(r"\{(\w+)\}", english[key])), key
        assert text.strip() and english[key].strip()
    sources = "\n".join(f.read_text("utf-8") for f in (*TEMPLATES.glob("*.html"), *ROOMS.rglob("pages/*.py")))
    asked = set(re.findall(r"\bt\([\"']([a-z_0-9.]+)[\"']", sources)) - {"phone.", "role.", "error."}
    assert {a for a in asked if not a.endswith(".")} <= hindi.keys()
    assert {f"role.{r}" for r in Role} <= hindi.keys()


def test_what_goes_wrong_is_a_page_in_plain_words(app: Flask, seeded_sqlite: Database, tmp_path: Path) -> None:
    breaking = Blueprint("breaking", __name__)

    def broken() -> str:
        raise RuntimeError("the database password is hunter2")

    breaking.add_url_rule("/broken", "page", broken)
    config = ConsoleConfig(seeded_sqlite, KEY, tmp_path, dist=empty_assets(tmp_path / "dist"))
    client = create_app(config, [(breaking, {"breaking.page": PUBLIC})]).test_client()
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert 'href="/"' in answer.text
    told = client.get("/broken", headers={"Accept": "application/json"})
    assert told.json == {"error": "500", "status": 500, "reason": "Internal Server Error"}
    assert client.post("/healthz", data={}).status_code in {400, 405}
    assert "ऐसा कोई पृष्ठ नहीं" in client.get("/nothing").text


def test_the_home_page_counts_and_names_nobody(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "50000" not in page
    numbers = re.findall(r"<strong>(\d+)</strong>", page)
    assert len(numbers) == 3
