"""Every sound that callers of a language may need: lines with all values they can meet, and the small words below them.

Pure. What a value can be is handed in as `Values`; a line that already carries a value keeps it, so that a menu's
sentence with its label and key is made as it is, and a line without values is made for all of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

from audio.catalogue import NAMED, POLICY, Catalogue, Placeholder
from audio.line import Line, Names, Say, Segment
from audio.render import segments
from audio.speech import speech
from audio.values import FINITE, line_of

KEYS = "1234567890*#"


@dataclass(frozen=True)
class Values:
    """What placeholders may hold: ids of things by kind, policy words by type, days, windows and sums ahead.

    `named` maps city, service, document, group and division to their ids; `policy` maps worker and scheme to all
    their words, past and coming ones included.
    """

    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    policy: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    days: Sequence[dt.date] = ()
    windows: Sequence[tuple[dt.time, dt.time]] = ()
    times: Sequence[dt.time] = ()
    paise: Sequence[int] = ()
    counts: Sequence[int] = range(101)

    def of(self, hole: Placeholder) -> list[Any]:
        """All values of a placeholder, so that each thing comes at every place of a list where it sounds different."""
        each = self._each(hole.type)
        if not hole.joined or not each:
            return each
        first = each[0]
        return [*([one] for one in each), *([one, first] for one in each), [first] * 3]

    def _each(self, kind: str) -> list[Any]:
        if kind in NAMED | POLICY:
            return list((self.named if kind in NAMED else self.policy).get(kind, ()))
        match kind:
            case "money":
                return list(self.paise)
            case "date" | "weekday":
                return list(self.days)
            case "time":
                return list(self.times)
            case "window":
                return [{"from": start, "to": end} for start, end in self.windows]
            case "count":
                return list(self.counts)
            case "key":
                return list(KEYS)
            case "reference" | "phone" | "digits":
                pairs = [f"{n:02}" for n in range(100)]
                return [*pairs, *(f"{pair}00" for pair in pairs), *"0123456789"]
            case _:
                return []


def phrases(catalogue: Catalogue, lines: Iterable[Line], names: Names, values: Values) -> list[Segment]:
    """The segments of these lines with all their values, and the small words of their languages, each once.

    Lines whose placeholders can have no value (an empty list in `values`, a label that is not there) are left out.
    """
    found: dict[tuple[str, str], Segment] = {}
    for line in lines:
        for filled in _filled(catalogue, line, values):
            for segment in segments(catalogue, filled, names):
                found.setdefault((segment.lang, segment.text), segment)
                found.update(((segment.lang, part), Segment(part, segment.lang, "word")) for part in segment.parts)
    for lang in {lang for lang, _ in found}:
        for word in small_words(lang):
            found.setdefault((lang, word), Segment(word, lang, "word"))
    return list(found.values())


@cache
def small_words(lang: str) -> tuple[str, ...]:
    """The words of which every number, sum, day and time is made: what covers a value that is not ready whole."""
    say = speech(lang)
    said = [say.number(n) for n in (*range(100), 100, 1000, 100_000, 10_000_000)]
    said += [say.money(paise) for paise in (100, 200, 201, 202)]
    said += [say.day(dt.date(2024, 1, 1) + dt.timedelta(n)) for n in range(366)]
    hours = [dt.time(hour, minute) for hour in range(24) for minute in (0, 5, 15, 30, 45)]
    said += [say.time(at) for at in hours]
    said += [say.window(start, end) for start in hours[::5] for end in hours[::5]]
    said += [group for digit in "0123456789" for group in say.digits(digit)]
    return tuple(sorted({word.strip(",") for text in said for word in text.split()}))


def _filled(catalogue: Catalogue, line: Line, values: Values) -> Iterator[Line]:
    """The line with every value: all combinations of the words that run together, the others one at a time."""
    holes = {hole.name: _choices(catalogue, line, hole, values) for hole in catalogue[line.key].placeholders}
    finite = {h.name for h in catalogue[line.key].placeholders if h.type in FINITE}
    if not all(holes.values()):
        return
    for combined in product(*(holes[name] for name in finite)):
        base = {name: choices[0] for name, choices in holes.items()} | dict(zip(finite, combined, strict=True))
        yield Say(line.key, base)
        for name in holes.keys() - finite:
            yield from (Say(line.key, {**base, name: other}) for other in holes[name][1:])


def _choices(catalogue: Catalogue, line: Line, hole: Placeholder, values: Values) -> list[Any]:
    given = line.values.get(hole.name)
    if given is None:
        return values.of(hole)
    return list(_filled(catalogue, line_of(given), values)) if hole.type == "label" else [given]
