"""Files that only their row can open: AES-GCM under a key of their own, which a master key outside the database wraps.

Whoever has the disk without the master key has noise; erasing a row's key erases the file. A file is sealed in
pieces of 64 kB (an hour of speech is never in memory), each bound to its place, its end and the file's name, so a
piece cannot be dropped, moved or taken from another recording. It knows no table.
"""

from __future__ import annotations

import base64
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"MTR1"
PIECE = 64 * 1024
_TAG = 16


class CannotOpen(Exception):
    """The file, its key or the master key is not the one it was sealed with."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the row keeps: the wrapped key, and the size of what was sealed."""

    wrapped_key: str
    size_bytes: int


def seal(source: BinaryIO, target: Path, master: bytes) -> Sealed:
    """Writes `source` sealed to `target`, whole or not at all, on the disk before it returns."""
    key, prefix = AESGCM.generate_key(256), os.urandom(8)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    size = 0
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(MAGIC + prefix)
            for number, piece, last in _pieces(source, PIECE):
                out.write(AESGCM(key).encrypt(_nonce(prefix, number), piece, _bound(target.name, last)))
                size += len(piece)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    return Sealed(_wrap(key, target.name, master), size)


def unseal(path: Path, wrapped_key: str, master: bytes) -> Iterator[bytes]:
    """The pieces of what was sealed, in order. Raises CannotOpen at one that is not right, OSError for no file."""
    key = _unwrap(wrapped_key, path.name, master)
    with path.open("rb") as source:
        head = source.read(len(MAGIC) + 8)
        if not head.startswith(MAGIC) or len(head) < len(MAGIC) + 8:
            raise CannotOpen("not a sealed file")
        for number, piece, last in _pieces(source, PIECE + _TAG):
            try:
                yield AESGCM(key).decrypt(_nonce(head[len(MAGIC) :], number), piece, _bound(path.name, last))
            except InvalidTag as wrong:
                raise CannotOpen(f"piece {number} is not what was sealed") from wrong


def _pieces(source: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """(number, piece, whether it is the last); an empty source has one empty piece."""
    number, piece = 0, source.read(size)
    while True:
        after = source.read(size)
        yield number, piece, not after
        if not after:
            return
        number, piece = number + 1, after


def _wrap(key: bytes, name: str, master: bytes) -> str:
    nonce = os.urandom(12)
    return base64.urlsafe_b64encode(nonce + AESGCM(master).encrypt(nonce, key, name.encode())).decode()


def _unwrap(wrapped: str, name: str, master: bytes) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(wrapped)
        return AESGCM(master).decrypt(raw[:12], raw[12:], name.encode())
    except (InvalidTag, ValueError) as wrong:
        raise CannotOpen("the key does not open under this master key") from wrong


def _nonce(prefix: bytes, number: int) -> bytes:
    return prefix + struct.pack("!I", number)


def _bound(name: str, last: bool) -> bytes:
    return name.encode() + (b"\0last" if last else b"\0more")
