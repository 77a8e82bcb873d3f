"""A real Chromium before the real console: the composed app on a port of its own, with the real driver and flows.

Only the sounds are not speech: every line is one short hum, so that a call is soon over.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from agent_console import bundle
from agent_console.routes import Role
from audio import sound
from db.session import Database
from ivr import bootstrap
from ivr.channels.browser import SOUNDS, Phone
from ivr.channels.speaking import Speaker
from ivr.core.call import Spoken
from ivr.settings import Settings
from scheduler import windows
from scheduler.rules import IST
from tests.kit_audio import tone
from tests.kit_web import OWN, add, console

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",  # a microphone that beeps, without asking
    "--use-fake-device-for-media-stream",
]
SIZES = {"desk": (1366, 768), "telephone": (390, 844)}
AXE = bundle.SOURCES / "node_modules" / "axe-core" / "axe.min.js"
HUM_S = 0.25
REMEMBER = """() => {
  const phone = document.getElementById("phone");
  window.states = [];
  new MutationObserver(() => window.states.push(phone.dataset.state)).observe(phone, { attributes: true });
}"""


@dataclass(frozen=True)
class Humming:
    """Texts of the real speaker; every line sounds alike and short."""

    speaker: Speaker
    sounds: Path

    def text(self, line: Spoken, lang: str) -> str:
        return self.speaker.text(line, lang)

    def files(self, lines: Iterable[Spoken], lang: str, pace: str = "normal", form: str = "alaw") -> list[Path]:
        return [self.sounds / f"hum.{form}" for _ in lines]


@dataclass
class Site:
    """The running console. `kept` are the messages recorded, as wav."""

    url: str
    app: Flask
    database: Database
    kept: list[bytes] = field(default_factory=list)


class Quietly(WSGIRequestHandler):
    """A server that writes no line a request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def until_morning() -> timedelta:
    """From now to half past ten of next week's Wednesday, or Thursday after a closed one: people answer then."""
    now = datetime.now(IST)
    morning = now.replace(hour=10, minute=30, second=0, microsecond=0) + timedelta(days=9 - now.weekday())
    return morning - now + timedelta(days=(morning.month, morning.day) in {(1, 26), (8, 15), (10, 2)})


@contextmanager
def site(database: Database, folder: Path, **settings: Any) -> Iterator[Site]:
    """The console with the browser phone on `database`, which must be seeded; users asha and adm with OWN."""
    windows.materialise(database)
    made = Settings(var_dir=folder / "var", database_url=database.url.render_as_string(False), demo=True)
    sounds = folder / "sounds"
    sounds.mkdir()
    (sounds / f"hum.{SOUNDS}").write_bytes(sound.wav(sound.browser(tone(HUM_S))))
    driver = bootstrap.driver(made, database)
    here = Site("", Flask("nothing"), database)

    def keep(file: Path, call_id: str, seconds: float) -> str:
        here.kept.append(file.read_bytes())
        return str(len(here.kept))

    phone = Phone(driver, Humming(bootstrap.speaker(made, database), sounds), sounds, keep)
    here.app = console(database, folder, phone, dist=bundle.build(print), **{"demo": True, **settings})
    add(database, folder)
    add(database, folder, "adm", Role.ADMINISTRATOR)
    server = make_server("127.0.0.1", 0, here.app, threaded=True, request_handler=Quietly)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    here.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield here
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
        driver.close()


@contextmanager
def chromium() -> Iterator[Browser]:
    """One Chromium for many pages."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


@contextmanager
def visitor(browser: Browser, here: Site, size: str = "desk", lang: str = "hi", **more: Any) -> Iterator[Page]:
    """A browser of one's own with an empty page; what its scripts complain of fails the test."""
    width, height = SIZES[size]
    touch = {"is_mobile": True, "has_touch": True, "device_scale_factor": 2} if size == "telephone" else {}
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale=f"{lang}-IN", base_url=here.url, **{**touch, **more}
    )
    page = context.new_page()
    page.set_default_timeout(15_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Content Security" in line.text else None)
    yield page
    assert wrong == []
    context.close()


def sign_in(page: Page, username: str = "asha") -> None:
    page.goto("/sign-in")
    page.fill("#username", username)
    page.fill("#password", OWN)
    page.click("main button")
    page.wait_for_selector(".boards")


def state(page: Page, name: str) -> None:
    """Waits until the phone is in this state."""
    page.wait_for_selector(f"#phone[data-state={name}]")


def dial(page: Page, number: str = "") -> None:
    """Opens the phone, calls, and waits until it listens."""
    page.goto("/phone")
    page.evaluate(REMEMBER)
    page.fill("#from", number)
    page.click("#call")
    state(page, "listening")


def press(page: Page, key: str, then: str = "listening") -> None:
    """Presses a key and waits for what the house answers."""
    turn = page.inner_text("#at-turn")
    page.keyboard.press(key)
    page.wait_for_function("before => document.getElementById('at-turn').textContent !== before", arg=turn)
    state(page, then)


def where(page: Page) -> str:
    """`flow.node` as the page shows it."""
    return f"{page.inner_text('#at-flow')}.{page.inner_text('#at-node')}"


def axe(page: Page) -> list[str]:
    """What axe-core finds serious or critical, as `rule: element`."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')[:160]}"
        for rule in found["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


def offline(page: Page, lost: bool) -> None:
    """Cuts the page's network, or mends it."""
    context: BrowserContext = page.context
    context.set_offline(lost)
