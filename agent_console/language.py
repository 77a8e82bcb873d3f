"""The console's own words in Hindi and English: TOML catalogues of screen text, and which one a reader gets.

Callers' sentences live in `audio.catalogue`; nothing here is ever spoken.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, g, request, session

LANGUAGES = {"hi": "हिन्दी", "en": "English"}
DEFAULT = "hi"
CHOSEN = "language"  # the cookie's field
FOLDER = Path(__file__).parent / "words"


@cache
def words(lang: str) -> dict[str, str]:
    """Every text of a language by dotted key."""
    with (FOLDER / f"{lang}.toml").open("rb") as file:
        return dict(_flat(tomllib.load(file), ""))


def current() -> str:
    """The reader's language: chosen in this browser, else what the browser prefers, else Hindi."""
    if "language" not in g:
        chosen = session.get(CHOSEN)
        g.language = chosen if chosen in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or DEFAULT
    found: str = g.language
    return found


def choose(lang: str) -> None:
    """Keeps the reader's choice; an unknown language changes nothing."""
    if lang in LANGUAGES:
        session[CHOSEN] = g.language = lang


def t(key: str, /, **values: object) -> str:
    """The text of a key in the reader's language. Raises KeyError for a key that is not there."""
    text = words(current())[key]
    return text.format(**values) if values else text


def install(app: Flask) -> None:
    """Gives templates `t`, the language and the choice."""
    app.jinja_env.globals["t"] = t

    @app.context_processor
    def tongue() -> dict[str, Any]:
        return {"lang": current(), "languages": LANGUAGES}


def _flat(tree: dict[str, Any], prefix: str) -> list[tuple[str, str]]:
    out: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{prefix}{key}"
        out += _flat(value, f"{name}.") if isinstance(value, dict) else [(name, str(value))]
    return out
