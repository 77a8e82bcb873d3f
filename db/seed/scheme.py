"""The published scheme as rows, from the TOML files beside it: cities, services, papers, terms, policy, closed days."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from importlib import resources
from typing import Any, TypeAlias, cast

from sqlalchemy import Table

from db.models import (
    City,
    ClosedDay,
    Document,
    PaperGroup,
    PinHint,
    PolicyValue,
    Service,
    ServiceGroup,
    ServiceTerms,
)

Rows: TypeAlias = Iterator[tuple[Table, dict[str, Any]]]


def read(name: str) -> dict[str, Any]:
    """A seed file by its name, from wherever the package is installed."""
    return tomllib.loads(resources.files("db.seed").joinpath(name).read_text(encoding="utf-8"))


def table_of(model: type) -> Table:
    return cast(Table, model.__table__)  # type: ignore[attr-defined]  # declarative models all have one


def rows() -> Rows:
    """Every row of the published scheme, parents before children."""
    yield from _cities()
    yield from _services()
    yield from _policy()
    yield from _calendar()


def _cities() -> Rows:
    file = read("cities.toml")
    for ordinal, city in enumerate(file["city"], 1):
        yield (
            table_of(City),
            {
                "id": city["id"],
                "division": city["division"],
                "ordinal": ordinal,
                "district": city["district"],
                "names": city["names"],
                "valid_from": file["since"],
                "valid_to": None,
                "source": city.get("source", file["source"]),
            },
        )
    for city in file["city"]:
        for pin in city.get("pins", ()):
            first, last = pin if isinstance(pin, list) else (pin, pin)
            hint = {"pin_from": first, "pin_to": last, "city_id": city["id"], "source": file["pin_source"]}
            yield table_of(PinHint), hint


def _services() -> Rows:
    for id_, names in read("documents.toml")["document"].items():
        yield table_of(Document), {"id": id_, "names": names}
    file = read("services.toml")
    for ordinal, group in enumerate(file["group"], 1):
        yield table_of(ServiceGroup), {"id": group["id"], "names": group["names"], "ordinal": ordinal}
    counts: dict[str, int] = {}
    for service in file["service"]:
        group, since = service["group"], service["from"]
        ordinal = counts[group] = counts.get(group, 0) + 1
        source = "scheme FAQ" if since == date(2022, 5, 1) else "press: added by July 2023"
        dated = {"valid_from": since, "valid_to": None, "source": source}
        row = {"id": service["id"], "group_id": group, "ordinal": ordinal, "names": service["names"], "skill": None}
        yield table_of(Service), {**row, **dated}
    for service in file["service"]:
        facts = {**file["like"][service["like"]], **service} if "like" in service else service
        yield from _terms(facts)
        yield from _papers(facts)


def _terms(service: dict[str, Any]) -> Rows:
    for terms in service["terms"]:
        yield (
            table_of(ServiceTerms),
            {
                "service_id": service["id"],
                "fee_paise": terms.get("fee_paise"),
                "limit_days": terms.get("limit_days"),
                "limit_unit": terms.get("limit_unit"),
                "valid_from": terms.get("from", service["from"]),
                "valid_to": terms.get("to"),
                "source": terms["source"],
            },
        )


def _papers(service: dict[str, Any]) -> Rows:
    for ordinal, group in enumerate(service["papers"], 1):
        yield (
            table_of(PaperGroup),
            {
                "service_id": service["id"],
                "ordinal": ordinal,
                "rule": group["rule"],
                "condition": group.get("when"),
                "documents": group["documents"],
                "valid_from": service["from"],
                "valid_to": None,
                "source": group.get("source", "press"),
            },
        )


def _policy() -> Rows:
    for rule in read("policy.toml")["value"]:
        yield (
            table_of(PolicyValue),
            {
                "key": rule["key"],
                "value": rule["value"],
                "city_id": None,
                "valid_from": rule["from"],
                "valid_to": rule.get("to"),
                "source": rule["source"],
            },
        )


def _calendar() -> Rows:
    file = read("calendar.toml")
    for year in file["years"]:
        for day in file["day"]:
            for calendar in file["calendars"]:
                yield (
                    table_of(ClosedDay),
                    {
                        "day": date.fromisoformat(f"{year}-{day['month_day']}"),
                        "calendar": calendar,
                        "city_id": None,
                        "names": day["names"],
                        "source": file["source"],
                    },
                )
