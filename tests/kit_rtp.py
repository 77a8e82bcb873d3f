"""A telephone's ears and fingers: an RTP endpoint that sends A-law and keys (RFC 4733) and keeps what it hears.

It speaks UDP to 127.0.0.1 only and knows no SIP: a SIPp scenario names its port. Every frame it hears is kept with
its time of arrival, so a prompt can be compared with its file and a latency measured.
"""

from __future__ import annotations

import random
import selectors
import socket
import struct
import threading
import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ALAW, EVENTS = 8, 101
FRAME = 160  # 20 ms
SILENCE = b"\xd5" * FRAME
KEYS = "0123456789*#"


@dataclass(frozen=True, slots=True)
class Heard:
    """One packet of sound: when it came (monotonic), where it belongs, and what it holds."""

    at: float
    seq: int
    sound: bytes


@dataclass
class Key:
    """A key on its way: `ended_at` is the time its first end packet was sent."""

    digit: str
    ended_at: float = 0.0
    sent: threading.Event = field(default_factory=threading.Event)


class RtpPhone:
    """Sends 50 packets a second once it knows where to; use as a context manager."""

    def __init__(self, key_ms: int = 100) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self.remote: tuple[str, int] | None = None
        self._key_frames = key_ms // 20
        self._keys: list[Key] = []
        self._heard: list[Heard] = []
        self._voice_until = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._talk, name=f"rtp-{self.port}", daemon=True)

    def __enter__(self) -> RtpPhone:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(2)
        self._socket.close()

    def press(self, digits: str) -> Key:
        """Presses keys one after the other, 60 ms apart; returns the last when it has been sent."""
        key = Key("")
        for digit in digits:
            key = Key(digit)
            self._keys.append(key)
            assert key.sent.wait(5), "the key was never sent: no call, or no RTP"
        return key

    def speak(self, seconds: float) -> None:
        """Says something, loudly, for so long."""
        self._voice_until = time.monotonic() + seconds
        time.sleep(seconds)  # this is speaking, not waiting for anybody

    @property
    def heard(self) -> list[Heard]:
        """Every packet of sound so far, as it came."""
        return list(self._heard)

    def sound(self, since: float = 0.0) -> list[bytes]:
        """The 20 ms frames heard since, in the order they were sent."""
        packets = sorted((h for h in self.heard if h.at >= since), key=lambda h: h.seq)
        return [h.sound for h in packets]

    def silence_s(self, since: float = 0.0) -> float:
        """The longest time without any sound but silence since then, up to now; no packets is silence too."""
        loud = [since or (self._heard[0].at if self._heard else time.monotonic())]
        loud += [h.at for h in self.heard if h.at >= loud[0] and not is_silent(h.sound)]
        return max(b - a for a, b in zip(loud, [*loud[1:], time.monotonic()], strict=True))

    # --- the thread ------------------------------------------------------------------------------------------------
    def _talk(self) -> None:
        selector = selectors.DefaultSelector()
        selector.register(self._socket, selectors.EVENT_READ)
        seq, stamp, ssrc = random.randrange(1 << 15), random.randrange(1 << 30), random.randrange(1 << 32)
        due = time.monotonic()
        pressing: tuple[Key, int, int] | None = None  # key, its timestamp, frames sent
        pause = 0
        base = 0
        while not self._over.is_set():
            for _ in selector.select(max(0.0, due - time.monotonic())):
                base = self._listen(base)
            if time.monotonic() < due:
                continue
            due += 0.02
            stamp = (stamp + FRAME) & 0xFFFFFFFF
            if self.remote is None:
                continue
            if pressing is None and self._keys and not pause:
                pressing = (self._keys.pop(0), stamp, 0)
            pause = max(0, pause - 1)
            if pressing is None:
                loud = time.monotonic() < self._voice_until
                self._send(0x80, ALAW, seq, stamp, ssrc, random.randbytes(FRAME) if loud else SILENCE)
                seq = (seq + 1) & 0xFFFF
                continue
            key, begun, frames = pressing
            frames += 1
            last = frames >= self._key_frames
            event = struct.pack("!BBH", KEYS.index(key.digit), 0x8A if last else 0x0A, frames * FRAME)
            marked = 0x80 if frames == 1 else 0
            if last and not key.ended_at:
                key.ended_at = time.monotonic()
            for _ in range(3 if last else 1):  # the end is sent three times: UDP may lose one
                self._send(0x80, EVENTS | marked, seq, begun, ssrc, event)
                seq = (seq + 1) & 0xFFFF
            pressing = None if last else (key, begun, frames)
            if last:
                pause = 3
                key.sent.set()

    def _send(self, first: int, kind: int, seq: int, stamp: int, ssrc: int, payload: bytes) -> None:
        assert self.remote is not None
        with suppress(OSError):  # the call is over and its port closed
            self._socket.sendto(struct.pack("!BBHII", first, kind, seq, stamp, ssrc) + payload, self.remote)

    def _listen(self, base: int) -> int:
        """Keeps what has arrived; `base` unrolls the 16-bit sequence number."""
        while True:
            try:
                packet, sender = self._socket.recvfrom(2048)
            except (BlockingIOError, ConnectionError):
                return base
            if len(packet) < 12:
                continue
            if self.remote is None:
                self.remote = sender
            _, kind, seq, _, _ = struct.unpack("!BBHII", packet[:12])
            if kind & 0x7F == ALAW:
                near = base - base % 65536 + seq
                near += 65536 if near < base - 32768 else -65536 if near > base + 32768 else 0
                base = max(base, near)
                self._heard.append(Heard(time.monotonic(), near, packet[12:]))


def is_silent(frame: bytes) -> bool:
    """Whether every sample is within ±1 step of nothing."""
    return set(frame) <= {0xD5, 0x55, 0xD4, 0x54}


def frames_of(sounds: Iterable[Path]) -> list[bytes]:
    """The 20 ms frames of A-law files, each cut from its own beginning as Asterisk does."""
    out = []
    for path in sounds:
        data = path.read_bytes()
        out += [data[n : n + FRAME] for n in range(0, len(data) - FRAME + 1, FRAME)]
    return out


def share_found(expected: Sequence[bytes], received: Sequence[bytes]) -> float:
    """The share of the expected frames that are not silence in order in `received`: the longest common subsequence."""
    wanted = [f for f in expected if not is_silent(f)]
    places: dict[bytes, list[int]] = {}
    for index, frame in enumerate(received):
        places.setdefault(frame, []).append(index)
    ends: list[int] = []  # Hunt and Szymanski: ends[n] is the earliest end of a common subsequence of length n + 1
    for frame in wanted:
        for index in reversed(places.get(frame, ())):
            at = bisect_left(ends, index)
            ends[at : at + 1] = [index]
    return len(ends) / len(wanted) if wanted else 1.0
