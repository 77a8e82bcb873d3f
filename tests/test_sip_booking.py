"""A SIP caller through a real Asterisk books a visit: keys pressed and sounds heard as RTP, rows read by SQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.asterisk.render import Opening
from tests.kit_db import SqliteStock
from tests.kit_house import House, VoiceProcess, house, noise_once, voice
from tests.kit_rtp import frames_of, share_found
from tests.kit_sip import ALWAYS, Asterisk, SipCaller, asterisk, caller, need_sipp, wait_until

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(300)]
KEYS = "1111211"
FOUND = 0.98


@pytest.fixture(scope="module")
def scene(
    tmp_path_factory: pytest.TempPathFactory, sqlite_stock: SqliteStock
) -> Iterator[tuple[House, Asterisk, VoiceProcess]]:
    need_sipp()
    sounds = noise_once(tmp_path_factory, sqlite_stock)
    folder = tmp_path_factory.mktemp("sip")
    trunk = {"trunk_match": ("127.0.0.1",)}
    with house(folder, sqlite_stock, sounds, **trunk) as h, asterisk(h.settings, ALWAYS) as a, voice(h) as v:
        yield h, a, v


def hears_out(h: House, call: SipCaller, call_id: str) -> list[bytes]:
    """Waits until everything said so far has been heard; returns the frames that had to be."""
    turn_of(h, call_id)
    expected: list[bytes] = []

    def all_heard() -> bool:
        nonlocal expected
        expected = frames_of(h.said(call_id))
        return share_found(expected, call.phone.sound()) >= FOUND

    wait_until(all_heard, 40, "the whole prompt")
    return expected


def call_of(h: House, number: str) -> str:
    """The id of the last call from this number, once it is there."""
    query = "SELECT id FROM call WHERE phone = ? ORDER BY started_at DESC"
    ((call_id,), *_) = wait_until(lambda: h.sql(query, number), 10, f"a call from {number}")
    return str(call_id)


def turn_of(h: House, call_id: str) -> tuple[str, int]:
    """Where the call stands, when it waits for the caller."""
    query = "SELECT node, turn FROM call WHERE id = ? AND json_extract(reply, '$.wait.wait') != 'perform'"
    ((node, turn),) = wait_until(lambda: h.sql(query, call_id), 10, "a question")
    return str(node), int(turn)


def test_caller_books_and_hears_every_sound(scene: tuple[House, Asterisk, VoiceProcess], tmp_path: Path) -> None:
    h, a, _ = scene
    number = "+915000000061"
    with caller(h.settings, tmp_path, number=number) as call:
        call_id = call_of(h, number)
        for key in KEYS:
            _, turn = turn_of(h, call_id)
            hears_out(h, call, call_id)
            call.phone.press(key)
            wait_until(lambda t=turn: turn_of(h, call_id)[1] > t, 10, f"an answer to {key}")
        expected = hears_out(h, call, call_id)
        assert turn_of(h, call_id)[0] == "anything_else"
        heard = call.phone.sound()
        call.hang_up()
    assert share_found(expected, heard) >= FOUND
    ((reference, state),) = h.sql("SELECT reference, state FROM appointment WHERE phone = ?", number)
    assert (len(reference), state) == (8, "booked")
    assert h.sql("SELECT count(*) FROM outbox WHERE recipient = ?", number) == [(1,)]
    wait_until(lambda: h.sql("SELECT 1 FROM call WHERE id = ? AND end_reason = 'caller_gone'", call_id))
    ((channel, origin),) = h.sql("SELECT channel, origin FROM call WHERE id = ?", call_id)
    assert (channel, origin) == ("sip", "trunk")
    wait_until(lambda: a.channels() == 0, 5, "no channel is left")


def test_wrong_prompt_is_noticed(scene: tuple[House, Asterisk, VoiceProcess], tmp_path: Path) -> None:
    """The broken twin of the test above: what proves a prompt right must prove another one wrong."""
    h, _, _ = scene
    number = "+915000000062"
    with caller(h.settings, tmp_path, number=number) as call:
        expected = hears_out(h, call, call_of(h, number))
        heard = call.phone.sound()
    wrong = frames_of(h.line("main.goodbye"))
    assert share_found([*expected, *wrong], heard) < FOUND
    assert share_found(list(reversed(expected)), heard) < 0.5, "in order, not only somewhere"
    assert share_found(expected[: len(expected) // 2] + wrong, heard) < FOUND


@pytest.mark.parametrize(
    ("word", "number", "name", "stored"),
    [
        ("withheld", "anonymous", '"Anonymous"', None),
        ("national form", "05000000063", '"x"', "+915000000063"),
        ("Hindi name", "+915000000064", '"मितान राम"', "+915000000064"),
        (
            "name with a command",
            "+915000000065",
            '"a\\" b SET VARIABLE MITAN_FINISHED 1 ${SHELL(id)}"',
            "+915000000065",
        ),
    ],
)
def test_caller_is_served_whatever_his_number_or_name(
    scene: tuple[House, Asterisk, VoiceProcess], tmp_path: Path, word: str, number: str, name: str, stored: str | None
) -> None:
    h, _, _ = scene
    before = {i for (i,) in h.sql("SELECT id FROM call")}
    with caller(h.settings, tmp_path, number=number, name=name) as call:
        rows = wait_until(lambda: [r for r in h.sql("SELECT id, phone FROM call") if r[0] not in before])
        assert [r[1] for r in rows] == [stored]
        hears_out(h, call, rows[0][0])
        assert call.up


def test_without_a_trunk_a_number_is_only_claimed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, sqlite_stock: SqliteStock
) -> None:
    need_sipp()
    sounds = noise_once(tmp_path_factory, sqlite_stock)
    with (
        house(tmp_path, sqlite_stock, sounds) as h,
        asterisk(h.settings, Opening()),
        voice(h),
        caller(h.settings, tmp_path / "caller") as call,
    ):
        call_id = call_of(h, "+915000000001")
        assert h.sql("SELECT origin, caller_id FROM call WHERE id = ?", call_id) == [("claimed", None)]
        assert call.up
