"""The sentences callers hear: one TOML file a language, beside this module, with typed placeholders.

Nested tables become dotted keys. Hindi is the measure: a line that another language lacks is said in Hindi, line by
line, and the Template says which language it is in. Nothing here turns a value into words; that is `audio.values`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

BASE = "hi"
FOLDER = Path(__file__).parent

NAMED = frozenset({"city", "service", "document", "group", "division"})  # through names(kind, id, lang)
POLICY = frozenset({"worker", "scheme"})  # words handed in by language
VALUES = frozenset(
    {"money", "date", "weekday", "time", "window", "reference", "count", "key", "phone", "digits", "label"}
)
TYPES = NAMED | POLICY | VALUES
JOINED = frozenset({"list", "either"})  # {papers:list:document} "a, b और c"; {papers:either:document} "a, b या c"

_HOLE = re.compile(r"\{([^{}]*)\}")
_UNSAID = re.compile(r"[\d₹*#&/@%+=<>_]")
_FOREIGN = re.compile(r"[\d₹*#&/@%+=<>_A-Za-z]")
_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")


class CatalogueError(ValueError):
    """Catalogues that must not be used: `problems` lists all of them, not just the first."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`{name:type}` or `{name:joined:type}`."""

    name: str
    type: str
    joined: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """One line of a catalogue in the language it is really in."""

    key: str
    lang: str
    parts: tuple[str | Placeholder, ...]

    @property
    def placeholders(self) -> tuple[Placeholder, ...]:
        return tuple(p for p in self.parts if isinstance(p, Placeholder))


@dataclass(frozen=True)
class Catalogue:
    """Every line for callers of one language; `own` are the keys said in that language itself."""

    lang: str
    lines: Mapping[str, Template]

    @classmethod
    def load(cls, lang: str, folder: Path = FOLDER) -> Catalogue:
        """The catalogue of `lang`, completed from Hindi; read once. Raises CatalogueError with every problem."""
        return _load(lang, folder)

    @property
    def own(self) -> frozenset[str]:
        return frozenset(k for k, t in self.lines.items() if t.lang == self.lang)

    def __getitem__(self, key: str) -> Template:
        try:
            return self.lines[key]
        except KeyError:
            raise CatalogueError([f"{self.lang}: no line {key!r}"]) from None

    def __contains__(self, key: object) -> bool:
        return key in self.lines

    def __iter__(self) -> Iterator[str]:
        return iter(self.lines)


def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """The languages that have a file, Hindi first."""
    return tuple(sorted((p.stem for p in folder.glob("*.toml")), key=lambda s: (s != BASE, s)))


def check(folder: Path = FOLDER) -> list[str]:
    """Every problem of every file: disagreeing placeholders too, and figures or letters an engine would stumble on."""
    problems: list[str] = []
    read = {lang: _read(lang, folder, problems) for lang in languages(folder)}
    for lang, lines in read.items():
        problems += _disagreements(lang, lines, read[BASE])
        problems += (
            f"{lang}: {key}: {found[0]!r} must be written as it is spoken"
            for key, template in lines.items()
            for part in template.parts
            if isinstance(part, str) and (found := (_UNSAID if lang == "en" else _FOREIGN).search(part))
        )
    return problems


@cache
def _load(lang: str, folder: Path) -> Catalogue:
    problems: list[str] = []
    base = _read(BASE, folder, problems)
    own = base if lang == BASE else _read(lang, folder, problems)
    problems += _disagreements(lang, own, base)
    if problems:
        raise CatalogueError(problems)
    return Catalogue(lang, MappingProxyType({**base, **own}))


def _read(lang: str, folder: Path, problems: list[str]) -> dict[str, Template]:
    path = folder / f"{lang}.toml"
    try:
        table = tomllib.loads(unicodedata.normalize("NFC", path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as e:
        problems.append(f"{path.name}: {e}")
        return {}
    lines: dict[str, Template] = {}
    for key, text in _flat("", table):
        if isinstance(text, str) and text.strip():
            lines[key] = _parse(lang, key, text, problems)
        else:
            problems.append(f"{lang}: {key}: not a sentence")
    return lines


def _flat(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield prefix + name, value


def _parse(lang: str, key: str, text: str, problems: list[str]) -> Template:
    parts: list[str | Placeholder] = []
    for i, piece in enumerate(_HOLE.split(" ".join(text.split()))):
        if i % 2:
            parts.append(_placeholder(f"{lang}: {key}", piece, problems))
        elif piece:
            if "{" in piece or "}" in piece:
                problems.append(f"{lang}: {key}: a brace that does not close")
            parts.append(piece)
    return Template(key, lang, tuple(parts))


def _placeholder(where: str, inside: str, problems: list[str]) -> Placeholder:
    name, _, kind = inside.partition(":")
    joined, _, of = kind.rpartition(":")
    if not _NAME.match(name):
        problems.append(f"{where}: {{{inside}}} has no proper name")
    if of not in TYPES or (joined and joined not in JOINED):
        problems.append(f"{where}: {{{inside}}} has no known type")
    return Placeholder(name, of, joined)


def _disagreements(lang: str, lines: Mapping[str, Template], base: Mapping[str, Template]) -> Iterator[str]:
    for key, template in lines.items():
        if key not in base:
            yield f"{lang}: {key}: there is no such line in {BASE}"
            continue
        ours, theirs = (
            {p.name: f"{p.joined}:{p.type}".lstrip(":") for p in t.placeholders} for t in (template, base[key])
        )
        for name in sorted(ours.keys() | theirs.keys()):
            if ours.get(name) != theirs.get(name):
                yield f"{lang}: {key}: {name} is {ours.get(name)}, in {BASE} {theirs.get(name)}"
