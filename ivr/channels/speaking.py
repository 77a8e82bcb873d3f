"""A Reply as sound files or as text: the one place where keys and values meet the catalogue and the store.

Never synthesises: a phrase that is not ready is counted and covered by the words that are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from audio.catalogue import Catalogue
from audio.render import segments
from audio.store import Format, Pace, SoundStore
from audio.text import render_text
from ivr.channels.reply import Reply
from ivr.core.call import Listen, Spoken

Names = Callable[[str, str, str], str]


@dataclass(frozen=True)
class Speaker:
    """Catalogues by language, names of cities and services, and the prepared sounds."""

    catalogues: Mapping[str, Catalogue]
    names: Names
    store: SoundStore

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
        catalogue = self._catalogue(lang)
        wanted = [segment for line in lines for segment in segments(catalogue, line, self.names)]
        return list(self.store.sounds(lang, pace, wanted, form).paths)

    def _catalogue(self, lang: str) -> Catalogue:
        return self.catalogues.get(lang) or self.catalogues["hi"]
