"""Every table, by subject; import them from here. Rules a person or money depends on are constraints of the table."""

from db.base import Base
from db.models.calls import Action, Call, Callback, CallStep, Case, Command, EventRow, House, Recording
from db.models.people import Applicant, Caller, User, WebSession
from db.models.policy import (
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
from db.models.visits import Appointment, Claim, Mitan, Outbox, Roster, Slot

__all__ = [
    "Action",
    "Applicant",
    "Appointment",
    "Base",
    "Call",
    "CallStep",
    "Callback",
    "Caller",
    "Case",
    "City",
    "Claim",
    "ClosedDay",
    "Command",
    "Document",
    "EventRow",
    "House",
    "Mitan",
    "Outbox",
    "PaperGroup",
    "PinHint",
    "PolicyValue",
    "Recording",
    "Roster",
    "Service",
    "ServiceGroup",
    "ServiceTerms",
    "Slot",
    "User",
    "WebSession",
]
