"""What the console must be told by whoever composes it. It reads no environment and opens nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from db.session import Database

BUILT = Path(__file__).parent / "static" / "dist"


@dataclass(frozen=True, slots=True)
class ConsoleConfig:
    """`secret_key` signs the cookie (≥ 32 characters); `first_passwords` is the folder `mitan user add` writes to.

    `demo` and `bind_loopback` say what kind of house this is; `tls` makes the cookie Secure. `hosts` are the names
    under which the console may be asked for (empty: any, or only this machine's own when bound to loopback in demo).
    `metrics_token` opens /metrics to others than this machine. `sessions_idle` and `sessions_end` bound a sign-in.
    """

    database: Database
    secret_key: str = field(repr=False)
    first_passwords: Path
    demo: bool = False
    bind_loopback: bool = True
    tls: bool = False
    hosts: tuple[str, ...] = ()
    metrics_token: str = field(default="", repr=False)
    dist: Path = BUILT
    sessions_idle: timedelta = timedelta(hours=1)
    sessions_end: timedelta = timedelta(hours=12)

    def __post_init__(self) -> None:
        if len(self.secret_key) < 32 or len(set(self.secret_key)) < 8:
            raise ValueError("the console's secret key is too weak: at least 32 random characters")

    @property
    def open_demo(self) -> bool:
        """Whether pages meant for trying things out may be open to whoever sits at this machine."""
        return self.demo and self.bind_loopback
