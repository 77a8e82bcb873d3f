"""Where the caller lives: the city we remember, else by the names of each division's cities.

Nobody has to know what a division is: its key is said with the cities in it.
"""

from __future__ import annotations

from callflows.house import PERSON, SHORTCUTS, said, to, ways_out, words
from ivr.core.flow import Act, Branch, Flow, Menu, Pick, Prompt, Return

_WORDS = words("city.silence", "city.wrong")

CITY = Flow(
    name="city",
    nodes=(
        Branch("remembered", "city_id", {"": "divisions"}, "confirm"),
        Menu(
            "confirm",
            said("city.confirm", "worker"),
            {"1": to("found", "city.one", "city=city_id"), "2": to("divisions", "city.another")},
            gave_up=PERSON,
        ),
        Act("divisions", "list_divisions", {"found": "which_division"}),
        Pick(
            "which_division",
            said("city.which"),
            "divisions",
            Prompt("city.division", ("cities",)),
            "division",
            "cities",
            gave_up=PERSON,
            words=_WORDS,
        ),
        Act("cities", "list_cities", {"one": "found", "many": "which_city"}),
        Pick(
            "which_city",
            said("city.which_of_these"),
            "cities",
            Prompt("city.one", ("city",)),
            "city_id",
            "found",
            gave_up=PERSON,
            words=_WORDS,
        ),
        Return("found", "found"),
        *ways_out(),
    ),
    rescue=PERSON,
    shortcuts=SHORTCUTS,
)
