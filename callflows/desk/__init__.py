"""The desk: the functions that keep the flows' promises, one file a subject.

Only here do the call-flows touch the scheduler and the database, always inside the driver's transaction.
"""

from __future__ import annotations

from callflows.desk.asking import ActionFn, Ask, Desk, Result

__all__ = ["ActionFn", "Ask", "Desk", "Result", "desk"]


def desk() -> Desk:
    """Every action of `callflows.ACTIONS` with the function that does it."""
    return {}
