"""Whether people answer now, and if not, why and when they will."""

from __future__ import annotations

from sqlalchemy.orm import Session

from callflows.desk import values
from callflows.desk.asking import Ask, Result
from db import policy
from ivr.core.flow import Json
from scheduler.hours import hours
from scheduler.rules import local_day


def people_open(session: Session, ask: Ask) -> Result:
    """open | night | closed_day. Whether anybody has signed in, the exchange's own queue says.

    `reason` is why a callback would be wanted from here on; with the office open that is that nobody is free.
    """
    at = hours(session, ask.now)
    if at.open:
        return Result("open", {"reason": "nobody"})
    opens_at = at.opens_at or ask.now
    facts: dict[str, Json] = {"opens_day": values.day(opens_at), "opens_at": values.local(opens_at)}
    if at.why == "closed_day":
        return Result("closed_day", {**facts, "reason": "closed_day"})
    day = policy.policy_value(session, "hours", local_day(ask.now))
    return Result("night", {**facts, "reason": "night", "people_from": day["from"], "people_to": day["to"]})
