"""A flow that dangles refuses to exist, and says everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ivr.core.flow import (
    Act,
    Branch,
    Choice,
    Flow,
    FlowError,
    Gather,
    Goto,
    Hangup,
    Menu,
    Node,
    Pick,
    Prompt,
    Record,
    Say,
    Transfer,
)
from tests.kit_flows import MAIN, said

BYE = Hangup("bye", said("bye"))
TO_BYE = {"1": Choice("bye", Prompt("l"))}


def problems(*nodes: Node, **fields: object) -> list[str]:
    with pytest.raises(FlowError) as refused:
        Flow("f", (*nodes, BYE), **{"rescue": "bye", **fields})  # type: ignore[arg-type]  # fields of a Flow
    return refused.value.problems


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        (Say("n", said("x"), then="gone"), "exit 'then' leads to 'gone'"),
        (Menu("n", said("x"), {"1": Choice("gone", Prompt("l"))}, "bye"), "exit '1' leads to 'gone'"),
        (Menu("n", said("x"), TO_BYE, "gone"), "exit 'gave_up' leads to 'gone'"),
        (Menu("n", said("x"), {}, "bye"), "a menu without choices"),
        (Menu("n", said("x"), {"12": Choice("bye", Prompt("l"))}, "bye"), "'12' is not a key"),
        (Menu("n", said("x"), TO_BYE, "bye", tries=0), "asked at least once"),
        (Menu("n", said("x"), TO_BYE, "bye", hidden=TO_BYE), "both spoken and hidden"),
        (
            Menu("n", said("x"), {"1": Choice("bye", Prompt("l"), {"manner.pace": "fast"})}, "bye"),
            "'manner.pace' cannot be 'fast'",
        ),
        (Pick("n", said("x"), "o", Prompt("l"), "i", "gone", "bye"), "exit 'then' leads to 'gone'"),
        (Gather("n", said("x"), "i", 5, 4, "bye", "bye"), "contradict each other"),
        (Gather("n", said("x"), "i", 0, 4, "bye", "bye"), "contradict each other"),
        (Gather("n", said("x"), "i", 4, 4, "bye", "bye", secret=True), "a secret needs a check"),
        (Gather("n", said("x"), "i", 4, 4, "bye", "bye", check="c"), "a check without outcomes"),
        (Gather("n", said("x"), "i", 4, 4, "", "bye", check="c", on={"ok": "gone"}), "exit 'ok' leads to 'gone'"),
        (Record("n", said("x"), "i", 60, "bye", "gone"), "exit 'gave_up' leads to 'gone'"),
        (Act("n", "a", {}), "no outcomes"),
        (Act("n", "a", {"ok": "gone"}), "exit 'ok' leads to 'gone'"),
        (Transfer("n", said("x"), "q", {}), "no outcomes"),
        (Branch("n", "f", {"true": "gone"}, "bye"), "exit 'true' leads to 'gone'"),
        (Hangup("bye", said("x")), "used twice"),
    ],
)
def test_a_node_that_contradicts_itself_is_refused(node: Node, problem: str) -> None:
    assert any(problem in found for found in problems(node)), problems(node)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"rescue": "gone"}, "rescue 'gone' is not there"),
        ({"checkpoints": ("gone",)}, "checkpoint 'gone' is not there"),
        ({"enterable": ("gone",)}, "enterable 'gone' is not there"),
        ({"shortcuts": {"0": Goto("gone")}}, "shortcut '0' leads to 'gone'"),
        ({"shortcuts": {"help": Goto("bye")}}, "shortcut 'help' is not a key"),
    ],
)
def test_a_flow_that_contradicts_itself_is_refused(fields: dict[str, object], problem: str) -> None:
    assert any(problem in found for found in problems(**fields))


def test_a_flow_without_nodes_is_refused() -> None:
    with pytest.raises(FlowError, match="no nodes"):
        Flow("f", (), "bye")


def test_every_problem_is_listed_not_just_the_first() -> None:
    code = Gather("code", said("x"), "i", 5, 4, "gone", "lost", secret=True)
    found = problems(code, Act("act", "act", {"x": "away"}), rescue="nowhere")
    assert len(found) == 6
    for what in ("gone", "lost", "away", "nowhere", "contradict", "secret"):
        assert any(what in problem for problem in found)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda f: replace(f, rescue="bye"), id="where the rescue leads"),
        pytest.param(lambda f: replace(f, shortcuts={}), id="the shortcuts"),
        pytest.param(lambda f: replace(f, nodes=(*f.nodes, Say("new", said("x"), "bye"))), id="a node more"),
    ],
)
def test_the_hash_changes_with_what_a_caller_could_notice(change: Callable[[Flow], Flow]) -> None:
    assert change(MAIN).hash != MAIN.hash


def test_the_hash_of_the_same_flow_is_the_same() -> None:
    assert replace(MAIN).hash == MAIN.hash
    assert replace(MAIN).marks == MAIN.marks
