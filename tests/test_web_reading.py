"""Every page in a real Chromium: under axe in both languages and sizes, weighed, by keyboard, when the line is cut."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from db.session import Database
from tests.kit_browser import (
    CHROMIUM,
    SIZES,
    Site,
    axe,
    chromium,
    dial,
    offline,
    press,
    sign_in,
    site,
    state,
    until_morning,
    visitor,
)
from tests.kit_db import SqliteStock
from tests.kit_web import post

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt: chromium)"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def here(sqlite_stock: SqliteStock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    database = Database(sqlite_stock.fresh(seeded=True), offset=until_morning())
    with site(database, tmp_path_factory.mktemp("site")) as running:
        yield running
    database.dispose()


@pytest.fixture
def page(browser: Browser, here: Site) -> Iterator[Page]:
    with visitor(browser, here) as page:
        yield page


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["hi", "en"])
def test_axe_finds_nothing_serious(browser: Browser, here: Site, lang: str, size: str) -> None:
    with visitor(browser, here, size, lang) as page:
        for path in ("/sign-in", "/phone", "/nowhere"):
            page.goto(path)
            assert axe(page) == [], path
        dial(page)
        assert axe(page) == [], "a call"
        press(page, "0", then="queue")
        assert axe(page) == [], "for a person"
        page.click("#queue-go")
        state(page, "recording")
        assert axe(page) == [], "a message"
        sign_in(page)
        page.click(".me summary")
        assert axe(page) == [], "home"
        page.goto("/password")
        assert axe(page) == [], "password"
        assert page.get_attribute("html", "lang") in {"hi", "en"}
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, "nothing sticks out sideways"


def test_a_first_visit_is_light_and_the_next_lighter(browser: Browser, here: Site) -> None:
    with visitor(browser, here) as page:
        for path in ("/sign-in", "/phone"):
            page.context.clear_cookies()
            got = weigh(page, path)
            assert sum(got.values()) <= 260_000, got
            assert sum(size for name, size in got.items() if "woff2" in name) <= 150_000
            again = weigh(page, path)
            assert sum(again.values()) <= 40_000, again


def weigh(page: Page, path: str) -> dict[str, int]:
    """Bytes that came over the wire for a page, by file."""
    wire = page.context.new_cdp_session(page)
    names: dict[str, str] = {}
    sizes: dict[str, int] = {}
    wire.on("Network.responseReceived", lambda e: names.update({e["requestId"]: e["response"]["url"]}))
    wire.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: int(e["encodedDataLength"])}))
    wire.send("Network.enable")
    page.goto(path, wait_until="networkidle")
    wire.detach()
    return {names.get(request, request): size for request, size in sizes.items()}


def test_the_home_page_renews_itself_and_says_when_it_cannot(page: Page, here: Site) -> None:
    page.clock.install()
    sign_in(page)
    with page.expect_response("**/state"):
        page.clock.run_for(10_100)
    offline(page, True)
    page.clock.run_for(10_100)
    page.wait_for_selector("#state.is-stale")
    assert "संपर्क टूट गया" in page.inner_text(".since")
    offline(page, False)
    page.clock.run_for(10_100)
    page.wait_for_selector("#state:not(.is-stale)")


def test_the_whole_sign_in_is_done_by_keyboard(page: Page) -> None:
    page.goto("/sign-in")
    page.keyboard.type("asha")
    page.keyboard.press("Tab")
    page.keyboard.type("bunch of marigold on a tractor")
    page.keyboard.press("Enter")
    page.wait_for_selector(".boards")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_session_ended_elsewhere_ends_here(page: Page, here: Site) -> None:
    sign_in(page)
    other = here.app.test_client()
    post(other, "/sign-in", username="asha", password="bunch of marigold on a tractor")
    page.reload()
    assert page.url.endswith("/sign-in?next=/")
