"""What a call costs and how soon it answers a key: ours beside the plain dialplan and a bare FastAGI loop, one run.

Real Asterisk, real SIP callers with media, every prompt heard to its end, the three kinds in turn. It needs the
checkout (the tests' telephones), SIPp, and sounds that have been built.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import time as clock_time
from pathlib import Path

from bench import _cpu as cpu
from bench import _twins as twins
from bench.figures import Figure, at_most, quantile, reported

KEYS = ("1", "1", "1", "1", "2", "1", "1")  # a booking: division, city, group, service, papers, window, yes
QUIET_S = 0.45  # without a packet for so long, a prompt has been heard to its end
PATIENCE_S = 60.0


@dataclass
class Tally:
    """What was measured of one kind of call."""

    cpu_s: dict[str, float] = field(default_factory=dict)
    lasting_s: float = 0.0
    calls: int = 0
    answers_ms: list[float] = field(default_factory=list)

    def add(self, part: str, seconds: float) -> None:
        self.cpu_s[part] = self.cpu_s.get(part, 0.0) + seconds

    def a_call_ms(self, *parts: str) -> float:
        return 1000 * sum(self.cpu_s[p] for p in parts or self.cpu_s) / self.calls


def measure(*, calls: int = 20, rounds: int = 2, sounds: Path | None = None) -> list[Figure]:
    """Runs the bench; takes about seven minutes a round."""
    from ivr.asterisk.render import Opening  # noqa: PLC0415 - only where the checkout is
    from ivr.settings import Settings  # noqa: PLC0415
    from tests.kit_db import SqliteStock  # noqa: PLC0415
    from tests.kit_house import house, voice  # noqa: PLC0415
    from tests.kit_sip import asterisk, free_ports  # noqa: PLC0415

    sounds = sounds or Settings().sounds_dir
    if not (sounds / "fallback" / "hi").is_dir():
        raise FileNotFoundError(f"no sounds in {sounds}: run `mitan prompts build` first")
    tallies = {kind: Tally() for kind in ("plain", "bare", "ours")}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mitan-bench-")))
        home = stack.enter_context(house(folder, SqliteStock(folder), sounds))
        running = stack.enter_context(voice(home))
        commands = asyncio.run(_rehearse(home.settings.fastagi_port))
        (bare_port,) = free_ports(1)
        bare = stack.enter_context(_bare(folder, bare_port, commands))
        always = Opening(clock_time(0), clock_time(0))
        exchange = stack.enter_context(asterisk(home.settings, always, more=twins.dialplan(commands, bare_port)))
        pids = {"asterisk": exchange.process.pid, "voice": running.process.pid, "bare": bare.pid}
        who = {"plain": ("asterisk",), "bare": ("asterisk", "bare"), "ours": ("asterisk", "voice")}
        number = {"plain": twins.PLAIN, "bare": twins.BARE, "ours": home.settings.number}
        for turn in range(rounds):
            for kind, tally in tallies.items():
                begun = time.monotonic()
                before = {p: cpu.of_family(pids[p]) for p in who[kind]}
                tally.answers_ms += _callers(home.settings, folder / f"{kind}{turn}", number[kind], calls)
                time.sleep(1.0)  # what is still being put away belongs to these calls
                for part in who[kind]:
                    tally.add(part, cpu.of_family(pids[part]) - before[part])
                tally.calls += calls
                tally.lasting_s += time.monotonic() - begun
        idle = cpu.of_family(pids["voice"])
        time.sleep(20.0)
        idle = (cpu.of_family(pids["voice"]) - idle) / 20.0
        booked = home.sql("SELECT count(*) FROM appointment")[0][0]
        turns = home.sql("SELECT avg(turn) FROM call")[0][0]
    return _figures(tallies, turns, idle, booked, calls * rounds)


async def _rehearse(port: int) -> list[list[str]]:
    """The commands of one booking call, learnt over a socket; the hang-up at its end left out."""
    from tests.kit_asterisk import FakeCall  # noqa: PLC0415

    call = await FakeCall(port, KEYS, script="claimed", patient=True).run()
    asked = sum(words[:2] == ["GOSUB", "mitan-ask"] and ",0.05," not in words[-1] for words in call.commands)
    if asked != len(KEYS) + 1:
        raise RuntimeError(f"the call asked {asked} questions: are the sounds of this version built?")
    return call.commands


@contextmanager
def _bare(folder: Path, port: int, commands: list[list[str]]) -> Iterator[subprocess.Popen[bytes]]:
    script = folder / "script.json"
    script.write_text(json.dumps(commands, ensure_ascii=False), encoding="utf-8")
    process = subprocess.Popen([sys.executable, "-m", "bench._twins", str(port), str(script)])
    try:
        yield process
    finally:
        process.terminate()
        process.wait(5)


def _callers(settings: object, folder: Path, number: str, calls: int) -> list[float]:
    """Runs `calls` callers at once through the journey; returns every wait from key to sound in milliseconds."""
    answers: list[float] = []
    broken: list[BaseException] = []

    def one(n: int) -> None:
        try:
            answers.extend(_one(settings, folder / str(n), number))
        except BaseException as wrong:  # a thread has nobody to raise to: told below
            broken.append(wrong)

    threads = [threading.Thread(target=one, args=(n,)) for n in range(calls)]
    for thread in threads:
        thread.start()
        time.sleep(0.25)  # people do not dial in the same instant
    for thread in threads:
        thread.join()
    if broken:
        raise RuntimeError(f"{len(broken)} of {calls} calls to {number} broke") from broken[0]
    return answers


def _one(settings: object, folder: Path, number: str) -> list[float]:
    from tests.kit_sip import caller  # noqa: PLC0415

    waits = []
    with caller(settings, folder, dialled=number) as call:  # type: ignore[arg-type]  # the tests' kit is not a room
        _hear_out(call.phone)
        for key in KEYS:
            pressed = call.phone.press(key)
            waits.append(1000 * (_first_after(call.phone, pressed.ended_at) - pressed.ended_at))
            _hear_out(call.phone)
        if call.up:
            call.hang_up()
    return waits


def _hear_out(phone: object) -> None:
    """Until the prompt has ended."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        heard = phone._heard  # type: ignore[attr-defined]  # the growing list itself: copying it is not free
        if heard and time.monotonic() - heard[-1].at > QUIET_S:
            return
        time.sleep(0.05)
    raise TimeoutError("a prompt without end")


def _first_after(phone: object, moment: float) -> float:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        heard = phone._heard  # type: ignore[attr-defined]
        at = len(heard)
        while at and heard[at - 1].at > moment:
            at -= 1
        if at < len(heard):
            return float(heard[at].at)
        time.sleep(0.005)
    raise TimeoutError("no sound after a key")


def _figures(tallies: dict[str, Tally], turns: float, idle: float, booked: int, calls: int) -> list[Figure]:
    plain, bare, ours = (tallies[k] for k in ("plain", "bare", "ours"))
    waiting_ms = 1000 * idle * ours.lasting_s / ours.calls  # what voice would have used anyway, shared by its calls
    return [
        Figure("calls that booked", booked, "calls", f"= {calls + 1}", booked == calls + 1),
        reported("plain dialplan, CPU a call", plain.a_call_ms(), "ms"),
        reported("bare FastAGI loop, CPU a call", bare.a_call_ms(), "ms"),
        reported("ours, CPU a call", ours.a_call_ms(), "ms"),
        reported("ours: Asterisk's part", ours.a_call_ms("asterisk"), "ms"),
        reported("ours: voice's part, its database included", ours.a_call_ms("voice"), "ms"),
        reported("voice while nobody calls", 1000 * idle, "ms/s"),
        at_most("ours beside the bare loop", ours.a_call_ms() / bare.a_call_ms(), "×", 1.4),
        reported("turns saved a call", turns, "turns"),
        at_most("voice, CPU a saved turn", (ours.a_call_ms("voice") - waiting_ms) / turns, "ms", 3.0),
        at_most("key's end to first sound, p50", quantile(ours.answers_ms, 0.5), "ms", 40),
        at_most("key's end to first sound, p99", quantile(ours.answers_ms, 0.99), "ms", 150),
        reported("the same by the plain dialplan, p50", quantile(plain.answers_ms, 0.5), "ms"),
        reported("the same by the bare loop, p50", quantile(bare.answers_ms, 0.5), "ms"),
        reported("the same by the bare loop, p99", quantile(bare.answers_ms, 0.99), "ms"),
    ]
