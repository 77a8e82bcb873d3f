"""Finding a window: whatever is offered to a caller is held for this call in the same transaction.

So the offer is really theirs for the minutes of the hold, and an earlier hold of the call is let go.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from callflows.desk import values
from callflows.desk.asking import Ask, Result
from db import policy
from scheduler import booking, finding
from scheduler.finding import Part
from scheduler.rules import IST, local_day

DAYS_OFFERED = 8  # two pages of four: more days than that nobody keeps in mind
TRIES = 5  # windows lost to others between finding and holding, before it is called full

_PARTS: dict[str, Part] = {"morning": "morning", "afternoon": "afternoon", "evening": "evening"}


def offer_earliest(session: Session, ask: Ask) -> Result:
    """offered | fixed (it cannot be moved later) | none."""
    return _offer(session, ask)


def offer_another(session: Session, ask: Ask) -> Result:
    """The next window of the wanted part of day or day, after the one turned down; what is not wanted is left open.

    A part of day that is gone on the wanted day is looked for on the days after it.
    """
    part = _PARTS.get(ask.text("part"))
    day = date.fromisoformat(ask.text("day_wanted")) if ask.text("day_wanted") else None
    refused = values.window_start(ask.args["window"]) if ask.args.get("window") else None
    after = refused if day is None or (refused and local_day(refused) == day) else None
    found = _offer(session, ask, part=part, day=day, after=after)
    if found.outcome == "none" and day is not None and part is not None:
        found = _offer(session, ask, part=part, after=_end_of(day))
    return found


def list_days(session: Session, ask: Ask) -> Result:
    """found | none: the next days with a free seat."""
    days = finding.days(session, ask.now, ask.text("city_id"), ask.text("service_id"), DAYS_OFFERED, holder=ask.holder)
    listed = [day.day.isoformat() for day in days]
    return Result("found", {"days": [{"value": day, "day": day} for day in listed]}) if listed else Result("none")


def _offer(
    session: Session, ask: Ask, *, part: Part | None = None, day: date | None = None, after: datetime | None = None
) -> Result:
    city, service = ask.text("city_id"), ask.text("service_id")
    avoid = datetime.fromisoformat(ask.text("avoid")) if ask.text("avoid") else None
    today = local_day(ask.now)
    minutes = int(policy.policy_value(session, "hold_minutes", today, city))
    for _ in range(TRIES):
        window = finding.earliest(session, ask.now, city, service, part=part, day=day, after=after, holder=ask.holder)
        if window is None:
            return Result("none")
        after = window.starts_at
        if after == avoid:
            continue
        held = booking.hold(
            session, ask.now, holder=ask.holder, city_id=city, starts_at=window.starts_at, minutes=minutes
        )
        if held is not None:
            cutoff = timedelta(hours=int(policy.policy_value(session, "move_cutoff_hours", today, city)))
            fixed = ask.now > held.starts_at - cutoff
            wish = "fixed" if fixed else "offered"
            return Result(wish, {**values.offer(held.starts_at, held.ends_at), "wish": wish})
    return Result("none")


def _end_of(day: date) -> datetime:
    """The last moment of a local day, for `after`."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=IST) - timedelta(minutes=1)
