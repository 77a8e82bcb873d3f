"""Holding and booking a seat: what stands afterwards, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.models import Appointment, EventRow
from db.session import Database
from scheduler import booking, claims, finding, reference
from scheduler.outcomes import Already, Booked, NotOffered, SlotTaken
from tests.kit_booking import Town, ist, town

NOW = ist("2026-02-02 09:00")
TEN = ist("2026-02-04 10:00")
NOON = ist("2026-02-04 12:00")


@pytest.fixture
def place(database: Database) -> Town:
    return town(database)


def test_a_booking_stands_whole_appointment_claim_message_and_event(place: Town) -> None:
    (slot_id,) = place.seats(TEN, 1)
    asked = place.asked(TEN)
    with place.database.begin() as session:
        held = booking.hold(session, NOW, holder=asked.holder, city_id="raipur", starts_at=TEN)
        assert held is not None and held.slot_id == slot_id and held.held_until == NOW + timedelta(minutes=3)
    with place.database.begin() as session:
        booked = booking.book(session, NOW, asked, key="k1")
    assert isinstance(booked, Booked)
    assert reference.holds(booked.reference)
    assert (booked.starts_at, booked.ends_at, booked.movable, booked.texted) == (TEN, NOON, True, True)
    (row,) = place.rows(Appointment)
    assert row.terms["fee_paise"] is None and row.terms["visit_fee_paise"] == 5000
    assert row.terms["scheme_name"]["en"] == "Mor Sangwari Seva" and row.terms["limit_days"] == 30
    (claim,) = place.claims()
    assert (claim.slot_id, claim.kind, claim.appointment_id) == (slot_id, "booked", row.id)
    (message,) = place.outbox()
    assert message.recipient == asked.phone and message.deadline == TEN and message.segments <= 2
    assert f"{booked.reference[:4]} {booked.reference[4:]}" in message.text
    (event,) = place.rows(EventRow)
    assert event.kind == "appointment.booked" and event.data["appointment_id"] == row.id
    assert asked.phone is not None and asked.phone not in str(event.data)


def test_the_same_key_answers_the_same_and_writes_nothing(place: Town) -> None:
    place.seats(TEN, 2)
    asked = place.asked(TEN)
    answers = []
    for _ in range(3):
        with place.database.begin() as session:
            answers.append(booking.book(session, NOW, asked, key="k1"))
    assert answers[0] == answers[1] == answers[2]
    assert len(place.rows(Appointment)) == len(place.claims()) == len(place.outbox()) == 1


def test_a_second_visit_for_the_same_applicant_and_service_is_already(place: Town) -> None:
    place.seats(TEN, 2)
    asked = place.asked(TEN)
    with place.database.begin() as session:
        first = booking.book(session, NOW, asked, key="k1")
        second = booking.book(session, NOW, asked, key="k2")
    assert isinstance(first, Booked) and isinstance(second, Already)
    assert second.appointment.reference == first.reference
    assert len(place.claims()) == 1


def test_two_services_for_one_caller_take_two_seats(place: Town) -> None:
    place.seats(TEN, 2)
    caller_id, phone = place.caller()
    with place.database.begin() as session:
        for n, service in enumerate(("income", "birth")):
            asked = place.asked(TEN, caller_id=caller_id, phone=phone, service_id=service)
            assert isinstance(booking.book(session, NOW, asked, key=f"k{n}"), Booked)
    assert [c.kind for c in place.claims()] == ["booked", "booked"]


def test_a_hold_that_ran_out_but_was_not_taken_still_books(place: Town) -> None:
    place.seats(TEN, 1)
    asked = place.asked(TEN)
    with place.database.begin() as session:
        booking.hold(session, NOW, holder=asked.holder, city_id="raipur", starts_at=TEN)
    with place.database.begin() as session:
        assert isinstance(booking.book(session, NOW + timedelta(minutes=10), asked, key="k"), Booked)


def test_a_hold_that_ran_out_and_was_taken_is_slot_taken(place: Town) -> None:
    place.seats(TEN, 1)
    slow, quick = place.asked(TEN), place.asked(TEN)
    later = NOW + timedelta(minutes=10)
    with place.database.begin() as session:
        booking.hold(session, NOW, holder=slow.holder, city_id="raipur", starts_at=TEN)
    with place.database.begin() as session:
        assert booking.hold(session, later, holder=quick.holder, city_id="raipur", starts_at=TEN) is not None
    with place.database.begin() as session:
        assert booking.book(session, later, slow, key="slow") == SlotTaken()
    with place.database.begin() as session:
        assert isinstance(booking.book(session, later, quick, key="quick"), Booked)


def test_a_hold_is_renewed_released_and_single(place: Town) -> None:
    place.seats(TEN, 1)
    place.seats(NOON, 1)
    with place.database.begin() as session:
        first = booking.hold(session, NOW, holder="c", city_id="raipur", starts_at=TEN)
        again = booking.hold(session, NOW + timedelta(minutes=2), holder="c", city_id="raipur", starts_at=TEN)
        assert first is not None and again is not None
        assert again.slot_id == first.slot_id and again.held_until == NOW + timedelta(minutes=5)
        other = booking.hold(session, NOW, holder="c", city_id="raipur", starts_at=NOON)
        assert other is not None and other.slot_id != first.slot_id
    assert [c.slot_id for c in place.claims()] == [other.slot_id]
    with place.database.begin() as session:
        assert booking.renew(session, NOW + timedelta(minutes=2), holder="c")
        assert booking.renew(session, NOW + timedelta(minutes=2), holder="c", minutes=1)
    assert place.claims()[0].held_until == NOW + timedelta(minutes=5)
    with place.database.begin() as session:
        assert not booking.renew(session, NOW + timedelta(minutes=6), holder="c")
        assert booking.release(session, holder="c") == 1
        assert booking.release(session, holder="c") == 0


def test_a_landline_and_a_withheld_number_get_no_message_and_the_answer_says_so(place: Town) -> None:
    place.seats(TEN, 2)
    landline, phone = place.caller(kind="landline")
    withheld, _ = place.caller()
    with place.database.begin() as session:
        one = booking.book(session, NOW, place_asked(place, landline, phone), key="a")
        two = booking.book(session, NOW, place_asked(place, withheld, None), key="b")
    assert isinstance(one, Booked) and isinstance(two, Booked)
    assert (one.texted, two.texted) == (False, False)
    assert place.outbox() == []


def place_asked(place: Town, caller_id: int, phone: str | None) -> booking.Booking:
    return place.asked(TEN, caller_id=caller_id, phone=phone)


@pytest.mark.parametrize(
    ("word", "city", "service", "starts_at", "reason"),
    [
        ("an unknown city", "nowhere", "income", "2026-02-04 10:00", "city"),
        ("an unknown service", "raipur", "nothing", "2026-02-04 10:00", "service"),
        ("an hour ago", "raipur", "income", "2026-02-02 08:00", "past"),
        ("this very minute", "raipur", "income", "2026-02-02 09:00", "past"),
        ("a minute inside the notice", "raipur", "income", "2026-02-02 10:59", "notice"),
        ("sixteen days ahead", "raipur", "income", "2026-02-18 10:00", "horizon"),
        ("a closed day", "raipur", "income", "2026-02-05 10:00", "closed_day"),
        ("before hours", "raipur", "income", "2026-02-04 06:00", "window"),
        ("no window begins then", "raipur", "income", "2026-02-04 10:30", "window"),
    ],
)
def test_what_is_not_offered_is_refused_with_its_reason(
    place: Town, word: str, city: str, service: str, starts_at: str, reason: str
) -> None:
    place.seats(TEN, 1)
    place.close(ist("2026-02-05 10:00").date())
    asked = place.asked(ist(starts_at), city_id=city, service_id=service)
    with place.database.begin() as session:
        assert booking.book(session, NOW, asked, key="k") == NotOffered(reason), word  # type: ignore[arg-type]
    assert place.claims() == [] and place.rows(Appointment) == []


def test_the_notice_is_judged_when_the_seat_is_held_not_again_when_it_is_booked(place: Town) -> None:
    eleven = ist("2026-02-02 11:00")
    place.seats(eleven, 1)
    asked = place.asked(eleven)
    with place.database.begin() as session:
        assert booking.hold(session, NOW, holder=asked.holder, city_id="raipur", starts_at=eleven)
    with place.database.begin() as session:
        booked = booking.book(session, NOW + timedelta(minutes=2), asked, key="k")
    assert isinstance(booked, Booked) and not booked.movable


def test_a_reference_that_is_taken_is_drawn_again(place: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    place.seats(TEN, 2)
    drawn = iter(["12345674", "12345674", "87654321"])
    monkeypatch.setattr(reference, "fresh", lambda: next(drawn))
    first, second = place.asked(TEN), place.asked(TEN)
    with place.database.begin() as session:
        one = booking.book(session, NOW, first, key="a")
        two = booking.book(session, NOW, second, key="b")
    assert isinstance(one, Booked) and isinstance(two, Booked)
    assert (one.reference, two.reference) == ("12345674", "87654321")


def test_visits_are_found_by_number_and_by_caller(place: Town) -> None:
    place.seats(TEN, 1)
    place.seats(NOON, 1)
    caller_id, phone = place.caller()
    with place.database.begin() as session:
        later = place.asked(NOON, caller_id=caller_id, phone=phone)
        sooner = place.asked(TEN, caller_id=caller_id, phone=phone, service_id="birth")
        assert isinstance(booking.book(session, NOW, later, key="a"), Booked)
        assert isinstance(booking.book(session, NOW, sooner, key="b"), Booked)
    with place.database.read() as session:
        assert [v.starts_at for v in booking.appointments(session, phone)] == [NOON, TEN]
        found = [booking.next_visit(session, at, caller_id) for at in (NOW, NOON, NOON + timedelta(hours=2))]
    assert [v.starts_at if v else None for v in found] == [TEN, NOON, None]


def test_a_full_window_is_not_offered_and_its_own_hold_counts_as_free(place: Town) -> None:
    place.seats(TEN, 1)
    place.seats(NOON, 1)
    with place.database.begin() as session:
        booking.hold(session, NOW, holder="c", city_id="raipur", starts_at=TEN)
    with place.database.read() as session:
        stranger = finding.earliest(session, NOW, "raipur", "income")
        own = finding.earliest(session, NOW, "raipur", "income", holder="c")
        expired = finding.earliest(session, NOW + timedelta(minutes=3), "raipur", "income")
    assert stranger is not None and stranger.starts_at == NOON
    assert own is not None and own.starts_at == TEN
    assert expired is not None and expired.starts_at == TEN


def test_old_holds_are_swept_and_booked_seats_never(place: Town) -> None:
    place.seats(TEN, 2)
    asked = place.asked(TEN)
    with place.database.begin() as session:
        booking.book(session, NOW, asked, key="k")
        booking.hold(session, NOW, holder="gone", city_id="raipur", starts_at=TEN)
        assert claims.sweep(session, NOW) == 0
        assert claims.sweep(session, NOW + timedelta(days=1)) == 1
    assert [c.kind for c in place.claims()] == ["booked"]
