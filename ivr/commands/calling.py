"""`mitan play`: a call in the terminal, by the same driver, flows and database as a real one."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from db import clock, house
from db.session import Database
from ivr import bootstrap
from ivr.channels.callerid import e164
from ivr.channels.plain import dump_turn, show
from ivr.channels.plain import play as conversation
from ivr.channels.reply import NewCall
from ivr.commands import no, progress
from ivr.settings import Settings
from scheduler.rules import IST


@click.command()
@click.option("--from", "phone", default="", help="The caller's number; believed only in a demonstration.")
@click.option("--lang", default=None, help="Begin in this language (hi, en).")
@click.option("--at", "moment", default=None, help="As if it were this moment (ISO time); demonstrations only.")
@click.option("--json", "json_", is_flag=True, help="One JSON object a turn on stdout, for scripts.")
def play(phone: str, lang: str | None, moment: str | None, json_: bool) -> None:
    """Call 14545 from here: keys on standard input, one turn a line; an empty line is silence, `hangup` hangs up."""
    settings = Settings()
    number = e164(phone) if phone else None
    if phone and number is None:
        raise click.BadParameter(f"{phone!r} is no telephone number", param_hint="--from")
    db = bootstrap.database(settings)
    with db.read() as session:
        demo = house.is_demo(session)
        now = clock.now(session)
    if moment:
        if not demo:
            raise no("--at needs a database that is marked demo (mitan db seed --demo)")
        db = Database(db.url, offset=db.offset + (_moment(moment) - now), pool_size=settings.database_pool)
    speaker = bootstrap.speaker(settings, db)
    if lang and lang not in speaker.catalogues:
        raise click.BadParameter(f"there are {', '.join(speaker.catalogues)}", param_hint="--lang")
    driver = bootstrap.driver(settings, db)
    new = NewCall("plain", "trunk" if demo else "claimed", phone=number, dialled=settings.number, language=lang)
    try:
        for reply in conversation(driver, new, sys.stdin, progress):
            if json_:
                click.echo(dump_turn(reply, speaker, lang))
            else:
                show(reply, speaker, sys.stdout, lang)
            sys.stdout.flush()
    finally:
        driver.close()
        db.dispose()


def _moment(text: str) -> datetime:
    """An ISO time; without a zone it is India's."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no ISO time such as 2026-02-03T10:00", param_hint="--at") from None
    return at if at.tzinfo else at.replace(tzinfo=IST)
