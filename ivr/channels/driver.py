"""Load ▸ advance ▸ save ▸ perform: the one way any door moves a call on. Synchronous, thread-safe, no sound, no socket.

Safe to call twice: a stale turn hears the stored reply, of two requests at once one loses on `WHERE turn = :expected`,
and an action is done once by its key. Expected ends are replies; exceptions mean the database or a bug, and the door
sends its caller to a person.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as DeadlinePassed
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from callflows.desk import Ask, Desk
from db import calls, clock, events
from db.below import Within
from db.calls import StoredCall
from db.session import Database
from ivr.channels.reply import NewCall, Reply, dump_reply, load_reply, of_turn, waiting_for
from ivr.core.call import Broke, CallState, End, Event, HungUp, Manner, Perform, Performed, Spoken, Started, Turn
from ivr.core.engine import advance, resume, start
from ivr.core.flow import ActionSpec, Flow
from ivr.core.wire import dump, load

ABANDONED = "abandoned"
ROOT = "call.root"  # the first call of a chain of redials: it holds the seat
RETRIES = 4


class UnknownCall(LookupError):
    """A door named a call that was never begun (or has been erased)."""


@dataclass(frozen=True)
class Deadlines:
    """`action_s`: after this an action is abandoned (DESIGN: 4 s). `resume_within`: a redial continues its call."""

    action_s: float = 4.0
    resume_within: timedelta = timedelta(minutes=30)


class Driver:
    """Owns nothing but references; one per process, shared by its threads."""

    def __init__(
        self,
        flows: Mapping[str, Flow],
        actions: Mapping[str, ActionSpec],
        desk: Desk,
        database: Database,
        *,
        new_id: Callable[[], str],
        entry: str = "main",
        deadlines: Deadlines | None = None,
        workers: int = 32,
    ) -> None:
        self._flows, self._actions, self._desk, self._db = flows, actions, desk, database
        self._new_id, self._entry = new_id, entry
        self.deadlines = deadlines or Deadlines()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="action")
        self._given_up: set[str] = set()

    def close(self) -> None:
        """Waits for actions at work: each is bounded by the database's own time limits."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    # --- a call begins ---------------------------------------------------------------------------------------------
    def begin(self, new: NewCall) -> Reply:
        """Opens a call and returns its first Reply; a trunk caller who was cut off continues where he was."""
        call_id = self._new_id()
        with self._db.work() as work:
            now = clock.now(work)
            caller = calls.recognise(work, new.phone, now) if new.phone and new.origin == "trunk" else None
            dropped = self._dropped(work, new, now)
            if dropped:
                turn = resume(self._flows, self._actions, load(dropped.state), call_id)
                calls.close_resumed(work, dropped.id, now)
            else:
                turn = self._first_turn(new, call_id, caller)
            calls.open_call(
                work,
                call_id,
                new=vars_of(new),
                caller_id=caller.id if caller else None,
                resumed_from=dropped.id if dropped else None,
                now=now,
            )
            events.append(work, "call.started", call_id=call_id, channel=new.channel, resumed=dropped is not None)
            self._save(work, call_id, calls.UNSAVED, Manner(), turn, now)
        return of_turn(turn)

    def _first_turn(self, new: NewCall, call_id: str, caller: calls.KnownCaller | None) -> Turn:
        manner = Manner()
        if caller:
            manner = replace(manner, language=caller.language, pace=caller.pace, path=caller.path)
        if new.language:
            manner = replace(manner, language=new.language)
        facts = {
            **new.facts,
            ROOT: call_id,
            "origin": new.origin,
            "phone_known": bool(new.phone) and new.origin == "trunk",
            "language_known": bool(caller and not caller.new),
        }
        state = start(self._flows[self._entry], call_id, manner)
        return advance(self._flows, self._actions, state, Started(new.direction, facts))

    def _dropped(self, within: Within, new: NewCall, now: datetime) -> StoredCall | None:
        if not new.phone or new.origin != "trunk" or new.direction != "in":
            return None
        found = calls.find_dropped(within, new.phone, new.channel, now - self.deadlines.resume_within)
        return found if found and not load(found.state).ended else None

    # --- a call goes on --------------------------------------------------------------------------------------------
    def current(self, call_id: str) -> Reply:
        """The Reply that stands now: for a door that comes back (from the queue, after a reconnect)."""
        with self._db.read() as session:
            stored = _there(calls.load_call(session, call_id), call_id)
        return load_reply(stored.reply, load(stored.state))

    def step(self, call_id: str, turn: int, event: Event) -> Reply:
        """Advances by one event if `turn` is the current one; else re-sends what is stored. May end in a Perform."""
        with self._db.work() as work:
            stored = _there(calls.load_call(work, call_id), call_id)
            state = load(stored.state)
            waits_for = waiting_for(stored.reply)
            deaf = waits_for == "perform" and not isinstance(event, Performed | Broke | HungUp)
            if stored.turn != turn or waits_for == "end" or deaf:
                return load_reply(stored.reply, state)
            moved = self._advance(work, state, stored.turn, event, clock.now(work))
        return moved or self.current(call_id)

    def perform(self, reply: Reply) -> Reply:
        """Does the pending action of `reply` once by its key and advances by its outcome, in one transaction."""
        wait = reply.wait
        if not isinstance(wait, Perform):
            return reply
        try:
            return self._act(reply, wait) or self.current(reply.call_id)
        except _GivenUp:
            return self.step(reply.call_id, reply.turn, Broke())
        except IntegrityError:
            stands = self._already(wait.key)  # somebody else's insert of the key won: its word stands
            if stands is None:
                raise
            return self.step(reply.call_id, reply.turn, stands)

    def abandon(self, reply: Reply) -> Reply:
        """The deadline passed: claims the key as abandoned (or learns that the action made it) and advances."""
        wait = reply.wait
        if not isinstance(wait, Perform):
            return reply
        self._given_up.add(wait.key)
        try:
            with self._db.work() as work:
                calls.insert_action(work, wait.key, reply.call_id, wait.action, ABANDONED, {}, clock.now(work))
            done: Event = Broke()
        except IntegrityError:
            done = self._already(wait.key) or Broke()
        return self.step(reply.call_id, reply.turn, done)

    def run(self, call_id: str, turn: int, event: Event) -> Reply:
        """step, then perform until there is something to say: for doors that answer in one breath (web, terminal)."""
        return self.settle(self.step(call_id, turn, event))

    def settle(self, reply: Reply) -> Reply:
        """Performs what is pending, each action within its deadline; what was said on the way is said first."""
        said: tuple[Spoken, ...] = ()
        for _ in range(RETRIES * 8):
            if not isinstance(reply.wait, Perform):
                return replace(reply, prompts=said + reply.prompts)
            if reply.wait.secret and not reply.wait.args:
                reply = self._await_other(reply)  # a repeated request: the first one has the secret and is at work
                continue
            said += reply.prompts
            future: Future[Reply] = self._pool.submit(self.perform, reply)
            try:
                reply = future.result(self.deadlines.action_s)
            except DeadlinePassed:
                reply = self.abandon(reply)
        raise RuntimeError(f"call {reply.call_id}: actions without end at {reply.node}")

    # --- inside ----------------------------------------------------------------------------------------------------
    def _act(self, reply: Reply, wait: Perform) -> Reply | None:
        with self._db.work() as work:
            call = _there(calls.load_call(work, reply.call_id), reply.call_id)
            now = clock.now(work)
            done = calls.load_action(work, wait.key)
            if done is None:
                ask = Ask(
                    call_id=reply.call_id,
                    holder=str(reply.facts.get(ROOT, reply.call_id)),
                    key=wait.key,
                    args=wait.args,
                    now=now,
                    phone=call.phone,
                    origin=call.origin,
                    caller_id=call.caller_id,
                    language=reply.manner.language,
                )
                result = self._desk[wait.action](work.session, ask)
                if wait.key in self._given_up:
                    raise _GivenUp  # the deadline passed meanwhile: what was done is taken back
                done = calls.DoneAction(result.outcome, dict(result.facts))
                calls.insert_action(work, wait.key, reply.call_id, wait.action, done.outcome, done.facts, now)
            if call.turn != reply.turn:  # the caller hung up meanwhile; what he asked for is done all the same
                return None
            return self._advance(work, load(call.state), call.turn, _event_of(done.outcome, done.facts), now)

    def _already(self, key: str) -> Event | None:
        with self._db.read() as session:
            stored = calls.load_action(session, key)
        return _event_of(stored.outcome, stored.facts) if stored else None

    def _await_other(self, reply: Reply) -> Reply:
        until = time.monotonic() + self.deadlines.action_s
        while time.monotonic() < until:
            now = self.current(reply.call_id)
            if now.turn != reply.turn:
                return now
            time.sleep(0.05)
        return self.abandon(reply)

    def _advance(self, within: Within, before: CallState, expected: int, event: Event, now: datetime) -> Reply | None:
        """Walks on and saves; None when another request was first."""
        turn = advance(self._flows, self._actions, before, event)
        return self._save(within, before.call_id, expected, before.manner, turn, now)

    def _save(
        self, within: Within, call_id: str, expected: int, manner: Manner, turn: Turn, now: datetime
    ) -> Reply | None:
        state, reply = turn.state, of_turn(turn)
        saved = calls.SavedTurn(
            turn=state.turn,
            flow=state.flow,
            node=state.node,
            language=state.manner.language,
            state=dump(state),
            reply=dump_reply(reply),
            steps=turn.steps,
        )
        if not calls.save_turn(within, call_id, expected, saved, now):
            return None
        if state.manner != manner:
            calls.remember_manner(within, call_id, state.manner)
        events.append(within, "call.turned", call_id=call_id, turn=state.turn, flow=state.flow, node=state.node)
        if isinstance(turn.wait, End):
            calls.end_call(within, call_id, turn.wait.reason, now)
            events.append(within, "call.ended", call_id=call_id, reason=turn.wait.reason)
        return reply


class _GivenUp(Exception):
    """The deadline was told to the caller before the action was done."""


def _there(stored: StoredCall | None, call_id: str) -> StoredCall:
    if stored is None:
        raise UnknownCall(call_id)
    return stored


def vars_of(new: NewCall) -> dict[str, Any]:
    """The columns of a call row that its door knows."""
    return {
        "channel": new.channel,
        "origin": new.origin,
        "direction": new.direction,
        "phone": new.phone,
        "dialled": new.dialled,
        "external_id": new.external_id,
    }


def _event_of(outcome: str, facts: Mapping[str, Any]) -> Event:
    return Broke() if outcome == ABANDONED else Performed(outcome, dict(facts))
