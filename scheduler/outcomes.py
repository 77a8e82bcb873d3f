"""What may come of asking for a visit: closed sets of frozen values, never exceptions, never sentences.

`Window` and `Day` are what can be offered, `Visit` is an appointment as the rest of the house sees it. Nothing
here touches the database; every time is aware UTC, every `day` a local (IST) date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal, TypeAlias

Part: TypeAlias = Literal["morning", "afternoon", "evening"]
WhyNot: TypeAlias = Literal["city", "service", "window", "past", "notice", "horizon", "closed_day"]


@dataclass(frozen=True, slots=True)
class Window:
    """An arrival window of a city with `free` seats (at least one when it was found)."""

    city_id: str
    starts_at: datetime
    ends_at: datetime
    free: int


@dataclass(frozen=True, slots=True)
class Day:
    """A local day with free seats, by part of day; a part that is full or closed is not in `parts`."""

    day: date
    free: int
    parts: Mapping[Part, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Held:
    """A seat kept for one holder until `held_until`, longer if renewed."""

    slot_id: int
    starts_at: datetime
    ends_at: datetime
    held_until: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """What is asked for. `holder` is whoever held the seat: the call's id, or a console session's.

    `phone` and `caller_id` are None for a withheld number; `made_by` is `caller` or `user:<id>`.
    """

    holder: str
    city_id: str
    service_id: str
    starts_at: datetime
    caller_id: int | None = None
    applicant_id: int | None = None
    phone: str | None = None
    language: str = "hi"
    call_id: str | None = None
    made_by: str = "caller"


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment. `move_until` is the last instant at which its caller may still move it (policy)."""

    appointment_id: int
    reference: str
    state: str
    city_id: str
    service_id: str
    starts_at: datetime
    ends_at: datetime
    move_until: datetime
    phone: str | None
    caller_id: int | None
    applicant_id: int | None
    language: str
    moves: int
    terms: Mapping[str, Any]

    def movable(self, now: datetime) -> bool:
        """Whether its caller may still move it: to the minute, at the cut-off yes, a minute later no."""
        return self.state == "booked" and now <= self.move_until


@dataclass(frozen=True, slots=True)
class Booked:
    """The visit stands. `texted` is False when no message goes out (a landline, a withheld number)."""

    appointment_id: int
    reference: str
    starts_at: datetime
    ends_at: datetime
    movable: bool
    texted: bool


@dataclass(frozen=True, slots=True)
class SlotTaken:
    """Every seat of the window is somebody else's."""


@dataclass(frozen=True, slots=True)
class Already:
    """This applicant has a live visit for this service; nothing was written."""

    appointment: Visit


@dataclass(frozen=True, slots=True)
class NotOffered:
    """What was asked for is not to be had at all; `reason` says which part of it. Nothing was written."""

    reason: WhyNot


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The seat is free again. `again` when it had been cancelled before."""

    visit: Visit
    again: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """The visit stands at its new window, the old seat is free. `texted` as in Booked."""

    visit: Visit
    texted: bool


@dataclass(frozen=True, slots=True)
class CutOff:
    """Too late to move: until `move_until` it could have been. Cancelling may still be possible."""

    move_until: datetime


@dataclass(frozen=True, slots=True)
class TooManyMoves:
    """The caller has moved this visit as often as policy allows."""

    limit: int


@dataclass(frozen=True, slots=True)
class NotLive:
    """No such visit, or it is over: `state` is None when there is none."""

    state: str | None


BookOutcome: TypeAlias = Booked | SlotTaken | Already | NotOffered
CancelOutcome: TypeAlias = Cancelled | NotLive
MoveOutcome: TypeAlias = Moved | SlotTaken | NotOffered | CutOff | TooManyMoves | NotLive
