"""How a question is put: the words to say and what to listen for, from the node, the manner and the cursor alone.

On the path `keys` a Menu says all its choices and a Pick a page of four; on `yes_no` one choice is offered at a time.
"""

from __future__ import annotations

from ivr.core.call import Listen, Spoken, TakeRecording, Wait
from ivr.core.nodes import Facts, Gather, Menu, Pick, Question, Record
from ivr.core.spoken import PICK_MORE, Reader, any_key, line, press

PAGE = 4
MORE = str(PAGE + 1)
LATER_S = 10  # who did not answer in time gets more of it
ANY_KEY = "1"  # the key a screen shows where any key will do


def options(node: Pick, read: Reader) -> list[Facts]:
    """The list a Pick chooses from; empty when no action has found one."""
    found = read(node.options)
    if not isinstance(found, list):
        return []
    return [option if isinstance(option, dict) else {"value": option} for option in found]


def page(found: list[Facts], cursor: int) -> list[Facts]:
    """The options on one page; pages wrap."""
    pages = -(-len(found) // PAGE)
    first = cursor % pages * PAGE if pages else 0
    return found[first : first + PAGE]


def offers(node: Menu | Pick, read: Reader) -> list[Spoken]:
    """The labels of everything that is offered, in order."""
    if isinstance(node, Menu):
        return [line(choice.label, read) for choice in node.choices.values()]
    return [_option(node, option, read) for option in options(node, read)]


def keyed(node: Menu | Pick, read: Reader, cursor: int) -> dict[str, Spoken]:
    """The keys that are spoken on the path `keys`, with their labels."""
    if isinstance(node, Menu):
        return {key: line(choice.label, read) for key, choice in node.choices.items()}
    found = options(node, read)
    labels = {str(i): _option(node, o, read) for i, o in enumerate(page(found, cursor), start=1)}
    return labels | {MORE: Spoken(PICK_MORE)} if len(found) > PAGE else labels


def put(
    node: Question, read: Reader, *, yes_no: bool, cursor: int, misses: int, opening: bool = True
) -> tuple[list[Spoken], Wait]:
    """What to say and to wait for. Without `opening` only the choices are said: the next one, or the next page.

    A Pick must have options.
    """
    words = [line(prompt, read) for prompt in node.prompt] if opening else []
    if isinstance(node, Record):
        return words, TakeRecording(node.max_s)
    timeout_s = float(max(node.timeout_s, LATER_S) if misses else node.timeout_s)
    if isinstance(node, Gather):
        return words, Listen(node.max_keys, timeout_s, node.min_keys, secret=node.secret)
    if yes_no:
        labels = offers(node, read)
        label = labels[cursor % len(labels)]
        return [*words, any_key(label)], Listen(1, timeout_s, choices={ANY_KEY: label})
    choices = keyed(node, read, cursor)
    words += [press(label, key) for key, label in choices.items()]
    if isinstance(node, Menu) and node.hidden:
        choices |= {key: line(choice.label, read) for key, choice in node.hidden.items()}
    return words, Listen(1, timeout_s, choices=choices)


def _option(node: Pick, option: Facts, read: Reader) -> Spoken:
    return line(node.label, lambda name: option[name] if name in option else read(name))
