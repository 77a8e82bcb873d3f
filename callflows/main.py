"""The first thirty seconds: greeting, language, what the caller wants; and the last ones.

A caller with a visit hears its day and window before any menu. Silence alone never occupies a person: whoever neither
presses nor speaks is asked once more and then wished goodbye.
"""

from __future__ import annotations

from callflows.house import GOODBYE, MENU, NEW_BOOKING, PERSON, SHORTCUTS, said, to, words
from ivr.core.flow import Act, Branch, Choice, Enter, Flow, Hangup, Menu, Prompt, Record, Say

# Announced in one line to new callers; they work throughout the menus, whatever the caller knows of them.
_LANGUAGES = {
    "7": to("want_chhattisgarhi", "main.in_chhattisgarhi"),
    "8": Choice(MENU, Prompt("main.in_english"), {"manner.language": "en"}),
    "9": Choice(MENU, Prompt("main.in_hindi"), {"manner.language": "hi"}),
}

_WORDS = words("main.silence", "main.wrong")

MAIN = Flow(
    name="main",
    nodes=(
        # A call whose beginning broke has no facts yet; whoever comes back from a person starts here.
        Branch("begin", "worker", {"": "recognise"}, MENU),
        Act("recognise", "recognise", {"visit": "greet_expected", "known": "greet_again", "new": "greet"}),
        Say("greet", said("main.greeting", "scheme"), "which_languages"),
        Branch("which_languages", "hne_ready", {"true": "tell_three_languages"}, "tell_languages"),
        Say("tell_languages", said("main.languages"), MENU),
        Say("tell_three_languages", said("main.three_languages"), MENU),
        Say("greet_again", said("main.greeting", "scheme"), MENU),
        Say("greet_expected", said("main.greeting", "scheme"), "your_visit"),
        Menu(
            "your_visit",
            (
                Prompt("main.your_visit", ("worker", "day=visit_day", "window=visit_window")),
                Prompt("main.all_fine"),
            ),
            {
                "1": to("change", "main.change"),
                "2": to(MENU, "main.something_else"),
                "0": to(PERSON, "main.person"),
            },
            gave_up="still_there",
            tries=2,
            hidden=_LANGUAGES,
            words=_WORDS,
        ),
        Menu(
            MENU,
            (),
            {
                "1": to("book", "main.book", "worker", **NEW_BOOKING),
                "2": to("visit", "main.visit"),
                "3": to("papers", "main.papers"),
                "4": to("complain", "main.complaint"),
                "0": to(PERSON, "main.person"),
            },
            gave_up="still_there",
            tries=2,
            hidden=_LANGUAGES,
            words=_WORDS,
        ),
        Menu(
            "still_there",
            said("main.still_there"),
            {"1": to("begin", "main.start_over"), "0": to(PERSON, "main.person")},
            gave_up="speak",
            tries=1,
            hidden={key: to(PERSON, "main.person") for key in "23456789"},
        ),
        # Whoever finds no key may still speak: a voice is rung back, silence is wished goodbye.
        Record("speak", said("main.speak"), "message", 60, "note", gave_up="blank", tries=1),
        Act("note", "leave_callback", {"noted": "noted", "no_number": PERSON}),
        Act("want_chhattisgarhi", "speak_chhattisgarhi", {"ready": MENU, "not_ready": MENU}),
        Enter("book", "book", {"done": "anything_else", "menu": MENU, "goodbye": GOODBYE}),
        Enter("visit", "visit", {"done": "anything_else", "menu": MENU, "goodbye": GOODBYE, "book": "book"}),
        Enter("change", "change", {"done": "anything_else", "menu": MENU}),
        Enter("papers", "papers", {"done": "anything_else", "menu": MENU, "goodbye": GOODBYE, "book": "book"}),
        Enter("complain", "complaint", {"done": "anything_else", "menu": MENU, "goodbye": GOODBYE}),
        Enter(PERSON, "person", {"done": "anything_else", "menu": "begin"}),
        Menu(
            "anything_else",
            said("main.anything_else"),
            {"1": to("begin", "main.something_else")},
            gave_up=GOODBYE,
            tries=2,
            silence_ends=True,
        ),
        Hangup(GOODBYE, said("main.goodbye")),
        Hangup("noted", said("person.noted")),
        Hangup("blank", said("main.blank")),
    ),
    rescue=PERSON,
    shortcuts=SHORTCUTS,
    checkpoints=(MENU,),
    enterable=("begin",),
)
