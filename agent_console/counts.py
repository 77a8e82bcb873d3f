"""How much is going on, in numbers only: for the home page and for /metrics. No row of a person is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db import clock
from db.models import Appointment, Call, Callback, Claim, Outbox

LOCAL = ZoneInfo("Asia/Kolkata")


@dataclass(frozen=True, slots=True)
class Counts:
    """True at `at`. `held` are seats kept for callers who are choosing just now."""

    at: datetime
    calls_up: int
    calls_today: int
    with_people: int
    booked_today: int
    visits_today: int
    held: int
    callbacks: int
    callbacks_late: int
    messages_waiting: int
    messages_failed: int

    def measured(self) -> dict[str, tuple[str, int]]:
        """Names as Prometheus wants them, with a word about each."""
        return {
            "calls_up": ("Calls in progress.", self.calls_up),
            "calls_with_people": ("Calls waiting for or speaking with a person.", self.with_people),
            "calls_today": ("Calls begun since midnight in India.", self.calls_today),
            "bookings_today": ("Visits booked since midnight in India.", self.booked_today),
            "visits_today": ("Visits whose window starts today in India.", self.visits_today),
            "seats_held": ("Seats held for callers who are choosing.", self.held),
            "callbacks_waiting": ("Callers waiting to be rung back.", self.callbacks),
            "callbacks_late": ("Callbacks past their time.", self.callbacks_late),
            "messages_waiting": ("Messages not yet sent.", self.messages_waiting),
            "messages_failed": ("Messages that failed or whose fate is unknown.", self.messages_failed),
        }


def count_now(session: Session) -> Counts:
    """The counts of this moment, by the transaction's clock."""
    now = clock.now(session)
    start = datetime.combine(now.astimezone(LOCAL).date(), time(), LOCAL)
    tomorrow = start + timedelta(days=1)

    def count(column: object, *where: object) -> int:
        return session.execute(select(func.count()).select_from(column).where(*where)).scalar_one()  # type: ignore[arg-type]

    up = Call.ended_at.is_(None)
    waiting = Callback.state == "waiting"
    return Counts(
        at=now,
        calls_up=count(Call, up),
        calls_today=count(Call, Call.started_at >= start),
        with_people=count(Call, up, Call.reply["wait"]["wait"].as_string() == "bridge"),
        booked_today=count(Appointment, Appointment.made_at >= start),
        visits_today=count(
            Appointment,
            Appointment.starts_at >= start,
            Appointment.starts_at < tomorrow,
            Appointment.state != "cancelled",
        ),
        held=count(Claim, Claim.kind == "held", Claim.held_until > now),
        callbacks=count(Callback, waiting),
        callbacks_late=count(Callback, waiting, Callback.due_at < now),
        messages_waiting=count(Outbox, Outbox.state.in_(("waiting", "claimed", "sending"))),
        messages_failed=count(Outbox, Outbox.state.in_(("failed", "unknown"))),
    )
