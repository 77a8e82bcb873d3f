"""The terms a visit is made under, kept in its row: what was true on the day of booking stays true for it.

Fees that nobody has published stay null; they are never filled in later for a visit already made.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from db import policy
from scheduler.rules import Rules, local_day


def of(session: Session, rules: Rules, now: datetime, city_id: str, service_id: str) -> dict[str, Any]:
    """Fees, limit, names and cut-offs in force today, as JSON values; raises PolicyMissing."""
    today = local_day(now)
    kept: dict[str, Any] = {
        key: rules.value(key, today, city_id)
        for key in ("scheme_name", "worker_title", "visit_fee_paise", "window_minutes", "move_cutoff_hours")
    }
    row = policy.terms(session, service_id, today)
    known = {name: getattr(row, name) if row else None for name in ("fee_paise", "limit_days", "limit_unit", "source")}
    return {**kept, **known, "on": today.isoformat()}


def move_until(terms: dict[str, Any], starts_at: datetime) -> datetime:
    """The last instant at which its caller may move a visit starting then."""
    return starts_at - timedelta(hours=terms["move_cutoff_hours"])
