"""What machines ask: is the process alive, may it be sent callers, and how much is going on. Never a person's data."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from agent_console import gate
from agent_console.counts import count_now
from db import clock, migrate

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def alive() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="alive")


@pages.get("/readyz")
def ready() -> ResponseReturnValue:
    """The database answers and has the tables this version expects; else 503 with what is missing."""
    database = gate.config().database
    try:
        with database.read() as session:
            clock.now(session)
        current = migrate.current(database.url.render_as_string(hide_password=False))
    except SQLAlchemyError:
        return jsonify(status="not ready", missing=["database"]), 503
    if current != migrate.head():
        return jsonify(status="not ready", missing=["migrations"]), 503
    return jsonify(status="ready")


@pages.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Prometheus text, format 0.0.4."""
    with gate.config().database.read() as session:
        counts = count_now(session)
    lines: list[str] = []
    for name, (about, value) in counts.measured().items():
        lines += [f"# HELP mitan_{name} {about}", f"# TYPE mitan_{name} gauge", f"mitan_{name} {value}"]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")
