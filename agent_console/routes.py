"""Who may ask for what: one table from endpoint to access. A route without an entry is refused, and fails the tests.

Another room's blueprint brings its own entries (`create_app(config, extra)`). Nothing here looks at a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import TypeAlias


class Role(StrEnum):
    """What somebody is here for; kept in `user.role`."""

    EXECUTIVE = "executive"
    TEAM_LEAD = "team_lead"
    SUPERVISOR = "supervisor"
    CITY_COORDINATOR = "city_coordinator"
    NODAL_OFFICER = "nodal_officer"
    DISTRICT = "district"
    STATE_VIEWER = "state_viewer"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Anyone(Enum):
    """Access that does not depend on a role."""

    PUBLIC = "whoever asks"
    SIGNED_IN = "whoever has signed in"
    MACHINE = "this machine, or the bearer of the metrics token"


Access: TypeAlias = Anyone | frozenset[Role]
Table: TypeAlias = Mapping[str, Access]

PUBLIC, SIGNED_IN, MACHINE = Anyone.PUBLIC, Anyone.SIGNED_IN, Anyone.MACHINE
ADMINISTRATORS = frozenset({Role.ADMINISTRATOR})

TABLE: Table = {
    "static": PUBLIC,
    "health.alive": PUBLIC,
    "health.ready": PUBLIC,
    "health.metrics": MACHINE,
    "door.sign_in": PUBLIC,
    "door.sign_out": PUBLIC,
    "door.choose": PUBLIC,
    "door.password": SIGNED_IN,
    "home.show": SIGNED_IN,
    "home.state": SIGNED_IN,
}

# What somebody may still do who has signed in with a first password and not yet chosen an own one.
BEFORE_OWN_PASSWORD = frozenset({"door.password"})


def admits(access: Access | None, role: Role | None) -> bool:
    """Whether somebody of this role (None: not signed in) may pass. MACHINE is never answered by a role."""
    match access:
        case None | Anyone.MACHINE:
            return False
        case Anyone.PUBLIC:
            return True
        case Anyone.SIGNED_IN:
            return role is not None
        case roles:
            return role in roles
