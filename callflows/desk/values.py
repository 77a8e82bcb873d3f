"""Rows as facts: ids, ISO days and moments with their zone, paise. Nothing here reads the database."""

from __future__ import annotations

from datetime import datetime

from ivr.core.flow import Json
from scheduler.outcomes import Visit
from scheduler.rules import IST, local_day


def day(moment: datetime) -> str:
    """The local day of a moment, ISO."""
    return local_day(moment).isoformat()


def local(moment: datetime) -> str:
    """The moment in local time, ISO with its zone."""
    return moment.astimezone(IST).isoformat(timespec="minutes")


def window(starts_at: datetime, ends_at: datetime) -> dict[str, Json]:
    """An arrival window as the catalogue's placeholder reads it."""
    return {"from": local(starts_at), "to": local(ends_at)}


def window_start(value: Json) -> datetime:
    """When a window that we once offered starts; ValueError when it is none of ours."""
    if not isinstance(value, dict):
        raise ValueError(f"not a window: {value!r}")
    return datetime.fromisoformat(str(value["from"]))


def offer(starts_at: datetime, ends_at: datetime) -> dict[str, Json]:
    """The facts of an offered or booked window."""
    return {"day": day(starts_at), "window": window(starts_at, ends_at)}


def visit_facts(visit: Visit, now: datetime) -> dict[str, Json]:
    """The facts of the visit that is being talked about; `overdue` is one whose window has passed without a word."""
    overdue = visit.state == "booked" and visit.ends_at <= now
    return {
        "visit_id": visit.appointment_id,
        "visit_day": day(visit.starts_at),
        "visit_window": window(visit.starts_at, visit.ends_at),
        "visit_state": "overdue" if overdue else visit.state,
        "visit_movable": visit.movable(now),
    }
