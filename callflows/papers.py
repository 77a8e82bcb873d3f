"""Papers and fee: told before a booking, or asked for by themselves.

`TELL` says one group of papers after another, as the desk hands them out, then the fee. A fee that nobody has
published is said to be separate, never guessed.
"""

from __future__ import annotations

from callflows.house import DONE, MENU, PERSON, SHORTCUTS, said, to, ways_out
from ivr.core.flow import Act, Enter, Flow, Menu, Return, Say

_RULES = ("mandatory", "one_of", "if_any", "conditional")

TELL = Flow(
    name="tell_papers",
    nodes=(
        Act(
            "first_papers",
            "next_papers",
            {**{rule: f"{rule}_first" for rule in _RULES}, "all_told": "fee", "unknown": "unknown"},
        ),
        *(
            Say(f"{rule}_first", said("papers.keep_ready") + said(f"papers.{rule}", "papers"), "more_papers")
            for rule in _RULES
        ),
        Act(
            "more_papers", "next_papers", {**{rule: rule for rule in _RULES}, "all_told": "returned", "unknown": "fee"}
        ),
        *(Say(rule, said(f"papers.{rule}", "papers"), "more_papers") for rule in _RULES),
        Say("returned", said("papers.returned"), "fee"),
        Say("unknown", said("papers.unknown"), "fee"),
        Act("fee", "tell_fee", {"known": "fee_known", "free": "fee_free", "unknown": "fee_unknown"}),
        Say("fee_known", said("fee.known", "visit_fee=visit_fee_paise", "department_fee=department_fee_paise"), "told"),
        Say("fee_free", said("fee.free", "visit_fee=visit_fee_paise"), "told"),
        Say("fee_unknown", said("fee.unknown", "visit_fee=visit_fee_paise"), "told"),
        Return("told", "told"),
        *ways_out(),
    ),
    rescue=PERSON,
    shortcuts=SHORTCUTS,
)

PAPERS = Flow(
    name="papers",
    nodes=(
        Enter("service", "service", {"found": "tell", "done": DONE, "menu": MENU}),
        Enter("tell", "tell_papers", {"told": "what_next", "done": DONE, "menu": MENU}),
        Menu(
            "what_next",
            said("papers.what_next"),
            {
                "1": to("book", "papers.book", "worker", papers_told=True, wish="", avoid="", for_family=False),
                "2": to("tell", "papers.again", papers_at=0),
                "3": to("service", "papers.other", papers_at=0),
                "4": to(MENU, "house.main_menu"),
            },
            gave_up=DONE,
        ),
        Return("book", "book"),
        *ways_out(),
    ),
    rescue=PERSON,
    shortcuts=SHORTCUTS,
)
