"""The browser phone's JSON: a turn as the page gets it, whose call it is, what is believed, sounds, recordings."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from db.session import Database
from ivr.channels.browser import Phone
from ivr.core.call import (
    Bridge,
    BridgeEnded,
    End,
    HungUp,
    Listen,
    Pressed,
    Recorded,
    Silence,
    Spoken,
    TakeRecording,
    Wait,
)
from tests.kit_web import PlainSpeaker, ScriptedDriver, console, token, write_wav

MENU = Listen(1, 8, choices={"1": Spoken("book"), "0": Spoken("person")})
PIN = Listen(6, 8, secret=True)


class Line:
    """One browser and its phone, with the driver's list behind."""

    def __init__(self, database: Database, folder: Path, *waits: Wait) -> None:
        self.driver = ScriptedDriver(waits)
        self.sounds = folder / "sounds"
        self.kept: list[tuple[bytes, str, float]] = []
        (self.sounds / "hi").mkdir(parents=True)
        (self.sounds / "hi" / "greeting.wav").write_bytes(bytes(16044))
        phone = Phone(self.driver, PlainSpeaker(self.sounds), self.sounds, self.keep)
        self.app = console(database, folder, phone, demo=True)
        self.client = self.app.test_client()
        self.csrf = token(self.client, "/phone")

    def keep(self, file: Path, call_id: str, seconds: float) -> str:
        self.kept.append((file.read_bytes(), call_id, seconds))
        return str(len(self.kept))

    def post(self, path: str, body: object, client: FlaskClient | None = None) -> TestResponse:
        return (client or self.client).post(f"/phone/calls{path}", json=body, headers={"X-CSRFToken": self.csrf})

    def begin(self, number: object = "") -> dict[str, object]:
        answer = self.post("", {"from": number})
        assert answer.status_code == 200, answer.text
        reply: dict[str, object] = answer.json
        return reply

    def tell(self, reply: dict[str, object], event: object) -> TestResponse:
        return self.post(f"/{reply['call_id']}/events", {"turn": reply["turn"], "event": event})

    def record(self, reply: dict[str, object], data: bytes) -> TestResponse:
        return self.client.post(
            f"/phone/calls/{reply['call_id']}/recordings/{reply['turn']}",
            data=data,
            headers={"X-CSRFToken": self.csrf, "Content-Type": "audio/wav", "Accept": "application/json"},
        )


@pytest.fixture
def database(seeded_sqlite: Database) -> Database:
    return seeded_sqlite  # nothing here touches the tables


def test_a_turn_has_texts_in_both_languages_and_sounds_in_one(database: Database, tmp_path: Path) -> None:
    line = Line(database, tmp_path, MENU)
    reply = line.begin()
    assert reply["said"] == [
        {"text": {"hi": "hi:greeting", "en": "en:greeting"}, "sounds": ["/phone/sounds/hi/greeting.wav"]}
    ]
    assert reply["wait"] == {
        "kind": "keys",
        "max_keys": 1,
        "timeout_s": 8,
        "secret": False,
        "choices": [
            {"key": "1", "text": {"hi": "hi:book", "en": "en:book"}},
            {"key": "0", "text": {"hi": "hi:person", "en": "en:person"}},
        ],
    }
    assert (reply["flow"], reply["node"], reply["turn"], reply["facts"]) == ("main", "greet", 1, {"n": 1})


@pytest.mark.parametrize(("number", "phone"), [("", None), (None, None), ("5000012345", "+915000012345")])
def test_a_number_is_only_claimed(database: Database, tmp_path: Path, number: object, phone: str | None) -> None:
    line = Line(database, tmp_path, MENU)
    line.begin(number)
    (new,) = line.driver.begun
    assert (new.channel, new.origin, new.phone) == ("browser", "claimed", phone)


def test_where_everybody_is_invented_the_number_is_believed_and_the_page_says_so(
    database: Database, tmp_path: Path
) -> None:
    driver = ScriptedDriver([MENU])
    phone = Phone(driver, PlainSpeaker(tmp_path), tmp_path, lambda file, call, seconds: "1", origin="trunk")
    client = console(database, tmp_path, phone, demo=True).test_client()
    assert "काल्पनिक" in client.get("/phone").text
    headers = {"X-CSRFToken": token(client, "/phone")}
    client.post("/phone/calls", json={"from": "5000012345"}, headers=headers)
    assert driver.begun[0].origin == "trunk"


@pytest.mark.parametrize("number", ["9893012345", "50000123456", "5000012345\n", "+915000012345", 5000012345, ["5"]])
def test_only_test_numbers_can_be_claimed(database: Database, tmp_path: Path, number: object) -> None:
    line = Line(database, tmp_path, MENU)
    assert line.post("", {"from": number}).status_code == 422
    assert line.driver.begun == []


def test_the_whole_round_keys_silence_queue_end(database: Database, tmp_path: Path) -> None:
    line = Line(database, tmp_path, MENU, PIN, Bridge("people"), End())
    reply = line.begin()
    for event, kind in (
        ({"kind": "silence"}, "keys"),
        ({"kind": "pressed", "keys": "492001"}, "queue"),
        ({"kind": "bridge_ended", "outcome": "done"}, "ended"),
    ):
        reply = line.tell(reply, event).json
        assert reply["wait"]["kind"] == kind  # type: ignore[index]
    assert [event for _, _, event in line.driver.told] == [Silence(), Pressed("492001"), BridgeEnded("empty")]


def test_a_turn_sent_twice_is_answered_twice_and_done_once(database: Database, tmp_path: Path) -> None:
    line = Line(database, tmp_path, MENU, PIN)
    begun = line.begin()
    first, second = (line.tell(begun, {"kind": "pressed", "keys": "1"}).json for _ in range(2))
    assert first == second
    assert len(line.driver.told) == 1


@pytest.mark.parametrize(
    "event",
    [
        None,
        "pressed",
        {"kind": "performed", "outcome": "booked"},
        {"kind": "recorded", "ref": "7"},
        {"kind": "started"},
        {"kind": "pressed"},
        {"kind": "pressed", "keys": ""},
        {"kind": "pressed", "keys": 1},
        {"kind": "pressed", "keys": "1a"},
        {"kind": "pressed", "keys": "१"},
        {"kind": "pressed", "keys": "1" * 33},
        {"kind": "typed", "text": "x"},
    ],
)
def test_what_a_browser_may_not_tell(database: Database, tmp_path: Path, event: object) -> None:
    line = Line(database, tmp_path, MENU, PIN)
    assert line.tell(line.begin(), event).status_code == 422
    assert line.driver.told == []


@pytest.mark.parametrize("turn", [None, "1", 1.5, True, [1]])
def test_a_turn_is_a_number(database: Database, tmp_path: Path, turn: object) -> None:
    line = Line(database, tmp_path, MENU, PIN)
    call = line.begin()["call_id"]
    assert line.post(f"/{call}/events", {"turn": turn, "event": {"kind": "silence"}}).status_code == 422


def test_a_call_belongs_to_the_browser_that_began_it(database: Database, tmp_path: Path) -> None:
    line = Line(database, tmp_path, MENU, PIN)
    reply = line.begin()
    line.client = line.app.test_client()
    line.csrf = token(line.client, "/phone")
    assert line.tell(reply, {"kind": "pressed", "keys": "1"}).status_code == 404
    assert line.record(reply, b"").status_code == 404
    assert (
        line.client.post(f"/phone/calls/{reply['call_id']}/hangup", data={"csrf_token": line.csrf}).status_code == 404
    )
    assert line.driver.told == []


def test_without_the_token_nothing_is_taken(database: Database, tmp_path: Path) -> None:
    line = Line(database, tmp_path, MENU)
    line.csrf = "guessed"
    assert line.post("", {"from": ""}).status_code == 400
    assert line.driver.begun == []


def test_hanging_up_counts_whatever_turn_the_browser_knew(database: Database, tmp_path: Path) -> None:
    line = Line(database, tmp_path, MENU, PIN)
    begun = line.begin()
    line.tell(begun, {"kind": "pressed", "keys": "1"})
    beacon = {"csrf_token": line.csrf, "turn": "1"}
    for _ in range(2):
        assert line.client.post(f"/phone/calls/{begun['call_id']}/hangup", data=beacon).status_code == 204
    assert [event for _, _, event in line.driver.told] == [Pressed("1"), HungUp()]


# --- sounds ----------------------------------------------------------------------------------------------------------
def test_a_sound_is_kept_for_ever_and_served_in_ranges(database: Database, tmp_path: Path) -> None:
    client = Line(database, tmp_path, MENU).client
    with client.get("/phone/sounds/hi/greeting.wav") as whole:
        assert (whole.status_code, whole.mimetype, len(whole.data)) == (200, "audio/wav", 16044)
        assert "immutable" in whole.headers["Cache-Control"]
    with client.get("/phone/sounds/hi/greeting.wav", headers={"Range": "bytes=44-143"}) as part:
        assert (part.status_code, len(part.data)) == (206, 100)
        assert part.headers["Content-Range"] == "bytes 44-143/16044"


@pytest.mark.parametrize(
    "path",
    ["../secret.wav", "hi/../../secret.wav", "%2e%2e/secret.wav", "/etc/passwd", "hi/greeting.alaw", "hi"],
)
def test_nothing_but_a_sound_of_the_store_is_served(database: Database, tmp_path: Path, path: str) -> None:
    line = Line(database, tmp_path, MENU)
    (tmp_path / "secret.wav").write_bytes(b"x")
    (line.sounds / "hi" / "greeting.alaw").write_bytes(b"\0")
    assert line.client.get(f"/phone/sounds/{path}").status_code in {308, 404}


# --- recordings ------------------------------------------------------------------------------------------------------
def test_a_recording_is_measured_kept_and_told(database: Database, tmp_path: Path) -> None:
    line = Line(database, tmp_path, TakeRecording(30), End())
    begun = line.begin()
    wav = write_wav(tmp_path / "message.wav", 2.5).read_bytes()
    assert line.record(begun, wav).json["wait"]["kind"] == "ended"
    assert line.kept == [(wav, begun["call_id"], 2.5)]
    assert line.record(begun, wav).json["wait"]["kind"] == "ended", "sent again: answered, kept once"
    assert len(line.kept) == 1
    assert [event for _, _, event in line.driver.told] == [Recorded("1", 2.5)]


def test_a_click_of_the_microphone_is_silence(database: Database, tmp_path: Path) -> None:
    line = Line(database, tmp_path, TakeRecording(30), End())
    line.record(line.begin(), write_wav(tmp_path / "message.wav", 0.4).read_bytes())
    assert line.kept == []
    assert [event for _, _, event in line.driver.told] == [Silence()]


@pytest.mark.parametrize("wrong", ["empty", "text", "other rate", "cut", "too long"])
def test_what_is_no_recording_is_refused(database: Database, tmp_path: Path, wrong: str) -> None:
    line = Line(database, tmp_path, TakeRecording(3), End())
    data = {
        "empty": b"",
        "text": b"RIFF and then nothing",
        "other rate": write_wav(tmp_path / "a.wav", 0.5, rate=44100).read_bytes(),
        "cut": write_wav(tmp_path / "b.wav", 2).read_bytes()[:1000],
        "too long": write_wav(tmp_path / "c.wav", 9).read_bytes(),
    }[wrong]
    answer = line.record(line.begin(), data)
    assert answer.status_code == (413 if wrong == "too long" else 415)
    assert answer.json["status"] == answer.status_code
    assert line.kept == line.driver.told == []


def test_a_recording_nobody_asked_for_is_not_kept(database: Database, tmp_path: Path) -> None:
    line = Line(database, tmp_path, MENU)
    wav = write_wav(tmp_path / "message.wav", 2).read_bytes()
    assert line.record(line.begin(), wav).json["wait"]["kind"] == "keys"
    assert line.kept == line.driver.told == []
