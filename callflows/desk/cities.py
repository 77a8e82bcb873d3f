"""Where we go: the cities served today, by division, in the order of the operator's keys."""

from __future__ import annotations

from sqlalchemy.orm import Session

from callflows.desk.asking import Ask, Result
from db import policy
from ivr.core.flow import Json
from scheduler.rules import local_day


def list_divisions(session: Session, ask: Ask) -> Result:
    """found: each division with its cities, because a caller knows his city and not its division."""
    today = local_day(ask.now)
    cities: dict[str, list[Json]] = {str(d["id"]): [] for d in policy.policy_value(session, "divisions", today)}
    for city in policy.cities(session, today):
        cities.setdefault(city.division, []).append(city.id)
    return Result("found", {"divisions": [{"value": d, "cities": ids} for d, ids in cities.items() if ids]})


def list_cities(session: Session, ask: Ask) -> Result:
    """one | many: a division of a single city needs no second question."""
    found = policy.cities(session, local_day(ask.now), ask.text("division"))
    if len(found) == 1:
        return Result("one", {"city_id": found[0].id})
    return Result("many", {"cities": [{"value": city.id, "city": city.id} for city in found]})
