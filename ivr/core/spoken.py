"""What the engine says by itself: the catalogue keys of its own words, and how lines are composed from prompts.

A menu's sentence is made from its choices, so that a spoken key cannot differ from a working one. No text here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from ivr.core.call import Spoken
from ivr.core.nodes import Json, Prompt

MENU_PRESS = "menu.press"  # {label}, press {key}
MENU_ANY_KEY = "menu.any_key"  # {label}, press any key
PICK_MORE = "pick.more"  # the label of the key for the next page
SILENCE = "default.silence"
WRONG = "default.wrong"
GAVE_UP = "default.gave_up"  # before a rescue

OWN_KEYS = (MENU_PRESS, MENU_ANY_KEY, PICK_MORE, SILENCE, WRONG, GAVE_UP)

Reader: TypeAlias = Callable[[str], Json]
"""Gives the value of a fact by its name; None when it was never set."""


def line(prompt: Prompt, read: Reader) -> Spoken:
    """The prompt with the values its placeholders stand for now."""
    if not prompt.facts:
        return Spoken(prompt.key)
    return Spoken(prompt.key, {name: read(fact) for name, fact in prompt.bindings()})


def press(label: Spoken, key: str) -> Spoken:
    """ "{label}, press {key}"."""
    return Spoken(MENU_PRESS, {"label": label, "key": key})


def any_key(label: Spoken) -> Spoken:
    """ "{label}, press any key"."""
    return Spoken(MENU_ANY_KEY, {"label": label})
