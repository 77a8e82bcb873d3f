"""A flow's picture shows every node, every edge and every word, whatever the words are."""

from __future__ import annotations

import re

import pytest

from ivr.core.draw import dot, mermaid
from ivr.core.flow import Choice, Flow, Hangup, Menu, Prompt, exits
from tests.kit_flows import FLOWS, MAIN, SLOTS, said


@pytest.mark.parametrize("flow", FLOWS.values(), ids=lambda f: f.name)
def test_every_node_and_every_way_is_drawn(flow: Flow) -> None:
    ids = {node.id: f"n{i}" for i, node in enumerate(flow.nodes)}
    ways = {(ids[node.id], ids[to]) for node in flow.nodes for _, to in exits(node)}
    assert set(re.findall(r"^  (n\d+) -->.*\| (n\d+)$", mermaid(flow), re.MULTILINE)) == ways
    assert set(re.findall(r"^  (n\d+) -> (n\d+) \[", dot(flow), re.MULTILINE)) == ways
    for node in flow.nodes:
        assert node.id in mermaid(flow)
        assert f'[label="{node.id}' in dot(flow)


def test_a_nodes_shape_says_what_it_is() -> None:
    text = mermaid(MAIN)
    assert 'n1[/"menu<br>menu"/]' in text
    assert 'n2["list_cities<br>do: find_cities"]' in text
    assert '{{"people<br>people: line<br>people"}}' in text
    assert '(["bye<br>hangs up<br>bye"])' in text
    assert "shape=diamond" in dot(MAIN)


def test_edges_are_labelled_by_key_and_words_or_by_outcome() -> None:
    assert 'n1 -->|"1 menu.book"| n2' in mermaid(MAIN)
    assert 'n13 -->|"timeout, empty"| n14' in mermaid(MAIN)
    assert 'n0 -> n7 [label="none"];' in dot(SLOTS)


def test_the_sentences_of_a_language_can_be_shown_instead_of_keys() -> None:
    text = mermaid(MAIN, lambda prompt: {"greet": "नमस्ते"}.get(prompt.key, "…"))
    assert 'n0("greet<br>नमस्ते")' in text


def test_words_cannot_break_the_picture() -> None:
    nasty = 'a "quoted" [line]\n<b> #1; `x` {y} \\ |z|'
    menu = Menu("ask", said("x"), {"1": Choice("bye", Prompt("y"))}, "bye")
    flow = Flow("f", (menu, Hangup("bye", said("z"))), "bye")
    for line in mermaid(flow, lambda _: nasty).splitlines():
        assert line.count('"') % 2 == 0
        assert "<b>" not in line
    for line in dot(flow, lambda _: nasty).splitlines():
        assert len(re.findall(r'(?<!\\)"', line)) % 2 == 0


def test_long_words_are_cut() -> None:
    assert "…" in mermaid(MAIN, lambda _: "word " * 50)
    assert "word " * 20 not in mermaid(MAIN, lambda _: "word " * 50)
