"""The outbox: each message at most once per key, the doubtful ones visibly unknown, none after its deadline."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update

from db import clock
from db.models import EventRow, Outbox
from db.session import Database
from scheduler import outbox
from scheduler.gateways import Accepted, Answer, ConsoleGateway, Later, Message, NeverSeen, Refused, Unsure
from tests.kit_booking import Town, town


class Ledger:
    """A provider that writes down every message it was handed, and answers as told."""

    real = False

    def __init__(self, answer: Callable[[Message], Answer] = lambda m: Accepted(f"ref-{m.key}")) -> None:
        self.handed: list[str] = []
        self.asked: list[str] = []
        self.verdict: Accepted | Refused | NeverSeen | Unsure = NeverSeen()
        self._answer = answer

    def send(self, message: Message) -> Answer:
        self.handed.append(message.key)
        return self._answer(message)

    def ask(self, key: str) -> Accepted | Refused | NeverSeen | Unsure:
        self.asked.append(key)
        return self.verdict


@pytest.fixture
def place(database: Database) -> Town:
    return town(database)


def wait(place: Town, n: int = 1, *, late: timedelta | None = None, due: timedelta = timedelta(0)) -> None:
    with place.database.begin() as session:
        now = clock.now(session)
        for i in range(n):
            session.add(
                Outbox(
                    key=f"m{i}",
                    channel="sms",
                    recipient=f"+9150000{i:05}",
                    template="visit_booked",
                    language="hi",
                    values={},
                    text="14545: संदर्भ 4821 9376",
                    segments=1,
                    asked_at=now,
                    due_at=now + due,
                    deadline=None if late is None else now + late,
                    state="waiting",
                )
            )


def states(place: Town) -> Counter[str]:
    return Counter(row.state for row in place.outbox())


def age(place: Town, **by: float) -> None:
    with place.database.begin() as session:
        session.execute(update(Outbox).values(claimed_at=clock.now(session) - timedelta(**by)))


def test_a_message_is_handed_over_once_and_marked_sent(place: Town) -> None:
    wait(place)
    ledger = Ledger()
    assert outbox.deliver(place.database, ledger, worker="w") == 1
    assert outbox.deliver(place.database, ledger, worker="w") == 0
    (row,) = place.outbox()
    assert (row.state, row.provider_ref, row.attempts, ledger.handed) == ("sent", "ref-m0", 1, ["m0"])
    (event,) = place.rows(EventRow)
    assert event.kind == "message.sent" and row.recipient not in str(event.data)


def test_what_is_not_due_yet_waits(place: Town) -> None:
    wait(place, due=timedelta(minutes=5))
    assert outbox.deliver(place.database, Ledger(), worker="w") == 0


def test_past_its_deadline_a_message_is_cancelled_and_counted_never_sent(place: Town) -> None:
    wait(place, 3, late=timedelta(seconds=-1))
    ledger = Ledger()
    assert outbox.deliver(place.database, ledger, worker="w") == 0
    assert outbox.expire(place.database) == 3
    assert outbox.expire(place.database) == 0
    assert states(place) == {"cancelled": 3} and ledger.handed == []
    assert [e.kind for e in place.rows(EventRow)] == ["message.expired"] * 3


def test_a_deadline_that_passes_between_claim_and_send_still_stops_it(place: Town) -> None:
    wait(place)
    with place.database.begin() as session:
        (mine,) = outbox.claim(session, clock.now(session), worker="w")
        session.execute(update(Outbox).values(deadline=clock.now(session) - timedelta(seconds=1)))
    assert not outbox._begin(place.database, mine.id, "w")
    assert states(place) == {"cancelled": 1}


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Refused("dead number"), "failed"),
        (Unsure("timed out"), "unknown"),
        (Later("429"), "waiting"),
    ],
)
def test_each_answer_has_its_state(place: Town, answer: Answer, state: str) -> None:
    wait(place)
    outbox.deliver(place.database, Ledger(lambda _: answer), worker="w")
    (row,) = place.outbox()
    assert (row.state, row.attempts) == (state, 1) and row.last_error


def test_later_is_tried_again_with_longer_waits_and_then_fails(place: Town) -> None:
    wait(place)
    ledger = Ledger(lambda _: Later("429"))
    waits = []
    for _ in range(outbox.ATTEMPTS):
        assert outbox.deliver(place.database, ledger, worker="w") == 1
        with place.database.begin() as session:
            row = session.get_one(Outbox, 1)
            waits.append((row.due_at - clock.now(session)).total_seconds())
            row.due_at = clock.now(session)
    assert states(place) == {"failed": 1} and len(ledger.handed) == outbox.ATTEMPTS
    assert waits[:3] == sorted(waits[:3]) and waits[0] > 20


def test_a_gateway_that_breaks_leaves_the_message_unknown_and_the_rest_go_on(
    place: Town, caplog: pytest.LogCaptureFixture
) -> None:
    wait(place, 2)

    def answer(message: Message) -> Answer:
        if message.key == "m0":
            raise RuntimeError("bug")
        return Accepted("r")

    outbox.deliver(place.database, Ledger(answer), worker="w")
    assert states(place) == {"unknown": 1, "sent": 1}
    assert "gateway broke" in caplog.text and "+91" not in caplog.text


def test_a_claim_left_behind_goes_back_and_nothing_is_sent_twice(place: Town) -> None:
    wait(place)
    with place.database.begin() as session:
        (lost,) = outbox.claim(session, clock.now(session), worker="dead")
    ledger = Ledger()
    assert outbox.recover(place.database, ledger) == 0
    age(place, seconds=outbox.CLAIM_S + 1)
    assert outbox.recover(place.database, ledger) == 1
    assert outbox.deliver(place.database, ledger, worker="w") == 1
    assert not outbox._begin(place.database, lost.id, "dead")  # it wakes up after all: the row is not its own
    assert ledger.handed == ["m0"] and ledger.asked == []


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Accepted("theirs"), "sent"),
        (Refused("dead"), "failed"),
        (Unsure("no ledger"), "unknown"),
        (NeverSeen(), "waiting"),
    ],
)
def test_a_crash_while_sending_asks_the_provider_before_anything_else(
    place: Town, verdict: Accepted | Refused | NeverSeen | Unsure, state: str
) -> None:
    wait(place)
    with place.database.begin() as session:
        (lost,) = outbox.claim(session, clock.now(session), worker="dead")
    assert outbox._begin(place.database, lost.id, "dead")
    age(place, seconds=outbox.SENDING_S + 1)
    ledger = Ledger()
    ledger.verdict = verdict
    assert outbox.deliver(place.database, ledger, worker="w") == 0
    assert outbox.recover(place.database, ledger) == 1
    assert states(place) == {state: 1} and ledger.asked == ["m0"] and ledger.handed == []


def test_eight_workers_at_once_send_each_message_exactly_once(place: Town) -> None:
    wait(place, 120)
    ledger = Ledger()

    def work(name: str) -> None:
        while outbox.deliver(place.database, ledger, worker=name, n=7):
            pass

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(4 if sqlite(place) else 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states(place) == {"sent": 120}
    assert Counter(ledger.handed) == {f"m{i}": 1 for i in range(120)}


def sqlite(place: Town) -> bool:
    return place.database.dialect == "sqlite"


def test_select_then_mark_is_the_broken_twin_that_sends_twice(place: Town) -> None:
    """Two workers that read before they write both see the row: why `claim` is one statement."""
    wait(place)
    ledger = Ledger()
    both_have_read = threading.Barrier(2)

    def twin() -> None:
        with place.database.read() as session:
            waiting = session.get_one(Outbox, 1).state == "waiting"
        both_have_read.wait()
        if waiting:
            ledger.handed.append("m0")
            with place.database.begin() as session:
                session.execute(update(Outbox).values(state="sent"))

    threads = [threading.Thread(target=twin) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.handed == ["m0", "m0"]


def test_a_real_gateway_never_sees_a_test_number(place: Town) -> None:
    wait(place, 2)
    ledger = Ledger()
    ledger.real = True
    outbox.deliver(place.database, ledger, worker="w")
    assert ledger.handed == [] and states(place) == {"cancelled": 2}
    assert {row.last_error for row in place.outbox()} == {"a test number"}


def test_the_console_masks_numbers_and_shows_texts_to_test_numbers_only() -> None:
    out = io.StringIO()
    gateway = ConsoleGateway(out)
    text = "14545: संदर्भ 4821 9376।\nबदलने के लिए"
    for recipient in ("+915000012345", "user@example.org"):
        assert gateway.send(Message("k", "sms", recipient, "visit_booked", "hi", text, 2)) == Accepted("console")
    test, other = out.getvalue().splitlines()
    assert test == "sms to …345 (2): 14545: संदर्भ 4821 9376। बदलने के लिए"
    assert other == "sms to …org (2): (visit_booked, hi)"
