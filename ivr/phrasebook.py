"""Everything that callers may come to hear, so that its sound is ready before they ask: the flows' lines, the
catalogue's own, and the values that policy and calendar allow.

Reads the database, makes no sound and decides no rule. What a person is called is not in it, on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from audio.catalogue import Catalogue
from audio.line import Line, Say, Segment
from audio.phrases import Values, phrases
from callflows import flows
from db.models import City, Document, PolicyValue, Service, ServiceGroup, ServiceTerms
from ivr.core.graph import spoken_lines
from scheduler import rules

DAYS_BEFORE, DAYS_AHEAD = 3, 45  # a caller may also be told of the visit that was due yesterday
NAMED: dict[str, Any] = {"city": City, "service": Service, "document": Document, "group": ServiceGroup}


def segments(catalogue: Catalogue, names: Callable[[str, str, str], str], values: Values) -> list[Segment]:
    """Every sound of a language, each once."""
    lines: list[Line] = [*spoken_lines(flows()), *(Say(key) for key in catalogue)]
    return phrases(catalogue, lines, names, values)


def values(session: Session, now: datetime) -> Values:
    """What the placeholders may hold in the weeks to come; all words of policy, past and coming ones included."""
    today = rules.local_day(now)
    return Values(
        named={kind: list(session.scalars(select(table.id).order_by(table.id))) for kind, table in NAMED.items()},
        policy={
            "scheme": _every(session, "scheme_name"),
            "worker": _every(session, "worker_title"),
        },
        days=[today + timedelta(days=n) for n in range(-DAYS_BEFORE, DAYS_AHEAD)],
        windows=_windows(session),
        times=[time(hour, minute) for hour in range(24) for minute in (0, 30)],
        paise=_sums(session),
    )


def _every(session: Session, key: str) -> list[Any]:
    return list(session.scalars(select(PolicyValue.value).where(PolicyValue.key == key).order_by(PolicyValue.id)))


def _windows(session: Session) -> list[tuple[time, time]]:
    """Arrival windows as any of the stored hours and lengths cut the day."""
    found: set[tuple[time, time]] = set()
    for hours in _every(session, "hours"):
        for length in _every(session, "window_minutes"):
            opens, closes = (_minutes(hours[end]) for end in ("from", "to"))
            for start in range(opens, closes - int(length) + 1, int(length)):
                found.add((_clock(start), _clock(start + int(length))))
    return sorted(found)


def _sums(session: Session) -> list[int]:
    """Every fee alone, and the fee of the visit with each department's: what a citizen will be asked for."""
    visits = {int(value) for value in _every(session, "visit_fee_paise")}
    fees = {fee for fee in session.scalars(select(ServiceTerms.fee_paise)) if fee is not None}
    return sorted(visits | fees | {visit + fee for visit in visits for fee in fees})


def _minutes(clock: str) -> int:
    at = time.fromisoformat(clock)
    return at.hour * 60 + at.minute


def _clock(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)
