"""`mitan prompts` and `mitan say`: the sounds, made ahead and looked at. No caller waits on anything here."""

from __future__ import annotations

import dataclasses
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import click

from audio import exchange
from audio import prompts as making
from audio.line import Segment
from audio.store import PACES
from audio.voices.choice import choose
from audio.voices.protocol import VoiceFailed
from db import clock
from db.session import Database
from ivr import bootstrap, phrasebook
from ivr.commands import as_json, no, print_json, progress
from ivr.settings import Settings
from scheduler.names import Names

TELL_EVERY_S = 5.0


@click.group()
def prompts() -> None:
    """The sounds that callers hear."""


@prompts.command()
@click.option("--lang", "languages", multiple=True, help="Only this language; may be repeated.")
def build(languages: tuple[str, ...]) -> None:
    """Make every sound that is missing, and publish each language that is whole. Exit 1 if one is not."""
    settings = Settings()
    if not build_all(settings, bootstrap.database(settings), languages):
        raise no("")


def build_missing(settings: Settings, db: Database) -> bool:
    """As `build_all`, but content with whatever whole set is published: a start needs no better voice."""
    store = bootstrap.sounds(settings)
    for lang, segments in _wanted(db, ()):
        folder = store.published(lang)
        if not folder or not all(store.has(folder, segment, pace) for segment in segments for pace in PACES):
            return build_all(settings, db)
        exchange.install(store, bootstrap.catalogues()[lang])
    return True


def build_all(settings: Settings, db: Database, languages: tuple[str, ...] = ()) -> bool:
    """Whether every language asked for (all by default) now has a whole set, the exchange's own lines included."""
    store = bootstrap.sounds(settings)
    whole = True
    try:
        voice = choose(settings.voice, settings.profile, progress)
    except VoiceFailed as failed:
        raise no(f"no voice: {failed}") from None
    with closing(voice):
        for lang, segments in _wanted(db, languages):
            told = _Told(lang)
            built = making.build(store, voice, segments, told, publish=[lang])
            for failure in built.failed[:10]:
                progress(f"prompts {lang}: {failure.why}: {failure.segment.text}")
            if built.made:
                progress(f"prompts {lang}: {built.made} made by {voice.name}, {built.kept} were there")
            whole &= not built.failed
            if store.published(lang):
                exchange.install(store, bootstrap.catalogues()[lang])
    return whole


@prompts.command()
@as_json
def check(json_: bool) -> None:
    """Judge every sound as callers would hear it: missing, broken, silent, uneven. Exit 1 when one is bad."""
    settings = Settings()
    store = bootstrap.sounds(settings)
    problems = [
        {"language": lang, "pace": problem.pace, "what": problem.what, "text": problem.segment.text}
        for lang, segments in _wanted(bootstrap.database(settings), ())
        for problem in making.check(store, segments)
    ]
    if json_:
        print_json(problems)
    else:
        for problem in problems:
            click.echo("{language} {pace} {what}: {text}".format(**problem))
    if problems:
        raise no(f"{len(problems)} sounds are not as they should be: mitan prompts build")


@click.command()
@click.argument("text")
@click.option("--lang", default="hi", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="A .wav file; without it, standard output."
)
def say(text: str, lang: str, out: Path | None) -> None:
    """Hear a sentence in the voice that builds the prompts, as a WAV file."""
    settings = Settings()
    if out is None and sys.stdout.isatty():
        raise click.UsageError("a sound does not belong on a terminal: give --out FILE.wav")
    try:
        with closing(choose(settings.voice, settings.profile, progress)) as voice:
            wav = making.files(Segment(text, lang), "normal", voice)["wav"]
    except VoiceFailed as failed:
        raise no(f"no voice: {failed}") from None
    if out is None:
        sys.stdout.buffer.write(wav)
    else:
        out.write_bytes(wav)


def _wanted(db: Database, languages: tuple[str, ...]) -> Iterator[tuple[str, list[Segment]]]:
    books = bootstrap.catalogues()
    if unknown := set(languages) - set(books):
        raise click.BadParameter(f"no catalogue for {', '.join(unknown)}", param_hint="--lang")
    with db.read() as session:
        values = phrasebook.values(session, clock.now(session))
    names = Names(db, ttl_s=3600)
    for lang in languages or tuple(books):
        yield lang, phrasebook.segments(books[lang], names, values)


@dataclasses.dataclass
class _Told:
    """Progress in a line every few seconds, not one a sound."""

    lang: str
    at: float = dataclasses.field(default_factory=time.monotonic)

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now - self.at > TELL_EVERY_S:
            self.at = now
            free = shutil.disk_usage("/").free // 2**20
            progress(f"prompts {self.lang}: {done} of {of}" + (f" ({free} MB of disk left)" if free < 500 else ""))
