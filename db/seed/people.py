"""Invented people for a demo database: mitans with rosters up to the horizon, and callers on numbers that are nobody's.

Everything follows from the day it is run, nothing from chance, so two demos look alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Table

from db.models import Caller, Mitan, Roster
from db.seed.scheme import read, table_of

Rows: TypeAlias = Iterator[tuple[Table, dict[str, Any]]]
IST = ZoneInfo("Asia/Kolkata")
ROSTER_DAYS = 21  # the booking horizon and some days more, so that a demo may stay up over night


def rows(now: datetime) -> Rows:
    """Mitans, their rosters from the local day of `now` on, and callers."""
    file = read("demo.toml")
    names = file["given"]["names"]
    team = []
    for number, (city, size) in enumerate(file["mitans"].items(), 11):
        for place in range(1, size + 1):
            mitan = f"{number}{place:03}"  # two digits of the city, three of the person
            team.append(mitan)
            yield (
                table_of(Mitan),
                {
                    "id": mitan,
                    "city_id": city,
                    "name": names[len(team) % len(names)],
                    "phone": f"+9150000{90000 + len(team)}",
                    "skills": [],
                    "active": True,
                },
            )
    yield from _rosters(team, file["shifts"], now.astimezone(IST).date())
    yield from _callers(file["caller"], now)


def _rosters(team: list[str], shifts: dict[str, dict[str, str]], today: date) -> Rows:
    for day in (today + timedelta(days=n) for n in range(ROSTER_DAYS)):
        for place, mitan in enumerate(team):
            if day.toordinal() % 7 == place % 7:  # everybody's weekly day off, spread over the week
                continue
            shift = shifts["early" if (place + day.toordinal() // 7) % 2 == 0 else "late"]
            starts, ends = (datetime.combine(day, time.fromisoformat(shift[end]), IST) for end in ("from", "to"))
            yield table_of(Roster), {"mitan_id": mitan, "day": day, "starts_at": starts, "ends_at": ends}


def _callers(callers: list[dict[str, str]], now: datetime) -> Rows:
    for caller in callers:
        yield (
            table_of(Caller),
            {
                "phone": caller["phone"],
                "kind": caller["kind"],
                "language": caller["language"],
                "pace": caller.get("pace", "normal"),
                "path": caller.get("path", "keys"),
                "city_id": caller.get("city"),
                "first_seen_at": now,
                "last_call_at": None,
            },
        )
