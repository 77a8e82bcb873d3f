"""My visit or application: when somebody comes, how far the certificate is, and the way to changing it.

A number that the network does not vouch for is told nothing here; a person asks who is speaking.
"""

from __future__ import annotations

from callflows.house import DONE, GOODBYE, MENU, NEW_BOOKING, PERSON, SHORTCUTS, said, to, ways_out
from ivr.core.flow import Act, Branch, Enter, Flow, Menu, Pick, Prompt, Return, Say

# A visit's states as the caller hears them; what is still to come is told with its day and window.
_TOLD: dict[str, tuple[str, ...]] = {
    "arrived": ("worker",),
    "scanned": (),
    "with_department": (),
    "ready": ("worker",),
    "delivered": (),
    "papers_missing": (),
    "rejected": (),
    "cancelled": (),
}

VISIT = Flow(
    name="visit",
    nodes=(
        Act("look", "my_visits", {"withheld": "withheld", "none": "no_visit", "one": "state", "several": "which"}),
        Say("withheld", said("visit.withheld"), PERSON),
        Menu(
            "no_visit",
            said("visit.none"),
            {
                "1": to("book", "main.book", "worker", **NEW_BOOKING),
                "2": to(MENU, "house.main_menu"),
                "0": to(PERSON, "main.person"),
            },
            gave_up=PERSON,
        ),
        Pick(
            "which",
            said("visit.which"),
            "visits",
            Prompt("visit.one", ("service", "day")),
            "visit_id",
            "look_at",
            gave_up=PERSON,
        ),
        Act("look_at", "look_at_visit", {"found": "state", "gone": "no_visit"}),
        Branch(
            "state",
            "visit_state",
            {"booked": "change", "overdue": "overdue", **{state: state for state in _TOLD}},
            PERSON,
        ),
        Enter("change", "change", {"done": DONE, "menu": MENU}),
        *(Say(state, said(f"visit.{state}", *named), "what_next") for state, named in _TOLD.items()),
        Menu(
            "overdue",
            said("visit.overdue", "worker", "day=visit_day"),
            {"1": to("complain", "main.complaint"), "0": to(PERSON, "main.person")},
            gave_up=PERSON,
        ),
        Enter("complain", "complaint", {"done": DONE, "menu": MENU, "goodbye": GOODBYE}),
        Menu(
            "what_next",
            said("main.all_fine"),
            {
                "1": to("state", "visit.again"),
                "2": to(MENU, "main.something_else"),
                "0": to(PERSON, "main.person"),
            },
            gave_up=GOODBYE,
            tries=2,
            silence_ends=True,
        ),
        Return("book", "book"),
        *ways_out(parting=True),
    ),
    rescue=PERSON,
    shortcuts=SHORTCUTS,
)
