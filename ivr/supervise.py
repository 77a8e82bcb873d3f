"""Keeps programs running in the foreground: restarts what crashes, with back-off, and leaves nothing behind.

It knows nothing of telephones: programs and the checks that tell when all are ready are handed in. One supervisor per
folder. Its children are bound to it twice (see `watcher`), so no way of ending it, `kill -9` included, leaves one.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from ivr import watcher

STEADY_S = 60.0  # up for this long, a program's next crash counts as its first
LONGEST_PAUSE_S = 30.0
GRACE_S = 2.5
LARGEST_LOG = 10_000_000
Say = Callable[[str], None]


class CannotStart(RuntimeError):
    """The message says what is in the way and which setting moves it."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and what tells that it is at work: `ready` is asked again until it says so."""

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]


def pause_s(crashes: int) -> float:
    """How long to wait before the start after the n-th crash in a row: 0.5, 1, 2 … 30 s."""
    return min(LONGEST_PAUSE_S, 0.5 * 2.0 ** (crashes - 1))


@contextmanager
def sole(folder: Path) -> Iterator[None]:
    """Holds the folder for one supervisor; raises CannotStart where another has it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise CannotStart(
                f"mitan is already running in {folder} (process {lock.read().strip() or 'unknown'}): "
                "stop it, or choose another MITAN_VAR_DIR"
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def require_free(ports: Mapping[str, tuple[str, int, socket.SocketKind]]) -> None:
    """Raises CannotStart naming every port that somebody has, with its setting."""
    taken = []
    for setting, (address, port, kind) in ports.items():
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, kind) as trial:
            if kind == socket.SOCK_STREAM:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((address, port))
            except OSError as refused:
                why = "is taken" if refused.errno == errno.EADDRINUSE else f"cannot be had: {refused.strerror}"
                taken.append(f"{setting}={port} on {address} {why}")
    if taken:
        raise CannotStart("; ".join(taken))


@dataclass
class Running:
    """One program's present process and its history."""

    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    crashes: int = 0
    since: float = 0.0
    started_at: datetime | None = None
    again_at: float = 0.0
    is_ready: bool = False


@dataclass
class Supervisor:
    """Runs `programs` until told to stop. `say` prints a line for the person at the terminal; `state` is a file that
    always says what runs."""

    programs: Sequence[Program]
    logs: Path
    say: Say
    state: Path | None = None
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    tick_s: float = 0.1
    _running: list[Running] = field(init=False, default_factory=list)
    _stop: threading.Event = field(init=False, default_factory=threading.Event)
    _watched: int = field(init=False, default=-1)

    def run(self, ready: Callable[[], None]) -> None:
        """Starts everything, calls `ready` once when all programs are; returns after Ctrl-C or SIGTERM, all ended.

        Only the main thread may call it: the kernel ties the children's lives to the thread that starts them.
        """
        self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        before = {s: signal.signal(s, self._told_to_stop) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        announced = False
        try:
            with self._watcher():
                self._running = [Running(p, self.logs / f"{p.name}.log") for p in self.programs]
                while not self._stop.is_set():
                    for one in self._running:
                        self._look_after(one)
                    if not announced and all(one.is_ready for one in self._running):
                        announced = True
                        ready()
                    self._stop.wait(self.tick_s)
                self._end_all()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _told_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _look_after(self, one: Running) -> None:
        now = time.monotonic()
        if one.process is None:
            if now >= one.again_at:
                self._start(one, now)
        elif (code := one.process.poll()) is not None:
            self._crashed(one, code, now)
        elif not one.is_ready:
            one.is_ready = one.program.ready()
            self._tell_state()

    def _start(self, one: Running, now: float) -> None:
        if one.log.exists() and one.log.stat().st_size > LARGEST_LOG:
            one.log.replace(one.log.with_suffix(".log.1"))
        with one.log.open("ab") as log:
            one.process = subprocess.Popen(
                one.program.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self.env,
                start_new_session=True,  # Ctrl-C is for us; we end them in our own way
                preexec_fn=watcher.bound_to_me(),  # noqa: PLW1509 - no threads here, by contract of `run`
            )
        os.write(self._watched, f"+{one.process.pid}\n".encode())
        one.since, one.is_ready, one.started_at = now, False, datetime.now(UTC)
        self._tell_state()

    def _crashed(self, one: Running, code: int, now: float) -> None:
        one.crashes = 1 if now - one.since > STEADY_S else one.crashes + 1
        one.again_at = now + pause_s(one.crashes)
        one.is_ready = False
        self._ended(one)
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        told = one.log.read_text("utf-8", "replace").splitlines()[-8:]
        self.say(f"{one.program.name} {how}; again in {pause_s(one.crashes):g} s ({one.log})")
        if code > 0:
            self.say("\n".join(f"  {one.program.name}: {line}" for line in told))

    def _ended(self, one: Running) -> None:
        """Takes a process that is over off the list, and whatever of its group is left out of the world."""
        if one.process is not None:
            _signal_group(one.process.pid, signal.SIGKILL)
            os.write(self._watched, f"-{one.process.pid}\n".encode())
            one.process = None
            self._tell_state()

    def _tell_state(self) -> None:
        if self.state is None:
            return
        programs = {
            one.program.name: {
                "pid": one.process.pid if one.process else None,
                "since": one.started_at.isoformat(timespec="seconds") if one.process and one.started_at else None,
                "ready": one.is_ready,
                "crashes": one.crashes,
            }
            for one in self._running
        }
        draft = self.state.with_suffix(".new")
        draft.write_text(json.dumps({"supervisor": os.getpid(), "programs": programs}, indent=1))
        draft.replace(self.state)

    def _end_all(self) -> None:
        up = [one for one in self._running if one.process is not None]
        for one in up:
            if one.process is not None:
                one.process.terminate()
        until = time.monotonic() + GRACE_S
        for one in up:
            if one.process is not None:
                try:
                    one.process.wait(max(0.0, until - time.monotonic()))
                except subprocess.TimeoutExpired:
                    _signal_group(one.process.pid, signal.SIGKILL)
                    one.process.wait()
                self._ended(one)

    @contextmanager
    def _watcher(self) -> Iterator[None]:
        reading, self._watched = os.pipe()
        argv = [sys.executable, "-I", str(Path(watcher.__file__)), str(reading)]
        with subprocess.Popen(argv, pass_fds=[reading], start_new_session=True) as process:
            os.close(reading)
            try:
                yield
            finally:
                os.close(self._watched)
                process.wait()


def _signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
