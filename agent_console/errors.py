"""Pages for what went wrong: each says what happened, in plain words, and offers a way on. Scripts get JSON."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from flask import Flask, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, SecurityError

from agent_console.gate import wants_json

log = logging.getLogger(__name__)
WORDED = {400, 401, 403, 404, 405, 413, 429, 500, 503}


def install(app: Flask) -> None:
    """Answers every error in the house's own words."""

    @app.errorhandler(CSRFError)
    def expired(error: CSRFError) -> Any:
        return _say(400, "csrf")

    @app.errorhandler(SecurityError)
    def not_our_name(error: SecurityError) -> Any:
        return "not a name of this house\n", 400, {"Content-Type": "text/plain"}  # no page: it could build no address

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Any:
        if error.code is None or error.code < 400:
            return error
        return _say(error.code, str(error.code) if error.code in WORDED else "400", dict(error.get_headers()))

    @app.errorhandler(SQLAlchemyError)
    def no_database(error: SQLAlchemyError) -> Any:
        log.error("the database failed at %s: %s", request.endpoint, type(error).__name__, exc_info=error)
        g.failing = True
        return _say(503, "503", {"Retry-After": "5"})

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Any:
        log.error("%s broke", request.endpoint, exc_info=error)
        g.failing = True
        return _say(500, "500")


def _say(status: int, words: str, extra: dict[str, str] | None = None) -> Any:
    kept = {k: v for k, v in (extra or {}).items() if k in {"Retry-After", "Allow"}}
    if wants_json():
        return jsonify(error=words, status=status, reason=HTTPStatus(status).phrase), status, kept
    return render_template("error.html", status=status, words=words), status, kept
