"""Makes the Flask app out of its parts. No page, no rule and no SQL lives here."""

from __future__ import annotations

import time
from collections.abc import Iterable

from flask import Blueprint, Flask
from flask_wtf.csrf import CSRFProtect

from agent_console import errors, gate, headers, language, layout, static
from agent_console.config import ConsoleConfig
from agent_console.pages import door, health, home
from agent_console.routes import TABLE, Access, Table
from agent_console.throttle import Throttle

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
Extra = tuple[Blueprint, Table]


def create_app(config: ConsoleConfig, extra: Iterable[Extra] = ()) -> Flask:
    """The console, with other rooms' blueprints and their entries of the route table.

    Raises ValueError for a route that two tables name, FileNotFoundError when the assets have not been built.
    """
    app = Flask(__name__, static_folder=None)
    app.config.update(
        SECRET_KEY=config.secret_key,
        SESSION_COOKIE_NAME="__Host-mitan" if config.tls else "mitan",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.tls,
        MAX_CONTENT_LENGTH=64 * 1024,
        MAX_FORM_MEMORY_SIZE=64 * 1024,
        MAX_FORM_PARTS=50,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: an executive's page stays open for a shift
        TRUSTED_HOSTS=list(config.hosts) or (list(LOOPBACK_NAMES) if config.open_demo else None),
    )
    app.extensions["mitan.config"] = config
    app.extensions["mitan.throttle"] = Throttle(time.monotonic)
    CSRFProtect(app)
    table = dict(TABLE)
    app.extensions["mitan.table"] = table
    static.install(app, config.dist)
    language.install(app)
    gate.install(app, config, table)
    headers.install(app, config)
    layout.install(app, config)
    errors.install(app)
    parts: list[tuple[Blueprint, Table]] = [(b, {}) for b in (door.pages, health.pages, home.pages)]
    for blueprint, entries in [*parts, *extra]:
        app.register_blueprint(blueprint)
        _enter(table, entries)
    return app


def _enter(table: dict[str, Access], entries: Table) -> None:
    if twice := table.keys() & entries.keys():
        raise ValueError(f"the route table already names {', '.join(sorted(twice))}")
    table.update(entries)
