"""What can be asked for, the papers for it and what it costs: dated policy as facts, nothing invented."""

from __future__ import annotations

from sqlalchemy.orm import Session

from callflows.desk.asking import Ask, Result
from db import policy
from ivr.core.flow import Json
from scheduler.rules import local_day

CHOICES = 2


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


def papers_and_fee(session: Session, ask: Ask) -> Result:
    """found: papers by the sentence they are said in, some of them empty; the fees, null where nobody published one.

    Of two choices ("one of these, and one of those") both can be said; a third would have to be merged into a lie, so
    then the papers count as unknown.
    """
    today, city, service = local_day(ask.now), ask.text("city_id") or None, ask.text("service_id")
    groups = policy.paper_groups(session, service, today)
    choices = [list[Json](group.documents) for group in groups if group.rule == "one_of"]
    one_of, one_of_too = [*choices, [], []][:CHOICES]
    terms = policy.terms(session, service, today)

    def all_of(rule: str) -> list[Json]:
        return [document for group in groups if group.rule == rule for document in group.documents]

    return Result(
        "found",
        {
            "papers_known": bool(groups) and len(choices) <= CHOICES,
            "must_have": all_of("mandatory"),
            "one_of": one_of,
            "one_of_too": one_of_too,
            "if_any": all_of("if_any"),
            "if_needed": all_of("conditional"),
            "visit_fee_paise": policy.policy_value(session, "visit_fee_paise", today, city),
            "department_fee_paise": terms.fee_paise if terms else None,
        },
    )
