"""Calls as text files: one behaviour each, readable and writable by a person who knows no Python.

A file begins with what it shows (`#` lines), then says who calls, what the desk answers, and line by line what is
heard and done. Words of the language, each at the beginning of a line:

    caller      new · known in CITY · expected · expected soon · withheld · claimed
    language    en                      the caller's remembered language
    path        yes_no                  the caller's remembered path
    office      open · night · closed day
    real                                true of the real desk too: nothing below depends on a day or a number
    desk        ACTION answers OUTCOME, then OUTCOME     (the last one stays; `breaks` is none at all)
    hears       words heard since the last thing done, in this order
    never hears words not among them
    presses     keys                    one line a question
    silent                              nothing is pressed
    speaks                              a voice, but no key
    records     a message is left
    people      done · returned · empty · timeout · abandoned
    hangs up
    is at       flow.node
    desk did    ACTION                  it was asked for, once
    desk did not  ACTION
    ends

`PureStage` plays a file against the engine and a fake desk; any other stage needs only `begin` and `feed`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from audio.catalogue import Catalogue, languages
from audio.text import render_text
from callflows import ACTIONS, ENTRY, flows
from ivr.core.call import (
    Bridge,
    BridgeEnded,
    Broke,
    CallState,
    End,
    Event,
    HungUp,
    Listen,
    Manner,
    Perform,
    Performed,
    Pressed,
    Recorded,
    Silence,
    Spoke,
    Spoken,
    Started,
    TakeRecording,
    Wait,
)
from ivr.core.engine import advance, dump, load, start
from tests.kit_desk import BREAKS, FakeDesk, names

CALLS = Path(__file__).parent / "calls"
SETTING = ("caller", "language", "path", "office", "real")
VERBS = (
    *SETTING,
    "desk did not",
    "desk did",
    "desk",
    "never hears",
    "hears",
    "presses",
    "silent",
    "speaks",
    "records",
    "people",
    "hangs up",
    "is at",
    "ends",
)


class BadCall(AssertionError):
    """A call that went otherwise than its file says, or a line that nobody understands; names file and line."""


@dataclass(frozen=True)
class Line:
    """One line of a file: its number, verb and the rest."""

    number: int
    verb: str
    text: str


@dataclass(frozen=True)
class Script:
    """A call file as read."""

    path: Path
    title: str
    lines: tuple[Line, ...]

    @property
    def real(self) -> bool:
        return any(line.verb == "real" for line in self.lines)

    def setting(self, verb: str, otherwise: str) -> str:
        return next((line.text for line in self.lines if line.verb == verb), otherwise)

    def desk(self) -> Iterator[tuple[str, list[str]]]:
        """(action, its answers in order) for each `desk … answers …`."""
        for line in self.lines:
            if line.verb == "desk":
                action, found, answers = line.text.partition(" answers ")
                if not found or action not in ACTIONS:
                    raise BadCall(f"{self.path.name}:{line.number}: desk ACTION answers OUTCOME")
                yield action, [a.strip().removeprefix("then ") for a in answers.split(",")]


@dataclass(frozen=True)
class Shown:
    """Where a call stands after something was done."""

    at: str
    said: tuple[str, ...]
    wait: Wait


class Stage(Protocol):
    """Whatever can play a call: the pure engine, the real driver, a telephone."""

    def begin(self) -> Shown: ...
    def feed(self, event: Event) -> Shown: ...
    def done(self) -> list[str]:
        """The actions that the desk was asked for so far."""
        ...


def read(path: Path) -> Script:
    """The call file, or BadCall for the first line that nobody understands."""
    title, lines = "", []
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = raw.strip()
        if text.startswith("#"):
            title = title or text.lstrip("# ")
        elif text:
            verb = next((v for v in VERBS if text == v or text.startswith(v + " ")), None)
            if verb is None:
                raise BadCall(f"{path.name}:{number}: {text!r} begins with no known word")
            lines.append(Line(number, verb, text[len(verb) :].strip()))
    if not title:
        raise BadCall(f"{path.name}: the first line says what the call shows")
    return Script(path, title, tuple(lines))


def play(script: Script, stage: Stage) -> Shown:
    """Plays the file to its last line; raises BadCall where the call goes otherwise."""
    shown = stage.begin()
    heard = list(shown.said)
    for line in script.lines:
        where = f"{script.path.name}:{line.number}"
        if line.verb in SETTING or line.verb == "desk":
            continue
        event = _event(line, shown, where)
        if event is not None:
            shown = stage.feed(event)
            heard = list(shown.said)
        else:
            _check(line, shown, heard, stage, where)
    return shown


def _event(line: Line, shown: Shown, where: str) -> Event | None:
    match line.verb:
        case "presses":
            event: Event = Pressed(line.text)
        case "silent":
            event = Silence()
        case "speaks":
            event = Spoke()
        case "records":
            event = Recorded("1", 7.0)
        case "people":
            event = BridgeEnded(line.text)
        case "hangs up":
            event = HungUp()
        case _:
            return None
    wanted = {
        "records": TakeRecording,
        "people": Bridge,
        "presses": Listen | TakeRecording,
        "silent": Listen | TakeRecording,
        "speaks": Listen,
    }
    if line.verb in wanted and not isinstance(shown.wait, wanted[line.verb]):
        raise BadCall(f"{where}: {line.verb}, but at {shown.at} the call waits for {shown.wait}")
    return event


def _check(line: Line, shown: Shown, heard: list[str], stage: Stage, where: str) -> None:
    told = f"\n  at {shown.at} was said:\n    " + "\n    ".join(shown.said)
    match line.verb:
        case "hears":
            place = next((i for i, text in enumerate(heard) if line.text in text), None)
            if place is None:
                raise BadCall(f"{where}: not heard (in this order): {line.text}{told}")
            heard[place] = heard[place].partition(line.text)[2]
            del heard[:place]
        case "never hears":
            if any(line.text in text for text in shown.said):
                raise BadCall(f"{where}: heard all the same: {line.text}{told}")
        case "is at":
            if shown.at != line.text:
                raise BadCall(f"{where}: the call is at {shown.at}{told}")
        case "ends":
            if not isinstance(shown.wait, End):
                raise BadCall(f"{where}: the call goes on at {shown.at}{told}")
        case "desk did":
            if stage.done().count(line.text) != 1:
                raise BadCall(f"{where}: the desk did {stage.done()}")
        case "desk did not":
            if line.text in stage.done():
                raise BadCall(f"{where}: the desk did {stage.done()}")


def text_of(line: Spoken, language: str) -> str:
    """A line as it is heard, in words."""
    catalogue = Catalogue.load(language if language in languages() else "hi")
    return render_text(catalogue, line, names, style="speech")


@dataclass
class PureStage:
    """The engine alone with a fake desk; the state makes a round trip through JSON at every event."""

    script: Script
    desk: FakeDesk = field(init=False)
    state: CallState = field(init=False)

    def __post_init__(self) -> None:
        self.flows = flows()
        self.desk = FakeDesk(self.script.setting("caller", "new"), self.script.setting("office", "open"))
        for action, answers in self.script.desk():
            self.desk.script[action] = answers
        path = self.script.setting("path", "keys")
        manner = Manner(self.script.setting("language", "hi"), path="yes_no" if path == "yes_no" else "keys")
        self.state = start(self.flows[ENTRY], "call-1", manner)

    def begin(self) -> Shown:
        return self.feed(Started("in", {**self.desk.door, "origin": self.desk.origin}))

    def feed(self, event: Event) -> Shown:
        said: list[str] = []
        for _ in range(40):
            turn = advance(self.flows, ACTIONS, load(json.loads(json.dumps(dump(self.state)))), event)
            self.state = turn.state
            said += [text_of(line, turn.state.manner.language) for line in turn.prompts]
            if not isinstance(turn.wait, Perform):
                return Shown(f"{turn.state.flow}.{turn.state.node}", tuple(said), turn.wait)
            outcome, facts = self.desk.do(turn.wait.action, turn.wait.args)
            event = Broke() if outcome == BREAKS else Performed(outcome, facts)
        raise BadCall(f"{self.script.path.name}: actions without end at {self.state.flow}.{self.state.node}")

    def done(self) -> list[str]:
        return self.desk.asked
