"""The last one out: a small process that ends the supervisor's children when the supervisor is gone, however it went.

It reads a pipe whose other end only the supervisor holds: `+PID` a process group began, `-PID` it has ended, and at
end of file, which even `kill -9` brings about, every group still standing is killed. It restarts nothing and writes
nothing. The children's own PR_SET_PDEATHSIG is the second rope; this one also reaches grandchildren.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int) -> None:
    """From here on the kernel kills this process when `parent` dies; if it is dead already, ends at once."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def bound_to_me() -> Callable[[], None]:
    """What a child runs between fork and exec so that it does not outlive this process."""
    parent = os.getpid()
    return lambda: die_with(parent)


def watch(fd: int) -> None:
    """Reads the pipe to its end, then kills what still stands."""
    groups: set[int] = set()
    with os.fdopen(fd) as told:
        for line in told:
            (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    for group in groups:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # meant for the supervisor: we go when it has gone
    watch(int(sys.argv[1]))
