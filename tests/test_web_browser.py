"""The browser phone in a real Chromium: a booking, barge-in, silence, a lost line, a message, hanging up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from db.models import Appointment, Call, CallStep, Claim
from db.session import Database
from tests.kit_browser import (
    CHROMIUM,
    Site,
    chromium,
    dial,
    offline,
    press,
    site,
    state,
    until_morning,
    visitor,
    where,
)
from tests.kit_db import SqliteStock

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt: chromium)"),
]
T = TypeVar("T")
BOOKING = {"1": "city.which_division", "11": "city.which_city", "111": "service.which_group"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def house(sqlite_stock: SqliteStock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    database = Database(sqlite_stock.fresh(seeded=True), offset=until_morning())
    with site(database, tmp_path_factory.mktemp("site")) as running:
        yield running
    database.dispose()


@pytest.fixture
def here(house: Site) -> Site:
    house.kept.clear()
    return house


@pytest.fixture
def page(browser: Browser, here: Site) -> Iterator[Page]:
    with visitor(browser, here) as page:
        yield page


def soon(ask: Callable[[], T], what: str) -> T:
    """What `ask` says once it is true."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if found := ask():
            return found
        time.sleep(0.05)
    raise AssertionError(f"never: {what}")


def call_row(here: Site) -> Call:
    with here.database.read() as session:
        return session.scalars(select(Call).order_by(Call.started_at.desc()).limit(1)).one()


def pressed_at_menu(here: Site) -> int:
    """How often a key was taken at the main menu of the newest call."""
    with here.database.read() as session:
        mine = select(CallStep.kind).where(CallStep.call_id == call_row(here).id, CallStep.node == "menu")
        return session.scalars(mine).all().count("pressed")


def test_a_booking_by_the_browser_phone(browser: Browser, here: Site) -> None:
    with visitor(browser, here, "telephone") as page:
        dial(page, "5000012345")
        pressed = ""
        for key in "11112":
            press(page, key)
            pressed += key
            assert BOOKING.get(pressed, where(page)) == where(page)
        assert where(page) in {"slot.offer", "slot.offer_fixed"}
        press(page, "1")
        assert where(page) == "book.confirm"
        press(page, "1")
        assert where(page) == "book.anything_else"
        with here.database.read() as session:
            booked = session.scalars(select(Appointment)).one()
            claim = session.scalars(select(Claim)).one()
            steps = session.scalars(select(CallStep).where(CallStep.call_id == booked.call_id)).all()
        call = call_row(here)
        assert (booked.city_id, booked.service_id, booked.state) == ("raipur", "income", "booked")
        assert (claim.kind, claim.appointment_id, call.id) == ("booked", booked.id, booked.call_id)
        assert (call.channel, call.origin) == ("browser", "claimed")
        assert {s.outcome for s in steps if s.node == "confirm"} == {"1"}
        said = page.inner_text("#lines")
        assert f"{booked.reference[:4]} {booked.reference[4:]}" in said
        assert "नमस्ते" in said
        page.click("#hang-up")
        state(page, "ended")
    assert soon(lambda: call_row(here).ended_at, "the call ends in the table")


def test_sounds_are_fetched_and_played_in_order(page: Page) -> None:
    heard: list[str] = []
    page.on("response", lambda answer: heard.append(answer.url) if "/sounds/" in answer.url else None)
    dial(page)
    assert page.evaluate("states").index("speaking") < page.evaluate("states").index("listening")
    lines = page.locator(".line")
    assert lines.count() >= 5
    assert page.locator(".line.is-silent").count() == 0, "every line had its sound"
    assert len(heard) == 1, "kept: fetched once"
    assert heard[0].endswith("/phone/sounds/hum.wav")


def test_a_key_ends_the_speaking_at_once(page: Page) -> None:
    page.goto("/phone")
    page.click("#call")
    state(page, "speaking")
    press(page, "8", then="speaking")
    assert page.inner_text("#at-turn") != "–"
    state(page, "listening")
    assert "press 1" in page.inner_text("#lines")


def test_silence_is_told_when_the_time_is_over(page: Page) -> None:
    page.clock.install()
    dial_with_clock(page)
    before = page.inner_text("#at-turn")
    page.clock.fast_forward(7_000)
    assert page.inner_text("#at-turn") == before
    page.clock.fast_forward(6_000)
    page.wait_for_function("before => document.getElementById('at-turn').textContent !== before", arg=before)
    assert page.locator(".is-silence").count() == 1


def dial_with_clock(page: Page) -> None:
    page.goto("/phone")
    page.click("#call")
    for _ in range(200):
        if page.get_attribute("#phone", "data-state") == "listening":
            return
        page.clock.run_for(200)
    raise AssertionError("never listened")


def test_a_lost_line_is_seen_and_nothing_is_done_twice(page: Page, here: Site) -> None:
    dial(page)
    offline(page, True)
    page.keyboard.press("1")
    state(page, "lost")
    assert "संपर्क टूटा" in page.inner_text("#status")
    offline(page, False)
    state(page, "listening")
    assert where(page) == "city.which_division"
    assert pressed_at_menu(here) == 1


def test_an_answer_lost_on_the_way_is_fetched_by_sending_the_turn_again(page: Page, here: Site) -> None:
    dial(page)
    swallowed: list[int] = []

    def swallow(route: object) -> None:
        if swallowed:
            route.continue_()  # type: ignore[attr-defined]
            return
        swallowed.append(route.fetch().status)  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/events", swallow)
    page.keyboard.press("1")
    state(page, "lost")
    state(page, "listening")
    assert swallowed == [200]
    assert where(page) == "city.which_division"
    assert pressed_at_menu(here) == 1


def to_message(page: Page) -> None:
    """Asks for a person; nobody sits behind a browser, so a message is offered."""
    dial(page, "5000012345")
    press(page, "0", then="queue")
    page.click("#queue-go")
    state(page, "recording")


def test_a_message_is_recorded_at_eight_kilohertz_and_kept(page: Page, here: Site) -> None:
    to_message(page)
    page.wait_for_timeout(1_800)  # somebody speaks
    page.keyboard.press("1")
    (wav,) = soon(lambda: here.kept, "the message arrives")
    assert wav[:4] == b"RIFF"
    assert int.from_bytes(wav[24:28], "little") == 8000
    assert 8000 * 2 * 1.0 < len(wav) < 8000 * 2 * 4
    assert any(wav[44:]), "the microphone's beep is in it"
    page.wait_for_function("() => document.querySelectorAll('.line-you').length >= 2")


def test_a_message_spoken_before_hanging_up_is_kept(page: Page, here: Site) -> None:
    to_message(page)
    page.wait_for_timeout(1_600)
    page.click("#hang-up")
    soon(lambda: here.kept, "the message arrives")
    state(page, "ended")
    assert soon(lambda: call_row(here).ended_at, "the call ends in the table")


def test_without_a_microphone_one_can_go_on(browser: Browser, here: Site) -> None:
    with visitor(browser, here) as page:
        page.add_init_script(
            "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))"
        )
        to_message(page)
        page.wait_for_function("() => document.getElementById('record-done').hidden")
        before = page.inner_text("#at-turn")
        page.click("#record-skip")
        page.wait_for_function("before => document.getElementById('at-turn').textContent !== before", arg=before)
    assert here.kept == []


def test_a_closed_page_hangs_up(browser: Browser, here: Site) -> None:
    with visitor(browser, here) as page:
        dial(page)
        page.goto("/sign-in")
        assert soon(lambda: call_row(here).ended_at, "the call ends in the table")
        assert call_row(here).end_reason == "caller_gone"


def test_a_wrong_number_is_explained_and_a_choice_can_be_clicked(page: Page) -> None:
    page.goto("/phone")
    page.fill("#from", "98930")
    page.click("#call")
    assert "50000" in page.inner_text("#from-hint")
    assert page.get_attribute("#phone", "data-state") == "idle"
    page.fill("#from", "")
    page.click("#call")
    state(page, "listening")
    page.click(".choice[data-key='3']")
    page.wait_for_function("() => document.getElementById('at-turn').textContent > '2'")


def test_captions_change_language_without_a_new_turn(page: Page) -> None:
    dial(page)
    turn = page.inner_text("#at-turn")
    page.click("label[for=captions-en]")
    assert "press 1" in page.inner_text("#lines")
    assert "To have a Mitan" in page.inner_text("#choices")
    assert page.inner_text("#at-turn") == turn


def test_the_database_gone_in_mid_call_is_seen_and_survived(page: Page, here: Site) -> None:
    dial(page)
    moved = here.database.url.database
    assert moved
    with here.database.begin() as session:
        session.connection().exec_driver_sql("ALTER TABLE call RENAME TO away")
    page.keyboard.press("1")
    state(page, "lost")
    with here.database.begin() as session:
        session.connection().exec_driver_sql("ALTER TABLE away RENAME TO call")
    state(page, "listening")
