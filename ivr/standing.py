"""What must stand before a call can be taken, and how one sees that it does: ports, database, sounds, four programs.

It knows every part of a running house and starts none of them: that is the supervisor's.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from db import migrate
from db.house import NotEmpty
from db.models import Call, Roster, User
from db.seed import seed
from db.session import Database
from ivr import bootstrap, demo
from ivr.asterisk.render import render
from ivr.asterisk.tree import AsteriskTree, ensure
from ivr.settings import Settings
from ivr.supervise import CannotStart, Program
from scheduler import windows

Say = Callable[[str], None]
UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM


def ports(settings: Settings) -> dict[str, tuple[str, int, socket.SocketKind]]:
    """Every port we open, by the setting that moves it."""
    return {
        "MITAN_WEB_PORT": (settings.bind, settings.web_port, TCP),
        "MITAN_FASTAGI_PORT": ("127.0.0.1", settings.fastagi_port, TCP),
        "MITAN_AMI_PORT": ("127.0.0.1", settings.ami_port, TCP),
        "MITAN_ARI_HTTP_PORT": (settings.bind, settings.ari_http_port, TCP),
        "MITAN_SIP_PORT": (settings.sip_bind, settings.sip_port, UDP),
    }


def prepare(settings: Settings, say: Say, make_sounds: Callable[[Settings, Database], bool]) -> None:
    """The database at its newest version and seeded, the sounds made, and in a demonstration a day played."""
    was = migrate.current(settings.database_url)
    if was != migrate.head():
        say("database: upgrading")
        migrate.upgrade(settings.database_url)
    database = bootstrap.database(settings)
    try:
        invented = settings.demo or bootstrap.is_demo(database) or (was is None and settings.trial)
        if invented and not settings.demo:
            say("no trunk and no database server are set: a trial, with invented mitans and nobody's numbers")
        added = seed(database, demo=invented)
        if added:
            say(f"database: {added} rows seeded")
        windows.materialise(database)  # callers come before the worker's first tick, invented ones at once
        if not make_sounds(settings, database):
            raise CannotStart("some sounds could not be made (above): mend it, or choose another MITAN_VOICE")
        if settings.demo:
            _play_a_day(settings, database, say)
    except NotEmpty as refused:
        raise CannotStart(f"{refused}: choose another MITAN_VAR_DIR for a demonstration") from None
    finally:
        database.dispose()


def _play_a_day(settings: Settings, database: Database, say: Say) -> None:
    with database.read() as session:
        if session.scalar(select(Call.id).limit(1)) is not None:
            return
    say("demonstration: a day of invented calls")

    def shifted(by: timedelta) -> Database:
        return Database(settings.database_url, offset=settings.clock_offset + by, pool_size=settings.database_pool)

    demo.day(shifted, lambda db: bootstrap.driver(settings, db), lambda done, of: None)


def require_prepared(settings: Settings) -> None:
    """Raises CannotStart where a call would end in silence or an error."""
    if migrate.current(settings.database_url) != migrate.head():
        raise CannotStart("the database is not at the newest version: mitan db upgrade (and mitan db seed)")
    database = bootstrap.database(settings)
    try:
        if bootstrap.is_demo(database) and not settings.trial:
            raise CannotStart(
                "this database holds invented mitans, and citizens may call here: choose another MITAN_DATABASE_URL"
            )
    finally:
        database.dispose()
    unready = [lang for lang in bootstrap.catalogues() if not bootstrap.sounds(settings).published(lang)]
    if unready:
        raise CannotStart(f"no sounds yet for {', '.join(unready)}: mitan prompts build")


def programs(settings: Settings, say: Say) -> list[Program]:
    """The four programs (five in a demonstration), Asterisk fetched and its configuration written."""
    tree = ensure(say, own=settings.asterisk == "auto")
    database = bootstrap.database(settings)
    invented = bootstrap.is_demo(database)
    conf = render(settings, settings.asterisk_home, tree, bootstrap.opening(database), invented=invented)
    _tell_what_lacks(database, say)
    database.dispose()
    mitan = (sys.executable, "-m", "ivr.cli")
    found = [
        Program("asterisk", tuple(tree.command(conf, "-f", "-n")), lambda: booted(tree, conf)),
        Program("voice", (*mitan, "voice"), lambda: answers("127.0.0.1", settings.fastagi_port)),
        Program("web", (*mitan, "web"), lambda: healthy(settings)),
        Program("worker", (*mitan, "worker"), lambda: True),
    ]
    if settings.demo:
        found.append(Program("citizens", (*mitan, "citizens"), lambda: True))
    return found


def _tell_what_lacks(database: Database, say: Say) -> None:
    """What does not keep callers out, but the operator will miss."""
    with database.read() as session:
        if session.scalar(select(User.id).limit(1)) is None:
            say("nobody can sign in yet: mitan user add NAME --name 'Full Name' --role administrator")
        if session.scalar(select(Roster.id).limit(1)) is None:
            say("no mitan has a roster: callers will find no free window")


def ready_line(settings: Settings) -> str:
    """The one line that scripts wait for."""
    console = settings.console_url
    return f"ready: console {console}  phone {settings.sip_url}  browser-phone {console}/phone"


def state_file(settings: Settings) -> Path:
    """Where the supervisor says what runs, for `mitan status`."""
    return settings.var_dir / "run.json"


def booted(tree: AsteriskTree, conf: Path) -> bool:
    """Whether Asterisk has loaded everything."""
    return "fully booted" in ask(tree, conf, "core waitfullybooted").lower()


def ask(tree: AsteriskTree, conf: Path, question: str) -> str:
    """What Asterisk's command line answers; nothing when it is not there or takes too long."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        argv = tree.command(conf, "-rx", question)
        return subprocess.run(argv, capture_output=True, text=True, timeout=3, check=False, errors="replace").stdout
    return ""


def answers(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def healthy(settings: Settings) -> bool:
    """Whether the console would take a visitor."""
    trusting = ssl._create_unverified_context()  # noqa: S323 - our own server, maybe with a certificate for its name
    with contextlib.suppress(OSError, urllib.error.URLError):
        request = urllib.request.Request(f"{settings.local_url}/readyz", headers={"Host": "localhost"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=2, context=trusting) as answer:  # noqa: S310
            return bool(answer.status == 200)
    return False
