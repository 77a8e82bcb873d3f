"""A fake Asterisk on a socket: dials a FastAGI server, obeys its commands as `res_agi` does, and remembers them.

It splits commands by Asterisk's own rules, so an argument that escapes its quotes is seen here as what it would be.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

HANG_UP = "hangup"
Keys = Callable[[list[str]], str | None]  # the sounds just heard -> keys, None for silence, or HANG_UP


def split(line: str) -> list[str]:
    """`parse_args` of res_agi.c: blanks part, double quotes hold together, a backslash takes the next as it is."""
    words: list[str] = []
    word, quoted, begun, escaped = "", False, False, False
    for char in line:
        if escaped:
            word, escaped = word + char, False
        elif char == "\\":
            escaped = begun = True
        elif char == '"':
            quoted, begun = not quoted, True
        elif char in " \t" and not quoted:
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + char, True
    return [*words, word] if begun else words


@dataclass
class Gone(Exception):
    """The fake caller or the fake Asterisk left the call."""


@dataclass
class FakeCall:
    """One call: `keys` answers each Read; `hang_up_at` and `die_at` count commands from 1."""

    port: int
    keys: Keys | Iterable[str | None] = ()
    caller: str = "+915000000001"
    name: str = "unknown"
    script: str = "trunk"
    unique: str = "1770000000.1"
    args: tuple[str, ...] = ()
    hang_up_at: int = 0
    die_at: int = 0
    message_s: float = 5.0
    patient: bool = True  # hears a question out before pressing, also one that comes in several pieces
    on_command: Callable[[int, list[str]], None] = lambda n, words: None
    commands: list[list[str]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    limits: list[float] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        return self.variables.get("MITAN_FINISHED") == "1"

    async def run(self) -> FakeCall:
        """Dials and plays to the end: the server closes, the caller hangs up, or Asterisk dies."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        if not callable(self.keys):
            left = iter(self.keys)
            self.keys = lambda heard: next(left, HANG_UP)
        try:
            writer.write(self.header())
            while line := await reader.readline():
                assert line.endswith(b"\n")
                answer = self._obey(line.decode())
                writer.write(answer.encode())
                if answer.endswith("HANGUP\n"):
                    await reader.read()  # what the server does on hearing of it: nothing more
                    break
        except (Gone, ConnectionError):
            pass
        finally:
            writer.close()
        return self

    def header(self) -> bytes:
        lines = {
            "network": "yes",
            "network_script": self.script,
            "request": f"agi://127.0.0.1/{self.script}",
            "channel": f"PJSIP/trunk-{self.unique}",
            "language": "hi",
            "type": "PJSIP",
            "uniqueid": self.unique,
            "callerid": self.caller,
            "calleridname": self.name,
            "extension": "14545",
            **{f"arg_{n}": a for n, a in enumerate(self.args, 1)},
        }
        return "".join(f"agi_{k}: {v}\n" for k, v in lines.items()).encode() + b"\n"

    def _obey(self, line: str) -> str:
        words = split(line.rstrip("\n"))
        self.commands.append(words)
        self.on_command(len(self.commands), words)
        if len(self.commands) == self.die_at:
            raise Gone
        if len(self.commands) == self.hang_up_at:
            return "200 result=-1\nHANGUP\n"
        match words:
            case ["SET", "VARIABLE", name, value]:
                if name == "TIMEOUT(absolute)":
                    self.limits.append(float(value))
                self.variables[name] = value
                return "200 result=1\n"
            case ["GET", "FULL", "VARIABLE", "${READSTATUS}|${KEYS}"]:
                return f"200 result=1 ({self.variables['READSTATUS']}|{self.variables['KEYS']})\n"
            case ["EXEC", "Playback", files]:
                self.heard += files.split("&")
                return "200 result=0\n"
            case ["GOSUB", "mitan-tell", "s", "1", args]:
                limit, files = args.split(",")
                return self._done(limit, self.heard.extend(files.split("&")))
            case ["GOSUB", "mitan-ask", "s", "1", args]:
                limit, *read = args.split(",")
                return self._done(limit, self._read(*read))
            case ["GOSUB", "mitan-record", "s", "1", args]:
                limit, stem, silence, most = args.split(",")
                assert int(silence) > 0 and int(most) > 0
                Path(stem + ".wav").write_bytes(silent_wav(self.message_s))
                return self._done(limit, None)
        return "510 Invalid or unknown command\n"

    def _done(self, limit: str, answer: str | None) -> str:
        self.limits.append(float(limit))
        return answer or "100 result=0 Trying...\n200 result=0 Gosub complete\n"

    def _read(self, files: str, most: str, first_s: str, between_s: str) -> str | None:
        sounds = [f for f in files.split("&") if f]
        self.heard += sounds
        assert callable(self.keys) and float(between_s) > 0
        keys = None if self.patient and first_s == "0.05" else self.keys(sounds)
        if keys == HANG_UP:
            return "200 result=-1\nHANGUP\n"
        self.variables["READSTATUS"] = "TIMEOUT" if keys is None else "OK"
        self.variables["KEYS"] = (keys or "")[: int(most)]
        return None


def silent_wav(seconds: float) -> bytes:
    """16-bit mono at 8 kHz, as Asterisk records it."""
    data = bytes(int(seconds * 8000) * 2)
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(data),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        8000,
        16000,
        2,
        16,
        b"data",
        len(data),
    )
    return head + data
