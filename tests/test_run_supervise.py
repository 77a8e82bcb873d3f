"""The supervisor with programs of no meaning: what crashes comes back, and nothing outlives it."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.supervise import CannotStart, pause_s, require_free, sole

ROOT = Path(__file__).parent.parent

SUPERVISOR = """
    import sys
    from pathlib import Path
    from ivr.supervise import Program, Supervisor
    here = Path({here!r})
    def ready(name):
        return lambda: (here / f"{{name}}.pids").exists()
    programs = [
        Program(name, (sys.executable, "-c", code, str(here / f"{{name}}.pids")), ready(name))
        for name, code in {programs!r}.items()
    ]
    Supervisor(programs, here / "log", lambda line: print(line, flush=True)).run(lambda: print("ready", flush=True))
    print("all ended", flush=True)
"""
SLEEPER = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()} '); time.sleep(600)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = "import os, sys, time; os.fork(); open(sys.argv[1], 'a').write(f'{os.getpid()} '); time.sleep(600)"
STOPPED = (
    "import os, sys, signal; open(sys.argv[1], 'a').write(f'{os.getpid()} '); os.kill(os.getpid(), signal.SIGSTOP)"
)
CRASHER = "import os, sys; open(sys.argv[1], 'a').write(f'{os.getpid()} '); print('out of beans'); sys.exit(3)"


def within(seconds: float, holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


def pids(here: Path) -> list[int]:
    return [int(p) for f in here.glob("*.pids") for p in f.read_text().split()]


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def supervised(here: Path, **programs: str) -> subprocess.Popen[str]:
    code = textwrap.dedent(SUPERVISOR).format(here=str(here), programs=programs)
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_no_child_outlives_the_supervisor_however_it_ends(tmp_path: Path, number: signal.Signals) -> None:
    with supervised(tmp_path, plain=SLEEPER, deaf=DEAF, parent=PARENT, stopped=STOPPED) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        assert within(5, lambda: len(pids(tmp_path)) == 5)
        run.send_signal(number)
        gone = within(5, lambda: not any(map(alive, pids(tmp_path))))
        told = run.stdout.read()
    assert gone
    assert ("all ended" in told) == (number != signal.SIGKILL)


def test_a_crashed_program_is_started_again_and_its_last_words_are_shown(tmp_path: Path) -> None:
    with supervised(tmp_path, crasher=CRASHER) as run:
        assert within(10, lambda: len(pids(tmp_path)) >= 3)
        run.send_signal(signal.SIGTERM)
        assert run.stdout is not None
        told = run.stdout.read()
    assert "crasher ended with 3; again in 0.5 s" in told
    assert "crasher ended with 3; again in 1 s" in told
    assert "crasher: out of beans" in told


def test_pauses_grow_to_half_a_minute() -> None:
    assert [pause_s(n) for n in (1, 2, 3, 7, 30)] == [0.5, 1, 2, 30, 30]


def test_a_second_run_in_one_folder_is_told_who_has_it(tmp_path: Path) -> None:
    told = rf"already running in .*process {os.getpid()}.*MITAN_VAR_DIR"
    with sole(tmp_path), pytest.raises(CannotStart, match=told), sole(tmp_path):
        pass
    with sole(tmp_path):
        pass


def test_a_taken_port_is_named_with_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"MITAN_WEB_PORT={port} on 127.0.0.1 is taken"):
            require_free({"MITAN_WEB_PORT": ("127.0.0.1", port, socket.SOCK_STREAM)})
    require_free({"MITAN_WEB_PORT": ("127.0.0.1", port, socket.SOCK_STREAM)})
