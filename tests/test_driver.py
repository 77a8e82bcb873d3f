"""The driver on both databases: safe to call twice, once per key, resumed after a drop, no secret anywhere."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from callflows.desk import Ask, Result
from db.models import Action, Call, CallStep
from db.session import Database
from ivr.channels.driver import Deadlines, Driver, UnknownCall
from ivr.channels.reply import NewCall, Reply
from ivr.core.call import Bridge, BridgeEnded, End, HungUp, Listen, Perform, Pressed, Silence
from ivr.core.flow import Act, ActionSpec, Choice, Flow, Gather, Hangup, Menu, Prompt, Say, Transfer

PHONE = "+915000012345"
CANARY = "4071953"

FLOW = Flow(
    "main",
    (
        Say("greet", (Prompt("greet"),), "ask"),
        Menu(
            "ask",
            (Prompt("ask"),),
            {
                "1": Choice("write", Prompt("one")),
                "2": Choice("pin", Prompt("two")),
                "0": Choice("people", Prompt("p")),
            },
            "people",
        ),
        Act("write", "write", {"done": "after", "full": "ask"}),
        Menu("after", (Prompt("after", ("made",)),), {"1": Choice("bye", Prompt("one"))}, "people"),
        Gather(
            "pin",
            (Prompt("pin"),),
            "pin",
            7,
            7,
            "bye",
            "people",
            secret=True,
            check="check",
            on={"ok": "bye", "no": "pin"},
        ),
        Transfer(
            "people", (Prompt("people"),), "executives", dict.fromkeys(("done", "abandoned", "timeout", "empty"), "bye")
        ),
        Hangup("bye", (Prompt("bye"),)),
    ),
    rescue="people",
    checkpoints=("ask",),
)
ACTIONS = {
    "write": ActionSpec("write", {"done": ("made",), "full": ()}, writes=True),
    "check": ActionSpec("check", {"ok": (), "no": ()}),
}


class FakeDesk(dict[str, Callable[[Session, Ask], Result]]):
    """Counts what is really done, and can be held up or made to fail."""

    def __init__(self) -> None:
        super().__init__(write=self.write, check=self.check)
        self.asked: list[Ask] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fails = False

    def write(self, session: Session, ask: Ask) -> Result:
        self.asked.append(ask)
        self.gate.wait(10)
        if self.fails:
            raise RuntimeError("the desk's own fault")
        return Result("done", {"made": len(self.asked)})

    def check(self, session: Session, ask: Ask) -> Result:
        self.asked.append(ask)
        return Result("ok" if ask.args["keys"] == CANARY else "no", {})


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def driver(database: Database, desk: FakeDesk) -> Iterator[Driver]:
    ids = (f"{n:032x}" for n in itertools.count(1))
    made = Driver({"main": FLOW}, ACTIONS, desk, database, new_id=lambda: next(ids), deadlines=Deadlines(action_s=0.4))
    yield made
    desk.gate.set()
    made.close()


def call(driver: Driver, phone: str | None = PHONE, origin: str = "trunk") -> Reply:
    return driver.settle(driver.begin(NewCall("sip", origin, phone)))  # type: ignore[arg-type]


def press(driver: Driver, reply: Reply, keys: str) -> Reply:
    return driver.run(reply.call_id, reply.turn, Pressed(keys))


def test_a_call_asks_does_and_says_goodbye(driver: Driver, database: Database) -> None:
    reply = call(driver)
    assert [p.key for p in reply.prompts][:2] == ["greet", "ask"]
    reply = press(driver, reply, "1")
    assert reply.node == "after" and reply.prompts[0].values == {"made": 1}
    reply = press(driver, reply, "1")
    assert isinstance(reply.wait, End)
    with database.read() as session:
        row = session.execute(select(Call)).scalar_one()
        steps = session.execute(select(CallStep).order_by(CallStep.turn, CallStep.seq)).scalars().all()
    assert row.end_reason == "done" and row.ended_at is not None
    assert [s.node for s in steps if s.kind in {"pressed", "performed"}] == ["ask", "write", "after"]


def test_a_repeated_request_hears_the_stored_reply_and_advances_nothing(driver: Driver, desk: FakeDesk) -> None:
    first = call(driver)
    second = press(driver, first, "1")
    again = press(driver, first, "2")
    assert (again.turn, again.node, again.prompts, again.wait) == (
        second.turn,
        second.node,
        second.prompts,
        second.wait,
    )
    assert len(desk.asked) == 1


def test_of_two_requests_at_once_one_advances_and_both_hear_the_same(driver: Driver, desk: FakeDesk) -> None:
    first = call(driver)
    heard: list[Reply] = []
    both = threading.Barrier(2)

    def twice() -> None:
        both.wait()
        heard.append(press(driver, first, "1"))

    threads = [threading.Thread(target=twice) for _ in range(2)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert {(r.turn, r.node) for r in heard} == {(first.turn + 2, "after")}
    assert len([a for a in desk.asked if a.key]) <= 2, "both may try, only one may have counted"


def test_an_action_is_done_once_by_its_key(driver: Driver, desk: FakeDesk, database: Database) -> None:
    pending = driver.step(*step_of(call(driver)), Pressed("1"))
    assert isinstance(pending.wait, Perform)
    one, two = driver.perform(pending), driver.perform(pending)
    assert (one.turn, one.node) == (two.turn, two.node) and len(desk.asked) == 1
    with database.read() as session:
        assert [a.outcome for a in session.execute(select(Action)).scalars()] == ["done"]


def test_an_action_past_its_deadline_is_abandoned_and_the_caller_goes_to_people(
    driver: Driver, desk: FakeDesk, database: Database
) -> None:
    desk.gate.clear()
    if database.dialect == "sqlite":  # its writer holds the only lock: abandoning waits for it, so let it end late
        threading.Timer(0.8, desk.gate.set).start()
    reply = press(driver, call(driver), "1")
    desk.gate.set()
    assert isinstance(reply.wait, Bridge), "the rescue leads to a person"
    with database.read() as session:
        assert [a.outcome for a in session.execute(select(Action)).scalars()] == ["abandoned"]


def test_what_was_done_before_the_deadlines_insert_counts_as_done(driver: Driver, desk: FakeDesk) -> None:
    pending = driver.step(*step_of(call(driver)), Pressed("1"))
    driver.perform(pending)
    reply = driver.abandon(pending)
    assert reply.node == "after", "the first insert wins, and it was the action's"


def test_an_error_of_the_desk_leaves_nothing_behind_and_reaches_the_door(
    driver: Driver, desk: FakeDesk, database: Database
) -> None:
    desk.fails = True
    first = call(driver)
    with pytest.raises(RuntimeError, match="own fault"):
        press(driver, first, "1")
    with database.read() as session:
        assert session.execute(select(Action)).first() is None
    desk.fails = False
    again = driver.settle(driver.current(first.call_id))
    assert again.node == "after", "the pending action is still there to be done"


def test_a_dropped_caller_continues_at_the_same_question(driver: Driver, database: Database) -> None:
    reply = press(driver, call(driver), "1")
    driver.run(reply.call_id, reply.turn, HungUp())
    again = call(driver)
    assert again.node == "after" and again.call_id != reply.call_id
    with database.read() as session:
        assert session.get_one(Call, again.call_id).resumed_from == reply.call_id
    driver.run(again.call_id, again.turn, HungUp())
    third = call(driver)
    with database.read() as session:
        assert session.get_one(Call, third.call_id).resumed_from == again.call_id, "each drop is continued once"


def test_a_redial_after_a_drop_in_mid_action_does_it_under_the_old_key(driver: Driver, desk: FakeDesk) -> None:
    pending = driver.step(*step_of(call(driver)), Pressed("1"))
    assert isinstance(pending.wait, Perform)
    driver.perform(pending)  # done and advanced; but imagine the process died before the caller heard it
    before = driver.current(pending.call_id)
    driver.run(before.call_id, before.turn, HungUp())
    assert call(driver).node == "after" and len(desk.asked) == 1


def test_a_pending_action_of_a_dead_process_is_reissued_under_its_old_key(
    driver: Driver, desk: FakeDesk, database: Database
) -> None:
    pending = driver.step(*step_of(call(driver)), Pressed("1"))
    assert isinstance(pending.wait, Perform)
    from db import calls, clock

    with database.begin() as session:
        assert calls.end_orphans(session, "sip", [], clock.now(session)) == 1
    again = call(driver)
    assert again.node == "after" and [a.key for a in desk.asked] == [pending.wait.key]


@pytest.mark.parametrize(
    ("phone", "origin", "word"),
    [(None, "trunk", "withheld"), (PHONE, "claimed", "claimed"), ("+915000054321", "trunk", "somebody else")],
)
def test_nobody_else_continues_a_dropped_call(driver: Driver, phone: str | None, origin: str, word: str) -> None:
    reply = press(driver, call(driver), "1")
    driver.run(reply.call_id, reply.turn, HungUp())
    assert call(driver, phone, origin).node == "ask", word


def test_a_live_call_is_never_taken_over_by_the_same_number(driver: Driver) -> None:
    press(driver, call(driver), "1")
    assert call(driver).node == "ask"


def test_language_is_remembered_with_the_trunk_caller(driver: Driver) -> None:
    driver.begin(NewCall("sip", "trunk", PHONE, language="en"))
    later = driver.begin(NewCall("sip", "trunk", PHONE))
    assert later.manner.language == "en"


def test_a_keyed_secret_is_found_nowhere(driver: Driver, desk: FakeDesk, database: Database) -> None:
    reply = press(driver, call(driver), "2")
    assert isinstance(reply.wait, Listen) and reply.wait.secret
    reply = press(driver, reply, CANARY)
    assert isinstance(reply.wait, End) and desk.asked[-1].args["keys"] == CANARY
    assert CANARY not in everything(database)


def test_a_repeat_of_a_secret_request_waits_for_the_first_instead_of_asking_without_it(driver: Driver) -> None:
    asked = press(driver, call(driver), "2")
    pending = driver.step(*step_of(asked), Pressed(CANARY))
    threading.Timer(0.1, driver.perform, (pending,)).start()
    assert isinstance(driver.run(*step_of(asked), Pressed(CANARY)).wait, End)


def test_after_people_the_call_goes_on_where_the_flow_says(driver: Driver) -> None:
    reply = press(driver, call(driver), "0")
    assert isinstance(reply.wait, Bridge)
    reply = driver.run(reply.call_id, driver.current(reply.call_id).turn, BridgeEnded("empty"))
    assert isinstance(reply.wait, End)


def test_an_ended_call_stays_ended(driver: Driver) -> None:
    reply = press(driver, call(driver), "1")
    end = press(driver, reply, "1")
    assert driver.run(end.call_id, end.turn, Silence()) == driver.current(end.call_id)


def test_a_call_that_was_never_begun_is_named(driver: Driver) -> None:
    with pytest.raises(UnknownCall):
        driver.step("f" * 32, 1, Silence())


def step_of(reply: Reply) -> tuple[str, int]:
    return reply.call_id, reply.turn


def everything(database: Database) -> str:
    """Every value of every row of every table, as text."""
    from db.base import Base

    with database.read() as session:
        return "\n".join(
            str(row)
            for t in Base.metadata.tables.values()
            for row in session.execute(text(f'SELECT * FROM "{t.name}"'))
        )
