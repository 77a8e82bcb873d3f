"""`mitan flow`: the call-flows judged and drawn. They are data, so neither needs a database or a telephone."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from callflows import ACTIONS, ENTRY, flows
from ivr import bootstrap
from ivr.commands import as_json, no, print_json, progress
from ivr.core import draw as drawing
from ivr.core.lint import lint as find_faults
from ivr.core.nodes import Prompt

# What the driver knows when a call begins.
GIVEN = frozenset({"origin", "phone_known", "language_known", "call.root"})


@click.group()
def flow() -> None:
    """The call-flows."""


@flow.command()
@as_json
def lint(json_: bool) -> None:
    """Look for what is wrong with the flows as a whole. Exit 1 when something is."""
    books = {lang: book.own for lang, book in bootstrap.catalogues().items()}
    found = find_faults(flows(), ACTIONS, entries=(ENTRY,), given=GIVEN, catalogues=books)
    if json_:
        print_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            click.echo(str(finding))
    if found:
        raise no(f"{len(found)} findings")


@flow.command()
@click.argument("name", required=False)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("flows"), show_default=True)
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(["mmd", "svg", "png"]), help="Default: all three."
)
@click.option("--lang", default="hi", show_default=True, help="The language of the words in the picture.")
def draw(name: str | None, out: Path, formats: tuple[str, ...], lang: str) -> None:
    """Draw one flow, or all: Mermaid, SVG and PNG files in the folder OUT."""
    from ivr import picture  # noqa: PLC0415 - lint must answer on machines that cannot draw

    every = flows()
    if name and name not in every:
        raise click.BadParameter(f"there are {', '.join(every)}", param_hint="NAME")
    out.mkdir(parents=True, exist_ok=True)
    book = bootstrap.catalogues().get(lang)

    def words(prompt: Prompt) -> str:
        if book is None or prompt.key not in book:
            return prompt.key
        return "".join(part if isinstance(part, str) else f"‹{part.name}›" for part in book[prompt.key].parts)

    for one in [every[name]] if name else every.values():
        for kind in formats or ("mmd", "svg", "png"):
            path = out / f"{one.name}.{kind}"
            if kind == "mmd":
                path.write_text(drawing.mermaid(one, words), "utf-8")
            else:
                path.write_bytes(picture.of_dot(drawing.dot(one, words), kind, progress))
            click.echo(str(path))
