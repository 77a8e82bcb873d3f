"""Find a slot: the earliest free window first, as one sentence with two keys; else another part of day or another day.

What is offered is already held for this call, so the caller's yes cannot come too late. Written once, used by
whoever needs a window. `wish` says where to begin: `another` for those who have just turned a window down, `offered`
or `fixed` for those for whom the earliest has just been found.
"""

from __future__ import annotations

from callflows.house import PERSON, SHORTCUTS, said, to, ways_out, words
from ivr.core.flow import Act, Branch, Flow, Menu, Pick, Prompt, Return, Say

_CHOICES = {"1": to("found", "slot.take", wish=""), "2": to("when", "slot.other")}
_OFFER = said("slot.offer", "worker", "day", "window")
_WORDS = words("slot.silence")

SLOT = Flow(
    name="slot",
    nodes=(
        Branch(
            "begin",
            "wish",
            {"another": "when", "offered": "soonest", "fixed": "soonest_fixed"},
            "earliest",
        ),
        Act("earliest", "offer_earliest", {"offered": "soonest", "fixed": "soonest_fixed", "none": "none"}),
        Say("soonest", said("slot.soonest"), "offer"),
        Say("soonest_fixed", said("slot.soonest"), "offer_fixed"),
        Menu("offer", _OFFER, _CHOICES, gave_up=PERSON, words=_WORDS),
        Menu("offer_fixed", (*_OFFER, Prompt("slot.fixed")), _CHOICES, gave_up=PERSON, words=_WORDS),
        Menu(
            "when",
            said("slot.when"),
            {
                "1": to("another", "slot.morning", part="morning"),
                "2": to("another", "slot.afternoon", part="afternoon"),
                "3": to("another", "slot.evening", part="evening"),
                "4": to("days", "slot.another_day", part=""),
            },
            gave_up=PERSON,
        ),
        Act("days", "list_days", {"found": "which_day", "none": "none"}),
        Pick(
            "which_day",
            said("slot.which_day"),
            "days",
            Prompt("slot.day", ("day",)),
            "day_wanted",
            "another",
            gave_up=PERSON,
        ),
        Act("another", "offer_another", {"offered": "offer", "fixed": "offer_fixed", "none": "none_like_that"}),
        Say("none_like_that", said("slot.none_like_that"), "when"),
        Return("none", "none"),
        Return("found", "found"),
        *ways_out(),
    ),
    rescue=PERSON,
    shortcuts=SHORTCUTS,
)
