"""What every page's frame needs to know: who is here, where the reader is, how times and durations are written."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask import Flask, g, request

from agent_console import gate
from agent_console.config import ConsoleConfig
from agent_console.language import current

LOCAL = ZoneInfo("Asia/Kolkata")


def install(app: Flask, config: ConsoleConfig) -> None:
    """Gives templates the frame's facts and the filters `clock_time` and `local_day`."""
    app.jinja_env.filters["clock_time"] = clock_time
    app.jinja_env.filters["local_day"] = local_day

    @app.context_processor
    def frame() -> dict[str, Any]:
        return {
            # After a database error nobody is looked up again: the error page must come up without it.
            "visitor": g.get("visitor") if g.get("failing") else gate.visitor(),
            "may_ask": (lambda endpoint: False) if g.get("failing") else gate.may_ask,
            "demo": config.demo,
            "here": request.endpoint,
            "here_path": request.full_path.rstrip("?") if request.method == "GET" else "/",
        }


def clock_time(moment: datetime) -> str:
    """14:02:05 in India."""
    return moment.astimezone(LOCAL).strftime("%H:%M:%S")


def local_day(moment: datetime) -> str:
    """मंगलवार, 3 फ़रवरी 2026: the day in India in the reader's language."""
    return format_datetime(moment.astimezone(LOCAL), "EEEE, d MMMM y", locale=f"{current()}_IN")
