"""What a caller hears and does, over one Line: play, listen for keys, record, set what the dialplan will read.

One question costs three commands: the time limit, `Read` (several files, barge-in, the keys) and one variable with
both outcomes. Keys never reach a log, nor an exception's text: they may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ivr.channels import agi
from ivr.channels.agi import Answer, BadReply, CallerGone
from ivr.channels.fastagi import Line
from ivr.core.call import Listen, Pressed, Silence, TakeRecording

BYTES_A_SECOND = {".alaw": 8000, ".ulaw": 8000, ".sln": 16000, ".wav": 16000}
GAP_S = 0.05  # Read waits this long for a key after each file but the last
BETWEEN_KEYS_S = 3.0
_ROOM = 1600  # bytes of file names a command; the rest of the line and its quoting stay below agi.MAX_COMMAND_BYTES
_KEYS = re.compile(r"[0-9A-D*#]*\Z")


@dataclass(frozen=True, slots=True)
class Clip:
    """Sounds in the order to be played, as Asterisk names them (no suffix), and how long they last."""

    names: tuple[str, ...] = ()
    seconds: float = 0.0

    @classmethod
    def of(cls, files: Iterable[Path]) -> Clip:
        """Raises OSError when a file is not there: a caller must not meet silence instead."""
        paths = list(files)
        seconds = sum(p.stat().st_size / BYTES_A_SECOND[p.suffix] + GAP_S for p in paths)
        return cls(tuple(str(p.with_suffix("")) for p in paths), seconds)

    def __add__(self, other: Clip) -> Clip:
        return Clip(self.names + other.names, self.seconds + other.seconds)

    def commands(self) -> Iterator[str]:
        """The names joined as an application takes them, in as many pieces as fit a command line. Never empty."""
        piece = ""
        for name in self.names:
            if "&" in name:
                raise ValueError(f"a sound's name would be split: {name!r}")
            if piece and len(piece) + len(name) >= _ROOM:
                yield piece
                piece = ""
            piece = f"{piece}&{name}" if piece else name
        yield piece


class Handset:
    """The caller's end of one Line. Every method raises CallerGone when he hangs up."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._response_s = 0.0

    async def allow(self, seconds: float) -> None:
        """Renews the limit after which the dialplan takes the caller away from a server that has gone silent."""
        await self.set("TIMEOUT(absolute)", f"{seconds:.1f}")

    async def set(self, name: str, value: str) -> None:
        """Sets a channel variable."""
        await self._line.ask(agi.command("SET VARIABLE", name, value))

    async def play(self, clip: Clip) -> None:
        """Plays to the end; keys are lost."""
        if clip.names:
            for piece in clip.commands():
                await self._run(agi.application("Playback", piece), clip.seconds)

    async def tell(self, clip: Clip) -> None:
        """Plays something that any key ends; the key is lost."""
        if clip.names:
            for piece in clip.commands():
                await self._run(agi.application("Read", "SKIP", piece, "1", "e", "1", f"{GAP_S:g}"), clip.seconds)

    async def listen(self, clip: Clip, wait: Listen) -> Pressed | Silence:
        """Plays and collects keys; the first key ends the playing."""
        several = wait.max_keys > 1
        if several and wait.timeout_s != self._response_s:
            await self.set("TIMEOUT(response)", f"{wait.timeout_s:g}")
            await self.set("TIMEOUT(digit)", f"{BETWEEN_KEYS_S:g}")
            self._response_s = wait.timeout_s
        # Without a time of its own Read uses the two above: a long wait for the first key, a short one between keys.
        last = "" if several else f"{wait.timeout_s:g}"
        pieces = list(clip.commands())
        for n, piece in enumerate(pieces, 1):
            within = last if n == len(pieces) else f"{GAP_S:g}"
            command = agi.application("Read", "KEYS", piece, str(wait.max_keys), "e", "1", within)
            await self._run(command, clip.seconds + listening_s(wait))
            if keys := await self._keys():
                return Pressed(keys)
        return Silence()

    async def record(self, clip: Clip, wait: TakeRecording, stem: Path) -> float:
        """Plays, records into `stem`.wav until silence, any key or the time's end; returns the seconds recorded."""
        await self.play(clip)
        command = agi.command("RECORD FILE", str(stem), "wav", agi.ANY_KEY, wait.max_s * 1000, f"s={wait.silence_s}")
        answer = await self._line.ask(command, wait.max_s)
        return answer.endpos / 8000

    async def _run(self, command: bytes, lasting_s: float) -> Answer:
        answer = await self._line.ask(command, lasting_s)
        if answer.result == "-2":
            raise BadReply(f"Asterisk lacks the application: {command[:20]!r}")
        return answer

    async def _keys(self) -> str:
        """What Read brought: keys, or "" for silence."""
        answer = await self._line.ask(agi.command("GET FULL VARIABLE", "${READSTATUS}|${KEYS}"))
        status, bar, keys = answer.data.partition("|")
        if status == "HANGUP":
            raise CallerGone("hung up while listening")
        if not bar or not _KEYS.match(keys) or status == "ERROR":
            raise BadReply(f"Read ended with status {status[:12]!r}")
        return keys


def listening_s(wait: Listen) -> float:
    """The longest a caller may take to answer after the prompts."""
    return wait.timeout_s + BETWEEN_KEYS_S * (wait.max_keys - 1)
