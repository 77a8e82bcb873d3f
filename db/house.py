"""What kind of database this is. A mark of `demo` is set once, on an empty database, and never taken off."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Appointment, Call, House

DEMO = "demo"


class NotEmpty(RuntimeError):
    """This database holds citizens' calls or bookings: invented people do not belong in it."""


def is_demo(session: Session) -> bool:
    """Whether all data here is invented, so that the clock may be shifted and test numbers ring as mobiles."""
    return session.scalar(select(House.value).where(House.key == DEMO)) == "true"


def mark_demo(session: Session) -> None:
    """Marks the database as demo; raises NotEmpty when it already serves citizens."""
    if is_demo(session):
        return
    if any(session.scalar(select(kept).limit(1)) is not None for kept in (Appointment.id, Call.id)):
        raise NotEmpty("this database holds calls or appointments and is not marked demo")
    session.add(House(key=DEMO, value="true"))
    session.flush()
