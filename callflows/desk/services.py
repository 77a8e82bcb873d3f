"""What can be asked for, the papers for it and what it costs: dated policy as facts, nothing invented."""

from __future__ import annotations

from sqlalchemy.orm import Session

from callflows.desk.asking import Ask, Result
from db import policy
from ivr.core.flow import Json
from scheduler.rules import local_day

_TOGETHER = ("mandatory", "if_any")  # rules whose groups are one sentence to a listener
_ORDER = ("mandatory", "one_of", "if_any", "conditional")


def list_groups(session: Session, ask: Ask) -> Result:
    """found: the groups that hold a service today."""
    groups = policy.service_groups(session, local_day(ask.now))
    return Result("found", {"groups": [{"value": group.id, "group": group.id} for group in groups]})


def list_services(session: Session, ask: Ask) -> Result:
    """one | many."""
    found = policy.services(session, local_day(ask.now), ask.text("group_id"))
    if len(found) == 1:
        return Result("one", {"service_id": found[0].id})
    return Result("many", {"services": [{"value": service.id, "service": service.id} for service in found]})


def next_papers(session: Session, ask: Ask) -> Result:
    """The next sentence about papers by its rule; all_told after the last, unknown when none are published."""
    sentences = _sentences(session, ask)
    if not sentences:
        return Result("unknown", {"papers_at": 0})
    at = int(ask.text("papers_at") or 0)
    if at >= len(sentences):
        return Result("all_told", {"papers_at": 0})
    rule, papers = sentences[at]
    return Result(rule, {"papers": papers, "papers_at": at + 1})


def tell_fee(session: Session, ask: Ask) -> Result:
    """known | free | unknown. Null means not published and is said so; zero is free."""
    today, city = local_day(ask.now), ask.text("city_id") or None
    visit_fee = policy.policy_value(session, "visit_fee_paise", today, city)
    terms = policy.terms(session, ask.text("service_id"), today)
    facts: dict[str, Json] = {"visit_fee_paise": visit_fee}
    if terms is None or terms.fee_paise is None:
        return Result("unknown", facts)
    if terms.fee_paise == 0:
        return Result("free", facts)
    return Result("known", {**facts, "department_fee_paise": terms.fee_paise})


def _sentences(session: Session, ask: Ask) -> list[tuple[str, list[Json]]]:
    said: list[tuple[str, list[Json]]] = []
    groups = policy.paper_groups(session, ask.text("service_id"), local_day(ask.now))
    for group in sorted(groups, key=lambda g: _ORDER.index(g.rule)):
        if said and said[-1][0] == group.rule and group.rule in _TOGETHER:
            said[-1][1].extend(group.documents)
        else:
            said.append((group.rule, list(group.documents)))
    return said
