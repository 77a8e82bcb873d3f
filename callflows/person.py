"""A person, or why not: at night, on a closed day or with nobody free a message is taken and the caller rung back.

Its rescue asks nothing of the desk: when the database is gone the exchange still has its queue, and a message already
spoken is not asked for again.
"""

from __future__ import annotations

from callflows.house import said, words
from ivr.core.flow import Act, Branch, Flow, Hangup, Prompt, Record, Repeat, Return, Say, Transfer

_AFTER = {
    "done": "done",
    "returned": "menu",
    "empty": "nobody",
    "timeout": "nobody",
    "abandoned": "nobody",
}

_WORDS = words("house.no_voice", "house.no_key_now")

PERSON = Flow(
    name="person",
    nodes=(
        Act("open", "people_open", {"open": "transfer", "night": "night", "closed_day": "closed_day"}),
        Transfer("transfer", said("person.connecting"), "executives", _AFTER),
        Say("night", said("person.night", "from=people_from", "to=people_to"), "number_known"),
        Say("closed_day", said("person.closed_day", "day=opens_day"), "number_known"),
        Say("nobody", said("person.nobody"), "number_known"),
        Branch("number_known", "number_known", {"true": "message", "": "message_with_number"}, "message_with_number"),
        Record("message", said("person.message"), "message", 90, "note", gave_up="note", words=_WORDS),
        Record(
            "message_with_number",
            (Prompt("person.say_number"), Prompt("person.message")),
            "message",
            90,
            "note",
            gave_up="note",
            words=_WORDS,
        ),
        Act("note", "leave_callback", {"noted": "noted", "no_number": "no_number"}),
        Hangup("noted", said("person.noted")),
        Hangup("no_number", said("person.no_number")),
        # no desk from here on
        Branch("rescue", "message", {"": "transfer"}, "noted"),
        Return("done", "done"),
        Return("menu", "menu"),
    ),
    rescue="rescue",
    shortcuts={"*": Repeat()},
)
