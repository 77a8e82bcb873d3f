"""`mitan bench NAME`: figures with their goals, and the machine they were measured on."""

from __future__ import annotations

import importlib
import pkgutil

import click

import bench as benches
from bench.figures import as_json as with_machine
from ivr.commands import as_json, no, print_json

FIGURES = "figures"


def _names() -> list[str]:
    found = [module.name for module in pkgutil.iter_modules(benches.__path__)]
    return [name for name in found if name != FIGURES and not name.startswith("_")]


@click.command()
@click.argument("name", type=click.Choice(_names()))
@as_json
def bench(name: str, json_: bool) -> None:
    """Measure, and judge by the goals. Exit 1 when a goal is missed."""
    figures = importlib.import_module(f"bench.{name}").measure()
    if json_:
        print_json(with_machine(figures))
    else:
        for figure in figures:
            verdict = {True: "holds", False: "MISSED", None: ""}[figure.holds]
            click.echo(f"{figure.name:46} {figure.value:>12g} {figure.unit:10} {figure.goal:12} {verdict}")
    if missed := [figure.name for figure in figures if figure.holds is False]:
        raise no(f"missed: {', '.join(missed)}")
