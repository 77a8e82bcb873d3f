"""The stores of a call: its state, its steps and the actions done for it. SQL only; the Driver decides.

Every function works inside the caller's transaction and takes `now` (aware UTC) from it. What runs at every turn is
written as statements made once and run below the ORM: a caller is listening, and two hundred others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db import clock, remembered
from db.below import Within, run, table
from db.models import Action, Call, Caller, CallStep
from ivr.core.call import Manner, Step

GONE = "caller_gone"
UNSAVED = 0  # the turn of a call whose first turn is not stored yet


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call row as the Driver needs it."""

    id: str
    turn: int
    state: dict[str, Any]
    reply: dict[str, Any]
    phone: str | None
    origin: str
    caller_id: int | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class SavedTurn:
    """What a turn leaves behind."""

    turn: int
    flow: str
    node: str
    language: str
    state: dict[str, Any]
    reply: dict[str, Any]
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class KnownCaller:
    """Who a trunk number is; `new` when this is the first call."""

    id: int
    new: bool
    language: str
    pace: Any
    path: Any


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that has not ended, as its door knows it."""

    id: str
    turn: int
    external_id: str | None


@dataclass(frozen=True, slots=True)
class DoneAction:
    """The stored word on an action."""

    outcome: str
    facts: dict[str, Any]


def recognise(within: Within, phone: str, now: datetime, kind: str = "mobile") -> KnownCaller:
    """The caller of this number, created at the first call; safe when two calls of one number begin at once."""
    fresh = {"kind": kind, "language": "hi", "pace": "normal", "path": "keys", "first_seen_at": now}
    meet = _meet(within.connection().dialect.name)
    made = run(within, meet, {"phone": phone, "last_call_at": now, **fresh}).first()
    row = made or run(within, _CALLED_AGAIN, {"phone_": phone, "last_call_at": now}).one()
    return KnownCaller(row.id, made is not None, row.language, row.pace, row.path)


def open_call(
    within: Within,
    call_id: str,
    *,
    new: dict[str, Any],
    caller_id: int | None,
    resumed_from: str | None,
    now: datetime,
) -> None:
    """Inserts the call's row; its first turn is saved right after, in the same transaction."""
    row: dict[str, Any] = {
        "id": call_id,
        "caller_id": caller_id,
        "resumed_from": resumed_from,
        "language": "hi",
        "flow": "",
        "node": "",
        "turn": UNSAVED,
        "state": {},
        "reply": {},
        "started_at": now,
        "last_at": now,
    }
    run(within, _OPEN, {**row, **new})


def load_call(within: Within, call_id: str) -> StoredCall | None:
    """The call with this id, or None; the clock and the policy's token are read in the same breath."""
    row = run(within, _load(within.connection().dialect.name), {"id_": call_id}).first()
    if row is None:
        return None
    *columns, time, token = row
    clock.note(within, time)
    remembered.note(within, token)
    return StoredCall(*columns)


def find_dropped(within: Within, phone: str, channel: str, since: datetime) -> StoredCall | None:
    """The last call of this number by this channel, if the caller was cut off in it since then.

    A call still open is somebody speaking right now (families share a telephone): it is never taken over.
    """
    row = run(within, _LAST, {"phone_": phone, "channel_": channel}).first()
    if row is None or row.end_reason != GONE or row.last_at < since:
        return None
    return load_call(within, row.id)


def close_resumed(within: Within, call_id: str, now: datetime) -> None:
    """Marks a dropped call as continued elsewhere, so that no second redial continues it again."""
    run(within, update(Call).where(Call.id == call_id).values(end_reason="resumed", last_at=now))


def save_turn(within: Within, call_id: str, expected: int, saved: SavedTurn, now: datetime) -> bool:
    """Stores a turn with its steps; False when another request has moved the call on (then nothing is written)."""
    values = {
        "id_": call_id,
        "expected": expected,
        "turn": saved.turn,
        "flow": saved.flow,
        "node": saved.node,
        "language": saved.language,
        "state": saved.state,
        "reply": saved.reply,
        "last_at": now,
    }
    if run(within, _SAVE, values).rowcount == 0:
        return False
    if saved.steps:
        rows = [
            {
                "call_id": call_id,
                "turn": saved.turn,
                "seq": seq,
                "at": now,
                "flow": step.flow,
                "node": step.node,
                "kind": step.kind,
                "outcome": step.outcome,
                "to_node": step.to,
                "misses": step.misses,
            }
            for seq, step in enumerate(saved.steps)
        ]
        run(within, _STEPS, rows)
    return True


def remember_manner(within: Within, call_id: str, manner: Manner) -> None:
    """Keeps language, pace and path with the trunk caller of this call; a withheld or claimed number keeps nothing."""
    values = {"language": manner.language, "pace": manner.pace, "path": manner.path}
    run(within, _MANNER, {"id_": call_id, **values})


def city_of(session: Session, caller_id: int) -> str | None:
    """Where this caller last had somebody come to; None when he never had."""
    city_id: str | None = run(session, _CITY_OF, {"id_": caller_id}).scalar()
    return city_id


def remember_city(session: Session, caller_id: int, city_id: str) -> None:
    """Keeps the city with the caller, to be offered first the next time."""
    run(session, _CITY, {"id_": caller_id, "city_id": city_id})


def end_call(within: Within, call_id: str, reason: str, now: datetime) -> None:
    """Closes the call once; a later word on it changes nothing."""
    run(within, _END, {"id_": call_id, "ended_at": now, "end_reason": reason})


def open_of(session: Session, channel: str) -> list[OpenCall]:
    """The open calls of a channel."""
    found = select(Call.id, Call.turn, Call.external_id).where(Call.channel == channel, Call.ended_at.is_(None))
    return [OpenCall(*row) for row in session.execute(found)]


def end_orphans(session: Session, channel: str, alive: Sequence[str], now: datetime) -> int:
    """Closes open calls of a channel whose external id is not among the living: they were cut off. Returns how many."""
    where = [Call.channel == channel, Call.ended_at.is_(None)]
    if alive:
        where.append(Call.external_id.is_(None) | Call.external_id.not_in(alive))
    done = session.execute(
        update(Call).where(*where).values(ended_at=now, end_reason=GONE).returning(Call.id),
        execution_options={"synchronize_session": False},
    )
    return len(done.all())


def open_calls(session: Session) -> int:
    """How many calls are up."""
    return session.execute(select(func.count()).select_from(Call).where(Call.ended_at.is_(None))).scalar_one()


def load_action(within: Within, key: str) -> DoneAction | None:
    """What was done under this key, or None."""
    row = run(within, _DONE, {"key_": key}).first()
    return DoneAction(row.outcome, dict(row.facts)) if row else None


def insert_action(
    within: Within, key: str, call_id: str, name: str, outcome: str, facts: dict[str, Any], now: datetime
) -> None:
    """Writes the word on an action; raises IntegrityError when another transaction's word was first."""
    row = {"key": key, "call_id": call_id, "name": name, "outcome": outcome, "facts": facts, "at": now}
    run(within, _DO, row)


@cache
def _meet(dialect: str) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(_CALLER).on_conflict_do_nothing(index_elements=["phone"]).returning(*_KNOWN)


@cache
def _load(dialect: str) -> Any:
    columns = (_CALL.c[field.name] for field in fields(StoredCall))
    return select(*columns, clock.column(dialect), remembered.TOKEN).where(_CALL.c.id == bindparam("id_"))


_CALL, _ACTION, _CALLER = table(Call), table(Action), table(Caller)
_KNOWN = tuple(_CALLER.c[name] for name in ("id", "language", "pace", "path"))
_CALLED_AGAIN = (
    _CALLER.update()
    .where(_CALLER.c.phone == bindparam("phone_"))
    .values(last_call_at=bindparam("last_call_at"))
    .returning(*_KNOWN)
)
_OPEN = _CALL.insert()
_SAVE = (
    _CALL.update()
    .where(_CALL.c.id == bindparam("id_"), _CALL.c.turn == bindparam("expected"))
    .values({name: bindparam(name) for name in ("turn", "flow", "node", "language", "state", "reply", "last_at")})
)
_STEPS = table(CallStep).insert()
_LAST = (
    select(*(_CALL.c[name] for name in ("id", "end_reason", "last_at")))
    .where(_CALL.c.phone == bindparam("phone_"), _CALL.c.channel == bindparam("channel_"), _CALL.c.origin == "trunk")
    .order_by(_CALL.c.started_at.desc(), _CALL.c.id.desc())
    .limit(1)
)
_CITY_OF = select(_CALLER.c.city_id).where(_CALLER.c.id == bindparam("id_"))
_CITY = _CALLER.update().where(_CALLER.c.id == bindparam("id_")).values(city_id=bindparam("city_id"))
_MANNER = (
    _CALLER.update()
    .where(_CALLER.c.id == select(_CALL.c.caller_id).where(_CALL.c.id == bindparam("id_")).scalar_subquery())
    .values({name: bindparam(name) for name in ("language", "pace", "path")})
)
_END = (
    _CALL.update()
    .where(_CALL.c.id == bindparam("id_"), _CALL.c.ended_at.is_(None))
    .values(ended_at=bindparam("ended_at"), end_reason=bindparam("end_reason"))
)
_DONE = select(_ACTION.c.outcome, _ACTION.c.facts).where(_ACTION.c.key == bindparam("key_"))
_DO = _ACTION.insert()
