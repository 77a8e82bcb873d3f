"""The call-flows of 14545 as data: what callers are asked, where each answer leads and what the desk must do.

Flows hold keys and facts, never sentences, SQL or HTTP; only `callflows.desk` touches the scheduler and the database.
"""

from __future__ import annotations

from callflows.actions import ACTIONS
from callflows.book import BOOK
from callflows.change import CHANGE
from callflows.city import CITY
from callflows.complaint import COMPLAINT
from callflows.main import MAIN
from callflows.papers import PAPERS, TELL
from callflows.person import PERSON
from callflows.service import SERVICE
from callflows.slot import SLOT
from callflows.visit import VISIT
from ivr.core.flow import Flow

__all__ = ["ACTIONS", "ENTRY", "flows"]

ENTRY = "main"


def flows() -> dict[str, Flow]:
    """Every flow by name; a call starts at `ENTRY`."""
    every = (MAIN, BOOK, CITY, SERVICE, TELL, PAPERS, SLOT, VISIT, CHANGE, COMPLAINT, PERSON)
    return {flow.name: flow for flow in every}
