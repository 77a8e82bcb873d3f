"""What a caller's answer to a question means: keys, typed text, silence, a voice, a recording.

A wrong key and silence are different misses with their own words; whatever is no answer at all asks again.
"""

from __future__ import annotations

import unicodedata

from ivr.core.asking import MORE, PAGE, offers, options, page
from ivr.core.call import Event, Pressed, Recorded, Silence, Spoke, Typed
from ivr.core.nodes import (
    DIGITS,
    KEYS,
    Aside,
    Back,
    Choice,
    Facts,
    Gather,
    Goto,
    Menu,
    Pick,
    Prompt,
    Question,
    Record,
    Repeat,
)
from ivr.core.places import back, enter
from ivr.core.spoken import SILENCE, WRONG
from ivr.core.walk import MAX_MISSES, Walk

HELP = "*"
PERSON = "0"


def answer(walk: Walk, node: Question, event: Event) -> None:
    """Moves `walk` by what happened at `node`, at which it stands."""
    match event:
        case Pressed(keys) if keys:
            _keys(walk, node, keys)
        case Typed(text) if text.strip():
            keys = as_keys(text)
            if keys:
                _keys(walk, node, keys)
            else:
                _miss(walk, node, "wrong")
        case Pressed() | Typed() | Silence():
            _silence(walk, node)
        case Spoke():
            # A voice but no key: somebody who needs a person, not a third explanation.
            if not _shortcut(walk, PERSON, "spoke"):
                _silence(walk, node)
        case Recorded(ref) if isinstance(node, Record):
            if ref:
                walk.learn({node.into: ref})
                walk.follow("recorded", "then", node.then)
            else:
                _silence(walk, node)
        case _:
            walk.ask()


def as_keys(text: str) -> str:
    """Typed digits (of any script), * and # as keys; empty when the text is anything else."""
    keys = "".join(str(unicodedata.decimal(c, c)) for c in text if not c.isspace())
    return keys if all(c in KEYS for c in keys) else ""


def _keys(walk: Walk, node: Question, keys: str) -> None:
    match node:
        case Gather():
            _gathered(walk, node, keys)
        case Menu():
            _chosen(walk, node, keys[0])  # a doubled or hasty digit belongs to no question yet
        case Pick():
            _picked(walk, node, keys[0])
        case Record():
            if not _shortcut(walk, keys[0]):
                _miss(walk, node, "wrong")


def _chosen(walk: Walk, node: Menu, key: str) -> None:
    choice: Choice | None
    if walk.yes_no:
        key, choice = list(node.choices.items())[walk.cursor % len(node.choices)]
    else:
        choice = node.choices.get(key) or node.hidden.get(key)
    if choice:
        walk.learn(choice.set)
        walk.follow("pressed", key, choice.goto)
    elif not _shortcut(walk, key):
        _miss(walk, node, "wrong")


def _picked(walk: Walk, node: Pick, key: str) -> None:
    found = options(node, walk.read)
    if walk.yes_no and found:
        _take(walk, node, found[walk.cursor % len(found)])
    elif key == MORE and len(found) > PAGE:
        walk.cursor += 1
        walk.step("pressed", "more", node.id)
        walk.ask(opening=False)
    elif key in DIGITS and 0 < int(key) <= len(page(found, walk.cursor)):
        _take(walk, node, page(found, walk.cursor)[int(key) - 1])
    elif not _shortcut(walk, key):
        _miss(walk, node, "wrong")


def _take(walk: Walk, node: Pick, option: Facts) -> None:
    walk.learn({node.into: option.get("value")})
    walk.follow("pressed", "then", node.then)


def _gathered(walk: Walk, node: Gather, keys: str) -> None:
    if keys == HELP and _shortcut(walk, HELP):
        return None
    digits = keys.removesuffix("#")  # some doors hand over the key that ended the input
    if not digits or not node.min_keys <= len(digits) <= node.max_keys or any(c not in DIGITS for c in digits):
        return _miss(walk, node, "wrong")
    if not node.secret:
        walk.learn({node.into: digits})
    if not node.check:
        return walk.follow("pressed", "then", node.then)
    walk.step("pressed", "check", node.id)
    return walk.perform(node.check, {"keys": digits}, secret=node.secret)


def _silence(walk: Walk, node: Question) -> None:
    if walk.yes_no and isinstance(node, Menu | Pick) and walk.cursor + 1 < len(offers(node, walk.read)):
        walk.cursor += 1
        walk.step("silence", "next", node.id)
        walk.ask(opening=False)
    else:
        _miss(walk, node, "silence")


def _miss(walk: Walk, node: Question, kind: str) -> None:
    walk.misses += 1
    walk.total_misses += 1
    if walk.total_misses >= MAX_MISSES:
        walk.step(kind, "", node.id)
        walk.rescue("misses")
    elif walk.misses >= node.tries:
        walk.follow(kind, "gave_up", node.gave_up)
    else:
        walk.step(kind, "", node.id)
        own = node.words.silence if kind == "silence" else node.words.wrong
        walk.say(own or Prompt(SILENCE if kind == "silence" else WRONG))
        if walk.yes_no:
            walk.cursor = 0
        walk.ask()


def _shortcut(walk: Walk, key: str, kind: str = "pressed") -> bool:
    """Takes the flow's shortcut for `key`; whether there is one."""
    match walk.flows[walk.flow].shortcuts.get(key):
        case Goto(node):
            walk.follow(kind, key, node)
        case Repeat():
            walk.step(kind, key, walk.node)
            walk.ask()
        case Back():
            back(walk, kind, key)
        case Aside(flow):
            enter(walk, flow, kind, key, aside=True)
        case _:
            return False
    return True
