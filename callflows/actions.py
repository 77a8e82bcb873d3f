"""What the flows ask of the desk: each action with its outcomes and the facts that each outcome sets.

The promises are kept in `callflows.desk`; nothing here does anything. Facts are values only: ids, ISO dates, paise.
"""

from __future__ import annotations

from ivr.core.flow import ActionSpec

# What is known of a visit that is being talked about.
VISIT = ("visit_id", "visit_day", "visit_window", "visit_state", "visit_movable")
CALLER = ("scheme", "worker", "hne_ready", "number_known", "city_id")
# Papers by the sentence they are said in; a sentence with nothing to say is an empty list.
PAPERS = ("must_have", "one_of", "one_of_too", "if_any", "if_needed", "papers_known")
# A departmental fee is null when nobody has published it.
FEE = ("visit_fee_paise", "department_fee_paise")
OFFER = ("day", "window")
FOUND = (*OFFER, "wish")
REOPENS = ("reason", "opens_day", "opens_at")

_SPECS = (
    # who is calling, and how they want to be spoken to
    ActionSpec("recognise", {"visit": (*CALLER, *VISIT), "known": CALLER, "new": CALLER}, may=("language_known",)),
    ActionSpec("speak_chhattisgarhi", {"ready": ("manner.language",), "not_ready": ()}),
    # where
    ActionSpec("list_divisions", {"found": ("divisions",)}),
    ActionSpec("list_cities", {"one": ("city_id",), "many": ("cities",)}, needs=("division",)),
    # what for
    ActionSpec("list_groups", {"found": ("groups",)}),
    ActionSpec("list_services", {"one": ("service_id",), "many": ("services",)}, needs=("group_id",)),
    ActionSpec("papers_and_fee", {"found": (*PAPERS, *FEE)}, needs=("service_id",), may=("city_id",)),
    # when: a hold lets go by itself, so "back" may cross it
    ActionSpec(
        "offer_earliest",
        {"offered": FOUND, "fixed": FOUND, "none": ()},
        needs=("city_id", "service_id"),
        may=("avoid",),
    ),
    ActionSpec(
        "offer_another",
        {"offered": FOUND, "fixed": FOUND, "none": ()},
        needs=("city_id", "service_id"),
        may=("part", "day_wanted", "window", "avoid"),
    ),
    ActionSpec("list_days", {"found": ("days",), "none": ()}, needs=("city_id", "service_id")),
    # done
    ActionSpec(
        "book_visit",
        {"booked": (*OFFER, "reference", "texted"), "taken": (), "already": ("other_day", "other_window")},
        needs=("city_id", "service_id", "window"),
        may=("for_family",),
        writes=True,
    ),
    # a visit that stands
    ActionSpec("my_visits", {"withheld": (), "none": (), "one": VISIT, "several": ("visits",)}),
    ActionSpec("look_at_visit", {"found": VISIT, "gone": ()}, needs=("visit_id",)),
    ActionSpec(
        "prepare_move", {"ready": ("city_id", "service_id", "avoid"), "too_late": (), "gone": ()}, needs=("visit_id",)
    ),
    ActionSpec(
        "move_visit",
        {"moved": (*OFFER, "texted"), "taken": (), "too_late": (), "gone": ()},
        needs=("visit_id", "window"),
        writes=True,
    ),
    ActionSpec("cancel_visit", {"cancelled": (), "gone": ()}, needs=("visit_id",), writes=True),
    # people
    ActionSpec(
        "people_open",
        {"open": ("reason",), "night": (*REOPENS, "people_from", "people_to"), "closed_day": REOPENS},
    ),
    ActionSpec("leave_callback", {"noted": (), "no_number": ()}, may=("reason", "message"), writes=True),
    ActionSpec(
        "open_complaint",
        {"opened": ("complaint_number",)},
        needs=("complaint",),
        may=("city_id", "visit_id"),
        writes=True,
    ),
)

ACTIONS: dict[str, ActionSpec] = {spec.name: spec for spec in _SPECS}
