"""The call-flows of 14545 as data: what callers are asked, where each answer leads and what the desk must do.

Flows hold keys and facts, never sentences, SQL or HTTP; only `callflows.desk` touches the scheduler and the database.
"""

from __future__ import annotations

from callflows.actions import ACTIONS
from ivr.core.flow import Flow

__all__ = ["ACTIONS", "ENTRY", "flows"]

ENTRY = "main"


def flows() -> dict[str, Flow]:
    """Every flow by name; a call starts at `ENTRY`."""
    return {}
