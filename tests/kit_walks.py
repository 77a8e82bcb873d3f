"""Flows and events at random, for the tests that walk calls nobody thought of. Everything follows from a seed."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from ivr.core.call import (
    Bridge,
    BridgeEnded,
    Broke,
    End,
    Event,
    Listen,
    Perform,
    Performed,
    Pressed,
    Recorded,
    Silence,
    Spoke,
    Started,
    TakeRecording,
    Turn,
    Typed,
)
from ivr.core.flow import (
    KEYS,
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
    Json,
    Menu,
    Node,
    Pick,
    Prompt,
    Record,
    Repeat,
    Return,
    Say,
    Shortcut,
    Transfer,
)
from tests.kit_flows import said

NAMES = ("main", "side", "deep")
FACTS = ("a", "b", "options", "direction")
OUTCOMES = ("x", "y", "z")
SPECS: Mapping[str, ActionSpec] = {
    "read": ActionSpec("read", {"x": ("options",), "y": ("a",)}, needs=("a", "b")),
    "write": ActionSpec("write", {"x": (), "y": ()}, needs=("a",), may=("b",), writes=True),
}
VALUES: tuple[Json, ...] = (
    "",
    "1",
    "true",
    True,
    False,
    None,
    7,
    [],
    ["p", "q"],
    [{"value": i, "a": i} for i in range(9)],
)


# --- flows at random ------------------------------------------------------------------------------------------------
def any_flows(random: Random) -> dict[str, Flow]:
    return {name: any_flow(random, name) for name in NAMES}


def any_flow(random: Random, name: str) -> Flow:
    ids = [f"n{i}" for i in range(random.randint(2, 9))]
    to = lambda: random.choice(ids)  # noqa: E731  # a name for each exit would hide the shape
    cuts: list[Shortcut] = [Goto(to()), Repeat(), Back(), Aside(random.choice([*NAMES, "nowhere"]))]
    return Flow(
        name,
        tuple(any_node(random, name, id_, ids) for id_ in ids),
        rescue=to(),
        shortcuts={key: random.choice(cuts) for key in random.sample("0*#79", random.randint(0, 5))},
        checkpoints=tuple(random.sample(ids, random.randint(0, 2))),
        enterable=tuple(random.sample(ids, random.randint(0, 2))),
    )


def any_node(random: Random, flow: str, id_: str, ids: list[str]) -> Node:
    def to() -> str:
        return random.choice(ids)

    def choices(keys: str, most: int) -> dict[str, Choice]:
        sets: list[dict[str, Json]] = [{}, {"a": "1"}, {"manner.path": "yes_no"}, {"manner.path": "keys"}]
        return {key: Choice(to(), Prompt("l", ("a",)), random.choice(sets)) for key in random.sample(keys, most)}

    line = said(f"{flow}.{id_}", *random.sample(FACTS, 2))
    fact, other = random.choice(FACTS), random.choice(["read", "write", "nobody"])
    tries = random.randint(1, 4)
    kinds: list[Node] = [
        Say(id_, line, to()),
        Menu(
            id_, line, choices("12345", random.randint(1, 5)), to(), tries, hidden=choices("80", random.randint(0, 2))
        ),
        Pick(id_, line, "options", Prompt("l", ("a",)), fact, to(), to(), tries),
        Gather(id_, line, fact, 1, random.randint(1, 6), to(), to(), tries=tries),
        Gather(id_, line, "", 2, 4, "", to(), secret=True, check=other, on={"x": to()}, tries=tries),
        Record(id_, line, fact, 30, to(), to(), tries),
        Act(id_, other, {o: to() for o in random.sample(OUTCOMES, 2)}),
        Transfer(id_, line, "line", {o: to() for o in random.sample(["done", "empty", "timeout", "returned"], 2)}),
        Branch(id_, fact, {"true": to(), "": to()}, to()),
        Enter(id_, random.choice([*NAMES, "nowhere"]), {o: to() for o in random.sample(OUTCOMES, 2)}),
        Return(id_, random.choice(OUTCOMES)),
        Hangup(id_, line),
    ]
    return random.choices(kinds, weights=(2, 4, 2, 2, 2, 1, 2, 1, 2, 2, 1, 1))[0]


# --- events at random -----------------------------------------------------------------------------------------------
def any_facts(random: Random) -> dict[str, Json]:
    names = [*FACTS, "manner.path", "manner.language"]
    return {random.choice(names): random.choice([*VALUES, "keys", "yes_no"]) for _ in range(random.randint(0, 2))}


def any_event(random: Random) -> Event:
    return random.choice(
        [
            Pressed("".join(random.choices(KEYS, k=random.choice([1, 1, 1, 4, 9])))),
            Pressed(random.choice("12")),
            Typed(random.choice(["1", "१२३४", "hello", " ", "*"])),
            Silence(),
            Spoke(),
            Recorded(random.choice(["", "rec-1"])),
            Performed(random.choice([*OUTCOMES, "odd"]), any_facts(random)),
            Broke(),
            BridgeEnded(
                random.choice(["done", "empty", "odd"]), random.choice([None, "n0", "main.n1"]), any_facts(random)
            ),
            Started("in", any_facts(random)),
        ]
    )


def fitting_event(random: Random, turn: Turn) -> Event:
    """What a door would report while this turn waits."""
    match turn.wait:
        case Perform():
            return random.choice([Performed(random.choice(OUTCOMES[:2]), any_facts(random)), Broke()])
        case Bridge():
            return BridgeEnded(random.choice(["done", "empty", "timeout", "returned"]))
        case TakeRecording():
            return random.choice([Recorded("rec-1", 2.0), Silence()])
        case Listen(max_keys=most):
            keys = "".join(random.choices(KEYS[:10], k=random.randint(1, most)))
            return random.choice([Pressed(keys), Pressed(keys), Silence(), Spoke(), Typed("1")])
        case End():
            return Silence()
