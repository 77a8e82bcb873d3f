"""Passwords: argon2 hashes, what is refused as one, and the file in which a first one is handed over.

Nothing here knows the database. A first password exists in clear only in its file (0600), until the first sign-in.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST = 12
MOST = 256  # argon2 takes any length: a bound keeps a megabyte of "password" from being hashed
USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])")
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread from paper
_COMMON = (
    "password",
    "passwort",
    "admin",
    "mitan",
    "14545",
    "12345",
    "qwerty",
    "welcome",
    "letmein",
    "india",
    "sangwari",
)

# OWASP's setting for argon2id (19 MiB, two passes, one lane): a shift of executives who sign in at eight o'clock must
# not take a gigabyte and every core from the callers.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODY = _hasher.hash("the hash that is checked when there is no such user, so that both take the same time")


def hashed(password: str) -> str:
    """The argon2id hash to keep."""
    return _hasher.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether the password is the one kept; as slow for a user who does not exist."""
    try:
        _hasher.verify(kept or _NOBODY, password[:MOST])
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_stale(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def objection(password: str, username: str, *, old: str = "") -> str | None:
    """The catalogue key saying why this may not be a password, or None.

    Length counts, not kinds of characters (NIST SP 800-63B); what everybody tries first is taken away before counting.
    """
    if len(password) > MOST:
        return "password.too_long"
    if old and secrets.compare_digest(password.encode(), old.encode()):
        return "password.same"
    rest = password.lower()
    for word in (*_COMMON, username.lower()):
        rest = rest.replace(word, "")
    if len(password) < LEAST:
        return "password.too_short"
    if len(rest) < LEAST // 2 or len(set(rest)) < 5:
        return "password.guessable"
    return None


def fresh() -> str:
    """A random password of 75 bits in four groups, easy to read out from paper."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def file_of(folder: Path, username: str) -> Path:
    """Where a user's first password lies. Raises ValueError for a name that is no username."""
    if not USERNAME.fullmatch(username):
        raise ValueError(f"{username!r} is no username: 2 to 40 of a–z, 0–9, dot, dash, underscore")
    return folder / f"{username}.txt"


def hand_over(folder: Path, username: str, password: str) -> Path:
    """Writes a first password where only this system user can read it; returns the file."""
    path = file_of(folder, username)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    burn(folder, username)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(password + "\n")
    return path


def burn(folder: Path, username: str) -> None:
    """Deletes a first password, if there is one."""
    with contextlib.suppress(FileNotFoundError):
        file_of(folder, username).unlink()
