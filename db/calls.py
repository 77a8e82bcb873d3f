"""The stores of a call: its state, its steps and the actions done for it. SQL only; the Driver decides.

Every function works inside the caller's transaction and takes `now` (aware UTC) from it. What runs at every turn is
written as statements made once and run below the ORM: a caller is listening, and two hundred others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.base import Base
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


def recognise(session: Session, phone: str, now: datetime, kind: str = "mobile") -> KnownCaller:
    """The caller of this number, created at the first call; safe when two calls of one number begin at once."""
    upsert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = upsert(Caller).values(
        phone=phone, kind=kind, language="hi", pace="normal", path="keys", first_seen_at=now, last_call_at=now
    )
    made = session.execute(fresh.on_conflict_do_nothing(index_elements=["phone"]).returning(Caller.id)).scalar()
    row = session.execute(select(Caller).where(Caller.phone == phone)).scalar_one()
    if made is None:
        row.last_call_at = now
    return KnownCaller(row.id, made is not None, row.language, row.pace, row.path)


def open_call(
    session: Session,
    call_id: str,
    *,
    new: dict[str, Any],
    caller_id: int | None,
    resumed_from: str | None,
    now: datetime,
) -> None:
    """Inserts the call's row; its first turn is saved right after, in the same transaction."""
    session.add(
        Call(
            id=call_id,
            caller_id=caller_id,
            resumed_from=resumed_from,
            language="hi",
            flow="",
            node="",
            turn=UNSAVED,
            state={},
            reply={},
            started_at=now,
            last_at=now,
            **new,
        )
    )
    session.flush()


def load_call(session: Session, call_id: str) -> StoredCall | None:
    """The call with this id, or None."""
    row = session.connection().execute(_LOAD, {"id_": call_id}).first()
    return StoredCall(*row) if row else None


def find_dropped(session: Session, phone: str, channel: str, since: datetime) -> StoredCall | None:
    """The last call of this number by this channel, if the caller was cut off in it since then.

    A call still open is somebody speaking right now (families share a telephone): it is never taken over.
    """
    last = select(Call).where(Call.phone == phone, Call.channel == channel, Call.origin == "trunk")
    row = session.execute(last.order_by(Call.started_at.desc(), Call.id.desc()).limit(1)).scalar_one_or_none()
    if row is None or row.end_reason != GONE or row.last_at < since:
        return None
    return load_call(session, row.id)


def close_resumed(session: Session, call_id: str, now: datetime) -> None:
    """Marks a dropped call as continued elsewhere, so that no second redial continues it again."""
    session.execute(update(Call).where(Call.id == call_id).values(end_reason="resumed", last_at=now))


def save_turn(session: Session, call_id: str, expected: int, saved: SavedTurn, now: datetime) -> bool:
    """Stores a turn with its steps; False when another request has moved the call on (then nothing is written)."""
    connection = session.connection()
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
    if connection.execute(_SAVE, values).rowcount == 0:
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
        connection.execute(_STEPS, rows)
    return True


def remember_manner(session: Session, call_id: str, manner: Manner) -> None:
    """Keeps language, pace and path with the trunk caller of this call; a withheld or claimed number keeps nothing."""
    whose = select(Call.caller_id).where(Call.id == call_id).scalar_subquery()
    session.execute(
        update(Caller).where(Caller.id == whose).values(language=manner.language, pace=manner.pace, path=manner.path),
        execution_options={"synchronize_session": False},
    )


def end_call(session: Session, call_id: str, reason: str, now: datetime) -> None:
    """Closes the call once; a later word on it changes nothing."""
    session.execute(
        update(Call).where(Call.id == call_id, Call.ended_at.is_(None)).values(ended_at=now, end_reason=reason),
        execution_options={"synchronize_session": False},
    )


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


def load_action(session: Session, key: str) -> DoneAction | None:
    """What was done under this key, or None."""
    row = session.connection().execute(_DONE, {"key_": key}).first()
    return DoneAction(row.outcome, dict(row.facts)) if row else None


def insert_action(
    session: Session, key: str, call_id: str, name: str, outcome: str, facts: dict[str, Any], now: datetime
) -> None:
    """Writes the word on an action; raises IntegrityError when another transaction's word was first."""
    session.flush()
    row = {"key": key, "call_id": call_id, "name": name, "outcome": outcome, "facts": facts, "at": now}
    session.connection().execute(_DO, row)


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)


_CALL, _ACTION = _table(Call), _table(Action)
_LOAD = select(
    *(_CALL.c[name] for name in ("id", "turn", "state", "reply", "phone", "origin", "caller_id", "ended_at"))
).where(_CALL.c.id == bindparam("id_"))
_SAVE = (
    _CALL.update()
    .where(_CALL.c.id == bindparam("id_"), _CALL.c.turn == bindparam("expected"))
    .values({name: bindparam(name) for name in ("turn", "flow", "node", "language", "state", "reply", "last_at")})
)
_STEPS = _table(CallStep).insert()
_DONE = select(_ACTION.c.outcome, _ACTION.c.facts).where(_ACTION.c.key == bindparam("key_"))
_DO = _ACTION.insert()
