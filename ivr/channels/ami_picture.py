"""What Asterisk's channels, queues and seats look like, from AMI's lists and events; and since when that is not known.

Pure: messages in, a picture out. Calls are keyed by their full unique id (calls of one second are not one call).
Names and numbers that events carry are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Fields = Mapping[str, str]


@dataclass(slots=True)
class Channel:
    """One leg of a call."""

    unique: str
    linked: str
    name: str
    state: str = ""
    queue: str = ""
    talking: bool = False


@dataclass(slots=True)
class Seat:
    """One executive's place in a queue."""

    interface: str
    paused: bool = False
    in_call: bool = False
    status: str = ""


@dataclass(slots=True)
class Picture:
    """`unknown_since` is set while blind: what is shown then is the past. Times are the loop's, in seconds."""

    channels: dict[str, Channel] = field(default_factory=dict)
    waiting: dict[str, list[str]] = field(default_factory=dict)
    seats: dict[tuple[str, str], Seat] = field(default_factory=dict)
    devices: dict[str, str] = field(default_factory=dict)
    unknown_since: float | None = 0.0
    _gone: set[str] = field(default_factory=set)
    _rebuilding: bool = False

    def blind(self, now: float) -> None:
        """The link is gone; the first such moment counts."""
        if self.unknown_since is None:
            self.unknown_since = now

    def begin_rebuild(self) -> None:
        """Before the lists are asked for: from here on, events are remembered against what the lists will say."""
        self.channels, self.waiting, self.seats, self.devices = {}, {}, {}, {}
        self._gone, self._rebuilding = set(), True

    def end_rebuild(self, items: Iterable[Fields]) -> None:
        """Takes the lists' items; a channel that ended while they were on their way stays ended."""
        for item in items:
            self.apply(item)
        self._gone, self._rebuilding, self.unknown_since = set(), False, None

    def apply(self, fields: Fields) -> None:
        """One event or list item; unknown ones change nothing."""
        match fields.get("Event", ""):
            case "Newchannel" | "Newstate" | "CoreShowChannel" | "Rename":
                self._channel(fields)
            case "Hangup":
                self._hang_up(fields.get("Uniqueid", ""))
            case "QueueCallerJoin" | "QueueEntry":
                self._join(fields.get("Queue", ""), fields.get("Uniqueid", ""))
            case "QueueCallerLeave":
                self._leave(fields.get("Queue", ""), fields.get("Uniqueid", ""))
            case "AgentConnect":
                if channel := self.channels.get(fields.get("Uniqueid", "")):
                    channel.talking = True
            case "QueueMember" | "QueueMemberStatus" | "QueueMemberAdded" | "QueueMemberPause":
                self._seat(fields)
            case "QueueMemberRemoved":
                self.seats.pop((fields.get("Queue", ""), fields.get("Interface", "")), None)
            case "DeviceStateChange":
                self.devices[fields.get("Device", "")] = fields.get("State", "")
            case _:
                pass

    def _channel(self, fields: Fields) -> None:
        unique = fields.get("Uniqueid", "")
        if not unique or unique in self._gone:
            return
        channel = self.channels.setdefault(unique, Channel(unique, unique, ""))
        channel.linked = fields.get("Linkedid") or channel.linked
        channel.name = fields.get("Newname") or fields.get("Channel") or channel.name
        channel.state = fields.get("ChannelStateDesc") or channel.state

    def _hang_up(self, unique: str) -> None:
        self.channels.pop(unique, None)
        for queue in self.waiting:
            self._leave(queue, unique)
        if self._rebuilding:
            self._gone.add(unique)

    def _join(self, queue: str, unique: str) -> None:
        callers = self.waiting.setdefault(queue, [])
        if unique not in callers and unique not in self._gone:
            callers.append(unique)
        if channel := self.channels.get(unique):
            channel.queue = queue

    def _leave(self, queue: str, unique: str) -> None:
        if unique in self.waiting.get(queue, ()):
            self.waiting[queue].remove(unique)

    def _seat(self, fields: Fields) -> None:
        interface = fields.get("Interface") or fields.get("Location") or ""
        self.seats[fields.get("Queue", ""), interface] = Seat(
            interface, fields.get("Paused") == "1", fields.get("InCall") == "1", fields.get("Status", "")
        )
