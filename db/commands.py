"""What is wanted of Asterisk, row by row: asked by anybody, taken and answered by `voice`. SQL only.

A command is taken once. One that was taken and not answered, because its taker died, is `unknown` for ever: it may
have rung somebody, so it is never taken again. Whether there is one to take, `db.lookout` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db import events
from db.models import Command

Answered = Literal["done", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Taken:
    """A command in our hands."""

    id: int
    kind: str
    args: dict[str, Any]


def ask(session: Session, kind: str, args: dict[str, Any], asked_by: str, now: datetime, within: timedelta) -> int:
    """Asks for something until `now + within`; returns the command's id."""
    row = Command(kind=kind, args=args, asked_by=asked_by, asked_at=now, deadline=now + within, state="asked")
    session.add(row)
    session.flush()
    events.append(session, "command.asked", command_id=row.id, wanted=kind)
    return row.id


def take(session: Session, now: datetime) -> Taken | None:
    """The oldest command that is still wanted, now ours; those past their deadline fail unsent."""
    late = update(Command).where(Command.state == "asked", Command.deadline <= now)
    for (id_,) in session.execute(
        late.values(state="failed", answer={"why": "too late"}).returning(Command.id),
        execution_options={"synchronize_session": False},
    ).all():
        events.append(session, "command.answered", command_id=id_, state="failed")
    oldest = select(Command.id).where(Command.state == "asked").order_by(Command.id).limit(1).with_for_update()
    found = session.execute(
        update(Command)
        .where(Command.id == oldest.scalar_subquery(), Command.state == "asked")  # IN would ask anew for each row
        .values(state="taken", taken_at=now)
        .returning(Command.id, Command.kind, Command.args),
        execution_options={"synchronize_session": False},
    ).first()
    return Taken(found.id, found.kind, dict(found.args)) if found else None


def answer(session: Session, command_id: int, state: Answered, said: dict[str, Any] | None = None) -> bool:
    """Writes the answer of a taken command; False when it has one already."""
    done = session.execute(
        update(Command)
        .where(Command.id == command_id, Command.state == "taken")
        .values(state=state, answer=said or {})
        .returning(Command.id),
        execution_options={"synchronize_session": False},
    ).first()
    if done is None:
        return False
    events.append(session, "command.answered", command_id=command_id, state=state)
    return True


def doubt_taken(session: Session) -> int:
    """At start: what an earlier process took and did not answer becomes `unknown`. How many."""
    left = session.scalars(
        update(Command)
        .where(Command.state == "taken")
        .values(state="unknown", answer={"why": "the process ended while it was at it"})
        .returning(Command.id),
        execution_options={"synchronize_session": False},
    ).all()
    for id_ in left:
        events.append(session, "command.answered", command_id=id_, state="unknown")
    return len(left)
