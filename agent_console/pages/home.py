"""The first page after sign-in: what is going on now, in numbers. The desk will stand on this ground."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from agent_console import gate
from agent_console.counts import Counts, count_now

pages = Blueprint("home", __name__)


@pages.get("/")
def show() -> ResponseReturnValue:
    """The whole page."""
    return render_template("home.html", counts=_counts())


@pages.get("/state")
def state() -> ResponseReturnValue:
    """The numbers alone, fetched again every few seconds."""
    return render_template("home_state.html", counts=_counts())


def _counts() -> Counts:
    with gate.config().database.read() as session:
        return count_now(session)
