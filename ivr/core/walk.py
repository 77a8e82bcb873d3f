"""One walk: the working copy of a call's state between an event and the next wait.

`engine` makes a Walk for each event, `answering` and `places` move it, `running` goes on until there is something to
wait for, `turn` freezes the result. A Walk never outlives its Turn and never changes the state it is of.
Whatever cannot go on goes to the flow's rescue; rescues are counted, so that none can loop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from ivr.core.asking import options, put
from ivr.core.call import (
    Asked,
    Bridge,
    CallState,
    End,
    Manner,
    Pending,
    Perform,
    Spoken,
    Step,
    Turn,
    Wait,
)
from ivr.core.flow import Flow
from ivr.core.nodes import (
    MANNER,
    ActionSpec,
    Facts,
    Gather,
    Json,
    Menu,
    Node,
    Pick,
    Prompt,
    Record,
    Transfer,
    is_manner,
)
from ivr.core.spoken import GAVE_UP, line

Flows: TypeAlias = Mapping[str, Flow]
Actions: TypeAlias = Mapping[str, ActionSpec]

MAX_TURNS = 150
MAX_MISSES = 8
MAX_RESCUES = 2  # without people in between


class Walk:
    """The state of a call while an event is worked out. `wait` is None as long as there is more to walk."""

    def __init__(self, flows: Flows, actions: Actions, state: CallState) -> None:
        self.flows, self.actions, self.before = flows, actions, state
        self.flow, self.node, self.cursor = state.flow, state.node, state.cursor
        self.turn_no = state.turn + 1
        self.misses, self.total_misses = state.misses, state.total_misses
        self.counted_from, self.rescues = state.counted_from, state.rescues
        self.stack, self.trail = state.stack, state.trail
        self.manner, self.pending, self.facts = state.manner, state.pending, state.facts
        self.prompts: list[Spoken] = []
        self.steps: list[Step] = []
        self.wait: Wait | None = None
        self.visited = 0
        self.overrun = False

    # --- what is known ---------------------------------------------------------------------------------------------
    @property
    def here(self) -> Node:
        return self.flows[self.flow].by_id[self.node]

    @property
    def lost(self) -> bool:
        """Whether a deploy took away the node at which this call is."""
        flow = self.flows.get(self.flow)
        return flow is None or self.node not in flow.by_id

    @property
    def yes_no(self) -> bool:
        return self.manner.path == "yes_no"

    def read(self, name: str) -> Json:
        """The value of a fact or of `manner.…`; None when it was never set."""
        if name.startswith(MANNER):
            return getattr(self.manner, name.removeprefix(MANNER), None)
        return self.facts.get(name)

    def learn(self, facts: Facts) -> None:
        """Keeps facts; `manner.…` changes how the caller is spoken to."""
        if not facts:
            return
        known = dict(self.facts)
        for name, value in facts.items():
            if not name.startswith(MANNER):
                known[name] = value
            elif is_manner(name, value):
                self.manner = _with(self.manner, name.removeprefix(MANNER), value)
        self.facts = known

    # --- single moves ----------------------------------------------------------------------------------------------
    def say(self, *prompts: Prompt) -> None:
        self.prompts.extend(line(prompt, self.read) for prompt in prompts)

    def step(self, kind: str, outcome: str, to: str) -> None:
        self.steps.append(Step(self.flow, self.node, kind, outcome, to, self.misses))

    def follow(self, kind: str, outcome: str, to: str) -> None:
        """Walks an edge within this flow."""
        self.step(kind, outcome, to)
        self.node, self.misses = to, 0

    def place(self, kind: str, outcome: str, to: Asked) -> None:
        """Walks an edge to any place."""
        self.step(kind, outcome, to.node if to.flow == self.flow else f"{to.flow}.{to.node}")
        self.flow, self.node, self.stack, self.misses = to.flow, to.node, to.stack, 0

    def rescue(self, why: str) -> None:
        """Leads to the flow's rescue with fresh patience; when even that leads nowhere, the call is `stuck`."""
        self.pending = None
        self.rescues += 1
        to = self.flows[self.flow].rescue
        self.follow("rescue", why, to)
        if self.prompts[-1:] != [_GAVE_UP]:
            self.prompts.append(_GAVE_UP)
        if self.rescues > MAX_RESCUES:
            self.wait = End("stuck")
            return
        self.restart_counting()

    def restart_counting(self) -> None:
        """Fresh patience: after people had the call, and for the rescue itself."""
        self.total_misses = self.visited = 0
        self.counted_from = self.turn_no

    # --- waits -----------------------------------------------------------------------------------------------------
    @property
    def out_of_turns(self) -> bool:
        return self.turn_no - self.counted_from >= MAX_TURNS

    def ask(self, *, opening: bool = True) -> None:
        """Puts the question of this node, at its cursor."""
        node = self.here
        if self.out_of_turns:
            return self.rescue("turns")
        if not isinstance(node, Menu | Pick | Gather | Record):
            return None  # an aside left from something that is no longer a question: walk on from there
        if isinstance(node, Pick) and not options(node, self.read):
            return self.follow("branched", "gave_up", node.gave_up)
        words, self.wait = put(
            node, self.read, yes_no=self.yes_no, cursor=self.cursor, misses=self.misses, opening=opening
        )
        self.prompts += words
        return None

    def perform(self, action: str, extra: Facts, *, secret: bool = False) -> None:
        """Asks for an action. Secret arguments are in the Perform alone, never in the state."""
        spec = self.actions.get(action)
        if spec is None:
            return self.rescue("action")
        if self.out_of_turns:
            return self.rescue("turns")
        args = {name: self.read(name) for name in spec.needs}
        args |= {name: self.read(name) for name in spec.may if self.read(name) is not None}
        args |= extra
        if spec.writes:
            self.trail = ()  # also when it breaks: it may have been done all the same
        key = f"{self.before.call_id}:{self.turn_no}"
        self.pending = Pending(action, None if secret else args, key)
        self.wait = Perform(action, args, key, secret)
        return None

    def again(self) -> None:
        """Waits for what was waited for: the same action under the same key, the same people, the same question."""
        if self.perform_again():
            return
        node = self.here
        if isinstance(node, Transfer):
            self.wait = Bridge(node.queue)
        elif isinstance(node, Menu | Pick | Gather | Record):
            self.ask()

    def perform_again(self) -> bool:
        """Asks for the unanswered action again, under its old key; a secret one is forgotten: ask its question."""
        pending = self.pending
        if pending is None or pending.args is None or pending.action not in self.actions:
            self.pending = None
            return False
        self.wait = Perform(pending.action, dict(pending.args), pending.key)
        return True

    def turn(self) -> Turn:
        """The Turn of this walk, which must have come to a wait."""
        if self.wait is None:
            raise RuntimeError("this walk has not ended: run it first")
        flow = self.flows.get(self.flow)
        state = CallState(
            call_id=self.before.call_id,
            flow=self.flow,
            flow_hash=flow.hash if flow else self.before.flow_hash,
            node=self.node,
            mark=flow.marks.get(self.node, "") if flow else "",
            cursor=self.cursor,
            turn=self.turn_no,
            misses=self.misses,
            total_misses=self.total_misses,
            counted_from=self.counted_from,
            rescues=self.rescues,
            stack=self.stack,
            trail=self.trail,
            manner=self.manner,
            pending=self.pending,
            facts=self.facts,
            ended=isinstance(self.wait, End) and self.wait.reason != "caller_gone",
        )
        return Turn(state, tuple(self.prompts), self.wait, tuple(self.steps))


_GAVE_UP = Spoken(GAVE_UP)


def _with(manner: Manner, name: str, value: Json) -> Manner:
    return replace(manner, **{name: value})  # type: ignore[arg-type]  # is_manner has looked at it
