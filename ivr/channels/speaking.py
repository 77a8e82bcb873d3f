"""A Reply as sound files or as text: the one place where keys and values meet the catalogue and the store.

Never synthesises: a phrase that is not ready is counted and covered by the words that are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TypeAlias

from audio.catalogue import Catalogue
from audio.render import segments
from audio.store import Edition, Format, Pace, SoundStore
from audio.text import render_text
from ivr.channels.reply import Reply
from ivr.core.call import Listen, Spoken

Names = Callable[[str, str, str], str]
_Asked: TypeAlias = tuple[Edition | None, str, Pace, Format, str]  # of which published set, in what way, which line


@dataclass(frozen=True)
class Speaker:
    """Catalogues by language, names of cities and services, and the prepared sounds.

    Of the last `known` lines the files are remembered for `patience_s`, when they were whole: so long at most, on top
    of `names`' own patience, is the old name of a renamed city heard. A newly published set is heard at once.
    """

    catalogues: Mapping[str, Catalogue]
    names: Names
    store: SoundStore
    known: int = 4096
    patience_s: float = 30.0
    _known: dict[_Asked, tuple[float, tuple[Path, ...]]] = field(default_factory=dict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def texts(self, reply: Reply, lang: str | None = None) -> list[str]:
        """The reply's lines as a screen shows them, in the caller's language unless told otherwise."""
        return [self.text(line, lang or reply.manner.language) for line in reply.prompts]

    def text(self, line: Spoken, lang: str) -> str:
        """One line or label as text."""
        return render_text(self._catalogue(lang), line, self.names)

    def choices(self, reply: Reply, lang: str | None = None) -> dict[str, str]:
        """What each key means now, by key."""
        if not isinstance(reply.wait, Listen):
            return {}
        return {k: self.text(label, lang or reply.manner.language) for k, label in reply.wait.choices.items()}

    def sounds(self, reply: Reply, form: Format = "alaw") -> list[Path]:
        """The files to play for a reply, in order."""
        return self.files(reply.prompts, reply.manner.language, reply.manner.pace, form)

    def files(self, lines: Iterable[Spoken], lang: str, pace: Pace = "normal", form: Format = "alaw") -> list[Path]:
        """The files of these lines, in order."""
        edition = self.store.edition()
        return [path for line in lines for path in self._line(line, (edition, lang, pace, form, repr(line)))]

    def _line(self, line: Spoken, asked: _Asked) -> tuple[Path, ...]:
        """The files of one line; those of a line that was whole are known for a while."""
        until, paths = self._known.get(asked, (0.0, ()))
        if monotonic() < until:
            return paths
        _, lang, pace, form, _ = asked
        found = self.store.sounds(lang, pace, segments(self._catalogue(lang), line, self.names), form)
        if found.whole:
            with self._lock:
                self._known.pop(asked, None)
                self._known[asked] = (monotonic() + self.patience_s, found.paths)
                while len(self._known) > self.known:
                    del self._known[next(iter(self._known))]
        return found.paths

    def _catalogue(self, lang: str) -> Catalogue:
        return self.catalogues.get(lang) or self.catalogues["hi"]
