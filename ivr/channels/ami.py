"""The only AMI client: keeps a Link up, its Picture true, and says plainly what is not known.

A silent Asterisk is noticed by the ping's reply and dropped; the next Link comes after a back-off and starts from the
lists, not from what was believed before. No action is ever repeated: an Originate in doubt is looked for by its own
ChannelId, never sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from panoramisk.message import Message

from ivr.channels.ami_link import AmiError, Blind, Doubt, Link, Refused
from ivr.channels.ami_picture import Picture

log = logging.getLogger(__name__)

LISTS = ("CoreShowChannels", "QueueStatus", "DeviceStateList")
Originated = Literal["done", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Account:
    """Where AMI is and who we are there."""

    host: str
    port: int
    username: str
    secret: str

    def __repr__(self) -> str:
        return f"Account({self.username}@{self.host}:{self.port})"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for an answer, between pings, between attempts (doubling up to the last)."""

    answer_s: float = 5.0
    ping_every_s: float = 5.0
    back_off_s: float = 0.5
    back_off_most_s: float = 10.0


class Ami:
    """Run `run()` as a task; everything else may be called at any time and raises Blind while there is no link."""

    def __init__(
        self, account: Account, *, patience: Patience | None = None, on_event: Callable[[Message], None] | None = None
    ) -> None:
        self._account, self._patience = account, patience or Patience()
        self._hear = on_event or (lambda message: None)
        self._link: Link | None = None
        self.picture = Picture()
        self.links = 0

    @property
    def sees(self) -> bool:
        """Whether the picture is the present."""
        return self.picture.unknown_since is None

    async def run(self) -> None:
        """Connects, again and again, until cancelled."""
        wait_s = self._patience.back_off_s
        while True:
            link = Link(self._account.host, self._account.port, self._event)
            try:
                await self._up(link)
                wait_s = self._patience.back_off_s
                await self._pings(link)
            except (AmiError, OSError) as lost:
                log.warning("AMI: %s; next attempt in %.1f s", lost or type(lost).__name__, wait_s)
            finally:
                self._link = None
                self.picture.blind(asyncio.get_running_loop().time())
                link.drop()
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, self._patience.back_off_most_s)

    async def act(self, name: str, fields: dict[str, Any] | None = None) -> Any:
        """Asterisk's answer to an action. Raises Blind (not sent), Refused (said no) or Doubt (nobody knows)."""
        if self._link is None:
            raise Blind("not connected")
        return await self._link.act(name, fields or {}, within_s=self._patience.answer_s)

    async def originate(self, channel_id: str, fields: dict[str, Any], *, ring_s: float) -> Originated:
        """Rings once. `channel_id` is ours and unique; in doubt it is looked for, and the answer may be `unknown`.

        Raises Blind when nothing was sent. Fields that would run an application are refused.
        """
        if {k.lower() for k in fields} & {"application", "data", "codecs"}:
            raise Refused("Originate only into the dialplan")
        if self._link is None:
            raise Blind("not connected")
        wanted = {**fields, "ChannelId": channel_id, "OtherChannelId": f"{channel_id}-2", "Async": "true"}
        wanted["Timeout"] = str(int(ring_s * 1000))
        try:
            answers = await self._link.act("Originate", wanted, within_s=ring_s + self._patience.answer_s)
        except Refused:
            return "failed"
        except Doubt as doubt:
            log.warning("AMI: originate %s: %s", channel_id, doubt)
            return await self._look_for(channel_id)
        last = answers[-1] if isinstance(answers, list) else answers
        return "done" if last.response == "Success" else "failed"

    async def _look_for(self, channel_id: str) -> Originated:
        """Whether a call that is in doubt is up; not to be seen means `unknown`, for it may have rung and ended."""
        for _ in range(int(self._patience.answer_s * 10)):
            if self.sees:
                return "done" if channel_id in self.picture.channels else "unknown"
            await asyncio.sleep(0.1)
        return "unknown"

    async def _up(self, link: Link) -> None:
        await link.open(self._account.username, self._account.secret, self._patience.answer_s)
        self.picture.begin_rebuild()
        items: list[Message] = []
        for name in LISTS:
            try:
                answer = await link.act(name, {}, within_s=self._patience.answer_s)
            except Refused as refused:  # an empty list is refused by some versions ("no such …"), a module may be out
                log.info("AMI: %s", refused)
                continue
            items += answer if isinstance(answer, list) else []
        self.picture.end_rebuild(items)
        self._link, self.links = link, self.links + 1
        log.info("AMI: connected, %d channels up", len(self.picture.channels))

    async def _pings(self, link: Link) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience.ping_every_s):
                    await link.closed.wait()
                raise Blind("the link died")
            await link.act("Ping", {}, within_s=self._patience.answer_s)

    def _event(self, message: Message) -> None:
        self.picture.apply(message)
        self._hear(message)
