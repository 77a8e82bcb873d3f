"""Takes the screens for docs/screens: `python -m tests.kit_screens [FOLDER]`. Invented calls only, nobody's data.

Every page in both languages and sizes; what goes wrong in Hindi only. Whoever changes a page runs this and looks.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from db.session import Database
from tests.kit_browser import SIZES, Site, chromium, dial, offline, press, sign_in, site, state, until_morning, visitor
from tests.kit_db import SqliteStock
from tests.kit_web import token

FOLDER = Path(__file__).parents[1] / "docs" / "screens"
BOOKING = "1111211"


def main(folder: Path = FOLDER) -> None:
    """Writes NAME-LANGUAGE-SIZE.png for every page."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        database = Database(SqliteStock(Path(name)).fresh(seeded=True), offset=until_morning())
        with site(database, Path(name)) as here:
            for size in SIZES:
                with visitor(browser, here, size) as page:
                    sign_in(page)
                    _take(page, folder, "home-empty", "hi", size)
            _some_calls(here)
            for size in SIZES:
                for lang in ("hi", "en"):
                    _pages(browser, here, folder, lang, size)
                _failures(browser, here, folder, size)
        database.dispose()


def _pages(browser: Browser, here: Site, folder: Path, lang: str, size: str) -> None:
    with visitor(browser, here, size, lang, device_scale_factor=1) as page:
        page.goto("/sign-in")
        _take(page, folder, "sign-in", lang, size)
        if page.get_attribute("html", "lang") != lang:
            raise AssertionError("the wrong language")
        page.goto("/phone")
        _take(page, folder, "phone-ready", lang, size)
        dial(page, "5000012345")
        if lang == "en":
            press(page, "8")
        for key in BOOKING[:5]:
            press(page, key)
        _take(page, folder, "phone-call", lang, size)
        _choose(page, lang)
        sign_in(page)
        _take(page, folder, "home", lang, size)
        page.goto("/password")
        _take(page, folder, "password", lang, size)


def _choose(page: Page, lang: str) -> None:
    """The reader's language by hand: a user's own would win over the browser's."""
    page.goto("/sign-in")
    for chosen in ("hi" if lang == "en" else "en", lang):
        button = page.locator(f".language button[value={chosen}]")
        if button.count():
            button.click()
            page.wait_for_selector(f"html[lang={chosen}]")


def _failures(browser: Browser, here: Site, folder: Path, size: str) -> None:
    with visitor(browser, here, size, device_scale_factor=1) as page:
        page.goto("/sign-in")
        page.fill("#username", "nobody")
        page.fill("#password", "a wrong one")
        page.click("main button")
        page.wait_for_selector("#wrong")
        _take(page, folder, "sign-in-wrong", "hi", size)
        page.goto("/nowhere")
        _take(page, folder, "not-found", "hi", size)
        dial(page)
        press(page, "0", then="queue")
        _take(page, folder, "phone-person", "hi", size)
        page.click("#queue-go")
        state(page, "recording")
        _take(page, folder, "phone-message", "hi", size)
        page.goto("/sign-in")
        dial(page)
        offline(page, True)
        page.keyboard.press("1")
        state(page, "lost")
        _take(page, folder, "phone-lost", "hi", size)
        offline(page, False)
        sign_in(page)
        with _without(here, "appointment"):
            page.goto("/")
            _take(page, folder, "no-database", "hi", size)


class _without:  # noqa: N801 - reads as a sentence where it is used
    """A table out of the way for a moment."""

    def __init__(self, here: Site, table: str) -> None:
        self._here, self._table = here, table

    def __enter__(self) -> None:
        self._rename(self._table, "away")

    def __exit__(self, *wrong: object) -> None:
        self._rename("away", self._table)

    def _rename(self, old: str, new: str) -> None:
        with self._here.database.begin() as session:
            session.connection().exec_driver_sql(f"ALTER TABLE {old} RENAME TO {new}")


def _some_calls(here: Site) -> None:
    """Bookings finished, a call in mid-way, one that waits for a person."""
    client = here.app.test_client()
    headers = {"X-CSRFToken": token(client, "/phone")}
    for number, keys in enumerate((BOOKING, BOOKING, BOOKING, "11", "1112", "0")):
        reply = client.post("/phone/calls", json={"from": f"50000{number:05}"}, headers=headers).json
        for key in keys:
            body = {"turn": reply["turn"], "event": {"kind": "pressed", "keys": key}}
            reply = client.post(f"/phone/calls/{reply['call_id']}/events", json=body, headers=headers).json


def _take(page: Page, folder: Path, name: str, lang: str, size: str) -> None:
    page.wait_for_load_state()
    page.evaluate("() => document.fonts.ready.then(() => true)")
    page.screenshot(path=folder / f"{name}-{lang}-{size}.png", animations="disabled")


if __name__ == "__main__":
    main(*(Path(a) for a in sys.argv[1:]))
