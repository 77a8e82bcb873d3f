"""What the database itself refuses: one row a rule, each beside a neighbour that is allowed. On both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db import models as m
from db.session import Database

AT = datetime(2026, 2, 3, 4, 30, tzinfo=UTC)
LATER = AT + timedelta(hours=2)
DAY = date(2026, 2, 3)


def call(**changed: Any) -> m.Call:
    row = {
        "id": "c1",
        "channel": "sip",
        "origin": "trunk",
        "direction": "in",
        "language": "hi",
        "flow": "main",
        "node": "menu",
        "turn": 0,
        "state": {},
        "reply": {},
        "started_at": AT,
        "last_at": AT,
    }
    return m.Call(**{**row, **changed})


def command(**changed: Any) -> m.Command:
    row = {"kind": "pause", "args": {}, "asked_by": "u1", "asked_at": AT, "deadline": LATER, "state": "asked"}
    return m.Command(**{**row, **changed})


def recording(**changed: Any) -> m.Recording:
    row = {
        "purpose": "message",
        "path": "a",
        "wrapped_key": "k",
        "size_bytes": 1,
        "duration_s": 1.0,
        "retain_until": LATER,
        "made_at": AT,
        "state": "kept",
    }
    return m.Recording(**{**row, **changed})


def caller(**changed: Any) -> m.Caller:
    return m.Caller(**{"phone": "+915000010009", "kind": "mobile", "first_seen_at": AT, **changed})


def terms(**changed: Any) -> m.ServiceTerms:
    return m.ServiceTerms(**{"service_id": "pan", "valid_from": DAY, "source": "test", **changed})


def papers(**changed: Any) -> m.PaperGroup:
    row = {"service_id": "pan", "ordinal": 9, "rule": "mandatory", "documents": [], "valid_from": DAY, "source": "test"}
    return m.PaperGroup(**{**row, **changed})


def value(**changed: Any) -> m.PolicyValue:
    return m.PolicyValue(**{"key": "k", "value": 1, "valid_from": DAY, "source": "test", **changed})


def pin(**changed: Any) -> m.PinHint:
    return m.PinHint(**{"pin_from": 490001, "pin_to": 490002, "city_id": "durg", "source": "test", **changed})


def slot(**changed: Any) -> m.Slot:
    return m.Slot(**{"id": 1, "city_id": "raipur", "starts_at": AT, "ends_at": LATER, "seat": 1, **changed})


def appointment(**changed: Any) -> m.Appointment:
    row = {
        "id": 1,
        "reference": "12345674",
        "caller_id": 1,
        "city_id": "raipur",
        "service_id": "pan",
        "slot_id": 1,
        "starts_at": AT,
        "ends_at": LATER,
        "state": "booked",
        "terms": {},
        "language": "hi",
        "made_by": "call",
        "made_at": AT,
        "key": "k1",
    }
    return m.Appointment(**{**row, **changed})


def held(**changed: Any) -> m.Claim:
    return m.Claim(**{"slot_id": 1, "kind": "held", "holder": "c1", "held_until": LATER, **changed})


def booked(**changed: Any) -> m.Claim:
    return m.Claim(**{"slot_id": 1, "kind": "booked", "appointment_id": 1, **changed})


def message(**changed: Any) -> m.Outbox:
    row = {
        "key": "k1",
        "channel": "sms",
        "recipient": "+915000010009",
        "template": "booked",
        "language": "hi",
        "values": {},
        "text": "…",
        "segments": 1,
        "asked_at": AT,
        "due_at": AT,
        "state": "waiting",
    }
    return m.Outbox(**{**row, **changed})


Case = tuple[str, list[Callable[[], Any]], Callable[[], Any], Callable[[], Any]]
seat = [slot]
visit = [slot, appointment]
# word, what stands there already, the row refused, its allowed neighbour
CASES: list[Case] = [
    ("a channel nobody knows", [], lambda: call(channel="fax"), lambda: call(channel="text")),
    ("an end without a reason", [], lambda: call(ended_at=AT), lambda: call(ended_at=AT, end_reason="done")),
    ("a reason without an end", [], lambda: call(end_reason="done"), call),
    ("resumed from no call", [], lambda: call(resumed_from="gone"), call),
    ("the same call twice", [call], call, lambda: call(id="c2")),
    ("asked but already taken", [], lambda: command(taken_at=AT), command),
    ("taken at no time", [], lambda: command(state="taken"), lambda: command(state="taken", taken_at=AT)),
    ("answered before it was taken", [], lambda: command(answer={}), lambda: command(state="unknown", answer={})),
    ("erased with its key kept", [], lambda: recording(state="erased"), recording),
    (
        "kept without a key",
        [],
        lambda: recording(wrapped_key=None),
        lambda: recording(state="erased", wrapped_key=None),
    ),
    ("a number not in E.164", [], lambda: caller(phone="5000010009"), caller),
    ("two callers with one number", [caller], caller, lambda: caller(phone="+915000010008")),
    ("a fee below zero", [], lambda: terms(fee_paise=-1), lambda: terms(fee_paise=0)),
    ("a limit without its unit", [], lambda: terms(limit_days=7), lambda: terms(limit_days=7, limit_unit="days")),
    ("terms that end as they begin", [], lambda: terms(valid_to=DAY), lambda: terms(valid_to=date(2026, 2, 4))),
    (
        "a condition nobody named",
        [],
        lambda: papers(rule="conditional"),
        lambda: papers(rule="conditional", condition="late"),
    ),
    ("two general values of one day", [value], value, lambda: value(city_id="durg")),
    (
        "two values of a city and day",
        [lambda: value(city_id="durg")],
        lambda: value(city_id="durg"),
        lambda: value(city_id="korba"),
    ),
    ("a PIN of five digits", [], lambda: pin(pin_from=49000), pin),
    ("a PIN span backwards", [], lambda: pin(pin_to=490000), lambda: pin(pin_to=490001)),
    ("a window without length", [], lambda: slot(ends_at=AT), slot),
    ("one seat twice", [slot], lambda: slot(id=2), lambda: slot(id=2, seat=2)),
    ("a claim on no seat", [], held, slot),
    ("a seat claimed twice", [*seat, held], held, lambda: slot(id=2, seat=2)),
    ("held until no time", seat, lambda: held(held_until=None), held),
    ("held by nobody", seat, lambda: held(holder=None), held),
    ("booked for no visit", seat, lambda: booked(appointment_id=None), held),
    ("booked but expiring", visit, lambda: booked(held_until=LATER), booked),
    (
        "one visit on two seats",
        [*visit, lambda: slot(id=2, seat=2), booked],
        lambda: booked(slot_id=2),
        lambda: held(slot_id=2),
    ),
    ("a visit not at its seat's time", seat, lambda: appointment(starts_at=AT - timedelta(hours=1)), appointment),
    ("a visit not in its seat's city", seat, lambda: appointment(city_id="durg"), appointment),
    ("a reference of seven digits", seat, lambda: appointment(reference="1234567"), appointment),
    (
        "one key booked twice",
        visit,
        lambda: appointment(id=2, reference="00000000", service_id="shop"),
        lambda: appointment(id=2, reference="00000000", service_id="shop", key="k2"),
    ),
    (
        "one reference given twice",
        visit,
        lambda: appointment(id=2, key="k2", service_id="shop"),
        lambda: appointment(id=2, key="k2", service_id="shop", reference="00000000"),
    ),
    ("a state nobody knows", seat, lambda: appointment(state="perhaps"), appointment),
    ("one message twice", [message], message, lambda: message(key="k2")),
    (
        "claimed by nobody",
        [],
        lambda: message(state="claimed"),
        lambda: message(state="claimed", claimed_by="w1", claimed_at=AT),
    ),
    ("a message without a segment", [], lambda: message(segments=0), message),
]


def place(session: Session, *rows: Callable[[], Any]) -> None:
    for row in rows:
        session.add(row())
        session.flush()


@pytest.mark.parametrize(("standing", "refused", "allowed"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_the_database_refuses(
    seeded: Database, standing: list[Callable[[], Any]], refused: Callable[[], Any], allowed: Callable[[], Any]
) -> None:
    with seeded.begin() as session:
        place(session, *standing)
    with pytest.raises(IntegrityError), seeded.begin() as session:
        place(session, refused)
    with seeded.begin() as session:
        place(session, allowed)
