"""The first thirty seconds of a call, measured in the embedded voice: greeting, first choice, whole menu."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from audio.catalogue import Catalogue
from audio.line import Say
from audio.prompts import build
from audio.render import segments
from audio.store import SoundStore
from audio.voices.espeak import Espeak
from tests.kit_audio import names

POLICY = {"scheme": {"hi": "मोर संगवारी सेवा", "en": "Mor Sangwari Seva"}, "worker": {"hi": "मितान", "en": "Mitan"}}
CHOICES = (("book", "1"), ("visit", "2"), ("papers", "3"), ("complaint", "4"), ("person", "0"))


@pytest.fixture(scope="module")
def voice() -> Iterator[Espeak]:
    espeak = Espeak()
    yield espeak
    espeak.close()


@pytest.mark.parametrize("lang", ["hi", "en"])
def test_a_new_caller_hears_the_first_choice_soon_and_all_within_half_a_minute(
    lang: str, voice: Espeak, tmp_path: Path
) -> None:
    catalogue, store = Catalogue.load(lang), SoundStore(tmp_path)
    labels = [(Say(f"main.{name}", POLICY), key) for name, key in CHOICES]
    lines = [Say("main.greeting", POLICY), Say("main.languages")]
    lines += [Say("menu.press", {"label": label, "key": key}) for label, key in labels]
    cut = [segments(catalogue, line, names) for line in lines]
    assert not build(store, voice, [segment for line in cut for segment in line]).failed
    ends, now = [], 0.0
    for line in cut:
        now += sum(path.stat().st_size for path in store.sounds(lang, "normal", line).paths) / 8000
        ends.append(now)
    greeting, _, first_choice, *_, last = ends
    assert greeting <= 3.0
    assert first_choice <= 13.0
    assert last <= 30.0, ends
