"""Moving or cancelling one visit that stands. The cut-off binds moving only; cancelling stays open.

A move keeps the old window until the new one is certain.
"""

from __future__ import annotations

from callflows.house import DONE, MENU, PERSON, SHORTCUTS, said, to, ways_out
from ivr.core.flow import Act, Branch, Enter, Flow, Menu, Prompt, Say

_WHEN = Prompt("change.visit", ("worker", "day=visit_day", "window=visit_window"))

CHANGE = Flow(
    name="change",
    nodes=(
        Branch("movable", "visit_movable", {"true": "what"}, "what_if_late"),
        Menu(
            "what",
            (_WHEN,),
            {
                "1": to("prepare", "change.move"),
                "2": to("sure", "change.cancel"),
                "3": to("kept", "change.keep"),
            },
            gave_up=PERSON,
        ),
        Menu(
            "what_if_late",
            (_WHEN, Prompt("change.too_late")),
            {"1": to("sure", "change.cancel"), "2": to("kept", "change.keep"), "0": to(PERSON, "main.person")},
            gave_up=PERSON,
        ),
        Act("prepare", "prepare_move", {"ready": "find", "too_late": "what_if_late", "gone": "gone"}),
        Act("find", "offer_earliest", {"offered": "slot", "fixed": "slot", "none": "no_slot"}),
        Enter("slot", "slot", {"found": "confirm", "none": "no_slot", "done": DONE, "menu": MENU}),
        Menu(
            "confirm",
            said("change.confirm", "day", "window"),
            {
                "1": to("move", "change.yes"),
                "2": to("slot", "book.other_time", wish="another"),
                "3": to("kept", "change.keep"),
            },
            gave_up=PERSON,
        ),
        Act("move", "move_visit", {"moved": "moved", "taken": "taken", "too_late": "what_if_late", "gone": "gone"}),
        Say("taken", said("book.taken"), "slot"),
        Say("moved", said("change.moved", "worker", "day", "window"), DONE),
        Menu(
            "sure",
            said("change.sure", "day=visit_day", "window=visit_window"),
            {"1": to("cancel", "change.yes_cancel"), "2": to("kept", "change.keep")},
            gave_up=PERSON,
        ),
        Act("cancel", "cancel_visit", {"cancelled": "cancelled", "gone": "gone"}),
        Say("cancelled", said("change.cancelled"), DONE),
        Say("kept", said("change.kept"), DONE),
        Say("gone", said("change.gone"), PERSON),
        Say("no_slot", said("change.no_slot", "city=city_id"), "what"),
        *ways_out(),
    ),
    rescue=PERSON,
    shortcuts=SHORTCUTS,
)
