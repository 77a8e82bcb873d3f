"""The commands of `mitan`, a module a subject. They ask the composition root for parts, and print; no rules here."""

from __future__ import annotations

import json
from typing import Any

import click

as_json = click.option("--json", "json_", is_flag=True, help="Print data as JSON on standard output.")


def print_json(data: Any) -> None:
    """Data for other programs: one document, Hindi as Hindi."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def progress(line: str) -> None:
    """What is going on, for the person who waits: on standard error, so that data stays clean."""
    click.echo(line, err=True)


def no(why: str) -> click.exceptions.Exit:
    """To be raised: the thing asked for is not so."""
    if why:
        click.echo(why, err=True)
    return click.exceptions.Exit(1)
