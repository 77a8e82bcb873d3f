"""The twins of a call by `voice`: the same sounds and questions by the plain dialplan, and by a bare FastAGI loop.

The bare loop sends the very commands that our server sent, knows no caller, keeps nothing and decides nothing: what
our server costs beyond it is the price of flows, state, database and guards.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

PLAIN, BARE = "14546", "14547"


def dialplan(commands: Sequence[Sequence[str]], bare_port: int) -> str:
    """Extensions for both twins, to be added to the context of unauthenticated loopback callers."""
    plain = "".join(f" same => n,{step}\n" for words in commands if (step := _plainly(words)))
    return (
        "\n[from-loopback](+)\n"
        f"exten => {PLAIN},1,Answer()\n{plain} same => n,Hangup()\n"
        f"exten => {BARE},1,Answer()\n same => n,AGI(agi://127.0.0.1:{bare_port}/bare)\n same => n,Hangup()\n"
    )


def _plainly(words: Sequence[str]) -> str:
    """What the plain dialplan does in the place of a command; nothing where it has nothing to do."""
    match words:
        case ["GOSUB", "mitan-tell", "s", "1", args]:
            return f"Read(SKIP,{args.split(',')[1]},1,e,1,0.05)"
        case ["GOSUB", "mitan-ask", "s", "1", args]:
            _, files, most, first_s, _ = args.split(",")
            return f"Read(KEYS,{files},{most},e,1,{first_s})"
    return ""


def lines(commands: Iterable[Sequence[str]]) -> list[bytes]:
    """The commands as they go over the wire."""
    return [
        (" ".join('"' + w.replace('"', '\\"') + '"' if " " in w or not w else w for w in words) + "\n").encode()
        for words in commands
    ]


async def serve(port: int, script: Sequence[bytes]) -> None:
    """Sends the script to every call, waiting for each answer, until ended."""

    async def call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (await reader.readline()).strip():
                pass
            for command in script:
                writer.write(command)
                while (answer := await reader.readline()).startswith(b"100 "):
                    pass
                if not answer or b"result=-1" in answer or answer.startswith(b"HANGUP"):
                    break
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(call, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), lines(json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))))
