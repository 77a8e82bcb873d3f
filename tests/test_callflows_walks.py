"""Thousands of random calls through the real flows with a desk that answers anything it has promised.

None breaks, every line said can be rendered in Hindi and English, every call that is left alone comes to an end,
and together they walk every exit of every node.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from audio.catalogue import Catalogue
from audio.render import segments
from audio.text import render_text
from callflows import ACTIONS, ENTRY, flows
from ivr.core.call import (
    Bridge,
    BridgeEnded,
    Broke,
    CallState,
    End,
    Event,
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
    Turn,
    Wait,
)
from ivr.core.engine import advance, dump, load, start
from ivr.core.flow import Enter, exits
from tests.kit_desk import FakeDesk, anything, names

FLOWS = flows()
STATES = ("booked", "overdue", "arrived", "scanned", "with_department", "ready", "delivered", "papers_missing")
Exit = tuple[str, str, str]

# A state that the desk never names, and a complaint by a call that was never begun: safe, but nobody comes this way.
LEAST, MOST = 600, 3000  # walks: as many as it takes to have been everywhere
NOBODY = {("visit", "state", "otherwise"), ("complaint", "number_known", "")}


@cache
def _rendered(lang: str, line: str) -> bool:
    spoken = _spoken(json.loads(line))
    catalogue = Catalogue.load(lang)
    assert segments(catalogue, spoken, names)
    return bool(render_text(catalogue, spoken, names))


def _plain(line: Spoken) -> object:
    return [line.key, {k: _plain(v) if isinstance(v, Spoken) else v for k, v in line.values.items()}]


def _spoken(plain: list[object]) -> Spoken:
    key, values = plain
    assert isinstance(key, str) and isinstance(values, dict)
    return Spoken(key, {k: _spoken(v) if k == "label" else v for k, v in values.items()})


class Walker:
    """One random call; `walked` collects the exits of all."""

    def __init__(self, seed: int, walked: set[Exit]) -> None:
        self.dice = random.Random(seed)
        self.walked = walked
        self.silent = False
        manner = Manner(self.dice.choice(("hi", "en")), path=self.dice.choice(("keys", "keys", "keys", "yes_no")))
        self.state: CallState = start(FLOWS[ENTRY], "call-1", manner)

    def walk(self, steps: int) -> Turn:
        turn = self._advance(Started("in", {"language_known": True}))
        for _ in range(steps):
            if isinstance(turn.wait, End):
                return turn
            self.silent = self.dice.random() < (0.8 if self.silent else 0.03)  # who is silent stays so for a while
            turn = self._advance(self._event(turn.wait))
        return turn

    def alone(self, turn: Turn) -> Turn:
        """The caller does nothing more; nobody is there, and the desk answers."""
        for _ in range(60):
            match turn.wait:
                case End():
                    return turn
                case Perform(action=action):
                    turn = self._advance(self._performed(action))
                case Bridge():
                    turn = self._advance(BridgeEnded("empty"))
                case _:
                    turn = self._advance(Silence())
        raise AssertionError(f"left alone, the call goes on at {turn.state.flow}.{turn.state.node}")

    def _advance(self, event: Event) -> Turn:
        turn = advance(FLOWS, ACTIONS, self.state, event)
        assert load(json.loads(json.dumps(dump(turn.state)))) == turn.state
        self.state = turn.state
        self.walked.update((s.flow, s.node, s.outcome) for s in turn.steps)
        for line in turn.prompts:
            plain = json.dumps(_plain(line), sort_keys=True)
            assert _rendered("hi", plain) and _rendered("en", plain)
        return turn

    def _event(self, wait: Wait) -> Event:
        match wait:
            case Perform(action=action):
                return self._performed(action)
            case Bridge():
                return BridgeEnded(self._new_to_us(("done", "returned", "empty", "timeout", "abandoned")))
            case TakeRecording():
                return Recorded("1", 5.0) if self._new_to_us(("then", "gave_up")) == "then" else Silence()
            case Listen(choices=choices):
                key = self._new_to_us((*choices, "gave_up"))
                if self.silent or key == "gave_up":
                    return Silence()
                anyhow = (Pressed(self.dice.choice("0123456789*#")), Silence(), Spoke())
                return Pressed(key) if self.dice.random() < 0.95 else self.dice.choice(anyhow)
        raise AssertionError(wait)

    def _new_to_us(self, ways: Sequence[str]) -> str:
        """Mostly a way that no call has gone from here."""
        fresh = [way for way in ways if (self.state.flow, self.state.node, way) not in self.walked]
        usual = [way for way in ways if way not in ("0", "7", "8", "9", "gave_up")]
        return self.dice.choice(fresh if fresh and self.dice.random() < 0.5 else usual or list(ways))

    def _performed(self, action: str) -> Performed | Broke:
        if self.dice.random() < 0.02:
            return Broke()
        spec = ACTIONS[action]
        outcome = self._new_to_us(list(spec.outcomes))
        facts = {name: anything(name) for name in spec.outcomes[outcome]}
        for name in facts.keys() & {"one_of_too", "if_any", "if_needed", "must_have", "one_of"}:
            facts[name] = self.dice.choice(([], ["ration_card"], ["ration_card", "voter_card"]))
        for name in facts.keys() & {"hne_ready", "number_known", "texted", "visit_movable", "papers_known"}:
            facts[name] = self.dice.choice((True, False))
        if "wish" in facts:
            facts["wish"] = outcome
        if "department_fee_paise" in facts:
            facts["department_fee_paise"] = self.dice.choice((None, 0, 3000))
        if "visit_state" in facts:
            facts["visit_state"] = self.dice.choice((*STATES, "booked", "overdue", "rejected", "cancelled"))
        if action == "recognise":
            facts["city_id"] = self.dice.choice(("", "raipur"))
        return Performed(outcome, facts)


def test_random_calls_walk_every_exit_and_all_come_to_an_end() -> None:
    walked: set[Exit] = set()
    never = set(_every_exit()) - NOBODY
    for seed in range(MOST):
        walker = Walker(seed, walked)
        walker.alone(walker.walk(60))
        if seed > LEAST and not never - walked:
            break
    never -= walked
    assert not never, f"never walked: {sorted(never)}"


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_a_hundred_thousand_random_calls_all_come_to_an_end(part: int) -> None:
    """By `scripts/test long`; each part can be run alone, and its seeds are the same every time."""
    walked: set[Exit] = set()
    for seed in range(100_000 + part * 10_000, 110_000 + part * 10_000):
        try:
            walker = Walker(seed, walked)
            walker.alone(walker.walk(60))
        except Exception as broken:
            broken.add_note(f"the call of seed {seed}")
            raise


def _every_exit() -> Iterator[Exit]:
    """Of every node but Enter: that sub-flows' outcomes are all handled is lint's to say."""
    for flow in FLOWS.values():
        for node in flow.nodes:
            if not isinstance(node, Enter):
                yield from ((flow.name, node.id, why) for why, _ in exits(node))


def test_the_fake_desk_answers_what_is_asked_of_it() -> None:
    desk = FakeDesk("new", "open")
    assert all(callable(getattr(desk, name)) for name in ACTIONS)
