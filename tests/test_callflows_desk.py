"""The desk keeps its promises on real databases: what it answers, what it writes, what it tells to whom."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from callflows import ACTIONS
from callflows.desk import Ask, Result, desk
from db.calls import recognise
from db.models import Applicant, Appointment, Call, Callback, Caller, Case, City, Claim, Outbox, Service, Slot
from db.session import Database
from ivr.core.flow import Json
from scheduler import booking, claims
from scheduler.rules import IST, local_day
from tests.kit_calls_driver import add_seats, open_day

PHONE, LANDLINE = "+915000010001", "+915000010005"  # of the demo: a mobile in Raipur, a landline in Durg
INCOME = {"city_id": "raipur", "service_id": "income"}


class Counter:
    """The desk as the driver asks it: each action in a transaction of its own, its promise checked."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.begin() as session:
            today = open_day(session)
            add_seats(session, today, "raipur", "durg")
            self.now = datetime.combine(today, time(10), IST)
            self.callers = {caller.phone: caller.id for caller in session.scalars(select(Caller))}
        self.asked = 0

    def ask(
        self,
        action: str,
        args: dict[str, Json] | None = None,
        *,
        phone: str | None = PHONE,
        origin: str = "trunk",
        call: str = "call-1",
        key: str | None = None,
        at: datetime | None = None,
        language: str = "hi",
    ) -> Result:
        self.asked += 1
        with self.database.begin() as session:
            if session.get(Call, call) is None:
                session.add(_call(call, phone, origin, self.now))
                session.flush()
            ask = Ask(
                call_id=call,
                holder=call,
                key=key or f"{call}:{self.asked}",
                args=args or {},
                now=at or self.now,
                phone=phone,
                origin=origin,
                caller_id=self.callers.get(phone or ""),
                language=language,
            )
            result = desk()[action](session, ask)
        assert set(result.facts) == set(ACTIONS[action].outcomes[result.outcome]), action
        return result

    def add_caller(self, phone: str) -> int:
        with self.database.begin() as session:
            return recognise(session, phone, self.now).id

    def count(self, table: type) -> int:
        with self.database.read() as session:
            return session.execute(select(func.count()).select_from(table)).scalar_one()

    def held(self, call: str = "call-1") -> list[datetime]:
        with self.database.read() as session:
            mine = select(Slot.starts_at).join(Claim, Claim.slot_id == Slot.id).where(Claim.holder == call)
            return list(session.scalars(mine))

    def fill(self, starts_at: datetime | None = None, city: str = "raipur") -> None:
        """Somebody else holds every seat of the city, or of one of its windows."""
        with self.database.begin() as session:
            wanted = select(Slot.starts_at).where(Slot.city_id == city).distinct()
            for each in session.scalars(wanted if starts_at is None else wanted.where(Slot.starts_at == starts_at)):
                until = self.now + timedelta(days=30)
                while claims.take(
                    session, self.now, city_id=city, starts_at=each, holder=f"other-{each.isoformat()}", until=until
                ):
                    pass

    def booked(self, phone: str | None = PHONE, call: str = "call-1", **more: Json) -> Result:
        offer = self.ask("offer_earliest", {**INCOME, **more}, phone=phone, call=call)
        return self.ask("book_visit", {**INCOME, **more, **offer.facts}, phone=phone, call=call)


def _call(call: str, phone: str | None, origin: str, now: datetime) -> Call:
    return Call(
        id=call,
        channel="plain",
        origin=origin,
        direction="in",
        phone=phone,
        language="hi",
        flow="main",
        node="menu",
        turn=0,
        state={},
        reply={},
        started_at=now,
        last_at=now,
    )


@pytest.fixture
def counter(seeded: Database) -> Counter:
    return Counter(seeded)


def start_of(window: Json) -> datetime:
    assert isinstance(window, dict)
    return datetime.fromisoformat(str(window["from"]))


# --- who is calling --------------------------------------------------------------------------------------------------
def test_a_caller_is_known_by_the_trunks_number_alone(counter: Counter) -> None:
    known = counter.ask("recognise", {"language_known": True})
    assert (known.outcome, known.facts["city_id"], known.facts["number_known"]) == ("known", "raipur", True)
    assert known.facts["worker"] == {"hi": "मितान", "en": "Mitan"} and known.facts["hne_ready"] is False
    counter.booked()
    expected = counter.ask("recognise", {"language_known": True})
    assert (expected.outcome, expected.facts["visit_state"]) == ("visit", "booked")
    for phone, origin in ((PHONE, "claimed"), (None, "trunk"), (None, "claimed")):
        stranger = counter.ask("recognise", phone=phone, origin=origin, call="call-2")
        assert (stranger.outcome, stranger.facts["city_id"], stranger.facts["number_known"]) == ("new", "", False)


def test_a_city_that_is_no_longer_served_is_forgotten(counter: Counter) -> None:
    with counter.database.begin() as session:
        city = session.get(City, "raipur")
        assert city is not None
        city.valid_to = local_day(counter.now)
    assert counter.ask("recognise", {"language_known": True}).facts["city_id"] == ""


# --- where and what for ----------------------------------------------------------------------------------------------
def test_divisions_come_in_the_operators_order_with_their_cities(counter: Counter) -> None:
    divisions = counter.ask("list_divisions").facts["divisions"]
    assert isinstance(divisions, list)
    assert divisions[0] == {"value": "raipur", "cities": ["raipur", "birgaon", "dhamtari"]}
    assert [d["value"] for d in divisions if isinstance(d, dict)] == ["raipur", "durg", "bilaspur", "surguja", "bastar"]
    assert counter.ask("list_cities", {"division": "bastar"}) == Result("one", {"city_id": "jagdalpur"})
    assert counter.ask("list_cities", {"division": "surguja"}).outcome == "many"


def test_every_service_can_be_reached_and_its_papers_and_fee_are_told(counter: Counter) -> None:
    reached = set()
    groups = counter.ask("list_groups").facts["groups"]
    assert isinstance(groups, list) and len(groups) == 5
    for group in groups:
        assert isinstance(group, dict)
        services = counter.ask("list_services", {"group_id": group["value"]}).facts["services"]
        assert isinstance(services, list)
        reached |= {str(s["value"]) for s in services if isinstance(s, dict)}
    with counter.database.read() as session:
        assert reached == set(session.scalars(select(Service.id)))
    unknown = {s for s in reached if not counter.ask("papers_and_fee", {"service_id": s}).facts["papers_known"]}
    assert {s for s in reached - unknown if s.endswith(("-correction", "-copy"))} == {"ration-correction"}
    assert {"income", "domicile", "caste-obc", "birth", "aadhaar-child", "shop"} <= reached - unknown


def test_papers_are_gathered_by_the_sentence_they_are_said_in(counter: Counter) -> None:
    domicile = counter.ask("papers_and_fee", {"service_id": "domicile"}).facts
    assert domicile["must_have"] == ["affidavit", "education_certificate"]
    assert len(domicile["one_of"] if isinstance(domicile["one_of"], list) else []) == 6
    assert domicile["one_of_too"] == domicile["if_any"] == domicile["if_needed"] == []
    birth = counter.ask("papers_and_fee", {"service_id": "birth"}).facts
    assert birth["must_have"] == ["birth_information", "parents_id"]
    assert birth["if_needed"] == ["late_permission", "affidavit"]


@pytest.mark.parametrize(("service", "fee"), [("income", None), ("aadhaar-child", 0), ("ration-apl", 1000)])
def test_a_fee_is_told_as_published_and_never_invented(counter: Counter, service: str, fee: int | None) -> None:
    for city in ("raipur", ""):
        told = counter.ask("papers_and_fee", {"service_id": service, "city_id": city})
        assert (told.facts["department_fee_paise"], told.facts["visit_fee_paise"]) == (fee, 5000)


# --- when ------------------------------------------------------------------------------------------------------------
def test_what_is_offered_is_held_and_the_offer_before_is_let_go(counter: Counter) -> None:
    first = counter.ask("offer_earliest", INCOME)
    assert counter.held() == [start_of(first.facts["window"])]
    second = counter.ask("offer_another", {**INCOME, **first.facts, "part": "evening"})
    assert counter.held() == [start_of(second.facts["window"])]
    assert start_of(second.facts["window"]).astimezone(IST).hour >= 16
    assert counter.ask("offer_earliest", INCOME).facts == first.facts


def test_a_window_within_a_day_is_said_to_be_fixed(counter: Counter) -> None:
    near = counter.ask("offer_earliest", INCOME)
    start = start_of(near.facts["window"])
    assert near.outcome == ("fixed" if start - counter.now < timedelta(hours=24) else "offered")
    exactly = counter.ask("offer_earliest", INCOME, at=start - timedelta(hours=24))
    assert exactly.outcome == "fixed" or start_of(exactly.facts["window"]) > start - timedelta(hours=24)
    far = counter.ask("offer_another", {**INCOME, "day_wanted": (local_day(counter.now) + timedelta(3)).isoformat()})
    assert far.outcome == "offered"


def test_turning_a_window_down_leads_on_and_never_back_to_it(counter: Counter) -> None:
    args: dict[str, Json] = dict(INCOME)
    seen = [start_of(counter.ask("offer_earliest", args).facts["window"])]
    offered = counter.ask("offer_earliest", args).facts
    for part in ("morning", "morning", "afternoon", "evening"):
        offered = counter.ask("offer_another", {**args, **offered, "part": part}).facts
        seen.append(start_of(offered["window"]))
    assert seen == sorted(set(seen))


def test_a_wanted_day_is_kept_and_a_part_gone_on_it_is_looked_for_later(counter: Counter) -> None:
    days = counter.ask("list_days", INCOME).facts["days"]
    assert isinstance(days, list) and 4 <= len(days) <= 8
    day = str(days[2]["value"]) if isinstance(days[2], dict) else ""
    on_it = counter.ask("offer_another", {**INCOME, "day_wanted": day, "part": ""})
    assert on_it.facts["day"] == day
    with counter.database.read() as session:
        evening = [s for s in session.scalars(select(Slot.starts_at).distinct()) if _evening(s, day)]
    for start in evening:
        counter.fill(start)
    later = counter.ask("offer_another", {**INCOME, **on_it.facts, "day_wanted": day, "part": "evening"})
    assert later.outcome in ("offered", "fixed") and str(later.facts["day"]) > day


def _evening(start: datetime, day: str) -> bool:
    local = start.astimezone(IST)
    return local.date().isoformat() == day and local.hour >= 16


def test_nothing_free_at_all_is_said(counter: Counter) -> None:
    counter.fill()
    assert counter.ask("offer_earliest", INCOME) == Result("none")
    assert counter.ask("offer_another", {**INCOME, "part": "morning"}) == Result("none")
    assert counter.ask("list_days", INCOME) == Result("none")
    assert counter.held() == []


# --- booking ---------------------------------------------------------------------------------------------------------
def test_booking_writes_visit_claim_message_and_remembers_the_city(counter: Counter) -> None:
    durg: dict[str, Json] = {"city_id": "durg", "service_id": "income"}
    offer = counter.ask("offer_earliest", durg)
    done = counter.ask("book_visit", {**durg, **offer.facts}, key="k1")
    assert done.outcome == "booked" and done.facts["texted"] is True
    assert all(done.facts[name] == offer.facts[name] for name in ("day", "window"))
    assert counter.ask("book_visit", {**durg, **offer.facts}, key="k1") == done
    assert (counter.count(Appointment), counter.count(Outbox), counter.held()) == (1, 1, [])
    assert counter.ask("recognise", {"language_known": True}).facts["city_id"] == "durg"


def test_a_withheld_caller_books_without_message_and_memory(counter: Counter) -> None:
    done = counter.booked(phone=None)
    assert (done.outcome, done.facts["texted"]) == ("booked", False)
    again = counter.booked(phone=None, call="call-2")
    assert again.outcome == "booked" and again.facts["reference"] != done.facts["reference"]
    assert counter.count(Outbox) == 0


def test_a_claimed_number_books_as_a_withheld_one(counter: Counter) -> None:
    offer = counter.ask("offer_earliest", INCOME, origin="claimed")
    done = counter.ask("book_visit", {**INCOME, **offer.facts}, origin="claimed")
    assert (done.outcome, done.facts["texted"]) == ("booked", False)
    with counter.database.read() as session:
        row = session.execute(select(Appointment)).scalar_one()
        assert (row.phone, row.caller_id) == (None, None)
    assert counter.ask("my_visits", origin="claimed") == Result("withheld")
    assert counter.ask("my_visits") == Result("none")


def test_a_landline_books_without_message(counter: Counter) -> None:
    done = counter.booked(phone=LANDLINE)
    assert (done.outcome, done.facts["texted"]) == ("booked", False)


def test_a_new_caller_is_kept_with_the_kind_of_line_he_calls_from(counter: Counter) -> None:
    abroad = "+1" + 10 * "2"
    counter.callers[abroad] = counter.add_caller(abroad)
    counter.ask("recognise", phone=abroad)
    with counter.database.read() as session:
        assert session.get_one(Caller, counter.callers[abroad]).kind == "foreign"


def test_nobody_is_kept_of_a_family_that_booked_nothing(counter: Counter) -> None:
    offer = counter.ask("offer_earliest", INCOME)
    with counter.database.begin() as session:
        booking.release(session, holder="call-1")
    counter.fill(start_of(offer.facts["window"]))
    taken = counter.ask("book_visit", {**INCOME, **offer.facts, "for_family": True})
    assert taken == Result("taken") and counter.count(Applicant) == 0


def test_a_seat_that_ran_out_and_went_to_another_is_taken(counter: Counter) -> None:
    offer = counter.ask("offer_earliest", INCOME)
    with counter.database.begin() as session:
        booking.release(session, holder="call-1")
    counter.fill(start_of(offer.facts["window"]))
    assert counter.ask("book_visit", {**INCOME, **offer.facts}) == Result("taken")
    assert counter.count(Appointment) == 0


def test_a_second_visit_for_the_same_service_is_for_somebody_of_the_family(counter: Counter) -> None:
    first = counter.booked()
    again = counter.booked()
    assert again.outcome == "already" and again.facts["other_window"] == first.facts["window"]
    for _ in range(2):
        assert counter.booked(for_family=True).outcome == "booked"
    assert counter.count(Appointment) == 3


# --- visits that stand -----------------------------------------------------------------------------------------------
def test_a_visit_is_moved_past_its_own_window_and_cancelled(counter: Counter) -> None:
    day = (local_day(counter.now) + timedelta(days=4)).isoformat()
    offer = counter.ask("offer_another", {**INCOME, "day_wanted": day})
    counter.ask("book_visit", {**INCOME, **offer.facts})
    visit = counter.ask("my_visits")
    assert (visit.outcome, visit.facts["visit_day"], visit.facts["visit_movable"]) == ("one", day, True)
    args: dict[str, Json] = {"visit_id": visit.facts["visit_id"]}
    ready = counter.ask("prepare_move", args).facts
    assert ready["avoid"] == offer.facts["window"]["from"] if isinstance(offer.facts["window"], dict) else False
    same_day = counter.ask("offer_another", {**ready, "day_wanted": day})
    assert same_day.facts["window"] != offer.facts["window"]
    moved = counter.ask("move_visit", {**args, **same_day.facts})
    assert moved.outcome == "moved" and moved.facts["window"] == same_day.facts["window"]
    assert counter.ask("cancel_visit", args) == Result("cancelled")
    assert counter.ask("my_visits") == Result("none")
    assert counter.ask("prepare_move", args) == Result("gone")


def test_within_a_day_a_visit_can_only_be_cancelled(counter: Counter) -> None:
    done = counter.booked()
    start = start_of(done.facts["window"])
    visit = counter.ask("my_visits", at=start - timedelta(hours=23))
    assert visit.facts["visit_movable"] is False
    args: dict[str, Json] = {"visit_id": visit.facts["visit_id"]}
    assert counter.ask("prepare_move", args, at=start - timedelta(hours=23)) == Result("too_late")
    assert counter.ask("cancel_visit", args, at=start - timedelta(hours=23)) == Result("cancelled")


def test_nobody_touches_a_visit_by_another_number(counter: Counter) -> None:
    counter.booked()
    visit: dict[str, Json] = {"visit_id": counter.ask("my_visits").facts["visit_id"]}
    for phone, origin in ((LANDLINE, "trunk"), (PHONE, "claimed"), (None, "trunk")):
        for action in ("look_at_visit", "prepare_move", "cancel_visit"):
            assert counter.ask(action, visit, phone=phone, origin=origin, call="call-2") == Result("gone")
    assert counter.ask("look_at_visit", visit).outcome == "found"


def test_a_visit_nobody_came_to_is_overdue(counter: Counter) -> None:
    done = counter.booked()
    later = start_of(done.facts["window"]) + timedelta(hours=3)
    assert counter.ask("my_visits", at=later).facts["visit_state"] == "overdue"
    assert counter.ask("recognise", {"language_known": True}, at=later).outcome == "known"


def test_a_family_with_two_visits_is_asked_which(counter: Counter) -> None:
    counter.booked()
    counter.booked(service_id="birth")
    several = counter.ask("my_visits")
    assert several.outcome == "several"
    visits = several.facts["visits"]
    assert isinstance(visits, list)
    assert {str(v["service"]) for v in visits if isinstance(v, dict)} == {"income", "birth"}


# --- people ----------------------------------------------------------------------------------------------------------
def _working_day(counter: Counter, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(local_day(counter.now), time(hour, minute), IST)


@pytest.mark.parametrize(
    ("hour", "minute", "outcome", "opens_in_days"),
    [(7, 59, "night", 0), (8, 0, "open", None), (19, 59, "open", None), (20, 0, "night", 1)],
    ids=["a minute before", "the first minute", "the last minute", "a minute too late"],
)
def test_people_answer_within_hours(
    counter: Counter, hour: int, minute: int, outcome: str, opens_in_days: int | None
) -> None:
    at = _working_day(counter, hour, minute)
    told = counter.ask("people_open", at=at)
    assert told.outcome == outcome
    if opens_in_days is not None:
        assert told.facts["opens_day"] == (at.date() + timedelta(days=opens_in_days)).isoformat()
        assert (told.facts["people_from"], told.facts["people_to"]) == ("08:00", "20:00")


def test_a_closed_day_tells_when_people_are_back(counter: Counter) -> None:
    told = counter.ask("people_open", at=datetime(2027, 1, 26, 11, tzinfo=IST))
    assert (told.outcome, told.facts["opens_day"]) == ("closed_day", "2027-01-27")


def test_a_message_becomes_a_callback_due_when_people_are_there(counter: Counter) -> None:
    night = _working_day(counter, 22)
    assert counter.ask("leave_callback", {"reason": "night", "message": "some-file"}, at=night) == Result("noted")
    with counter.database.read() as session:
        row = session.execute(select(Callback)).scalar_one()
        assert (row.phone, row.reason, row.state, row.recording_id) == (PHONE, "night", "waiting", None)
        assert row.due_at.astimezone(IST).time() == time(8)


def test_without_number_and_voice_there_is_nobody_to_ring(counter: Counter) -> None:
    assert counter.ask("leave_callback", phone=None) == Result("no_number")
    assert counter.ask("leave_callback", {"message": "1"}, phone=None) == Result("noted")
    assert counter.ask("leave_callback", origin="claimed") == Result("no_number")
    with counter.database.read() as session:
        assert session.execute(select(Callback.phone)).scalar_one() is None


def test_a_complaint_is_an_open_case_with_a_number(counter: Counter) -> None:
    counter.booked()
    visit = counter.ask("my_visits").facts["visit_id"]
    told = counter.ask("open_complaint", {"complaint": "1", "visit_id": visit})
    stranger = counter.ask("open_complaint", {"complaint": "1", "city_id": ""}, phone=None, call="call-2")
    with counter.database.read() as session:
        mine, other = session.execute(select(Case).order_by(Case.id)).scalars()
        assert told.facts["complaint_number"] == str(mine.id) and mine.appointment_id == visit
        assert (mine.kind, mine.state, mine.city_id, mine.caller_id is not None) == (
            "complaint",
            "open",
            "raipur",
            True,
        )
        assert stranger.facts["complaint_number"] == str(other.id)
        assert (other.city_id, other.caller_id, other.appointment_id) == (None, None, None)
