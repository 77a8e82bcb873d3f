"""Signing in and out, the own password, and the language of the pages."""

from __future__ import annotations

import logging
import math
from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from agent_console import accounts, gate, language, passwords, sessions
from agent_console.throttle import Throttle
from db import clock

log = logging.getLogger(__name__)
pages = Blueprint("door", __name__)


@pages.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """The form; a right name and password begin a session and lead to where the reader wanted to go."""
    if request.method == "GET":
        return redirect(_next()) if gate.visitor() else _form()
    username = request.form.get("username", "").strip().lower()[:60]
    password = request.form.get("password", "")
    throttle: Throttle = current_app.extensions["mitan.throttle"]
    address = request.remote_addr or ""
    if wait := throttle.wait_s(username, address):
        return _form(username, "throttled", minutes=math.ceil(wait / 60)), 429, {"Retry-After": str(wait)}
    config = gate.config()
    user_id = accounts.check(config.database, username, password)
    begun = _begin(user_id) if user_id is not None else None
    if begun is None:
        throttle.failed(username, address)
        return _form(username, "wrong"), 422
    throttle.succeeded(username, address)
    passwords.burn(config.first_passwords, username)
    return redirect(_next())


@pages.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """Ends the session, here and in the table."""
    who = gate.visitor()
    if who:
        with gate.config().database.begin() as writing:
            sessions.end(writing, who, clock.now(writing))
    _forget()
    return redirect(url_for("door.sign_in", out=1))


@pages.route("/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """The own password, changed; the session is begun anew so that an old cookie is worth nothing."""
    who = gate.visitor()
    if who is None:
        abort(401)
    if request.method == "GET":
        return render_template("password.html", first=who.must_change, wrong=None)
    old, new, again = (request.form.get(f, "") for f in ("old", "new", "again"))
    throttle: Throttle = current_app.extensions["mitan.throttle"]
    address = request.remote_addr or ""
    if throttle.wait_s(who.username, address):
        abort(429)
    wrong = (
        "password.differ" if new != again else accounts.change_password(gate.config().database, who.user_id, old, new)
    )
    if wrong:
        if wrong == "password.old_wrong":
            throttle.failed(who.username, address)
        return render_template("password.html", first=who.must_change, wrong=wrong), 422
    _begin(who.user_id)
    return redirect(_next())


@pages.post("/language")
def choose() -> ResponseReturnValue:
    """The language of the pages, kept in this browser."""
    language.choose(request.form.get("language", ""))
    return redirect(_next())


def _begin(user_id: int) -> str | None:
    config = gate.config()
    with config.database.begin() as writing:
        begun = sessions.start(writing, user_id, clock.now(writing), config.sessions_end)
    if begun is None:
        return None
    token, own_language = begun
    chosen = session.get(language.CHOSEN)
    _forget()
    session[gate.TOKEN] = token
    language.choose(chosen or own_language)
    return token


def _forget() -> None:
    """Empties the cookie (the CSRF secret too: one known before sign-in is worth nothing after it)."""
    chosen = session.get(language.CHOSEN)
    session.clear()
    g.pop("visitor", None)
    if chosen:
        session[language.CHOSEN] = chosen


def _form(username: str = "", wrong: str | None = None, **values: Any) -> str:
    return render_template("sign_in.html", username=username, wrong=wrong, values=values, next=_next())


def _next() -> str:
    """Where the reader wanted to go: a path of this house, nothing that a browser takes for another one."""
    wanted = request.values.get("next", "")
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if inside and "\\" not in wanted else url_for("home.show")
