"""Papers and fee: told before a booking, or asked for by themselves.

`TELL` says the papers in at most five short sentences, then the fee. A fee that nobody has published is said to be
separate, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator

from callflows.house import DONE, GOODBYE, MENU, PERSON, SHORTCUTS, said, to, ways_out
from ivr.core.flow import Act, Branch, Enter, Flow, Menu, Node, Return, Say


def _sentences(*names: str, then: str) -> Iterator[Node]:
    """One sentence for each list of papers that is not empty, in this order."""
    for name, after in zip(names, (*(f"any_{n}" for n in names[1:]), then), strict=True):
        yield Branch(f"any_{name}", name, {"": after}, name)
        yield Say(name, said(f"papers.{name}", f"papers={name}"), after)


TELL = Flow(
    name="tell_papers",
    nodes=(
        Act("papers", "papers_and_fee", {"found": "known"}),
        Branch("known", "papers_known", {"true": "keep_ready"}, "unknown"),
        Say("keep_ready", said("papers.keep_ready"), "any_must_have"),
        *_sentences("must_have", "one_of", "one_of_too", "if_any", "if_needed", then="returned"),
        Say("returned", said("papers.returned"), "fee"),
        Say("unknown", said("papers.unknown"), "fee"),
        Branch("fee", "department_fee_paise", {"": "fee_unknown", "0": "fee_free"}, "fee_known"),
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
                "2": to("tell", "papers.again"),
                "3": to("service", "papers.other"),
                "4": to(MENU, "house.main_menu"),
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
