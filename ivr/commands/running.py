"""`mitan run` and the three processes that it supervises: `voice`, `web`, `worker`."""

from __future__ import annotations

import signal
import threading

import click

from ivr import bootstrap, serve, standing
from ivr.commands import progress
from ivr.commands.sounding import build_missing
from ivr.settings import Settings
from ivr.supervise import CannotStart, Supervisor, require_free, sole
from scheduler import worker as ticker


@click.command()
@click.option("--prepare", is_flag=True, help="First bring the database to the newest version and make missing sounds.")
def run(prepare: bool) -> None:
    """Run everything in the foreground: Asterisk, voice, web and worker. Ctrl-C ends all of it."""
    settings = Settings()
    with sole(settings.var_dir):
        require_free(standing.ports(settings))
        if prepare:
            standing.prepare(settings, progress, build_missing)
        standing.require_prepared(settings)
        programs = standing.programs(settings, progress)
        state = standing.state_file(settings)
        supervisor = Supervisor(programs, settings.var_dir / "log", progress, state=state)
        supervisor.run(lambda: click.echo(standing.ready_line(settings)))
    progress("all ended")


@click.command()
def voice() -> None:
    """The telephone's process: FastAGI for Asterisk, AMI, the command table, messages left behind."""
    from ivr.voice import main  # noqa: PLC0415 - the other processes need no panoramisk

    raise click.exceptions.Exit(main(Settings()))


@click.command()
def web() -> None:
    """The console and the browser phone, under gunicorn."""
    settings = Settings()
    bootstrap.logs(settings)
    serve.serve(settings)


@click.command()
def worker() -> None:
    """What happens later: messages, windows ahead, callbacks, retention. One of any number leads."""
    settings = Settings()
    bootstrap.logs(settings)
    stop = _until_told()
    ticker.run(bootstrap.database(settings), settings, stop)


@click.command(hidden=True)
def citizens() -> None:
    """Invented callers, one after the other, in a demonstration."""
    from ivr import demo  # noqa: PLC0415 - only a demonstration needs invented people

    settings = Settings()
    bootstrap.logs(settings)
    database = bootstrap.database(settings)
    try:
        demo.keep_calling(bootstrap.driver(settings, database), database, _until_told())
    except demo.NotADemo as refused:
        raise CannotStart(str(refused)) from None


def _until_told() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
