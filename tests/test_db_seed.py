"""The seed says what is published, marks what is not, and never touches what an operator wrote."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import func, select

from db import clock, house, policy
from db.models import (
    Caller,
    City,
    Document,
    Mitan,
    PaperGroup,
    PinHint,
    PolicyValue,
    Roster,
    Service,
    ServiceGroup,
    ServiceTerms,
)
from db.seed import seed
from db.session import Database
from tests.test_db_rules import appointment, slot

DAY = date(2026, 11, 20)
DIVISIONS = {
    "raipur": {"raipur", "birgaon", "dhamtari"},
    "durg": {"durg", "bhilai", "risali", "bhilai-charoda", "rajnandgaon"},
    "bilaspur": {"bilaspur", "korba", "raigarh"},
    "surguja": {"ambikapur", "chirmiri"},
    "bastar": {"jagdalpur"},
}


def test_a_second_seed_adds_nothing(database: Database) -> None:
    assert seed(database, demo=True) > 2000
    assert seed(database, demo=True) == 0


def test_the_plain_seed_invents_nobody(database: Database) -> None:
    seed(database)
    with database.read() as session:
        for table in (Mitan, Roster, Caller):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        assert not house.is_demo(session)


def test_an_operators_figure_survives_the_next_seed(seeded_sqlite: Database) -> None:
    with seeded_sqlite.begin() as session:
        fee = session.scalars(select(PolicyValue).where(PolicyValue.key == "visit_fee_paise")).one()
        fee.value = 6000
    seed(seeded_sqlite)
    with seeded_sqlite.read() as session:
        assert policy.policy_value(session, "visit_fee_paise", DAY) == 6000


def test_invented_people_are_refused_where_citizens_have_booked(seeded_sqlite: Database) -> None:
    with seeded_sqlite.begin() as session:
        session.delete(session.get_one(house.House, house.DEMO))
        session.add(slot())
        session.flush()
        session.add(appointment())
    with pytest.raises(house.NotEmpty):
        seed(seeded_sqlite, demo=True)


def test_fourteen_cities_in_five_divisions(seeded_sqlite: Database) -> None:
    with seeded_sqlite.read() as session:
        divisions = policy.policy_value(session, "divisions", DAY)
        found = {d["id"]: {c.id for c in policy.cities(session, DAY, d["id"])} for d in divisions}
        assert [c.id for c in policy.cities(session, DAY, "raipur")] == ["raipur", "birgaon", "dhamtari"]
    assert found == DIVISIONS
    assert sum(map(len, found.values())) == 14


def test_no_menu_of_services_has_more_than_five_groups(seeded_sqlite: Database) -> None:
    with seeded_sqlite.read() as session:
        assert 1 < len(policy.service_groups(session, DAY)) <= 5
        assert len(policy.services(session, DAY)) == 24
        assert len(policy.services(session, date(2023, 6, 30))) == 14


@pytest.mark.parametrize(
    ("service", "fee_paise", "days", "unit"),
    [
        ("domicile", None, 15, "working_days"),
        ("income", None, 30, "days"),
        ("caste-sc-st", None, 15, "working_days"),
        ("caste-obc", None, 15, "working_days"),
        ("birth", None, 7, "working_days"),
        ("marriage", None, 15, "working_days"),
        ("aadhaar-child", 0, None, None),
        ("aadhaar-update", 7500, None, None),
        ("ration-apl", 1000, None, None),
        ("pan", None, None, None),
        ("land-copy", None, None, None),
    ],
)
def test_terms_are_those_published(
    seeded_sqlite: Database, service: str, fee_paise: int | None, days: int | None, unit: str | None
) -> None:
    with seeded_sqlite.read() as session:
        found = policy.terms(session, service, DAY)
    assert found is not None
    assert (found.fee_paise, found.limit_days, found.limit_unit) == (fee_paise, days, unit)


def test_every_service_has_terms_from_its_first_day(seeded_sqlite: Database) -> None:
    with seeded_sqlite.read() as session:
        for service in policy.services(session, DAY):
            assert policy.terms(session, service.id, service.valid_from) is not None, service.id


def test_papers_name_documents_that_exist(seeded_sqlite: Database) -> None:
    with seeded_sqlite.read() as session:
        known = set(session.scalars(select(Document.id)))
        used = {d for documents in session.scalars(select(PaperGroup.documents)) for d in documents}
    assert used == known


def test_dated_rows_of_one_rule_do_not_overlap(seeded_sqlite: Database) -> None:
    with seeded_sqlite.read() as session:
        spans: dict[Any, list[tuple[date, date]]] = {}
        for terms in session.scalars(select(ServiceTerms)):
            spans.setdefault(terms.service_id, []).append((terms.valid_from, terms.valid_to or date.max))
        for rule in session.scalars(select(PolicyValue)):
            spans.setdefault((rule.key, rule.city_id), []).append((rule.valid_from, rule.valid_to or date.max))
    for key, dates in spans.items():
        ordered = sorted(dates)
        assert all(end <= start for (_, end), (start, _) in pairwise(ordered)), key


def test_every_row_of_policy_says_who_says_so(seeded_sqlite: Database) -> None:
    with seeded_sqlite.read() as session:
        for model in (City, Service, ServiceTerms, PaperGroup, PolicyValue, PinHint):
            assert all(session.scalars(select(model.source))), model


def test_names_are_whole_in_both_languages_and_can_be_spoken(seeded_sqlite: Database) -> None:
    with seeded_sqlite.read() as session:
        named = [
            (model.__tablename__, row.id, row.names)
            for model in (City, Service, ServiceGroup, Document)
            for row in session.scalars(select(model))
        ]
    for where, id_, names in named:
        assert names.keys() == {"hi", "en"}, (where, id_)
        assert not re.search(r"[0-9₹]", names["hi"] + names["en"]), (where, id_)  # a voice reads figures wrongly
        assert re.fullmatch(r"[ऀ-ॿ ,\-]+", names["hi"]), (where, id_)
        assert names["en"].isascii(), (where, id_)
        assert all(unicodedata.is_normalized("NFC", n) for n in names.values()), (where, id_)


def test_the_demo_has_135_mitans_on_numbers_that_are_nobodys(seeded_sqlite: Database) -> None:
    with seeded_sqlite.read() as session:
        mitans = session.scalars(select(Mitan)).all()
        phones = [*(m.phone for m in mitans), *session.scalars(select(Caller.phone))]
        by_city = {m.city_id for m in mitans}
        assert house.is_demo(session)
    assert len(mitans) == 135
    assert len(by_city) == 14
    assert all(re.fullmatch(r"\+9150000[0-9]{5}", phone) for phone in phones)


def test_rosters_reach_past_the_horizon_with_a_day_off_a_week(seeded_sqlite: Database) -> None:
    with seeded_sqlite.read() as session:
        today = clock.now(session).date()
        horizon = policy.policy_value(session, "horizon_days", today)
        rosters = session.scalars(select(Roster)).all()
    days = {(r.mitan_id, r.day) for r in rosters}
    last = max(day for _, day in days)
    assert last >= today + timedelta(days=horizon)
    first = min(day for _, day in days)
    assert len({m for m, _ in days}) == 135
    for mitan in {m for m, _ in days}:
        assert sum((mitan, first + timedelta(days=n)) in days for n in range(7)) == 6, mitan
