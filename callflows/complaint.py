"""A complaint in the caller's own voice: a case with a number, or a person at once."""

from __future__ import annotations

from callflows.house import GOODBYE, MENU, PERSON, SHORTCUTS, said, to, ways_out, words
from ivr.core.flow import Act, Branch, Flow, Menu, Prompt, Record, Say

_WORDS = words("house.no_voice", "house.no_key_now")

COMPLAINT = Flow(
    name="complaint",
    nodes=(
        Menu(
            "how",
            said("complaint.sorry"),
            {
                "1": to("number_known", "complaint.record"),
                "2": to(MENU, "house.main_menu"),
                "0": to(PERSON, "main.person"),
            },
            gave_up=PERSON,
        ),
        Branch("number_known", "number_known", {"true": "tell", "": "tell_with_number"}, "tell_with_number"),
        Record("tell", said("complaint.speak"), "complaint", 120, "open", gave_up=PERSON, words=_WORDS),
        Record(
            "tell_with_number",
            (Prompt("complaint.say_number"), Prompt("complaint.speak")),
            "complaint",
            120,
            "open",
            gave_up=PERSON,
            words=_WORDS,
        ),
        Act("open", "open_complaint", {"opened": "opened"}),
        Say("opened", said("complaint.opened", "number=complaint_number"), "again"),
        Menu(
            "again",
            said("book.all_done"),
            {"1": to("opened", "book.again"), "2": to(MENU, "main.something_else")},
            gave_up=GOODBYE,
            tries=2,
            silence_ends=True,
        ),
        *ways_out(parting=True),
    ),
    rescue=PERSON,
    shortcuts=SHORTCUTS,
)
