"""A database given back is as new: no test sees what another has written, changed or removed."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, text

from db import events
from db.models import Base, Caller, Mitan, PolicyValue, Roster
from db.session import Database
from tests.kit_postgres import PostgresStock


def counts(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            name: session.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in Base.metadata.tables.items()
        }


@pytest.mark.postgres
def test_a_used_database_comes_back_as_new(postgres_stock: PostgresStock) -> None:
    url = postgres_stock.fresh(seeded=True)
    used = Database(url)
    before = counts(used)
    with used.begin() as session:
        events.append(session, "test.written")
        session.execute(text("DELETE FROM roster WHERE mitan_id = (SELECT min(id) FROM mitan)"))
        session.execute(text("UPDATE policy_value SET value = '1' WHERE key = 'visit_fee_paise'"))
        session.execute(text("UPDATE mitan SET active = false"))
    used.dispose()
    name = str(used.url.database)

    postgres_stock.give_back(name, seeded=True)
    assert postgres_stock.fresh(seeded=True) == url

    assert counts(used) == before
    assert before["roster"] > 1000
    with used.begin() as session:
        assert session.scalar(select(PolicyValue.value).where(PolicyValue.key == "visit_fee_paise")) == 5000
        assert session.scalar(select(func.count()).select_from(Mitan).where(~Mitan.active)) == 0
        events.append(session, "test.again")
        assert session.scalar(select(func.max(events.EventRow.id))) == 1
        first = session.scalars(select(Roster).order_by(Roster.id)).first()
        assert first is not None
        last = session.scalar(select(func.max(Caller.id)))
        session.add(Caller(phone="+915000019999", kind="mobile", first_seen_at=first.starts_at))
        session.flush()
        assert session.scalar(select(func.max(Caller.id))) == (last or 0) + 1
    used.dispose()
    postgres_stock.give_back(name, seeded=True)
