"""The desk: the functions that keep the flows' promises, one file a subject.

Only here do the call-flows touch the scheduler and the database, always inside the driver's transaction.
"""

from __future__ import annotations

from callflows.desk import booking, cities, complaints, messages, people, queue, services, slots, visits
from callflows.desk.asking import ActionFn, Ask, Desk, Result

__all__ = ["ActionFn", "Ask", "Desk", "Result", "desk"]

_FUNCTIONS: tuple[ActionFn, ...] = (
    people.recognise,
    people.speak_chhattisgarhi,
    cities.list_divisions,
    cities.list_cities,
    services.list_groups,
    services.list_services,
    services.papers_and_fee,
    slots.offer_earliest,
    slots.offer_another,
    slots.list_days,
    booking.book_visit,
    visits.my_visits,
    visits.look_at_visit,
    visits.prepare_move,
    visits.move_visit,
    visits.cancel_visit,
    queue.people_open,
    messages.leave_callback,
    complaints.open_complaint,
)


def desk() -> Desk:
    """Every action of `callflows.ACTIONS` with the function that does it; each is named as its action is."""
    return {function.__name__: function for function in _FUNCTIONS}
