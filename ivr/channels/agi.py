"""The AGI protocol as text: what Asterisk's header says, how a command is written, what a reply means. No I/O here.

Asterisk reads one command a line into 2,048 bytes and splits it at blanks, with quotes and backslashes; so every
argument is quoted and can hold no line end, else a caller's name would become a command. Whose fault an error is
shows in its type: `CallerGone` is the normal end of a call, `BadReply` a peer that does not speak AGI.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

MAX_COMMAND_BYTES = 2000  # Asterisk's AGI_BUF_LEN is 2,048; a longer line is read as two commands
MAX_HEADER_BYTES = 64 * 1024

_WORD = re.compile(r"[A-Z][A-Z0-9_ ]*\Z")
_REPLY = re.compile(r"200 result=(?P<result>-?[^\s(]*)(?: \((?P<data>.*)\).*| [^(].*)?\s*\Z")
_CONTROL = dict.fromkeys([*range(0x20), 0x7F, 0x85, 0x2028, 0x2029])


class CallerGone(Exception):
    """The caller hung up, or Asterisk took the call away; the normal end of a call."""


class BadReply(Exception):
    """The peer does not speak AGI as agreed: a port scan, a broken header, an unknown code."""


@dataclass(frozen=True, slots=True)
class Header:
    """What Asterisk says of a call before the first command: `agi_…` lines without their prefix."""

    values: Mapping[str, str]
    args: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True)
class Answer:
    """A `200` reply: `result` as sent, `data` from the brackets."""

    result: str
    data: str = ""


def parse_header(block: bytes) -> Header:
    """The header up to its blank line; unknown names are kept, bad bytes replaced. Raises BadReply when not AGI."""
    values: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").replace("\r", "").split("\n"):
        if not line:
            continue
        name, colon, value = line.partition(": ") if ": " in line else line.partition(":")
        if not colon or not name.startswith("agi_"):
            raise BadReply(f"not an AGI header line: {line[:40]!r}")
        values.setdefault(name[4:], clean(value))  # a repeated name cannot overrule the first
    if not values.get("uniqueid") or not values.get("channel"):
        raise BadReply("an AGI header without a channel")
    return Header(MappingProxyType(values), tuple(_args(values)))


def _args(values: Mapping[str, str]) -> Iterable[str]:
    n = 1
    while (value := values.get(f"arg_{n}")) is not None:
        yield value
        n += 1


def clean(value: str) -> str:
    """The text without control characters, line separators included."""
    return value.translate(_CONTROL)


def quote(value: str) -> str:
    """One argument as Asterisk's splitter reads it back: never more than one, never another line."""
    text = clean(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def command(name: str, *args: str | int) -> bytes:
    """A command line. `name` is ours and literal (`SET VARIABLE`), each of `args` is quoted.

    Raises ValueError for a name that is not plain capitals, and for a line longer than Asterisk reads.
    """
    if not _WORD.match(name):
        raise ValueError(f"not a command: {name!r}")
    line = " ".join([name, *(quote(str(a)) for a in args)]).encode() + b"\n"
    if len(line) > MAX_COMMAND_BYTES:
        raise ValueError(f"a command of {len(line)} bytes, Asterisk reads {MAX_COMMAND_BYTES}")
    return line


def application(name: str, *args: str) -> bytes:
    """`EXEC name` with the application's arguments joined by commas.

    Raises ValueError when an argument holds a comma, or anything the application or dialplan would expand.
    """
    if not name.isalnum():
        raise ValueError(f"not an application: {name!r}")
    return command("EXEC", name, _joined(args))


def gosub(context: str, *args: str) -> bytes:
    """`GOSUB` into extension `s` of one of our contexts; ValueError for arguments as in `application`."""
    return command("GOSUB", context, "s", 1, _joined(args))


def _joined(args: Iterable[str]) -> str:
    words = list(args)
    if bad := [a for a in words if set(a) & set(",${}()\"'\\;|")]:
        raise ValueError(f"an argument that would be split: {bad[0]!r}")
    return ",".join(words)


def parse_reply(line: str) -> Answer:
    """The reply to a command. Raises CallerGone for a hang-up in any of its forms, BadReply for anything but `200`."""
    line = line.strip("\r\n")
    if line.startswith("HANGUP") or line.startswith("511"):
        raise CallerGone(line)
    match = _REPLY.match(line)
    if match is None:
        raise BadReply(line[:80])
    if match["result"] == "-1":
        raise CallerGone(match["data"] or "result=-1")
    return Answer(match["result"], match["data"] or "")


def is_more_to_come(line: str) -> bool:
    """Whether the reply goes on: `520-` opens a usage text that ends with a line starting `520 `."""
    return line.startswith("520-")


def is_trying(line: str) -> bool:
    """Whether this only says that the command has begun; the reply comes when it is done."""
    return line.startswith("100")
