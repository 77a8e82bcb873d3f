"""Who is calling, as far as the network vouches for it, and what the house is called today."""

from __future__ import annotations

from sqlalchemy.orm import Session

from callflows.desk.asking import Ask, Result
from callflows.desk.values import visit_facts
from db import calls, policy
from db.models import Caller
from scheduler import booking, phones
from scheduler.rules import local_day

CHHATTISGARHI = "hne"


def recognise(session: Session, ask: Ask) -> Result:
    """visit | known | new. A number that is only claimed is new, whoever's it may be."""
    today = local_day(ask.now)
    caller_id = ask.caller_id if ask.number else None
    known = bool(caller_id and ask.args.get("language_known"))
    if caller_id and ask.number and not known:  # later an operator's word on the line counts, not its digits
        session.get_one(Caller, caller_id).kind = phones.kind_of(ask.number)
    city_id = calls.city_of(session, caller_id) if caller_id else None
    served = {city.id for city in policy.cities(session, today)}
    facts = {
        "scheme": policy.policy_value(session, "scheme_name", today),
        "worker": policy.policy_value(session, "worker_title", today),
        "hne_ready": _chhattisgarhi_ready(session, ask),
        "number_known": ask.number is not None,
        "city_id": city_id if city_id in served else "",
    }
    visit = booking.next_visit(session, ask.now, caller_id) if caller_id else None
    if visit is not None and visit.state == "booked":
        return Result("visit", {**facts, **visit_facts(visit, ask.now)})
    return Result("known" if known else "new", facts)


def speak_chhattisgarhi(session: Session, ask: Ask) -> Result:
    """ready | not_ready: the language is offered once the operator says its lines have been recorded."""
    if _chhattisgarhi_ready(session, ask):
        return Result("ready", {"manner.language": CHHATTISGARHI})
    return Result("not_ready")


def _chhattisgarhi_ready(session: Session, ask: Ask) -> bool:
    try:
        spoken = policy.policy_value(session, "languages", local_day(ask.now))
    except policy.UnknownPolicy:
        return False
    return CHHATTISGARHI in spoken
