"""Small flows for the tests of the core: one line to book a visit, with help, people and a secret. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.core.call import CallState, Event, Listen, Manner, Perform, Performed, Pressed, Spoken, Started, Turn
from ivr.core.engine import advance, dump, load, start
from ivr.core.flow import (
    Act,
    ActionSpec,
    Aside,
    Back,
    Branch,
    Choice,
    Enter,
    Flow,
    Gather,
    Goto,
    Hangup,
    Menu,
    Pick,
    Prompt,
    Record,
    Repeat,
    Return,
    Say,
    Transfer,
    Words,
)

ACTIONS: Mapping[str, ActionSpec] = {
    spec.name: spec
    for spec in (
        ActionSpec("find_cities", {"found": ("cities",)}),
        ActionSpec("find_slot", {"found": ("day", "at"), "none": ()}, needs=("city",), may=("part",)),
        ActionSpec("book", {"booked": ("reference",), "taken": ()}, needs=("city", "day", "at"), writes=True),
        ActionSpec("check_code", {"right": ("visit",), "wrong": ()}, needs=("reference",)),
    )
}

CITIES = [{"value": f"city{i}", "name": f"City {i}"} for i in range(1, 7)]


def said(key: str, *facts: str) -> tuple[Prompt, ...]:
    return (Prompt(key, facts),)


MAIN = Flow(
    "main",
    (
        Say("greet", said("greet"), then="menu"),
        Menu(
            "menu",
            said("menu"),
            {
                "1": Choice("list_cities", Prompt("menu.book")),
                "2": Choice("reference", Prompt("menu.visit")),
                "3": Choice("papers", Prompt("menu.papers"), set={"topic": "papers"}),
                "0": Choice("people", Prompt("menu.person")),
            },
            gave_up="people",
            hidden={
                "8": Choice("menu", Prompt("menu.english"), set={"manner.language": "en"}),
                "9": Choice("menu", Prompt("menu.slowly"), set={"manner.pace": "slow", "manner.path": "yes_no"}),
            },
            words=Words(silence=Prompt("menu.silence"), wrong=Prompt("menu.wrong")),
        ),
        Act("list_cities", "find_cities", {"found": "city"}),
        Pick("city", said("city"), "cities", Prompt("city.one", ("name",)), "city", then="slot", gave_up="people"),
        Enter("slot", "slots", {"booked": "bye", "none": "no_slot", "person": "people"}),
        Gather("reference", said("reference"), "reference", 4, 8, then="code", gave_up="people"),
        Gather(
            "code",
            said("code"),
            "code",
            4,
            6,
            then="",
            gave_up="people",
            secret=True,
            check="check_code",
            on={"right": "visit_known", "wrong": "wrong_code"},
        ),
        Say("wrong_code", said("wrong_code"), then="code"),
        Branch("visit_known", "visit", {"": "no_visit"}, otherwise="visit"),
        Say("visit", said("visit", "visit"), then="menu"),
        Say("no_visit", said("no_visit"), then="menu"),
        Say("papers", said("papers", "about=topic"), then="menu"),
        Say("no_slot", said("no_slot"), then="menu"),
        Transfer(
            "people",
            said("people"),
            "line",
            {"done": "bye", "timeout": "message", "empty": "message", "returned": "menu"},
        ),
        Record("message", said("message"), "message", 60, then="thanks", gave_up="bye"),
        Say("thanks", said("thanks"), then="bye"),
        Hangup("bye", said("bye")),
    ),
    rescue="people",
    shortcuts={"0": Goto("people"), "*": Repeat(), "#": Back(), "7": Aside("help")},
    checkpoints=("menu",),
    enterable=("menu", "reference"),
)

SLOTS = Flow(
    "slots",
    (
        Act("find", "find_slot", {"found": "offer", "none": "nothing"}),
        Menu(
            "offer",
            said("offer", "day", "at"),
            {"1": Choice("book", Prompt("offer.this")), "2": Choice("part", Prompt("offer.other"))},
            gave_up="person",
        ),
        Menu(
            "part",
            said("part"),
            {
                "1": Choice("find", Prompt("part.morning"), set={"part": "morning"}),
                "2": Choice("find", Prompt("part.evening"), set={"part": "evening"}),
            },
            gave_up="person",
        ),
        Act("book", "book", {"booked": "booked", "taken": "taken"}),
        Say("taken", said("taken"), then="find"),
        Menu(
            "booked",
            said("booked", "reference"),
            {"1": Choice("done", Prompt("booked.done"))},
            gave_up="done",
            silence_ends=True,
        ),
        Return("done", "booked"),
        Return("nothing", "none"),
        Return("person", "person"),
    ),
    rescue="person",
    shortcuts={"0": Goto("person"), "*": Repeat(), "#": Back(), "7": Aside("help")},
    checkpoints=("offer",),
)

HELP = Flow(
    "help",
    (
        Menu(
            "help",
            said("help"),
            {"1": Choice("more", Prompt("help.more")), "2": Choice("back", Prompt("help.back"))},
            gave_up="back",
        ),
        Say("more", said("help.long"), then="back"),
        Return("back", "done"),
    ),
    rescue="back",
    shortcuts={"7": Aside("help")},
)

FLOWS: Mapping[str, Flow] = {flow.name: flow for flow in (MAIN, SLOTS, HELP)}

DESK: Mapping[str, Performed] = {
    "find_cities": Performed("found", {"cities": list(CITIES)}),
    "find_slot": Performed("found", {"day": "2026-02-03", "at": "10:00"}),
    "book": Performed("booked", {"reference": "12345674"}),
    "check_code": Performed("right", {"visit": "2026-02-03"}),
}


@dataclass
class Call:
    """A call under test: every state makes the round trip through JSON before the next event."""

    flows: Mapping[str, Flow] = field(default_factory=lambda: FLOWS)
    actions: Mapping[str, ActionSpec] = field(default_factory=lambda: ACTIONS)
    desk: Mapping[str, Performed] = field(default_factory=lambda: DESK)
    entry: str = "main"
    manner: Manner = field(default_factory=Manner)
    turn: Turn = field(init=False)
    turns: list[Turn] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._take(advance(self.flows, self.actions, start(self.flows[self.entry], "c1", self.manner), Started()))

    def _take(self, turn: Turn) -> None:
        self.turn = turn
        self.turns.append(turn)
        assert load(dump(turn.state)) == turn.state

    @property
    def state(self) -> CallState:
        return self.turn.state

    @property
    def at(self) -> str:
        return f"{self.state.flow}.{self.state.node}"

    @property
    def keys(self) -> list[str]:
        """The catalogue keys said in the last turn; a choice is written `label=key`."""
        return [written(prompt) for prompt in self.turn.prompts]

    def on(self, *events: Event) -> Call:
        """One event after the other, nothing performed."""
        for event in events:
            self._take(advance(self.flows, self.actions, load(dump(self.state)), event))
        return self

    def press(self, *keys: str) -> Call:
        """Presses keys, a turn each; the desk does what is asked in between."""
        for each in keys:
            self.on(Pressed(each)).settle()
        return self

    def settle(self) -> Call:
        """Lets the desk do what is pending."""
        while isinstance(self.turn.wait, Perform):
            self.on(self.desk[self.turn.wait.action])
        return self

    @property
    def listening(self) -> Listen:
        assert isinstance(self.turn.wait, Listen), self.turn.wait
        return self.turn.wait


def written(spoken: Spoken) -> str:
    label = spoken.values.get("label")
    if not isinstance(label, Spoken):
        return spoken.key
    name = label.values.get("name", label.key)
    return f"{name}={spoken.values.get('key', 'any')}"
