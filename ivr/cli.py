"""The one command `mitan`. Each subject has a module under `ivr.commands`, imported only when it is asked for.

Exit codes: 0 done, 1 the thing asked for is not so, 2 used wrongly (settings included). It holds no rule itself.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click
from alembic.util.exc import CommandError
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from ivr.asterisk.tree import NoAsterisk
from ivr.supervise import CannotStart

COMMANDS = {
    "run": "running",
    "voice": "running",
    "web": "running",
    "worker": "running",
    "citizens": "running",
    "play": "calling",
    "say": "sounding",
    "prompts": "sounding",
    "flow": "drawing",
    "db": "storing",
    "user": "storing",
    "appointments": "storing",
    "asterisk": "exchange",
    "status": "looking",
    "settings": "looking",
    "bench": "measuring",
}


class Lazily(click.Group):
    """A group whose commands are imported one at a time: `mitan settings` need not wait for the whole house."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"ivr.commands.{COMMANDS[cmd_name]}")
        command = getattr(module, cmd_name)
        return command if isinstance(command, click.Command) else None


@click.group(cls=Lazily, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def mitan() -> None:
    """The citizen's phone line 14545: calls, bookings, the executives' console, and what happens later."""


def main(words: Sequence[str] | None = None) -> int:
    """The console script; `words` instead of the process's own.

    Says in a sentence what a person can mend; anything else is a bug and keeps its trace.
    """
    try:
        code = mitan.main(words, prog_name="mitan", standalone_mode=False)  # a raised Exit comes back as its code
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except click.Abort:
        return 130
    except ValidationError as wrong:
        for error in wrong.errors():
            where = ".".join(f"MITAN_{part}".upper() for part in error["loc"])
            _tell(f"{where}: {error['msg']}" if where else error["msg"].removeprefix("Value error, "))
        return 2
    except (CannotStart, NoAsterisk, CommandError, PermissionError, FileNotFoundError) as cannot:
        _tell(str(cannot))
        return 1
    except SQLAlchemyError as cannot:
        _tell(f"the database: {str(cannot).splitlines()[0]} (`mitan settings` shows which)")
        return 1
    return code if isinstance(code, int) else 0


def _tell(problem: str) -> None:
    click.echo(f"error: {problem}", err=True)


if __name__ == "__main__":
    sys.exit(main())
