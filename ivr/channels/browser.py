"""The browser phone: a keypad page and the JSON it talks, on the same driver as every other door.

A call belongs to the browser session that began it. Its number is only claimed. Sounds come from the prepared store
alone. The page is the console's template `phone.html`; who may open it is the route table's business (`ENDPOINTS`).
"""

from __future__ import annotations

import re
import tempfile
import wave
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from flask import Blueprint, Response, abort, jsonify, render_template, request, send_from_directory, session
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import UnprocessableEntity

from audio.store import Format, Pace
from ivr.channels.reply import NewCall, Origin, Reply
from ivr.core.call import (
    Bridge,
    BridgeEnded,
    End,
    Event,
    HungUp,
    Listen,
    Pressed,
    Recorded,
    Silence,
    Spoken,
    TakeRecording,
    Wait,
)
from ivr.core.nodes import KEYS

ENDPOINTS = ("page", "begin", "event", "recording", "hang_up", "sound")
TEST_NUMBER = re.compile(r"50000\d{5}")
SOUNDS: Format = "wav"  # wider than a trunk, and what every build makes
MINE = "phone_calls"  # the cookie's field: ids of this browser's last calls
KEPT = 4
RATE_HZ, SAMPLE_BYTES = 8000, 2
SHORTEST_MESSAGE_S = 1.0
FOR_EVER_S = 365 * 24 * 3600


class Drives(Protocol):
    """The part of `driver.Driver` that this door needs."""

    def begin(self, new: NewCall) -> Reply: ...
    def current(self, call_id: str) -> Reply: ...
    def run(self, call_id: str, turn: int, event: Event) -> Reply: ...
    def settle(self, reply: Reply) -> Reply: ...


class Speaks(Protocol):
    """The part of `speaking.Speaker` that this door needs."""

    def text(self, line: Spoken, lang: str) -> str: ...
    def files(self, lines: Any, lang: str, pace: Pace = "normal", form: Format = "alaw") -> list[Path]: ...


@dataclass(frozen=True)
class Phone:
    """What the door is made of. `keep` stores a recorded wav (path, call id, seconds) and returns its id.

    `sounds` is the folder of the sound store; nothing outside it is ever served.
    """

    driver: Drives
    speaker: Speaks
    sounds: Path
    keep: Callable[[Path, str, float], str]
    languages: tuple[str, ...] = ("hi", "en")
    origin: Origin = "claimed"  # `trunk` only where everybody is invented


def phone_pages(phone: Phone) -> Blueprint:
    """The blueprint `phone`; its endpoints are `phone.<name>` for the names in ENDPOINTS."""
    pages = Blueprint("phone", __name__, url_prefix="/phone")

    @pages.get("")
    def page() -> ResponseReturnValue:
        return render_template("phone.html", believed=phone.origin == "trunk")

    @pages.post("/calls")
    def begin() -> ResponseReturnValue:
        new = NewCall("browser", phone.origin, phone=_claimed(_json().get("from")), dialled="14545")
        reply = phone.driver.settle(phone.driver.begin(new))
        session[MINE] = [*session.get(MINE, []), reply.call_id][-KEPT:]
        return jsonify(as_json(phone, reply))

    @pages.post("/calls/<call_id>/events")
    def event(call_id: str) -> ResponseReturnValue:
        _mine(call_id)
        body = _json()
        return jsonify(as_json(phone, phone.driver.run(call_id, _turn(body), _event(body.get("event")))))

    @pages.post("/calls/<call_id>/recordings/<int:turn>")
    def recording(call_id: str, turn: int) -> ResponseReturnValue:
        _mine(call_id)
        reply = phone.driver.current(call_id)
        if reply.turn == turn and isinstance(reply.wait, TakeRecording):
            request.max_content_length = 4096 + (reply.wait.max_s + 1) * RATE_HZ * SAMPLE_BYTES
            reply = phone.driver.run(call_id, turn, _kept(phone, request.get_data(), call_id))
        return jsonify(as_json(phone, reply))

    @pages.post("/calls/<call_id>/hangup")
    def hang_up(call_id: str) -> ResponseReturnValue:
        _mine(call_id)
        standing = phone.driver.current(call_id)  # the beacon may know an older turn: whoever hangs up is gone anyway
        phone.driver.run(call_id, standing.turn, HungUp())
        return "", 204

    @pages.get("/sounds/<path:path>")
    def sound(path: str) -> Response:
        if not path.endswith(f".{SOUNDS}"):
            abort(404)
        answer = send_from_directory(phone.sounds, path, mimetype="audio/wav", max_age=FOR_EVER_S, conditional=True)
        answer.cache_control.immutable = True  # the name is the hash of what is said
        answer.headers["Accept-Ranges"] = "bytes"
        return answer

    return pages


def as_json(phone: Phone, reply: Reply) -> dict[str, Any]:
    """One turn for the page: texts in every language (captions can be switched), sounds in the caller's."""
    return {
        "call_id": reply.call_id,
        "turn": reply.turn,
        "flow": reply.flow,
        "node": reply.node,
        "manner": {"language": reply.manner.language, "pace": reply.manner.pace, "path": reply.manner.path},
        "said": [{"text": _texts(phone, line), "sounds": _sounds(phone, reply, line)} for line in reply.prompts],
        "wait": _wait(phone, reply.wait),
        "facts": dict(reply.facts),
    }


def _wait(phone: Phone, wait: Wait) -> dict[str, Any]:
    match wait:
        case Listen():
            return {
                "kind": "keys",
                "max_keys": wait.max_keys,
                "timeout_s": wait.timeout_s,
                "secret": wait.secret,
                # A list: in JSON objects a script would find 0 first, which is said last.
                "choices": [{"key": key, "text": _texts(phone, label)} for key, label in wait.choices.items()],
            }
        case TakeRecording(max_s, silence_s):
            return {"kind": "recording", "max_s": max_s, "silence_s": silence_s}
        case Bridge(queue):
            return {"kind": "queue", "queue": queue}
        case End(reason):
            return {"kind": "ended", "reason": reason}
        case other:
            raise TypeError(f"no page can wait for {type(other).__name__}")


def _texts(phone: Phone, line: Spoken) -> dict[str, str]:
    return {lang: phone.speaker.text(line, lang) for lang in phone.languages}


def _sounds(phone: Phone, reply: Reply, line: Spoken) -> list[str]:
    files = phone.speaker.files([line], reply.manner.language, reply.manner.pace, SOUNDS)
    return [f"/phone/sounds/{file.relative_to(phone.sounds).as_posix()}" for file in files]


def _kept(phone: Phone, wav: bytes, call_id: str) -> Event:
    """The recording as an event; too short a one is silence. The length is measured, not believed."""
    with tempfile.TemporaryDirectory(prefix="mitan-message-") as folder:
        file = Path(folder) / f"message_{call_id}.wav"
        file.write_bytes(wav)
        seconds = _seconds(file)
        return Recorded(phone.keep(file, call_id, seconds), seconds) if seconds >= SHORTEST_MESSAGE_S else Silence()


def _seconds(file: Path) -> float:
    try:
        with wave.open(str(file), "rb") as sound:
            shape = (sound.getframerate(), sound.getsampwidth(), sound.getnchannels())
            seconds = sound.getnframes() / RATE_HZ
    except (wave.Error, EOFError):
        abort(415)
    if shape != (RATE_HZ, SAMPLE_BYTES, 1) or file.stat().st_size < seconds * RATE_HZ * SAMPLE_BYTES:
        abort(415)
    return seconds


def _event(told: object) -> Event:
    """What a browser may tell: nothing of what the house itself does (a result of an action) is believed of it."""
    match told:
        case {"kind": "pressed", "keys": str(keys)} if 0 < len(keys) <= 32 and all(k in KEYS for k in keys):
            return Pressed(keys)
        case {"kind": "silence"}:
            return Silence()
        case {"kind": "bridge_ended"}:
            return BridgeEnded("empty")  # nobody sits behind a browser call
        case _:
            raise UnprocessableEntity


def _json() -> Mapping[str, Any]:
    body = request.get_json()
    if not isinstance(body, dict):
        abort(422)
    return body


def _turn(body: Mapping[str, Any]) -> int:
    turn = body.get("turn")
    if not isinstance(turn, int) or isinstance(turn, bool):
        abort(422)
    return turn


def _claimed(number: object) -> str | None:
    if not number:
        return None
    if not isinstance(number, str) or not TEST_NUMBER.fullmatch(number):
        abort(422)
    return f"+91{number}"


def _mine(call_id: str) -> None:
    """Another browser's call is as absent as one that never was."""
    if call_id not in session.get(MINE, []):
        abort(404)
