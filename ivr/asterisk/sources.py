"""Finds the Debian mirror that this machine already uses, in apt's own source files of either format.

Pure text in, a value out; it names no mirror itself: where the machine has none, we have none to offer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROLLING = ("stable", "oldstable", "testing", "unstable", "sid")


@dataclass(frozen=True, slots=True)
class Source:
    """One way to packages: `keyring` is empty where apt trusts the source by its global keys."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    keyring: str = ""


def deb822(text: str) -> Iterator[Source]:
    """The enabled binary sources of a `.sources` file."""
    for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text)):
        fields = {
            name.lower(): value.split()
            for name, value in re.findall(r"(?m)^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza)
        }
        if "deb" not in fields.get("types", ()) or fields.get("enabled") == ["no"]:
            continue
        signed = fields.get("signed-by", [""])
        keyring = signed[0] if signed and signed[0].startswith("/") else ""  # a key may also stand inline
        for uri in fields.get("uris", ()):
            yield Source(uri, tuple(fields.get("suites", ())), tuple(fields.get("components", ())), keyring)


def one_line(text: str) -> Iterator[Source]:
    """The binary sources of a `.list` file."""
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)((?:\s+[^\s#]+)*)", line)
        if found:
            options, uri, suite, components = found.groups()
            signed = re.search(r"signed-by=(\S+)", options or "")
            yield Source(uri, (suite,), tuple(components.split()), signed.group(1) if signed else "")


def machine(etc: Path = Path("/etc/apt")) -> Iterator[Source]:
    """Every source of this machine, in apt's order."""
    parts = etc / "sources.list.d"
    for path in (etc / "sources.list", *sorted(parts.glob("*.list")), *sorted(parts.glob("*.sources"))):
        if path.is_file():
            read = deb822 if path.suffix == ".sources" else one_line
            yield from read(path.read_text("utf-8", "replace"))


def debian_mirror(sources: Iterable[Source], codename: str) -> Source | None:
    """The source that carries Debian's main archive: the machine's own release first, else a rolling suite."""
    usable = [s for s in sources if "main" in s.components and not s.uri.startswith(("cdrom:", "file:"))]
    for wanted in ((codename,), ROLLING):
        for source in usable:
            if set(wanted) & set(source.suites):
                return source
    return None
