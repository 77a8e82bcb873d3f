"""Gateways: who carries a message to a telephone. A gateway answers in a closed set and never raises for a refusal.

Only `outbox.deliver` calls one, with no transaction open. The console gateway is the twin of the real ones: it
prints a line for what would have gone out, with the number masked.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Protocol, TextIO, TypeAlias

from scheduler import phones


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be carried. `key` is ours and the same at each attempt: a provider may be asked about it."""

    key: str
    channel: str
    recipient: str
    template: str
    language: str
    text: str
    segments: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it; `ref` is its name for it."""

    ref: str


@dataclass(frozen=True, slots=True)
class Refused:
    """It will never be carried (a dead number, a text that is not registered)."""

    error: str


@dataclass(frozen=True, slots=True)
class Later:
    """It was certainly not taken (no connection, 429): it may be tried again."""

    error: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """Nobody knows (a time-out after sending): it must not be tried again."""

    error: str


@dataclass(frozen=True, slots=True)
class NeverSeen:
    """Asked by our key, the provider knows of no such message."""


Answer: TypeAlias = Accepted | Refused | Later | Unsure


class Gateway(Protocol):
    """`real` gateways reach telephones: messages to test numbers are kept from them."""

    real: bool

    def send(self, message: Message) -> Answer:
        """Hands one message over, within a few seconds."""
        ...

    def ask(self, key: str) -> Accepted | Refused | NeverSeen | Unsure:
        """What became of the message that was sent under our `key`."""
        ...


class ConsoleGateway:
    """Prints a line a message, its text only for test numbers. What it printed before a crash it does not know."""

    real = False

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out

    def send(self, message: Message) -> Accepted:
        text = message.text if phones.is_test(message.recipient) else f"({message.template}, {message.language})"
        line = f"{message.channel} to {phones.masked(message.recipient)} ({message.segments}): {text}"
        print(line.replace("\n", " "), file=self._out or sys.stdout, flush=True)
        return Accepted("console")

    def ask(self, key: str) -> Unsure:
        return Unsure("the console keeps no ledger")
