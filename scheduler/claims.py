"""Who has which seat: the only statements in the house that take, keep, turn or free a claim.

A slot is one seat; its claim's primary key is the slot, so the database alone says who has it. Taking is one
statement over the whole window: it looks for a seat nobody has (or whose hold has run out) and claims it in the same
breath. On PostgreSQL seats that somebody is just taking are skipped, so that two hundred callers for the last seat
wait for nobody; on SQLite writers stand in line anyway. Check-then-insert is what this file exists to avoid.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, and_, bindparam, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.base import UtcDateTime
from db.below import run, table
from db.models import Claim, Slot

TRIES = 4  # a seat seen free may be gone when it is claimed; another may be left


def take(
    session: Session, now: datetime, *, city_id: str, starts_at: datetime, holder: str, until: datetime
) -> int | None:
    """Claims one free seat of the window as held; its slot id, or None when there is none to be had."""
    window = {"city": city_id, "starts": starts_at, "now": now}
    statement = _take(session.get_bind().dialect.name)
    for _ in range(TRIES):
        slot_id = run(session, statement, {**window, "mine": holder, "until": until}).scalar()
        if slot_id is not None:
            return int(slot_id)
        if not run(session, _LEFT, window).scalar_one():
            return None
    return None


def keep(session: Session, *, holder: str, city_id: str, starts_at: datetime, until: datetime) -> int | None:
    """Renews what `holder` holds in this window, even past its end if nobody took it; the slot id or None.

    From here to the transaction's end the claim is ours: the row is locked.
    """
    values = {"mine": holder, "city": city_id, "starts": starts_at, "until": until}
    return run(session, _KEEP, values).scalars().first()


def renew(session: Session, now: datetime, *, holder: str, until: datetime) -> int:
    """Moves the end of everything `holder` still holds to `until`, never back; how many seats that is."""
    run(session, _RENEW, {"mine": holder, "now": now, "until": until})
    return int(run(session, _STILL_HELD, {"mine": holder, "now": now}).scalar_one())


def let_go(session: Session, *, holder: str, but: int | None = None) -> int:
    """Frees what `holder` holds, except slot `but`; how many seats that was."""
    if but is None:
        return len(run(session, _LET_ALL_GO, {"mine": holder}).all())
    return len(run(session, _LET_OTHERS_GO, {"mine": holder, "but": but}).all())


def give_back(session: Session, holder: str, n: int, *, city_id: str, starts_at: datetime) -> int:
    """Frees up to `n` of the seats that `holder` holds in this window; how many that was."""
    return len(run(session, _GIVE_BACK, {"mine": holder, "city": city_id, "starts": starts_at, "n": n}).all())


def sweep(session: Session, before: datetime, *, limit: int = 500) -> int:
    """Deletes holds that ended before that moment; how many. Tidiness only: they bind nobody any more."""
    return len(run(session, _SWEEP, {"before": before, "n": limit}).all())


def turn(session: Session, *, slot_id: int, holder: str, appointment_id: int) -> bool:
    """Turns a seat held by `holder` into a booked one; False when it is not held by it any more."""
    return run(session, _TURN, {"seat": slot_id, "mine": holder, "visit": appointment_id}).first() is not None


def free(session: Session, *, appointment_id: int) -> int:
    """Frees the booked seat of an appointment; how many that was (one, or none when it is free already)."""
    return len(run(session, _FREE, {"visit": appointment_id}).all())


def is_free(*, to_holder: bool = False) -> ColumnElement[bool]:
    """SQL condition on a slot: nobody has the seat, the hold ran out at `:now`, or (if asked) `:mine` holds it.

    Written as an anti-join: over an outer join PostgreSQL expects one row and reads the whole horizon to find it.
    """
    bound = _C.held_until > _moment("now")
    if to_holder:
        bound = and_(bound, _C.holder != bindparam("mine"))
    taken = or_(_C.kind == "booked", bound)
    return ~select(literal(1)).where(_C.slot_id == _S.id, taken).correlate(_SLOT).exists()


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcDateTime())


@cache
def _take(dialect: str) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    seat = (
        select(_S.id, literal("held"), bindparam("mine", type_=_C.holder.type), _moment("until"))
        .where(_WINDOW, is_free())
        .order_by(_S.seat)
        .limit(1)
        # NO KEY UPDATE: bookings of other seats hold KEY SHARE on slot rows by their foreign keys; those may go on
        .with_for_update(skip_locked=True, key_share=True, of=_SLOT)
    )
    statement = insert(_CLAIM).from_select(["slot_id", "kind", "holder", "held_until"], seat, include_defaults=False)
    return statement.on_conflict_do_update(
        index_elements=[_C.slot_id],
        set_={
            "kind": "held",
            "holder": statement.excluded.holder,
            "held_until": statement.excluded.held_until,
            "appointment_id": None,
        },
        where=and_(_C.kind == "held", _C.held_until <= _moment("now")),
    ).returning(_C.slot_id)


_CLAIM, _SLOT = table(Claim), table(Slot)
_C, _S = _CLAIM.c, _SLOT.c
_WINDOW = and_(_S.city_id == bindparam("city"), _S.starts_at == bindparam("starts"))
_MINE = and_(_C.kind == "held", _C.holder == bindparam("mine"))
_STANDS = and_(_MINE, _C.held_until > _moment("now"))
_LIMIT: BindParameter[int] = bindparam("n", type_=Integer())

_LEFT = select(func.count()).select_from(_SLOT).where(_WINDOW, is_free())
_KEEP = (
    _CLAIM.update()
    .where(_MINE, _C.slot_id.in_(select(_S.id).where(_WINDOW)))
    .values(held_until=_moment("until"))
    .returning(_C.slot_id)
)
_RENEW = _CLAIM.update().where(_STANDS, _C.held_until < _moment("until")).values(held_until=_moment("until"))
_STILL_HELD = select(func.count()).select_from(_CLAIM).where(_STANDS)
_LET_ALL_GO = _CLAIM.delete().where(_MINE).returning(_C.slot_id)
_LET_OTHERS_GO = _CLAIM.delete().where(_MINE, _C.slot_id != bindparam("but")).returning(_C.slot_id)
_IN_WINDOW = select(_C.slot_id).join(_SLOT, _S.id == _C.slot_id).where(_MINE, _WINDOW).order_by(_S.seat).limit(_LIMIT)
_GIVE_BACK = _CLAIM.delete().where(_C.slot_id.in_(_IN_WINDOW), _MINE).returning(_C.slot_id)
_OVER = and_(_C.kind == "held", _C.held_until < _moment("before"))
_OLD = select(_C.slot_id).where(_OVER).limit(_LIMIT).with_for_update(skip_locked=True)
_SWEEP = _CLAIM.delete().where(_C.slot_id.in_(_OLD), _OVER).returning(_C.slot_id)
_TURN = (
    _CLAIM.update()
    .where(_C.slot_id == bindparam("seat"), _MINE)
    .values(kind="booked", holder=None, held_until=None, appointment_id=bindparam("visit"))
    .returning(_C.slot_id)
)
_FREE = _CLAIM.delete().where(_C.appointment_id == bindparam("visit")).returning(_C.slot_id)
