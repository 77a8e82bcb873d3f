"""The terms a visit is made under, kept in its row: what was true on the day of booking stays true for it.

Fees that nobody has published stay null; they are never filled in later for a visit already made.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.models import ServiceTerms
from scheduler.rules import Rules, local_day


def of(session: Session, rules: Rules, now: datetime, city_id: str, service_id: str) -> dict[str, Any]:
    """Fees, limit, names and cut-offs in force today, as JSON values; raises PolicyMissing."""
    today = local_day(now)
    kept: dict[str, Any] = {
        key: rules.value(key, today, city_id)
        for key in ("scheme_name", "worker_title", "visit_fee_paise", "window_minutes", "move_cutoff_hours")
    }
    row = session.execute(
        select(ServiceTerms.fee_paise, ServiceTerms.limit_days, ServiceTerms.limit_unit, ServiceTerms.source)
        .where(
            ServiceTerms.service_id == service_id,
            ServiceTerms.valid_from <= today,
            or_(ServiceTerms.valid_to.is_(None), ServiceTerms.valid_to > today),
        )
        .order_by(ServiceTerms.valid_from.desc())
        .limit(1)
    ).first()
    fee, limit, unit, source = row if row else (None, None, None, None)
    return {**kept, "fee_paise": fee, "limit_days": limit, "limit_unit": unit, "source": source, "on": str(today)}


def move_until(terms: dict[str, Any], starts_at: datetime) -> datetime:
    """The last instant at which its caller may move a visit starting then."""
    return starts_at - timedelta(hours=terms["move_cutoff_hours"])
