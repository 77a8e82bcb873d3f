"""What a desk function is handed and what it gives back; no rules here.

A desk function runs inside the driver's own transaction: it neither commits nor opens another one, and it answers
with values (ids, ISO dates, paise), never with sentences.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from sqlalchemy.orm import Session

from ivr.core.flow import Json


@dataclass(frozen=True, slots=True)
class Ask:
    """One Perform of one call.

    `key` makes it repeatable, `args` holds what the action's spec needs (None where the call has not set it),
    `now` is the transaction's clock. `holder` is under whose name a seat is held: the call, or the dropped call that it
    continues. `phone` is E.164 or None when withheld; `origin` says who vouches for it
    (`trunk` or `claimed`); `caller_id` is the caller's row, if the door found one.
    """

    call_id: str
    holder: str
    key: str
    args: Mapping[str, Json]
    now: datetime
    phone: str | None
    origin: str
    caller_id: int | None
    language: str

    @property
    def number(self) -> str | None:
        """The phone when the network vouches for it; a number that a caller only claims is no identity."""
        return self.phone if self.origin == "trunk" else None

    def text(self, name: str) -> str:
        """The argument as text, empty when the call has not set it."""
        value = self.args.get(name)
        return "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Result:
    """How an action ended: one of its spec's outcomes, with exactly the facts promised for it."""

    outcome: str
    facts: dict[str, Json] = field(default_factory=dict)


ActionFn: TypeAlias = Callable[[Session, Ask], Result]
Desk: TypeAlias = Mapping[str, ActionFn]
