"""Who has which seat: the only statements in the house that take, keep, turn or free a claim.

A slot is one seat; its claim's primary key is the slot, so the database alone says who has it. Taking is one
statement over the whole window: it looks for a seat nobody has (or whose hold has run out) and claims it in the same
breath. On PostgreSQL seats that somebody is just taking are skipped, so that two hundred callers for the last seat
wait for nobody; on SQLite writers stand in line anyway. Check-then-insert is what this file exists to avoid.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.models import Claim, Slot

TRIES = 4  # a seat seen free may be gone when it is claimed; another may be left


def is_free(now: datetime, holder: str | None = None) -> ColumnElement[bool]:
    """SQL condition on a slot: nobody has the seat, or the hold ran out, or `holder` holds it.

    Written as an anti-join: over an outer join PostgreSQL expects one row and reads the whole horizon to find it.
    """
    bound = Claim.held_until > now
    if holder is not None:
        bound = and_(bound, Claim.holder != holder)
    taken = or_(Claim.kind == "booked", bound)
    return ~select(literal(1)).where(Claim.slot_id == Slot.id, taken).correlate(Slot).exists()


def take(
    session: Session, now: datetime, *, city_id: str, starts_at: datetime, holder: str, until: datetime
) -> int | None:
    """Claims one free seat of the window as held; its slot id, or None when there is none to be had."""
    for _ in range(TRIES):
        slot_id = session.execute(_take(session, now, city_id, starts_at, holder, until)).scalar()
        if slot_id is not None:
            return int(slot_id)
        left = session.execute(
            select(func.count())
            .select_from(Slot)
            .where(Slot.city_id == city_id, Slot.starts_at == starts_at, is_free(now))
        ).scalar_one()
        if not left:
            return None
    return None


def _take(session: Session, now: datetime, city_id: str, starts_at: datetime, holder: str, until: datetime) -> Any:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    seat = (
        select(Slot.id, literal("held"), literal(holder), literal(until, Claim.held_until.type))
        .where(Slot.city_id == city_id, Slot.starts_at == starts_at, is_free(now))
        .order_by(Slot.seat)
        .limit(1)
        # NO KEY UPDATE: bookings of other seats hold KEY SHARE on slot rows by their foreign keys; those may go on
        .with_for_update(skip_locked=True, key_share=True, of=Slot)
    )
    statement = insert(Claim).from_select(["slot_id", "kind", "holder", "held_until"], seat, include_defaults=False)
    return statement.on_conflict_do_update(
        index_elements=[Claim.slot_id],
        set_={
            "kind": "held",
            "holder": statement.excluded.holder,
            "held_until": statement.excluded.held_until,
            "appointment_id": None,
        },
        where=and_(Claim.kind == "held", Claim.held_until <= now),
    ).returning(Claim.slot_id)


def keep(session: Session, *, holder: str, city_id: str, starts_at: datetime, until: datetime) -> int | None:
    """Renews what `holder` holds in this window, even past its end if nobody took it; the slot id or None.

    From here to the transaction's end the claim is ours: the row is locked.
    """
    slots = select(Slot.id).where(Slot.city_id == city_id, Slot.starts_at == starts_at)
    statement = (
        update(Claim)
        .where(Claim.kind == "held", Claim.holder == holder, Claim.slot_id.in_(slots))
        .values(held_until=until)
        .returning(Claim.slot_id)
    )
    return session.execute(statement.execution_options(synchronize_session=False)).scalars().first()


def renew(session: Session, now: datetime, *, holder: str, until: datetime) -> int:
    """Moves the end of everything `holder` still holds to `until`, never back; how many seats that is."""
    held = and_(Claim.kind == "held", Claim.holder == holder, Claim.held_until > now)
    later = update(Claim).where(held, Claim.held_until < until).values(held_until=until)
    session.execute(later.execution_options(synchronize_session=False))
    return session.execute(select(func.count()).select_from(Claim).where(held)).scalar_one()


def let_go(session: Session, *, holder: str, but: int | None = None) -> int:
    """Frees what `holder` holds, except slot `but`; how many seats that was."""
    statement = delete(Claim).where(Claim.kind == "held", Claim.holder == holder)
    if but is not None:
        statement = statement.where(Claim.slot_id != but)
    return len(session.execute(statement.returning(Claim.slot_id)).scalars().all())


def give_back(session: Session, holder: str, n: int, *, city_id: str, starts_at: datetime) -> int:
    """Frees up to `n` of the seats that `holder` holds in this window; how many that was."""
    seats = (
        select(Claim.slot_id)
        .join(Slot, Slot.id == Claim.slot_id)
        .where(Claim.kind == "held", Claim.holder == holder, Slot.city_id == city_id, Slot.starts_at == starts_at)
        .order_by(Slot.seat)
        .limit(n)
    )
    statement = delete(Claim).where(Claim.slot_id.in_(seats), Claim.kind == "held", Claim.holder == holder)
    return len(session.execute(statement.returning(Claim.slot_id)).scalars().all())


def sweep(session: Session, before: datetime, *, limit: int = 500) -> int:
    """Deletes holds that ended before that moment; how many. Tidiness only: they bind nobody any more."""
    old = select(Claim.slot_id).where(Claim.kind == "held", Claim.held_until < before).limit(limit)
    statement = delete(Claim).where(
        Claim.slot_id.in_(old.with_for_update(skip_locked=True)), Claim.kind == "held", Claim.held_until < before
    )
    return len(session.execute(statement.returning(Claim.slot_id)).scalars().all())


def turn(session: Session, *, slot_id: int, holder: str, appointment_id: int) -> bool:
    """Turns a seat held by `holder` into a booked one; False when it is not held by it any more."""
    statement = (
        update(Claim)
        .where(Claim.slot_id == slot_id, Claim.kind == "held", Claim.holder == holder)
        .values(kind="booked", holder=None, held_until=None, appointment_id=appointment_id)
        .returning(Claim.slot_id)
    )
    return session.execute(statement.execution_options(synchronize_session=False)).first() is not None


def free(session: Session, *, appointment_id: int) -> int:
    """Frees the booked seat of an appointment; how many that was (one, or none when it is free already)."""
    statement = delete(Claim).where(Claim.appointment_id == appointment_id).returning(Claim.slot_id)
    return len(session.execute(statement).scalars().all())
