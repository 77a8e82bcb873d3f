"""What is in force depends on the day and the city; what nobody wrote is an error, not a guess."""

from __future__ import annotations

from datetime import date

import pytest

from db import policy
from db.models import PaperGroup, PolicyValue
from db.session import Database

DAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2022, 5, 1), "मुख्यमंत्री मितान योजना"),  # first day
        (date(2024, 6, 30), "मुख्यमंत्री मितान योजना"),  # last day of the old name
        (date(2024, 7, 1), "मोर संगवारी सेवा"),  # first day of the new one
        (DAY, "मोर संगवारी सेवा"),
    ],
)
def test_the_schemes_name_follows_the_day(seeded: Database, day: date, name: str) -> None:
    with seeded.read() as session:
        assert policy.policy_value(session, "scheme_name", day)["hi"] == name
        assert policy.policy_value(session, "worker_title", day)["hi"] == "मितान"


@pytest.mark.parametrize(("day", "fee_paise"), [(date(2025, 9, 30), 5000), (date(2025, 10, 1), 7500)])
def test_a_fee_follows_the_day(seeded: Database, day: date, fee_paise: int) -> None:
    with seeded.read() as session:
        terms = policy.terms(session, "aadhaar-update", day)
    assert terms is not None
    assert terms.fee_paise == fee_paise


def test_before_the_first_day_nothing_is_in_force(seeded: Database) -> None:
    with seeded.read() as session:
        day = date(2022, 4, 30)
        with pytest.raises(policy.UnknownPolicy):
            policy.policy_value(session, "visit_fee_paise", day)
        assert policy.cities(session, day) == ()
        assert policy.services(session, day) == ()
        assert policy.service_groups(session, day) == ()
        assert policy.terms(session, "income", day) is None


def test_a_citys_rule_beats_the_general_one_even_if_older(seeded: Database) -> None:
    with seeded.begin() as session:
        for city, since, hours in (("korba", date(2023, 1, 1), 48), (None, date(2024, 1, 1), 12)):
            session.add(
                PolicyValue(key="move_cutoff_hours", city_id=city, valid_from=since, value=hours, source="test")
            )
    with seeded.read() as session:
        assert policy.policy_value(session, "move_cutoff_hours", DAY, "korba") == 48
        assert policy.policy_value(session, "move_cutoff_hours", DAY, "durg") == 12
        assert policy.policy_value(session, "move_cutoff_hours", DAY) == 12
        assert policy.policy_value(session, "move_cutoff_hours", date(2022, 6, 1), "korba") == 24


def test_papers_come_in_order_and_the_newest_row_of_a_place_wins(seeded: Database) -> None:
    with seeded.begin() as session:
        session.add(
            PaperGroup(
                service_id="income",
                ordinal=1,
                rule="one_of",
                documents=["voter_card"],
                valid_from=date(2026, 1, 1),
                source="test",
            )
        )
    with seeded.read() as session:
        now = [(g.ordinal, g.rule, g.documents[0]) for g in policy.paper_groups(session, "income", DAY)]
        then = [(g.ordinal, g.rule, g.documents[0]) for g in policy.paper_groups(session, "income", date(2025, 1, 1))]
        assert policy.paper_groups(session, "land-copy", DAY) == ()
    assert now == [(1, "one_of", "voter_card"), (2, "one_of", "employer_income")]
    assert then == [(1, "mandatory", "residence_proof"), (2, "one_of", "employer_income")]


@pytest.mark.parametrize(
    ("pin", "cities"),
    [
        (492001, ["raipur"]),
        (492022, ["raipur"]),
        (492023, []),
        (490025, ["bhilai-charoda", "bhilai"]),  # the narrower span first
        (490001, ["bhilai"]),
        (497451, ["chirmiri"]),
        (497450, []),
    ],
)
def test_a_pin_hints_at_cities(seeded: Database, pin: int, cities: list[str]) -> None:
    with seeded.read() as session:
        assert policy.city_of_pin(session, pin, DAY) == cities


def test_closed_days_are_the_three_national_holidays(seeded: Database) -> None:
    with seeded.read() as session:
        found = policy.closed_days(session, "service", date(2026, 1, 26), date(2027, 1, 26), "raipur")
    assert list(found) == [date(2026, 1, 26), date(2026, 8, 15), date(2026, 10, 2), date(2027, 1, 26)]
    assert found[date(2026, 10, 2)]["hi"] == "गांधी जयंती"


def test_names_fall_back_to_hindi(seeded: Database) -> None:
    with seeded.read() as session:
        assert policy.names(session, "city", "raipur", "en") == "Raipur"
        assert policy.names(session, "city", "raipur", "hne") == "रायपुर"
        assert policy.names(session, "document", "aadhaar", "hi") == "आधार कार्ड"
        with pytest.raises(LookupError):
            policy.names(session, "service", "nothing", "hi")
