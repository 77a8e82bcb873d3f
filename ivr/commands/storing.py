"""`mitan db`, `mitan user`, `mitan appointments`: what is stored, from the terminal."""

from __future__ import annotations

from dataclasses import asdict

import click

from agent_console import accounts
from agent_console.accounts import NewUser, UserExists
from agent_console.routes import Role
from db import migrate
from db.house import NotEmpty
from db.seed import seed as sow
from ivr import bootstrap
from ivr.channels.callerid import e164
from ivr.commands import as_json, no, print_json, progress
from ivr.settings import Settings
from scheduler import booking
from scheduler.rules import IST


@click.group()
def db() -> None:
    """Make, upgrade and seed the database that MITAN_DATABASE_URL names."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest version; a SQLite file is made."""
    settings = Settings()
    before = migrate.current(settings.database_url)
    migrate.upgrade(settings.database_url)
    progress(f"database: {before or 'empty'} to {migrate.head()}" if before != migrate.head() else "database: newest")


@db.command()
@click.option("--demo", is_flag=True, help="Mark an unused database as a demonstration, with invented people.")
def seed(demo: bool) -> None:
    """Add what is published about the scheme and not there yet. Never changes a row."""
    settings = Settings()
    try:
        added = sow(bootstrap.database(settings), demo=demo or settings.demo)
    except NotEmpty as refused:
        raise no(f"{refused}: choose another MITAN_DATABASE_URL or MITAN_VAR_DIR for a demonstration") from None
    progress(f"database: {added} rows added")


@click.group()
def user() -> None:
    """People who sign in to the console."""


@user.command()
@click.argument("username")
@click.option("--name", required=True, help="As colleagues know them.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--language", type=click.Choice(["hi", "en"]), default="hi", show_default=True)
def add(username: str, name: str, role: str, language: str) -> None:
    """Let somebody in. The first password is random and lies in a file until they choose their own."""
    settings = Settings()
    try:
        file = accounts.add_user(
            bootstrap.database(settings),
            NewUser(username, name, Role(role), language),
            bootstrap.first_passwords(settings),
        )
    except UserExists:
        raise no(f"{username} is there already") from None
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="USERNAME") from None
    click.echo(f"{username}: first password in {file}")


@click.command()
@click.option("--phone", required=True, help="The number they were booked from.")
@as_json
def appointments(phone: str, json_: bool) -> None:
    """Every appointment booked from a number. Exit 1 when there is none."""
    settings = Settings()
    database = bootstrap.database(settings)
    number = e164(phone)
    if number is None:
        raise click.BadParameter(f"{phone!r} is no telephone number", param_hint="--phone")
    with database.read() as session:
        found = booking.appointments(session, number)
    if json_:
        print_json([asdict(visit) for visit in found])
    for visit in [] if json_ else found:
        day = visit.starts_at.astimezone(IST)
        until = visit.ends_at.astimezone(IST)
        when = f"{day:%d.%m.%Y %H:%M}-{until:%H:%M} IST"
        click.echo(f"{visit.reference}  {when}  {visit.service_id}  {visit.city_id}  {visit.state}")
    if not found:
        raise no(f"nothing is booked from {number}")
