"""A fake AMI on a socket that can misbehave: cut texts in two, go silent, die in mid-action, flood, refuse."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

BANNER = b"Asterisk Call Manager/9.0.0\r\n"
Fields = dict[str, str]


@dataclass
class FakeAmi:
    """Answers as told by `on`: action name in lower case -> a function of its fields; None is silence."""

    on: dict[str, Callable[[Fields], bytes | None]] = field(default_factory=dict)
    channels: list[Fields] = field(default_factory=list)
    actions: list[Fields] = field(default_factory=list)
    raw: bytes = b""
    silent: bool = False
    links: list[asyncio.StreamWriter] = field(default_factory=list)
    port: int = 0

    def asked(self, name: str) -> list[Fields]:
        return [a for a in self.actions if a["action"].lower() == name.lower()]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.links.append(writer)
        writer.write(BANNER)
        try:
            while True:
                block = await reader.readuntil(b"\r\n\r\n")
                self.raw += block
                pairs = (line.partition(": ") for line in block.decode().split("\r\n") if line)
                fields = {k.lower(): v for k, _, v in pairs}
                self.actions.append(fields)
                if not self.silent and (answer := self._answer(fields)) is not None:
                    writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, fields: Fields) -> bytes | None:
        name = fields["action"].lower()
        if name in self.on:
            return self.on[name](fields)
        if name == "coreshowchannels":
            return listed(fields, "CoreShowChannel", self.channels)
        if name in ("queuestatus", "devicestatelist"):
            return listed(fields, "Nothing", [])
        return response(fields)

    def say(self, *messages: bytes) -> None:
        for message in messages:
            self.links[-1].write(message)

    def die(self) -> None:
        self.links[-1].transport.abort()


def block(**fields: str) -> bytes:
    return "".join(f"{k}: {v}\r\n" for k, v in fields.items()).encode() + b"\r\n"


def response(asked: Fields, kind: str = "Success", message: str = "ok") -> bytes:
    return block(Response=kind, ActionID=asked["actionid"], Message=message)


def listed(asked: Fields, event: str, items: list[Fields]) -> bytes:
    head = block(Response="Success", ActionID=asked["actionid"], EventList="start", Message="list follows")
    body = b"".join(block(Event=event, ActionID=asked["actionid"], **i) for i in items)
    return head + body + block(Event=f"{asked['action']}Complete", ActionID=asked["actionid"], EventList="Complete")


@asynccontextmanager
async def fake_ami() -> AsyncIterator[FakeAmi]:
    fake = FakeAmi()
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        for link in fake.links:
            link.transport.abort()
