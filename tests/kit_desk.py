"""A fake desk for the pure engine: believable answers from the seed's own files, with a list of what was asked.

It keeps the actions' promises to the letter: an outcome with other facts than `callflows.ACTIONS` names is an error.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from callflows import ACTIONS
from ivr.core.flow import Json

SEED = Path(__file__).parent.parent / "db" / "seed"

DAY, NEXT_DAY, WINDOW = "2026-02-03", "2026-02-04", {"from": "2026-02-03T10:00+05:30", "to": "2026-02-03T12:00+05:30"}
EVENING = {"from": "2026-02-03T16:00+05:30", "to": "2026-02-03T18:00+05:30"}
VISIT_DAY, VISIT_WINDOW = "2026-02-05", {"from": "2026-02-05T12:00+05:30", "to": "2026-02-05T14:00+05:30"}
BREAKS = "breaks"
CALLERS = ("new", "known in CITY", "expected", "expected soon", "withheld", "claimed")


@cache
def seed(name: str) -> dict[str, Any]:
    """A file of the seed."""
    return tomllib.loads((SEED / f"{name}.toml").read_text(encoding="utf-8"))


def names(kind: str, id: str, lang: str) -> str:
    """What the seed calls a city, service, group or document."""
    if kind == "document":
        found = seed("documents")["document"][id]
    else:
        file = "cities" if kind == "city" else "services"
        rows = seed(file)[kind]
        found = next(row["names"] for row in rows if row["id"] == id)
    return str(found.get(lang) or found["hi"])


class FakeDesk:
    """Answers each action by its usual outcome, or by what the call's file has told it."""

    def __init__(self, caller: str, office: str) -> None:
        self.caller, self.office = caller, office
        self.asked: list[str] = []
        self.script: dict[str, list[str]] = {}
        self.vouched = caller not in ("withheld", "claimed")
        self.origin = "claimed" if caller == "claimed" else "trunk"
        self.door: dict[str, Json] = {"phone_known": self.vouched, "language_known": not caller.startswith("new")}

    def do(self, action: str, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        """The outcome and the facts it promises."""
        self.asked.append(action)
        missing = [name for name in ACTIONS[action].needs if args.get(name) is None]
        assert not missing, f"{action} was asked without {missing}"
        usual = getattr(self, action)(args)
        answers = self.script.get(action)
        outcome = usual[0] if not answers else answers.pop(0) if len(answers) > 1 else answers[0]
        if outcome == BREAKS:
            return BREAKS, {}
        promised = ACTIONS[action].outcomes[outcome]
        known = {**_ANY, "wish": outcome, **usual[1]}
        return outcome, {name: known[name] for name in promised}

    # --- usual answers ---------------------------------------------------------------------------------------------
    def recognise(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        city = self.caller.removeprefix("known in ") if self.caller.startswith("known in ") else ""
        facts: dict[str, Json] = {"number_known": self.vouched, "city_id": city}
        if self.caller.startswith("expected"):
            return "visit", {**facts, "city_id": "raipur", "visit_movable": self.caller != "expected soon"}
        return ("known" if city else "new"), facts

    def speak_chhattisgarhi(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        return "not_ready", {}

    def list_divisions(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        divisions: dict[str, list[Json]] = {}
        for city in seed("cities")["city"]:
            divisions.setdefault(city["division"], []).append(city["id"])
        return "found", {"divisions": [{"value": name, "cities": ids} for name, ids in divisions.items()]}

    def list_cities(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        ids = [city["id"] for city in seed("cities")["city"] if city["division"] == args["division"]]
        if len(ids) == 1:
            return "one", {"city_id": ids[0]}
        return "many", {"cities": [{"value": id, "city": id} for id in ids]}

    def list_groups(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        return "found", {"groups": [{"value": g["id"], "group": g["id"]} for g in seed("services")["group"]]}

    def list_services(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        ids = [s["id"] for s in seed("services")["service"] if s["group"] == args["group_id"]]
        return "many", {"services": [{"value": id, "service": id} for id in ids]}

    def papers_and_fee(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        service = next(s for s in seed("services")["service"] if s["id"] == args["service_id"])
        told = service if "papers" in service else seed("services")["like"][service["like"]]
        by_rule: dict[str, list[Json]] = {"mandatory": [], "one_of": [], "if_any": [], "conditional": []}
        for group in told["papers"]:
            by_rule[group["rule"]] += group["documents"]
        facts: dict[str, Json] = {
            "papers_known": bool(told["papers"]),
            "must_have": by_rule["mandatory"],
            "one_of": by_rule["one_of"],
            "if_any": by_rule["if_any"],
            "if_needed": by_rule["conditional"],
            "department_fee_paise": told["terms"][-1].get("fee_paise"),
        }
        return "found", facts

    def offer_earliest(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        return "offered", {"day": DAY, "window": WINDOW}

    def offer_another(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        day = args.get("day_wanted") or DAY
        return "offered", {"day": day, "window": EVENING if args.get("part") == "evening" else WINDOW}

    def list_days(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        return "found", {"days": [{"value": day, "day": day} for day in (DAY, NEXT_DAY, VISIT_DAY)]}

    def book_visit(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        window = args["window"]
        assert isinstance(window, dict)
        return "booked", {"day": str(window["from"])[:10], "window": window, "texted": self.vouched}

    def my_visits(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        if not self.vouched:
            return "withheld", {}
        return ("one" if self.caller.startswith("expected") else "none"), {}

    def look_at_visit(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        return "found", {}

    def prepare_move(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        return "ready", {"city_id": "raipur", "service_id": "income"}

    def move_visit(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        return "moved", {"day": DAY, "window": args["window"]}

    def cancel_visit(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        return "cancelled", {}

    def people_open(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        outcome = {"open": "open", "night": "night", "closed day": "closed_day"}[self.office]
        return outcome, {"reason": "nobody" if outcome == "open" else outcome}

    def leave_callback(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        return ("noted" if self.vouched or args.get("message") else "no_number"), {}

    def open_complaint(self, args: Mapping[str, Json]) -> tuple[str, dict[str, Json]]:
        return "opened", {}


_ANY: dict[str, Json] = {
    "scheme": {"hi": "मोर संगवारी सेवा", "en": "Mor Sangwari Seva"},
    "worker": {"hi": "मितान", "en": "Mitan"},
    "hne_ready": False,
    "number_known": True,
    "city_id": "raipur",
    "service_id": "income",
    "manner.language": "hne",
    "must_have": ["residence_proof"],
    "one_of": ["employer_income", "patwari_or_councillor_income", "land_or_house_income"],
    "one_of_too": [],
    "if_any": [],
    "if_needed": [],
    "papers_known": True,
    "visit_fee_paise": 5000,
    "department_fee_paise": 3000,
    "wish": "offered",
    "day": DAY,
    "window": WINDOW,
    "other_day": VISIT_DAY,
    "other_window": VISIT_WINDOW,
    "reference": "47103852",
    "texted": True,
    "avoid": VISIT_WINDOW["from"],
    "visit_id": 7,
    "visit_day": VISIT_DAY,
    "visit_window": VISIT_WINDOW,
    "visit_state": "booked",
    "visit_movable": True,
    "visits": [
        {"value": 7, "service": "income", "day": VISIT_DAY},
        {"value": 8, "service": "domicile", "day": NEXT_DAY},
    ],
    "reason": "nobody",
    "opens_day": NEXT_DAY,
    "opens_at": "2026-02-04T08:00+05:30",
    "people_from": "08:00",
    "people_to": "20:00",
    "complaint_number": "312",
}


def anything(fact: str) -> Json:
    """A believable value of any fact that an action sets."""
    if fact in _ANY:
        return _ANY[fact]
    desk = FakeDesk("new", "open")
    for action in ("list_divisions", "list_groups", "list_days"):
        found = getattr(desk, action)({})[1]
        if fact in found:
            return found[fact]  # type: ignore[no-any-return]
    if fact == "cities":
        return desk.list_cities({"division": "raipur"})[1]["cities"]
    return desk.list_services({"group_id": "certificates"})[1]["services"]
