"""How many SMS segments a text takes: GSM 7-bit (160, then 153 a segment) or UCS-2 (70, then 67).

Counts what the network counts: septets with the extension table (3GPP TS 23.038), or UTF-16 units; a character of
two units or septets is never split between segments. Texts are in NFC, so that nukta letters cost what they must.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Count:
    """The coding, its units (septets or UTF-16 units) and the segments sent."""

    coding: Literal["gsm7", "ucs2"]
    units: int
    segments: int


def count(text: str) -> Count:
    """The count of one message; an empty text is no segment."""
    if all(c in _BASIC or c in _EXTENDED for c in text):
        return _counted("gsm7", [2 if c in _EXTENDED else 1 for c in text], 160, 153)
    return _counted("ucs2", [2 if ord(c) > 0xFFFF else 1 for c in text], 70, 67)


def _counted(coding: Literal["gsm7", "ucs2"], sizes: Sequence[int], single: int, each: int) -> Count:
    units = sum(sizes)
    if units <= single:
        return Count(coding, units, 1 if units else 0)
    segments, room = 1, each
    for size in sizes:
        if size > room:
            segments, room = segments + 1, each
        room -= size
    return Count(coding, units, segments)
