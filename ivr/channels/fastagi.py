"""The FastAGI server: Asterisk's calls over TCP, one `Line` each. It knows AGI's traps and nothing of flows.

Everything a peer may do is bounded: the header in size and time, the connections that have not said who they are
(past a number the oldest makes room, but not before it has had time to be read: Asterisk's header is there within
milliseconds), the calls at once, each command by a deadline. A refused call falls open to people in the dialplan.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ivr.channels import agi
from ivr.channels.agi import Answer, BadReply, CallerGone, Header

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a peer may take. `command_s` is added to what a command is expected to last.

    Of more than `strangers` the oldest goes once it is `grace_s` old; more than `strangers_at_most` are never open.
    """

    calls: int = 200
    strangers: int = 128
    strangers_at_most: int = 1024
    grace_s: float = 0.5
    header_s: float = 5.0
    command_s: float = 5.0


class Line:
    """One call's connection: a command out, its answer in, within a deadline."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command_s: float) -> None:
        self._reader, self._writer, self._command_s = reader, writer, command_s

    async def ask(self, command: bytes, lasting_s: float = 0.0) -> Answer:
        """The answer to a command that takes about `lasting_s`.

        Raises CallerGone when the caller or the connection is gone, BadReply for an error or no answer in time.
        """
        self._writer.write(command)
        try:
            async with asyncio.timeout(lasting_s + self._command_s):
                line = await self._line()
                while agi.is_trying(line):
                    line = await self._line()
                if agi.is_more_to_come(line):
                    while not (await self._line()).startswith("520 "):
                        pass
        except TimeoutError as late:
            raise BadReply(f"no answer to {command[:20]!r} in {lasting_s + self._command_s:.1f} s") from late
        return agi.parse_reply(line)

    async def _line(self) -> str:
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as end:
            raise CallerGone("end of stream") from end
        except asyncio.LimitOverrunError as flood:
            raise BadReply("an answer without an end") from flood
        except OSError as broken:
            raise CallerGone("connection broken") from broken
        return line.decode("utf-8", "replace")


Converse = Callable[[Line, Header], Awaitable[None]]


class Server:
    """Accepts calls and hands each to `converse` as (line, header); closes the connection when that returns."""

    def __init__(self, converse: Converse, limits: Limits | None = None) -> None:
        self._converse, self.limits = converse, limits or Limits()
        self._strangers: dict[asyncio.Task[None], tuple[float, asyncio.StreamWriter]] = {}
        self._calls: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.refused = 0

    @property
    def calls(self) -> int:
        """Calls in conversation now."""
        return len(self._calls)

    @property
    def strangers(self) -> int:
        """Connections that have not said who they are."""
        return len(self._strangers)

    async def listen(self, host: str, port: int) -> int:
        """Starts accepting; returns the port (useful when 0 was asked for)."""
        self._server = await asyncio.start_server(self._accept, host, port, limit=agi.MAX_HEADER_BYTES, backlog=512)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self, grace_s: float = 0.0) -> None:
        """Stops accepting, gives conversations `grace_s` to reach their end, then cuts them off."""
        if self._server is not None:
            self._server.close()
        for task in list(self._strangers):
            task.cancel()
        if self._calls and grace_s:
            await asyncio.wait(set(self._calls), timeout=grace_s)
        left = {*self._calls, *self._strangers}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=2.0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        now = asyncio.get_running_loop().time()
        if not self._has_room(now):
            writer.transport.abort()
            return
        self._strangers[task] = now, writer
        try:
            header = await self._header(reader)
            if header is None:
                return
            self._strangers.pop(task, None)
            if len(self._calls) >= self.limits.calls:
                self.refused += 1
                log.warning("call refused: %d calls are up", len(self._calls))
                return
            self._calls.add(task)
            await self._converse(Line(reader, writer, self.limits.command_s), header)
        except asyncio.CancelledError:
            pass  # evicted, or the server closes: nobody awaits this task but close()
        finally:
            self._strangers.pop(task, None)
            self._calls.discard(task)
            with contextlib.suppress(OSError):
                writer.close()

    def _has_room(self, now: float) -> bool:
        if len(self._strangers) >= self.limits.strangers:
            oldest, (since, writer) = next(iter(self._strangers.items()))
            if now - since > self.limits.grace_s:
                del self._strangers[oldest]
                writer.transport.abort()
                oldest.cancel()
        return len(self._strangers) < self.limits.strangers_at_most

    async def _header(self, reader: asyncio.StreamReader) -> Header | None:
        try:
            async with asyncio.timeout(self.limits.header_s):
                return agi.parse_header(await reader.readuntil(b"\n\n"))
        except (TimeoutError, BadReply, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as stranger:
            log.debug("not a call: %s", type(stranger).__name__)
            return None
