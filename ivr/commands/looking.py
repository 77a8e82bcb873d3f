"""`mitan status` and `mitan settings`: what is, for people and for watchdogs. Nothing is changed."""

from __future__ import annotations

from typing import Any

import click

from ivr.commands import as_json, no, print_json
from ivr.settings import Settings, unknown_names


@click.command()
@as_json
def settings(json_: bool) -> None:
    """Every setting as it stands, passwords masked. Exit 2 when they contradict each other."""
    shown = Settings().printable()
    if json_:
        print_json(shown)
    else:
        for name, value in shown.items():
            click.echo(f"MITAN_{name.upper():22} {value}")
    for name in unknown_names():
        click.echo(f"warning: {name} is set and means nothing", err=True)


@click.command()
@as_json
def status(json_: bool) -> None:
    """What runs and since when, calls, the queue, what is missing or failing. Exit 1 when something is not right."""
    from ivr import state  # noqa: PLC0415 - settings must answer even where the rest cannot be imported

    found = state.look(Settings())
    if json_:
        print_json({**found.facts, "wrong": found.wrong})
    else:
        for name, value in found.facts.items():
            click.echo(f"{name.replace('_', ' '):18} {_plain(value)}")
        for problem in found.wrong:
            click.echo(f"wrong: {problem}")
    if found.wrong:
        raise no("")


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "  ".join(f"{name}: {_plain(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "unknown" if value is None else str(value)
