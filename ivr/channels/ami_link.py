"""One AMI connection by panoramisk, with its traps guarded: it never reconnects and never sends anything twice.

What panoramisk gets wrong is put right here, once: TCP segments are decoded together (a Hindi name may be cut in two),
control characters leave every value on its way out (a newline would be another action), an action whose link dies
ends at once instead of never, and events that carry keys or variables go no further.
"""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import Callable
from typing import Any

from panoramisk import Manager
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from ivr.channels.agi import clean

MAX_MESSAGE = 256 * 1024
SECRETIVE = ("VarSet", "DTMF", "UserEvent")  # also kept out by manager.conf; a wrong configuration must not matter


class AmiError(Exception):
    """Something about AMI; see the kinds."""


class Blind(AmiError):
    """There is no connection now: nothing was sent."""


class Refused(AmiError):
    """Asterisk answered, and said no."""


class Doubt(AmiError):
    """It was sent, and whether it was done is not known. Never repeat: ask."""


class GuardedProtocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk's protocol with an incremental decoder, bounded, and one door for what goes out."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._banner = True
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.factory, self.config, self.encoding = self._link, self._link.config, "utf8"

    def data_received(self, data: bytes) -> None:
        text = self._pending + self._decoder.decode(data)
        if self._banner and "\r\n" in text:
            _, _, text = text.partition("\r\n")
            self._banner = False
        *messages, self._pending = text.split("\r\n\r\n")
        if len(self._pending) > MAX_MESSAGE:
            self.transport.abort()
            return
        for lines in messages:
            message = Message.from_line(lines.strip("\r\n"))
            if message is not None and not message.event.startswith(SECRETIVE):
                self.handle_message(message)

    def send(self, data: Any, as_list: bool | None = None) -> Any:
        safe = {clean(str(k)): _cleaned(v) for k, v in data.items()}
        return super().send(safe if not isinstance(data, Action) else Action(safe, as_list=as_list), as_list=as_list)


def _cleaned(value: Any) -> Any:
    return [clean(str(v)) for v in value] if isinstance(value, list | tuple) else clean(str(value))


class Link(Manager):  # type: ignore[misc]  # panoramisk has no types
    """One connection, from log-in to its end; `closed` is set at the end, whoever made it."""

    def __init__(self, host: str, port: int, on_event: Callable[[Message], None]) -> None:
        super().__init__(
            host=host,
            port=port,
            forgetable_actions=("ping", "login", "originate"),  # never used: a Link sends nothing again; kept as a belt
        )
        self.loop = asyncio.get_running_loop()
        self._on_event = on_event
        self.closed = asyncio.Event()

    async def open(self, username: str, secret: str, within_s: float) -> None:
        """Connects and logs in. Raises OSError, Refused or Blind."""
        try:
            async with asyncio.timeout(within_s):
                where = self.config["host"], self.config["port"]
                _, self.protocol = await self.loop.create_connection(lambda: GuardedProtocol(self), *where)
        except TimeoutError as late:
            raise Blind("no connection in time") from late
        self.responses = self.protocol.responses
        await self.act("Login", {"Username": username, "Secret": secret, "Events": "on"}, within_s=within_s)

    async def act(self, name: str, fields: dict[str, Any], *, within_s: float) -> Any:
        """Asterisk's answer: a Message, or the list of them where it announces one. Raises Blind, Refused, or Doubt."""
        if self.closed.is_set():
            raise Blind("not connected")
        answered = self.protocol.send({"Action": name, **fields})
        ended = asyncio.ensure_future(self.closed.wait())
        try:
            await asyncio.wait({answered, ended}, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.cancel()
        if not answered.done():
            self._forget(answered)
            raise Doubt(f"{name}: {'the link died' if self.closed.is_set() else f'no answer in {within_s} s'}")
        answer = answered.result()
        first = answer[0] if isinstance(answer, list) else answer
        if not first.success:
            raise Refused(f"{name}: {first.message}")
        return answer

    def dispatch(self, event: Message) -> list[str]:
        """Hands an event on, without panoramisk's pattern table."""
        self._on_event(event)
        return []

    def drop(self) -> None:
        """Ends the connection without a word."""
        if self.protocol is not None:
            self.protocol.transport.abort()
        self.closed.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The end; the one who made this Link decides what comes after."""
        self.closed.set()

    def _forget(self, answered: Any) -> None:
        answered.cancel()
        for key in [k for k, a in self.responses.items() if a.future is answered]:
            del self.responses[key]
