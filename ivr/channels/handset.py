"""What a caller hears and does, over one Line: play, listen for keys, record, set what the dialplan will read.

One question costs two commands: a subroutine of the dialplan around `Read` (several files, barge-in, the keys) and one
variable with both outcomes. Keys never reach a log, nor an exception's text: they may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ivr.channels import agi
from ivr.channels.agi import BadReply, CallerGone
from ivr.channels.fastagi import Line
from ivr.core.call import Listen, Pressed, Silence, TakeRecording

BYTES_A_SECOND = {".alaw": 8000, ".ulaw": 8000, ".sln": 16000, ".wav": 16000}
WAV_HEAD = 44
GAP_S = 0.05  # Read waits this long for a key after each file but the last
BETWEEN_KEYS_S = 3.0
_ROOM = 1800  # bytes of file names a command; with the rest of the line it stays below agi.MAX_COMMAND_BYTES
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

    def __init__(self, line: Line, margin_s: float) -> None:
        self._line, self._margin_s = line, margin_s

    async def set(self, name: str, value: str) -> None:
        """Sets a channel variable."""
        await self._line.ask(agi.command("SET VARIABLE", name, value))

    async def play(self, clip: Clip) -> None:
        """Plays to the end; keys are lost."""
        await self.set("TIMEOUT(absolute)", f"{clip.seconds + self._margin_s:.1f}")
        if clip.names:
            for piece in clip.commands():
                answer = await self._line.ask(agi.application("Playback", piece), clip.seconds)
                if answer.result == "-2":
                    raise BadReply("Asterisk lacks Playback")

    async def tell(self, clip: Clip) -> None:
        """Plays something that any key ends; the key is lost."""
        if clip.names:
            for piece in clip.commands():
                await self._do("mitan-tell", clip.seconds, piece)

    async def listen(self, clip: Clip, wait: Listen) -> Pressed | Silence:
        """Plays and collects keys; the first key ends the playing."""
        pieces = list(clip.commands())
        for n, piece in enumerate(pieces, 1):
            first_s = wait.timeout_s if n == len(pieces) else GAP_S
            words = piece, str(wait.max_keys), f"{first_s:g}", f"{BETWEEN_KEYS_S:g}"
            await self._do("mitan-ask", clip.seconds + listening_s(wait), *words)
            if keys := await self._keys():
                return Pressed(keys)
        return Silence()

    async def record(self, clip: Clip, wait: TakeRecording, file: Path) -> float:
        """Plays, beeps, records into `file` (a wav) until silence, any key or the time's end; the seconds recorded."""
        await self.tell(clip)
        words = str(file).removesuffix(".wav"), str(wait.silence_s), str(wait.max_s)
        await self._do("mitan-record", wait.max_s + 1, *words)
        return recorded_s(file)

    async def _do(self, subroutine: str, lasting_s: float, *args: str) -> None:
        """One of the dialplan's own subroutines: it sets the limit, and sets it back the moment the caller has acted.

        While it runs the caller may stay with a dead server for `lasting_s` and the margin, never longer.
        """
        limit = f"{lasting_s + self._margin_s:.1f}"
        await self._line.ask(agi.gosub(subroutine, limit, *args), lasting_s)

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


def recorded_s(file: Path) -> float:
    """How long a recorded wav is; 0 for one that is not there."""
    try:
        return max(0, file.stat().st_size - WAV_HEAD) / BYTES_A_SECOND[".wav"]
    except FileNotFoundError:
        return 0.0
