"""The door every request passes: who is asking, and does the route table let them in. Deny by default.

Knows no page. The visitor is read from the database for each request that needs one, so that a sign-out or a change
of role holds from the next request on.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from agent_console import sessions
from agent_console.config import ConsoleConfig
from agent_console.routes import BEFORE_OWN_PASSWORD, MACHINE, PUBLIC, Role, Table, admits
from agent_console.sessions import Visitor
from db import clock

log = logging.getLogger(__name__)
TOKEN = "token"  # noqa: S105 - the name of the cookie's field, not a secret
FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP")


def install(app: Flask, config: ConsoleConfig, table: Table) -> None:
    """Puts the door before every request."""

    @app.before_request
    def admit() -> Response | None:
        endpoint = request.endpoint
        if endpoint is None:
            return None  # no such page: Flask says so
        access = table.get(endpoint)
        if access is None:
            log.error("no entry in the route table for %s: refused", endpoint)
            abort(403)
        if access is PUBLIC:
            return None
        if access is MACHINE:
            if not _is_machine(config):
                abort(403)
            return None
        return _admit_visitor(endpoint, admits(access, _role()))


def visitor() -> Visitor | None:
    """Who is signed in, read once a request; None for nobody."""
    if "visitor" not in g:
        g.visitor = _find()
    found: Visitor | None = g.visitor
    return found


def config() -> ConsoleConfig:
    """The running app's configuration."""
    found: ConsoleConfig = current_app.extensions["mitan.config"]
    return found


def may_ask(endpoint: str) -> bool:
    """Whether this visitor would be let in there: pages show no link that leads to a refusal."""
    access = current_app.extensions["mitan.table"].get(endpoint)
    return admits(access, _role())


def wants_json() -> bool:
    """Whether a script is asking, which wants an answer and not a page."""
    accepts = request.accept_mimetypes
    return request.is_json or accepts.best_match(["text/html", "application/json"]) == "application/json"


def _role() -> Role | None:
    who = visitor()
    return who.role if who else None


def _admit_visitor(endpoint: str, admitted: bool) -> Response | None:
    who = visitor()
    if who is None:
        session.pop(TOKEN, None)
        return _to("door.sign_in", 401)
    if who.must_change and endpoint not in BEFORE_OWN_PASSWORD:
        return _to("door.password", 403)
    if not admitted:
        abort(403)
    return None


def _to(endpoint: str, status: int) -> Response:
    """Leads a reader to a page; a script is only told, htmx moves the whole page."""
    if wants_json():
        abort(status)
    if request.headers.get("HX-Request"):
        moved = Response(status=204)
        moved.headers["HX-Redirect"] = url_for(endpoint)
        return moved
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for(endpoint, next=back))


def _find() -> Visitor | None:
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    mine = config()
    with mine.database.read() as reading:
        now = clock.now(reading)
        found = sessions.find(reading, token, now, mine.sessions_idle)
    if found and now - found.last_seen_at > sessions.TOUCH:
        with mine.database.begin() as writing:
            sessions.touch(writing, found, now)
    return found


def _is_machine(config: ConsoleConfig) -> bool:
    """This machine itself, not somebody behind a proxy on it; or whoever bears the token."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if config.metrics_token and hmac.compare_digest(given.encode(), config.metrics_token.encode()):
        return True
    if any(h in request.headers for h in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
