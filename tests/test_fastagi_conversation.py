"""A call over the socket, turn by turn, with a scripted driver: what is played, what the driver hears, how it ends."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from ivr.channels.conversation import Timing
from ivr.core.call import (
    Bridge,
    BridgeEnded,
    End,
    HungUp,
    Listen,
    Perform,
    Pressed,
    Recorded,
    Silence,
    TakeRecording,
    Wait,
)
from tests.kit_asterisk import HANG_UP, FakeCall
from tests.kit_exchange import ScriptedDriver, house, in_loop, until

ASK = Listen(1, 8)
DO = Perform("book", {}, "call:2")


def names(call: FakeCall) -> list[str]:
    return [Path(h).name for h in call.heard]


@in_loop
async def test_call_is_played_pressed_and_ended(tmp_path: Path) -> None:
    driver = ScriptedDriver([ASK, Listen(8, 10), ASK, DO, End()])
    async with house(tmp_path, driver) as h:
        call = await FakeCall(h.port, ["1", "12345678", None]).run()
    assert names(call) == ["line.0", "line.1", "line.2", "line.3", "line.4"]
    told = [Path(c[4].split(",")[1]).name for c in call.commands if c[1] == "mitan-tell"]
    assert told == ["line.3"], "what is said while something is done can be skipped"
    assert driver.events == [Pressed("1"), Pressed("12345678"), Silence()]
    assert driver.performed == ["call:2"]
    assert (call.variables["MITAN_NEXT"], call.finished) == ("hangup", True)
    assert call.commands[-1] == ["SET", "VARIABLE", "MITAN_FINISHED", "1"], "finished is the last word"


@in_loop
async def test_limit_is_renewed_each_turn_by_what_is_expected(tmp_path: Path) -> None:
    async with house(tmp_path, ScriptedDriver([ASK, Listen(8, 10), End()])) as h:
        call = await FakeCall(h.port, ["1", "12345678"]).run()
    one_prompt, margin, typing = 1.05, 6.5, 7 * 3
    expected = [one_prompt + 8 + margin, one_prompt + 10 + typing + margin, one_prompt + margin]
    assert call.limits == pytest.approx(expected, abs=0.1)


@in_loop
async def test_several_keys_wait_long_for_the_first_and_short_for_the_next(tmp_path: Path) -> None:
    async with house(tmp_path, ScriptedDriver([Listen(8, 10), End()])) as h:
        call = await FakeCall(h.port, ["*"]).run()
    (asked,) = [c[4].split(",") for c in call.commands if c[1] == "mitan-ask"]
    assert asked[2:] == ["8", "10", "3"]


@pytest.mark.parametrize(
    ("script", "origin"), [("trunk", "trunk"), ("claimed", "claimed"), ("", "claimed"), ("trunk/x", "claimed")]
)
@in_loop
async def test_number_is_believed_only_where_the_dialplan_says_so(tmp_path: Path, script: str, origin: str) -> None:
    driver = ScriptedDriver([End()])
    async with house(tmp_path, driver) as h:
        await FakeCall(h.port, script=script, caller="05000000001").run()
    assert (driver.began[0].origin, driver.began[0].phone) == (origin, "+915000000001")
    assert driver.began[0].external_id == "1770000000.1"


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("quotes", 'Ram "the\\" mitan\'; DROP'),
        ("newlines", "a\rHANGUP\rSET VARIABLE MITAN_FINISHED 1"),
        ("Hindi", "मितान राम"),
        ("dialplan", "${SHELL(id)} , | & $[1+1]"),
        ("long", "x" * 5000),
    ],
)
@in_loop
async def test_caller_name_appears_in_no_command(tmp_path: Path, word: str, name: str) -> None:
    driver = ScriptedDriver([ASK, End()])
    async with house(tmp_path, driver) as h:
        call = await FakeCall(h.port, ["1"], name=name, caller=name).run()
    assert call.finished and driver.began[0].phone is None
    assert {w for c in call.commands for w in c}.isdisjoint({name, "HANGUP", "SHELL(id)"})


@in_loop
async def test_queue_is_left_to_the_dialplan_and_come_back_from(tmp_path: Path) -> None:
    driver = ScriptedDriver([ASK, Bridge("executives"), ASK, End()])
    async with house(tmp_path, driver) as h:
        call = await FakeCall(h.port, ["0"]).run()
        assert (call.variables["MITAN_NEXT"], call.finished) == ("queue:executives", True)
        assert list(h.exchange.bridged) == [call.unique]
        back = FakeCall(h.port, ["1"], args=("resumed", call.variables["MITAN_CALL"], "CONTINUE"))
        await back.run()
        assert h.exchange.bridged == {}
    assert back.finished and back.variables["MITAN_NEXT"] == "hangup"
    assert driver.events == [Pressed("0"), BridgeEnded("done"), Pressed("1")]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("CONTINUE", "done"),
        ("TIMEOUT", "timeout"),
        ("JOINEMPTY", "empty"),
        ("LEAVEEMPTY", "empty"),
        ("FULL", "empty"),
        ("", "empty"),
        ("WITHDRAWN", "returned"),
    ],
)
@in_loop
async def test_queue_status_is_an_outcome(tmp_path: Path, status: str, outcome: str) -> None:
    driver = ScriptedDriver([Bridge("executives"), End()])
    async with house(tmp_path, driver) as h:
        call = await FakeCall(h.port).run()
        await FakeCall(h.port, args=("resumed", call.variables["MITAN_CALL"], status)).run()
    assert driver.events == [BridgeEnded(outcome)]


@in_loop
async def test_coming_back_twice_tells_the_driver_once(tmp_path: Path) -> None:
    driver = ScriptedDriver([Bridge("executives"), End()])
    async with house(tmp_path, driver) as h:
        call = await FakeCall(h.port).run()
        for _ in range(2):
            again = await FakeCall(h.port, args=("resumed", call.variables["MITAN_CALL"], "CONTINUE")).run()
            assert again.finished
    assert driver.events == [BridgeEnded("done")]


@in_loop
async def test_unknown_call_coming_back_falls_to_the_dialplan(tmp_path: Path) -> None:
    async with house(tmp_path, ScriptedDriver([End()])) as h:
        call = await FakeCall(h.port, args=("resumed", "no-such-call", "CONTINUE")).run()
    assert not call.finished


@in_loop
async def test_message_is_kept_and_told(tmp_path: Path) -> None:
    driver = ScriptedDriver([TakeRecording(60), End()])
    async with house(tmp_path, driver) as h:
        call = await FakeCall(h.port, message_s=4).run()
    assert call.finished and driver.events == [Recorded("recording-1", 4.0)]
    assert [(k[0].parent, k[1], k[2]) for k in h.kept] == [(tmp_path, "call-1770000000.1", 4.0)]
    assert call.limits[:2] == pytest.approx([1.05 + 6.5, 61 + 6.5], abs=0.1)


@in_loop
async def test_breath_is_no_message(tmp_path: Path) -> None:
    driver = ScriptedDriver([TakeRecording(60), End()])
    async with house(tmp_path, driver) as h:
        await FakeCall(h.port, message_s=0.4).run()
    assert driver.events == [Silence()] and h.kept == []
    assert not list(tmp_path.glob("*.wav"))  # noqa: ASYNC240  # the loop has nothing else to do


@in_loop
async def test_message_ended_by_hanging_up_is_kept(tmp_path: Path) -> None:
    driver = ScriptedDriver([TakeRecording(60), DO, End()])

    def record_then_leave(n: int, words: list[str]) -> None:
        if words[:2] == ["GOSUB", "mitan-record"]:
            Path(words[4].split(",")[1] + ".wav").write_bytes(bytes(44 + 16000 * 3))
            call.hang_up_at = n

    async with house(tmp_path, driver) as h:
        call = FakeCall(h.port, on_command=record_then_leave)
        await call.run()
        await until(lambda: driver.performed == ["call:2"])
    assert isinstance(driver.events[0], Recorded) and len(h.kept) == 1


@pytest.mark.parametrize("n", range(1, 11))
@in_loop
async def test_hanging_up_at_any_command_is_told_to_the_driver_once(tmp_path: Path, n: int) -> None:
    driver = ScriptedDriver([ASK, DO, ASK, End()])
    async with house(tmp_path, driver) as h:
        call = await FakeCall(h.port, ["1", "2"], hang_up_at=n).run()
        await until(lambda: h.server.calls == 0)
    assert driver.events.count(HungUp()) == (0 if driver.last[f"call-{call.unique}"].wait == End() else 1)
    assert not call.finished


@pytest.mark.parametrize("n", range(1, 11))
@in_loop
async def test_connection_lost_at_any_command_frees_the_server(tmp_path: Path, n: int) -> None:
    driver = ScriptedDriver([ASK, DO, ASK, End()])
    async with house(tmp_path, driver) as h:
        await FakeCall(h.port, ["1", "2"], die_at=n).run()
        await until(lambda: h.server.calls == 0 and not h.exchange.talking)


# --- what breaks ---------------------------------------------------------------------------------------------------
def slowly(seconds: float, wait: Wait) -> object:
    def job() -> Wait:
        time.sleep(seconds)  # a slow database, not a race hidden
        return wait

    return job


@in_loop
async def test_slow_driver_is_covered_by_a_filler(tmp_path: Path) -> None:
    driver = ScriptedDriver([ASK, slowly(0.25, End())])  # type: ignore[list-item]  # a callable that sleeps
    async with house(tmp_path, driver) as h:
        call = await FakeCall(h.port, ["1"]).run()
    assert names(call) == ["line.0", "filler-hi", "filler-hi", "line.1"]
    assert call.finished


@in_loop
async def test_action_past_its_deadline_is_abandoned(tmp_path: Path) -> None:
    driver = ScriptedDriver([ASK, DO, End()])
    perform = driver.perform
    driver.perform = lambda pending: (time.sleep(0.8), pending)[1]  # type: ignore[method-assign]  # the stuck action
    async with house(tmp_path, driver) as h:
        call = await FakeCall(h.port, ["1"]).run()
    assert perform is not None and driver.abandoned == ["call:2"]
    assert call.finished and names(call)[-1] == "line.2" and "filler-hi" in names(call)


@in_loop
async def test_action_that_breaks_is_abandoned(tmp_path: Path) -> None:
    driver = ScriptedDriver([ASK, DO, End()])

    def broken(pending: object) -> object:
        raise RuntimeError("database gone")

    driver.perform = broken  # type: ignore[method-assign,assignment]  # the broken action
    async with house(tmp_path, driver) as h:
        call = await FakeCall(h.port, ["1"]).run()
    assert driver.abandoned == ["call:2"] and call.finished


def boom() -> Wait:
    raise RuntimeError("database gone")


@pytest.mark.parametrize("waits", [[boom], [ASK, boom], [ASK, DO, boom], [ASK, slowly(1.0, End())]])
@in_loop
async def test_broken_or_stuck_driver_leaves_the_caller_to_the_dialplan(
    tmp_path: Path, waits: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path, ScriptedDriver(waits)) as h:  # type: ignore[arg-type]  # callables among the waits
        begun = time.monotonic()
        call = await FakeCall(h.port, ["1"]).run()
    assert not call.finished and "MITAN_NEXT" not in call.variables
    assert time.monotonic() - begun < 3
    assert "5000000001" not in caplog.text


@in_loop
async def test_missing_sound_leaves_the_caller_to_the_dialplan_not_to_silence(tmp_path: Path) -> None:
    async with house(tmp_path, ScriptedDriver([ASK, End()])) as h:
        object.__setattr__(h.exchange.parts, "sounds", lambda r: [])
        call = await FakeCall(h.port, ["1"]).run()
        assert not call.finished and call.heard == []
        object.__setattr__(h.exchange.parts, "sounds", lambda r: [tmp_path / "nowhere.alaw"])
        call = await FakeCall(h.port, ["1"]).run()
        assert not call.finished and call.heard == []


@in_loop
async def test_long_prompt_is_played_in_pieces_asterisk_can_read(tmp_path: Path) -> None:
    many = [tmp_path / f"{'long' * 10}{n}.alaw" for n in range(60)]
    for path in many:
        path.write_bytes(b"\xd5" * 80)
    driver = ScriptedDriver([ASK, End()])
    async with house(tmp_path, driver) as h:
        object.__setattr__(h.exchange.parts, "sounds", lambda r: many)
        pieces = []

        def keys(heard: list[str]) -> str | None:
            pieces.append(len(heard))
            return "1" if sum(pieces) == 60 else None

        call = await FakeCall(h.port, keys, patient=False).run()
    assert driver.events == [Pressed("1")] and len(pieces) > 1
    assert [Path(p).name for p in call.heard[:60]] == [p.stem for p in many]


@in_loop
async def test_key_pressed_in_the_first_piece_skips_the_others(tmp_path: Path) -> None:
    many = [tmp_path / f"{'long' * 10}{n}.alaw" for n in range(60)]
    for path in many:
        path.write_bytes(b"\xd5" * 80)
    async with house(tmp_path, ScriptedDriver([ASK, End()])) as h:
        object.__setattr__(h.exchange.parts, "sounds", lambda r: many if r.turn == 0 else many[:1])
        call = await FakeCall(h.port, ["1"], patient=False).run()
    assert len(call.heard) < 60 and call.finished


@pytest.mark.parametrize(
    "answer", ["510 Invalid or unknown command\n", "520-Usage\nmore\n520 End\n", "\x00\xff\n", "x" * 100_000 + "\n"]
)
@in_loop
async def test_peer_that_does_not_speak_agi_ends_only_its_own_call(tmp_path: Path, answer: str) -> None:
    driver = ScriptedDriver([ASK, End()])
    async with house(tmp_path, driver) as h:
        reader, writer = await asyncio.open_connection("127.0.0.1", h.port)
        writer.write(FakeCall(h.port, unique="9.9").header())
        await reader.readline()
        writer.write(answer.encode("latin-1"))
        assert (await asyncio.wait_for(reader.read(), 5)).count(b"\n") <= 1
        writer.close()
        assert (await FakeCall(h.port, ["1"]).run()).finished


@in_loop
async def test_keys_of_a_secret_reach_no_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    driver = ScriptedDriver([Listen(8, 8, secret=True), boom])
    async with house(tmp_path, driver) as h:
        await FakeCall(h.port, ["73519846"]).run()
    assert "73519846" not in caplog.text


@in_loop
async def test_hang_up_while_the_driver_works_ends_the_turn_it_was_making(tmp_path: Path) -> None:
    driver = ScriptedDriver([ASK, slowly(0.3, ASK), End()])  # type: ignore[list-item]  # a callable that sleeps
    async with house(tmp_path, driver) as h:
        call = FakeCall(h.port, ["1"])

        def leave_in_filler(n: int, words: list[str]) -> None:
            if "filler" in words[-1]:
                call.hang_up_at = n

        call.on_command = leave_in_filler
        await call.run()
        await until(lambda: h.server.calls == 0)
    assert driver.events == [Pressed("1"), HungUp()] and driver.last[f"call-{call.unique}"].turn == 1


def test_margin_frees_a_caller_within_eight_seconds() -> None:
    assert Timing().margin_s + 1 <= 8
    assert HANG_UP == "hangup"
