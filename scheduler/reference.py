"""A visit's reference: eight digits that are said, heard and keyed, the last a check digit.

Random, so that nobody counts our visits or guesses a neighbour's; Verhoeff's check digit, because it catches every
single wrong digit and every swap of neighbours, which is how people mishear. Uniqueness is the database's affair.
"""

from __future__ import annotations

import secrets

from stdnum import verhoeff

LENGTH = 8


def fresh() -> str:
    """A new random reference; never begins with 0, which people do not say and spreadsheets lose."""
    low, high = 10 ** (LENGTH - 2), 10 ** (LENGTH - 1)
    body = str(low + secrets.randbelow(high - low))
    return body + str(verhoeff.calc_check_digit(body))


def holds(reference: str) -> bool:
    """Whether these digits can be a reference at all: length, first digit and check digit."""
    return (
        len(reference) == LENGTH
        and reference.isascii()
        and reference.isdigit()
        and reference[0] != "0"
        and bool(verhoeff.is_valid(reference))
    )
