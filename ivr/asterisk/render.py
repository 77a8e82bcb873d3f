"""Writes Asterisk's whole configuration from the Settings into a folder of ours; nothing under /etc is read or touched.

It starts nothing. What depends on the day (hours, closed days) is handed in as `Opening`; seats' secrets that already
stand are kept, since executives may be signed in with them.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from ivr.asterisk.modules import MODULES
from ivr.asterisk.tree import AsteriskTree
from ivr.settings import Settings, is_everywhere, key_text

QUEUES = ("executives",)
ZONE = "IST-5:30"
FIRST_ANSWER_S = 7  # DESIGN: never more than 8 s of silence, connecting included
QUEUE_S = 600
LONGEST_SOCKET = 100  # of the 107 bytes that a socket's path may have
UNSAYABLE = set(",&|;\"'$\n\r")  # would end an argument in the dialplan

FILES = (
    "asterisk.conf",
    "modules.conf",
    "logger.conf",
    "pjsip.conf",
    "http.conf",
    "rtp.conf",
    "queues.conf",
    "manager.conf",
    "musiconhold.conf",
    "features.conf",
    "extensions.conf",
)
# Read by the core at start, which complains of each that is missing. Call records would be a second, unguarded trail.
SMALL = {
    "cdr.conf": "[general]\nenable = no\n",
    "cel.conf": "[general]\nenable = no\n",
    "indications.conf": "[general]\ncountry = in\n\n[in]\ndescription = India\nringcadence = 400,200,400,2000\n"
    "dial = 400*25\nbusy = 400/750,0/750\nring = 400*25/400,0/200,400*25/400,0/2000\ncongestion = 400/250,0/250\n"
    "callwaiting = 400/200,0/100,400/200,0/7500\n",
    "udptl.conf": "[general]\n",
    **dict.fromkeys(
        (
            "acl.conf",
            "ccss.conf",
            "cli.conf",
            "codecs.conf",
            "dnsmgr.conf",
            "dsp.conf",
            "enum.conf",
            "pjproject.conf",
            "queuerules.conf",
        ),
        "; Nothing to say: only so that nobody looks for it in vain.\n",
    ),
}


@dataclass(frozen=True, slots=True)
class Opening:
    """When people answer: local times, and the days on which nobody does."""

    opens: time = time(8)
    closes: time = time(20)
    closed: tuple[date, ...] = ()

    @property
    def first_minute(self) -> str:
        return f"{self.opens:%H:%M}"

    @property
    def last_minute(self) -> str:
        """The dialplan's ranges include their end."""
        minutes = (self.closes.hour * 60 + self.closes.minute - 1) % (24 * 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"


@dataclass(frozen=True, slots=True)
class Places:
    """Where one Asterisk of ours keeps its things, all below `home` (var/asterisk)."""

    home: Path

    @property
    def conf(self) -> Path:
        return self.home / "etc" / "asterisk.conf"

    @property
    def run(self) -> Path:
        """The folder of its control socket: short, however deep `home` lies, for a socket's path has a limit."""
        near = self.home / "run"
        if len(os.fsencode(near / "asterisk.ctl")) < LONGEST_SOCKET:
            return near
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"mitan-{os.getuid()}-{name}"

    @property
    def spool(self) -> Path:
        """Messages that callers left with the dialplan; conversations in a folder of their own below."""
        return self.home / "spool" / "messages"

    def make(self) -> None:
        """Makes the folders, for us alone: recordings and secrets pass through them."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in ("etc", "lib", "db", "log", "spool", "spool/messages", "spool/messages/conversations"):
            (self.home / folder).mkdir(exist_ok=True, mode=0o700)
        self.run.mkdir(exist_ok=True, mode=0o700)
        if self.run.stat().st_uid != os.getuid():
            raise PermissionError(f"{self.run} is somebody else's: set a shorter MITAN_VAR_DIR")


def render(
    settings: Settings,
    home: Path,
    tree: AsteriskTree,
    opening: Opening | None = None,
    *,
    invented: bool = False,
) -> Path:
    """Writes every file under `home` and returns the path of asterisk.conf. Raises ValueError for a path it cannot say.

    Each file is 0600 and replaced whole, so a running Asterisk may be told to reload at any moment. `invented` says
    that the database holds no citizens: then a SIP phone of this machine is believed in its number, as a trunk's is.
    """
    places = Places(home)
    for path in (home, settings.sounds_dir):
        if bad := UNSAYABLE & set(str(path)):
            raise ValueError(f"the dialplan cannot name {str(path)!r}: choose a folder without {sorted(bad)}")
    places.make()
    etc = places.conf.parent
    seats_file = etc / "pjsip_seats.conf"
    trunk_match = settings.trunk_match or ((settings.trunk_host,) if settings.trunk_host else ())
    values = {
        "settings": settings,
        "tree": tree,
        "home": home,
        "etc": etc,
        "run": places.run,
        "say": settings.sounds_dir / "fallback",
        "spool": places.spool,
        "modules": MODULES,
        "queues": QUEUES,
        "queue_s": QUEUE_S,
        "zone": ZONE,
        "first_answer_s": FIRST_ANSWER_S,
        "opening": opening or Opening(),
        "ami_secret": key_text(settings.ami_secret_file),
        "trunk_match": trunk_match,
        "invented": invented,
        # With a trunk on this very address, whoever calls from it is the trunk.
        "loopback_line": not any(m.split("/")[0] in ("127.0.0.1", "localhost") for m in trunk_match),
        # Named, or each call would look up this machine's own host name.
        "media_address": "" if settings.public_address or is_everywhere(settings.sip_bind) else settings.sip_bind,
        "ws": "wss" if settings.tls_cert_file else "ws",
        "seats_file": seats_file,
    }
    env = _environment()
    for name in FILES:
        _replace(etc / name, env.get_template(f"{name}.j2").render(values))
    for name, text in SMALL.items():
        _replace(etc / name, text)
    if not seats_file.exists():
        locked = {seat: secrets.token_urlsafe(24) for seat in settings.seat_names}
        write_seats(seats_file, locked)
    return places.conf


def write_seats(path: Path, seat_secrets: dict[str, str]) -> None:
    """Replaces the file of the seats' secrets; Asterisk learns of it by a reload of res_pjsip."""
    _replace(path, _environment().get_template("seats.conf.j2").render(secrets=seat_secrets))


def _environment() -> Environment:
    env = Environment(
        loader=PackageLoader("ivr.asterisk"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - not HTML: `conf` is the escape of this format
    )
    env.filters["conf"] = conf
    return env


def conf(value: object) -> str:
    """A setting as it may stand in a .conf file: `;` would begin a comment, a newline another setting."""
    text = str(value)
    if any(ord(c) < 32 for c in text):
        raise ValueError("a setting with a control character in it")
    return text.replace(";", "\\;")


def _replace(path: Path, text: str) -> None:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as draft:  # made 0600
        draft.write(text)
    Path(draft.name).replace(path)
