"""All settings of the house in one frozen `Settings`: `MITAN_…`, else `mitan.toml`, else defaults bound to loopback.

It reads; it never opens a database, starts a process or makes a file, `key_text` excepted, which makes a key where
none is yet. Half a configuration is refused here, before anything runs: a server open to the world without TLS, half
a trunk, a government installation that could speak to a foreign voice.
"""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import os
import re
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.sources import TomlConfigSettingsSource
from sqlalchemy.engine import make_url

Port = Annotated[int, Field(ge=1, le=65535)]
Absolute = Annotated[Path, BeforeValidator(lambda p: Path(p).expanduser().absolute())]


def _words(value: object) -> object:
    """`a, b` in the environment is the list that TOML writes as `["a", "b"]`."""
    return tuple(w for w in value.replace(",", " ").split() if w) if isinstance(value, str) else value


def _range(value: object) -> object:
    return tuple(value.split("-")) if isinstance(value, str) else value


def _psycopg(url: object) -> object:
    """A bare `postgresql://` as operators write it means the driver that we ship."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url) if isinstance(url, str) else url


DatabaseUrl = Annotated[str, BeforeValidator(_psycopg)]


class Settings(BaseSettings):
    """Frozen; raises `pydantic.ValidationError` naming every setting that is wrong."""

    model_config = SettingsConfigDict(
        env_prefix="MITAN_", frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True
    )

    profile: Literal["plain", "government"] = "plain"
    demo: bool = False
    clock_offset: timedelta = timedelta(0)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    var_dir: Absolute = Path("var")
    database_url: DatabaseUrl = Field(default_factory=lambda d: f"sqlite:///{d['var_dir']}/mitan.db", repr=False)
    database_pool: Annotated[int, Field(ge=2)] = 16
    sounds_dir: Absolute = Field(default_factory=lambda d: d["var_dir"] / "sounds")
    secret_key_file: Absolute = Field(default_factory=lambda d: d["var_dir"] / "secrets" / "web.key")
    recordings_key_file: Absolute = Field(default_factory=lambda d: d["var_dir"] / "secrets" / "recordings.key")
    ami_secret_file: Absolute = Field(default_factory=lambda d: d["var_dir"] / "secrets" / "ami.key")
    voice: Literal["auto", "espeak", "gtts"] = "auto"

    bind: str = "127.0.0.1"
    web_port: Port = 8014
    web_workers: Annotated[int, Field(ge=1)] = 2
    web_threads: Annotated[int, Field(ge=4)] = 64
    web_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()  # none: any name
    metrics_token: SecretStr = SecretStr("")  # opens /metrics to others than this machine
    tls_cert_file: Absolute | None = None
    tls_key_file: Absolute | None = None

    fastagi_port: Port = 4573
    ami_port: Port = 5038
    ari_http_port: Port = 8088
    calls_at_once: Annotated[int, Field(ge=1)] = 200

    sip_bind: str = "127.0.0.1"
    sip_port: Port = 5060
    public_address: str = ""
    rtp_port_range: Annotated[tuple[Port, Port], NoDecode, BeforeValidator(_range)] = (10000, 10999)
    number: Annotated[str, Field(pattern=r"^\d{3,15}$")] = "14545"
    trunk_host: str = ""
    trunk_match: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    trunk_user: str = ""
    trunk_password: SecretStr = SecretStr("")
    trunk_register: bool = False
    seats: Annotated[int, Field(ge=0, le=99)] = 4
    asterisk: Literal["auto", "private"] = "auto"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, Path(os.environ.get("MITAN_CONFIG", "mitan.toml")))
        return init_settings, env_settings, toml

    @model_validator(mode="after")
    def _whole(self) -> Self:
        problems = [*self._open_doors(), *self._half_trunk(), *self._ports_twice(), *self._government()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _open_doors(self) -> list[str]:
        out = []
        if bool(self.tls_cert_file) != bool(self.tls_key_file):
            out.append("MITAN_TLS_CERT_FILE and MITAN_TLS_KEY_FILE go together")
        if not is_loopback(self.bind) and not self.tls_cert_file:
            out.append(f"MITAN_BIND={self.bind} is not loopback: it needs MITAN_TLS_CERT_FILE and MITAN_TLS_KEY_FILE")
        if not is_loopback(self.sip_bind) and not self.trunk_match and not self.trunk_host:
            out.append(
                f"MITAN_SIP_BIND={self.sip_bind} is not loopback: it needs MITAN_TRUNK_HOST or MITAN_TRUNK_MATCH"
            )
        out += [f"{f} is not there" for f in (self.tls_cert_file, self.tls_key_file) if f and not f.is_file()]
        if self.clock_offset and not self.demo:
            out.append("MITAN_CLOCK_OFFSET is for demonstrations: it needs MITAN_DEMO=true and a demo database")
        return out

    def _half_trunk(self) -> list[str]:
        if self.trunk_register and not (self.trunk_host and self.trunk_user and self.trunk_password.get_secret_value()):
            return ["MITAN_TRUNK_REGISTER needs MITAN_TRUNK_HOST, MITAN_TRUNK_USER and MITAN_TRUNK_PASSWORD"]
        low, high = self.rtp_port_range
        return [] if high - low >= 3 else [f"MITAN_RTP_PORT_RANGE={low}-{high} holds no call"]

    def _ports_twice(self) -> list[str]:
        taken: dict[int, str] = {}
        out = []
        for name, port in self.tcp_ports().items():
            if port in taken:
                out.append(f"{name} and {taken[port]} are both {port}")
            taken[port] = name
        return out

    def _government(self) -> list[str]:
        if self.profile != "government":
            return []
        rules = {
            "MITAN_DATABASE_URL must be PostgreSQL": not self.database_url.startswith("postgresql"),
            "MITAN_DEMO is refused": self.demo,
            "MITAN_VOICE=gtts is refused (a service abroad)": self.voice == "gtts",
            "MITAN_TRUNK_HOST or MITAN_TRUNK_MATCH is missing": not (self.trunk_host or self.trunk_match),
        }
        return [f"MITAN_PROFILE=government: {rule}" for rule, broken in rules.items() if broken]

    def tcp_ports(self) -> dict[str, int]:
        """Every TCP port we open, by the setting that moves it."""
        names = ("web_port", "fastagi_port", "ami_port", "ari_http_port")
        return {f"MITAN_{n.upper()}": getattr(self, n) for n in names}

    @property
    def trial(self) -> bool:
        """Whether nothing says that citizens call here: neither a trunk nor a database server is set."""
        trunk = bool(self.trunk_host or self.trunk_match)
        return self.demo or (self.profile == "plain" and not trunk and self.database_url.startswith("sqlite"))

    @property
    def seat_names(self) -> tuple[str, ...]:
        return tuple(f"seat{n:02d}" for n in range(1, self.seats + 1))

    @property
    def asterisk_home(self) -> Path:
        """Where our Asterisk keeps its things (`ivr.asterisk.render.Places`)."""
        return self.var_dir / "asterisk"

    @property
    def spool_dir(self) -> Path:
        """Where the fail-open dialplan leaves messages for the importer."""
        return self.asterisk_home / "spool" / "messages"

    @property
    def seats_file(self) -> Path:
        """The seats' current secrets, included by pjsip.conf; rewritten at each sign-in."""
        return self.asterisk_home / "etc" / "pjsip_seats.conf"

    @property
    def console_url(self) -> str:
        """Where a browser finds the console."""
        return self._url(self.bind)

    @property
    def local_url(self) -> str:
        """The same, as seen from this machine."""
        return self._url("127.0.0.1" if is_everywhere(self.bind) else self.bind)

    @property
    def sip_url(self) -> str:
        """What a SIP phone dials."""
        host = self.public_address or ("127.0.0.1" if is_everywhere(self.sip_bind) else self.sip_bind)
        return f"sip:{self.number}@{host}:{self.sip_port}"

    def _url(self, host: str) -> str:
        return f"{'https' if self.tls_cert_file else 'http'}://{host}:{self.web_port}"

    def printable(self) -> dict[str, object]:
        """Every setting as it may be shown: passwords, also the one inside a database URL, are masked."""
        shown: dict[str, object] = self.model_dump(mode="json")
        shown["database_url"] = make_url(self.database_url).render_as_string(hide_password=True)
        return shown


def unknown_names() -> list[str]:
    """Variables of ours by name that are no setting: most likely slips of the pen."""
    known = {f"MITAN_{name.upper()}" for name in Settings.model_fields} | {"MITAN_CONFIG", "MITAN_DIST"}
    return sorted(name for name in os.environ if name.startswith("MITAN_") and name.upper() not in known)


def is_loopback(address: str) -> bool:
    """Whether a bind address can be reached from this machine alone. A name other than localhost cannot be judged."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def is_everywhere(address: str) -> bool:
    """Whether a bind address means all of this machine's addresses."""
    return address in ("0.0.0.0", "::")


def key_text(path: Path) -> str:
    """The secret in `path`: 32 random bytes as base64url (a Fernet key), made 0600 on first use.

    Two processes that start together agree: the file appears whole, by link, and the second to come reads the first's.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent) as draft:  # made 0600
            draft.write(base64.urlsafe_b64encode(os.urandom(32)))
            draft.flush()
            with contextlib.suppress(FileExistsError):
                os.link(draft.name, path)
    return path.read_text("ascii").strip()
