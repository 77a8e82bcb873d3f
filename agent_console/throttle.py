"""How often a wrong password may be tried. Kept in memory, bounded; a restart forgets, another process counts anew.

Three counters a quarter of an hour: a name from one address, a name from anywhere, an address for any name. The last
is wide, since a whole call centre may sit behind one address, and only failures count.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

WINDOW_S = 15 * 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Failures allowed within the window."""

    pair: int = 5
    name: int = 30
    address: int = 60


class Throttle:
    """`clock` is monotonic seconds; `room` bounds the counters held, the longest untouched go first."""

    def __init__(self, clock: Callable[[], float], limits: Limits = Limits(), room: int = 20_000) -> None:
        self._clock, self._limits, self._room = clock, limits, room
        self._failures: OrderedDict[tuple[str, str], list[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, name: str, address: str) -> int:
        """Seconds until the next try is allowed; 0 when it is allowed now."""
        with self._lock:
            return max((self._wait(key, most) for key, most in self._keys(name, address)), default=0)

    def failed(self, name: str, address: str) -> None:
        """Counts a failure."""
        now = self._clock()
        with self._lock:
            for key, most in self._keys(name, address):
                times = self._failures.pop(key, [])
                self._failures[key] = [*times, now][-most:]
            while len(self._failures) > self._room:
                self._failures.popitem(last=False)

    def succeeded(self, name: str, address: str) -> None:
        """Forgets the failures of this name from this address: it was its owner mistyping."""
        with self._lock:
            self._failures.pop(("pair", f"{name}\0{address}"), None)

    def _keys(self, name: str, address: str) -> tuple[tuple[tuple[str, str], int], ...]:
        return (
            (("pair", f"{name}\0{address}"), self._limits.pair),
            (("name", name), self._limits.name),
            (("address", address), self._limits.address),
        )

    def _wait(self, key: tuple[str, str], most: int) -> int:
        times = self._failures.get(key, [])
        if len(times) < most:
            return 0
        return max(0, ceil(times[-most] + WINDOW_S - self._clock()))
