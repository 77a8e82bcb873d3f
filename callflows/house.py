"""What every flow of this line shares: how a line is said, the keys that work everywhere, and the ways out.

`0` reaches a person, `*` says it again, `#` goes back; none of them is ever needed to get on.
"""

from __future__ import annotations

from ivr.core.flow import Back, Choice, Enter, Goto, Json, Node, Prompt, Prompts, Repeat, Return, Shortcut, Words

DONE = "done"
MENU = "menu"
GOODBYE = "goodbye"
PERSON = "person"

# What a booking from the start forgets of the one before, in the same call.
NEW_BOOKING: dict[str, Json] = {
    "service_id": "",
    "papers_told": False,
    "wish": "",
    "avoid": "",
    "for_family": False,
}

SHORTCUTS: dict[str, Shortcut] = {"0": Goto(PERSON), "*": Repeat(), "#": Back()}


def said(key: str, *facts: str) -> Prompts:
    """One line as a node's prompt."""
    return (Prompt(key, facts),)


def to(node: str, label: str, *facts: str, **set_: Json) -> Choice:
    """A key that leads to `node`, labelled by a clause of the catalogue, setting facts."""
    return Choice(node, Prompt(label, facts), set_)


def words(silence: str | None = None, wrong: str | None = None) -> Words:
    """A question's own words, where the catalogue's defaults are not good enough."""
    return Words(Prompt(silence) if silence else None, Prompt(wrong) if wrong else None)


def ways_out(*, parting: bool = False) -> tuple[Node, ...]:
    """The end of every sub-flow: a person, then wherever that person or the caller wants to go on.

    With `parting` also the goodbye, for flows that have asked for themselves whether there is anything else.
    """
    return (
        Enter(PERSON, "person", {"done": DONE, "menu": MENU}),
        Return(DONE, "done"),
        Return(MENU, "menu"),
        *((Return(GOODBYE, "goodbye"),) if parting else ()),
    )
