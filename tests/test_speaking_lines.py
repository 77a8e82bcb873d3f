"""A line that was whole is composed once; a new set, a new name and a late sound are heard all the same."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from audio.catalogue import Catalogue
from audio.line import Segment
from audio.render import segments
from audio.store import SoundStore
from ivr.channels.speaking import Speaker
from ivr.core.call import Spoken


@dataclass
class Cities:
    """Names that can change; `asked` counts."""

    name: str = "रायपुर"
    asked: int = 0

    def __call__(self, kind: str, id: str, lang: str) -> str:
        self.asked += 1
        return self.name


@dataclass
class Booth:
    """A speaker over a store to which sounds are added by hand."""

    root: Path
    cities: Cities = field(default_factory=Cities)

    def __post_init__(self) -> None:
        self.catalogue = Catalogue.load("hi")
        self.line = Spoken("book.no_slot", {"city": "raipur"})
        self.store = SoundStore(self.root)
        self.speaker = Speaker({"hi": self.catalogue}, self.cities, self.store, known=3)

    def wanted(self) -> list[Segment]:
        return segments(self.catalogue, self.line, Cities(self.cities.name))

    def lay_down(self, folder: str, wanted: list[Segment]) -> None:
        for segment in wanted:
            self.store.put(folder, segment, "normal", {"alaw": b"x", "wav": b"x"})

    def folders(self) -> set[str]:
        return {path.relative_to(self.root).parts[0] for path in self.speaker.files([self.line], "hi")}


@pytest.fixture
def booth(tmp_path: Path) -> Booth:
    made = Booth(tmp_path)
    made.lay_down("first", made.wanted())
    made.store.publish("hi", "first")
    return made


def test_a_whole_line_is_composed_once(booth: Booth) -> None:
    first = booth.speaker.files([booth.line], "hi")
    asked = booth.cities.asked
    assert booth.speaker.files([booth.line, booth.line], "hi") == first * 2
    assert booth.cities.asked == asked
    assert len(first) == len(booth.wanted())


def test_another_way_of_saying_it_is_another_line(booth: Booth) -> None:
    assert {path.suffix for path in booth.speaker.files([booth.line], "hi")} == {".alaw"}
    assert {path.suffix for path in booth.speaker.files([booth.line], "hi", form="wav")} == {".wav"}
    booth.speaker.files([booth.line], "hi", "slow")
    assert sum(booth.store.missed.values()) == len(booth.wanted()), "the slow ones are missing and must be counted"


def test_a_newly_published_set_is_heard_at_once(booth: Booth) -> None:
    assert booth.folders() == {"first"}
    booth.lay_down("second", booth.wanted())
    SoundStore(booth.root).publish("hi", "second")
    assert booth.folders() == {"second"}


def test_a_line_with_a_gap_is_asked_for_and_counted_every_time(booth: Booth) -> None:
    booth.cities.name = "दुर्ग"
    late = next(segment for segment in booth.wanted() if booth.store.path(segment, "hi") is None)
    for times in (1, 2):
        booth.folders()
        assert booth.store.missed[late] == times
    booth.lay_down("first", [late])
    assert len(booth.speaker.files([booth.line], "hi")) == len(booth.wanted())


def test_a_changed_name_is_heard_when_the_line_has_grown_old(booth: Booth) -> None:
    old = booth.speaker.files([booth.line], "hi")
    booth.cities.name = "दुर्ग"
    booth.lay_down("first", booth.wanted())
    assert booth.speaker.files([booth.line], "hi") == old
    booth.speaker = replace(booth.speaker, patience_s=0.0)
    new = booth.speaker.files([booth.line], "hi")
    assert new != old
    assert len(new) == len(old)


def test_what_is_known_is_bounded_and_the_oldest_goes(booth: Booth) -> None:
    for city in "abcd":  # one more than are known
        booth.speaker.files([Spoken("book.no_slot", {"city": city})], "hi")
    asked = booth.cities.asked
    booth.speaker.files([Spoken("book.no_slot", {"city": "d"})], "hi")
    assert booth.cities.asked == asked
    booth.speaker.files([Spoken("book.no_slot", {"city": "a"})], "hi")
    assert booth.cities.asked == asked + 1
