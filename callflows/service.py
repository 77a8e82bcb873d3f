"""What the visit is for: a group of services, then the service."""

from __future__ import annotations

from callflows.house import PERSON, SHORTCUTS, said, ways_out, words
from ivr.core.flow import Act, Flow, Pick, Prompt, Return

_WORDS = words("service.silence")

SERVICE = Flow(
    name="service",
    nodes=(
        Act("groups", "list_groups", {"found": "which_group"}),
        Pick(
            "which_group",
            said("service.which_group"),
            "groups",
            Prompt("service.group", ("group",)),
            "group_id",
            "services",
            gave_up=PERSON,
            words=_WORDS,
        ),
        Act("services", "list_services", {"one": "found", "many": "which_service"}),
        Pick(
            "which_service",
            said("service.which"),
            "services",
            Prompt("service.one", ("service",)),
            "service_id",
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
