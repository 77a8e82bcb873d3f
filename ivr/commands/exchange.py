"""`mitan asterisk`: the exchange's program and its configuration."""

from __future__ import annotations

from pathlib import Path

import click

from ivr import bootstrap
from ivr.asterisk.render import render as write
from ivr.asterisk.tree import ensure
from ivr.commands import as_json, print_json, progress
from ivr.settings import Settings


@click.group()
def asterisk() -> None:
    """The Asterisk that answers the telephone."""


@asterisk.command()
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Default: MITAN_VAR_DIR/asterisk.")
def render(out: Path | None) -> None:
    """Write its whole configuration from the settings and the policy's hours; prints the path of asterisk.conf."""
    settings = Settings()
    tree = ensure(progress, own=settings.asterisk == "auto")
    home = (out or settings.asterisk_home).absolute()
    db = bootstrap.database(settings)
    click.echo(str(write(settings, home, tree, bootstrap.opening(db), invented=bootstrap.is_demo(db))))


@asterisk.command()
@as_json
def fetch(json_: bool) -> None:
    """Make sure there is one: the machine's own, or a private copy in the user's cache."""
    tree = ensure(progress, own=Settings().asterisk == "auto")
    if json_:
        print_json({"version": tree.version, "argv": tree.argv, "moddir": str(tree.moddir)})
    else:
        click.echo(f"Asterisk {tree.version}: {tree.argv[-1]}")
