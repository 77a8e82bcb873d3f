"""Booking a home visit: where ▸ what for ▸ papers and fee ▸ when ▸ confirm ▸ reference.

A seat lost at the last moment leads to the next choice, a second visit for the same service to the question for whom.
Who gets no message hears the reference twice.
"""

from __future__ import annotations

from callflows.house import DONE, GOODBYE, MENU, PERSON, SHORTCUTS, said, to, ways_out, words
from ivr.core.flow import Act, Branch, Enter, Flow, Menu, Prompt, Say

BOOK = Flow(
    name="book",
    nodes=(
        Enter("city", "city", {"found": "service_known", "done": DONE, "menu": MENU}),
        Branch("service_known", "service_id", {"": "service"}, "find"),
        Enter("service", "service", {"found": "find", "done": DONE, "menu": MENU}),
        # Found before the papers are told: whoever knows them already may then press a key over them.
        Act("find", "offer_earliest", {"offered": "papers_known", "fixed": "papers_known", "none": "no_slot"}),
        Branch("papers_known", "papers_told", {"true": "slot"}, "papers"),
        Enter("papers", "tell_papers", {"told": "slot", "done": DONE, "menu": MENU}),
        Enter("slot", "slot", {"found": "confirm", "none": "no_slot", "done": DONE, "menu": MENU}),
        Menu(
            "confirm",
            said("book.confirm", "city=city_id", "service=service_id", "day", "window"),
            {
                "1": to("make", "book.yes"),
                "2": to("slot", "book.other_time", wish="another"),
                "3": to(MENU, "house.main_menu"),
            },
            gave_up=PERSON,
            words=words("book.silence"),
        ),
        Act("make", "book_visit", {"booked": "booked", "taken": "taken", "already": "already"}),
        Say("taken", said("book.taken"), "slot"),
        Menu(
            "already",
            said("book.already", "day=other_day", "window=other_window"),
            {
                "1": to("make", "book.for_family", for_family=True),
                "2": to(DONE, "book.keep_it"),
                "3": to(MENU, "house.main_menu"),
            },
            gave_up=PERSON,
        ),
        Say("booked", said("book.booked", "worker", "day", "window"), "texted"),
        Branch("texted", "texted", {"true": "tell_reference"}, "spell_reference"),
        Say("tell_reference", said("book.reference", "reference"), "anything_else"),
        Say("spell_reference", (Prompt("book.no_message"), Prompt("book.spelled", ("reference",))), "anything_else"),
        Menu(
            "anything_else",
            said("book.all_done"),
            {"1": to("repeat_reference", "book.again"), "2": to(MENU, "main.something_else")},
            gave_up=GOODBYE,
            tries=2,
            silence_ends=True,
        ),
        Say("repeat_reference", said("book.spelled", "reference"), "anything_else"),
        Say("no_slot", said("book.no_slot", "city=city_id"), PERSON),
        *ways_out(parting=True),
    ),
    rescue=PERSON,
    shortcuts=SHORTCUTS,
    checkpoints=("confirm",),
)
