"""The built assets, found by their manifest and served under hashed names that may be kept for ever.

Nothing is fetched or built here (`agent_console.bundle` does that, at set-up).
"""

from __future__ import annotations

import json
from pathlib import Path

from flask import Flask, request, send_from_directory, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

FOR_EVER = 365 * 24 * 3600
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


def install(app: Flask, dist: Path) -> None:
    """Serves the bundle and gives templates `asset(name)` and `icon(name)`. Raises FileNotFoundError if not built."""
    dist = dist.resolve()  # Flask takes a relative folder for one inside the package
    if not (dist / "manifest.json").is_file():
        raise FileNotFoundError(f"no assets in {dist}: build them with `python -m agent_console.bundle`")
    manifest: dict[str, str] = json.loads((dist / "manifest.json").read_text("utf-8"))
    icons: dict[str, str] = json.loads((dist / "icons.json").read_text("utf-8"))

    def static(filename: str) -> Response:
        return _send(dist, filename)

    def asset(name: str) -> str:
        return url_for("static", filename=manifest[name])

    def icon(name: str, css: str = "") -> Markup:
        return Markup(
            '<svg class="icon {}" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true" focusable="false">{}</svg>'
        ).format(css, Markup(icons[name]))  # noqa: S704 - our own bundle's drawing

    app.add_url_rule("/static/<path:filename>", "static", static, methods=["GET"])
    app.jinja_env.globals.update(asset=asset, icon=icon)


def _send(dist: Path, filename: str) -> Response:
    """A file of the bundle, compressed beforehand where the browser takes it."""
    for coding, suffix in ENCODINGS:
        if request.accept_encodings[coding] and (dist / f"{filename}{suffix}").is_file():
            kind = "text/css" if filename.endswith(".css") else "text/javascript"
            answer = send_from_directory(dist, f"{filename}{suffix}", mimetype=kind, max_age=FOR_EVER)
            answer.headers["Content-Encoding"] = coding
            break
    else:
        answer = send_from_directory(dist, filename, max_age=FOR_EVER)
    answer.cache_control.public, answer.cache_control.immutable = True, True
    answer.vary.add("Accept-Encoding")
    return answer
