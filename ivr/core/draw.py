"""A flow as a picture's source, for people: Mermaid for documents, dot for a renderer. Text in, text out.

Shapes say what a node is: questions lean, actions are rectangles, people are hexagons, ends are round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from ivr.core.flow import Flow
from ivr.core.nodes import (
    Act,
    Aside,
    Branch,
    Enter,
    Gather,
    Goto,
    Hangup,
    Menu,
    Node,
    Pick,
    Prompt,
    Record,
    Return,
    Say,
    Transfer,
    exits,
)

Words: TypeAlias = Callable[[Prompt], str]
LONGEST = 60  # characters of a node's words; more is a wall of text


class Look(NamedTuple):
    """How a kind of node is drawn: Mermaid's brackets, dot's shape, and the colour both share."""

    open: str
    close: str
    shape: str
    fill: str


LOOKS: Mapping[type[Node], Look] = {
    Menu: Look("[/", "/]", "parallelogram", "#fff3c4"),
    Pick: Look("[/", "/]", "parallelogram", "#fff3c4"),
    Gather: Look("[/", "/]", "parallelogram", "#fff3c4"),
    Record: Look("[/", "/]", "parallelogram", "#fff3c4"),
    Act: Look("[", "]", "box", "#d3e5ff"),
    Transfer: Look("{{", "}}", "hexagon", "#ffd9cc"),
    Hangup: Look("([", "])", "ellipse", "#d9d9d9"),
    Return: Look("([", "])", "ellipse", "#e8e8e8"),
    Branch: Look("{", "}", "diamond", "#f3e5ff"),
    Enter: Look("[[", "]]", "component", "#d5f2dc"),
    Say: Look("(", ")", "note", "#ffffff"),
}


def mermaid(flow: Flow, words: Words | None = None) -> str:
    """The flow as a Mermaid flowchart. `words` gives a prompt's text; without it the catalogue keys are shown."""
    ids = {node.id: f"n{i}" for i, node in enumerate(flow.nodes)}
    lines = ["flowchart TD", f"  start(( )) --> {ids[flow.start.id]}"]
    for node in flow.nodes:
        look = LOOKS[type(node)]
        label = "<br>".join(_escape(line) for line in _label(node, words))
        lines.append(f'  {ids[node.id]}{look.open}"{label}"{look.close}')
        lines.append(f"  style {ids[node.id]} fill:{look.fill},stroke:#555,color:#111")
    for at, why, to in _arrows(flow, words):
        lines.append(f'  {ids[at]} -->|"{_escape(why)}"| {ids[to]}')
    for key, what in _shortcuts(flow):
        lines.append(f'  key{ord(key)}>"{_escape(f"{key} {what}")}"]')
    return "\n".join(lines) + "\n"


def dot(flow: Flow, words: Words | None = None) -> str:
    """The flow as a Graphviz digraph; the rescue and where people may hand a caller back have a bold outline."""
    ids = {node.id: f"n{i}" for i, node in enumerate(flow.nodes)}
    lines = [
        f"digraph {_quote([flow.name])} {{",
        '  rankdir=TB; node [fontname="Noto Sans Devanagari, Noto Sans, sans-serif", style=filled, fontsize=11];',
        '  edge [fontname="Noto Sans Devanagari, Noto Sans, sans-serif", fontsize=10, color="#555555"];',
        f"  start [shape=point]; start -> {ids[flow.start.id]};",
    ]
    for node in flow.nodes:
        look = LOOKS[type(node)]
        bold = ", penwidth=2.5" if node.id in (flow.rescue, *flow.enterable) else ""
        label = _quote(_label(node, words))
        lines.append(f'  {ids[node.id]} [label={label}, shape={look.shape}, fillcolor="{look.fill}"{bold}];')
    lines += [f"  {ids[at]} -> {ids[to]} [label={_quote([why])}];" for at, why, to in _arrows(flow, words)]
    cuts = [f"{key}  {what}" for key, what in _shortcuts(flow)]
    if cuts:
        lines.append(f"  shortcuts [label={_quote(['at every question', *cuts])}, shape=plaintext, style=solid];")
    return "\n".join([*lines, "}"]) + "\n"


def _label(node: Node, words: Words | None) -> list[str]:
    """What stands in a node: its id, what it does, what it says."""
    match node:
        case Act():
            does = f"do: {node.action}"
        case Gather() if node.check:
            does = f"digits, checked by {node.check}"
        case Gather():
            does = f"digits into {node.into}"
        case Pick():
            does = f"one of {node.options}"
        case Record():
            does = f"a recording of up to {node.max_s} s"
        case Transfer():
            does = f"people: {node.queue}"
        case Enter():
            does = f"flow: {node.flow}"
        case Branch():
            does = f"{node.fact}?"
        case Return():
            does = f"returns {node.outcome}"
        case Hangup():
            does = "hangs up"
        case Say() | Menu():
            does = ""
    said = "" if isinstance(node, Act | Enter | Branch | Return) else " ".join(_text(p, words) for p in node.prompt)
    return [line for line in (node.id, does, _short(said)) if line]


def _arrows(flow: Flow, words: Words | None) -> Iterator[tuple[str, str, str]]:
    """Edges with their labels; several exits to the same node share an arrow."""
    for node in flow.nodes:
        to: dict[str, list[str]] = {}
        for why, goto in exits(node):
            to.setdefault(goto, []).append(_why(node, why, words))
        yield from ((node.id, ", ".join(whys), goto) for goto, whys in to.items())


def _why(node: Node, why: str, words: Words | None) -> str:
    if isinstance(node, Menu) and (choice := node.choices.get(why) or node.hidden.get(why)):
        return f"{why} {_short(_text(choice.label, words))}"
    if isinstance(node, Branch) and why == "":
        return "not set"
    return why.replace("_", " ")


def _shortcuts(flow: Flow) -> Iterator[tuple[str, str]]:
    for key, cut in flow.shortcuts.items():
        match cut:
            case Goto(node):
                yield key, f"to {node}"
            case Aside(name):
                yield key, f"aside into {name}"
            case _:
                yield key, type(cut).__name__.lower()


def _text(prompt: Prompt, words: Words | None) -> str:
    return words(prompt) if words else prompt.key


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def _escape(text: str) -> str:
    """Text that Mermaid takes for text: it knows entities by number, introduced by #."""
    special = '"#<>{}|[]()`\\'
    return "".join(f"#{ord(c)};" if c in special else c for c in " ".join(text.split()))


def _quote(lines: list[str]) -> str:
    """A dot string of several lines."""
    clean = (" ".join(line.split()).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(clean) + '"'
