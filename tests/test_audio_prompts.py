"""Making sounds ahead: everything a caller may need, published whole, resumable, judged; and the exchange's own."""

import datetime as dt
from pathlib import Path

import pytest

from audio import exchange, sound
from audio.catalogue import Catalogue
from audio.line import Say, Segment
from audio.phrases import Values, phrases
from audio.prompts import Problem, build, check
from audio.render import segments
from audio.store import SoundStore
from audio.voices.espeak import Espeak
from tests.kit_audio import ToneVoice, names, store_with, tone

A, B = Segment("पहला वाक्य।", "hi"), Segment("दूसरा वाक्य।", "hi")
VALUES = Values(
    named={"city": ["raipur", "durg"], "document": ["aadhaar", "photo", "ration"], "service": ["income"]},
    policy={"worker": [{"hi": "मितान"}, {"hi": "संगवारी"}]},
    days=[dt.date(2026, 2, 3), dt.date(2026, 2, 4)],
    windows=[(dt.time(10), dt.time(12))],
    times=[dt.time(10)],
    paise=[5000],
)
LINES = """
press = "{label:label}, तो {key:key} दबाइए।"
call = "{worker:worker} को बुलाना है"
named = "{s:service}"
visit = "{day:date} को, {w:window} आएँगे, {city:city} में।"
list = "ये लाइए: {p:list:document}।"
either = "कोई एक: {p:either:document} लाइए।"
number = "नंबर {r:reference} है। {f:money} लगेंगे, {n:count} बार।"
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    (tmp_path / "hi.toml").write_text(LINES, encoding="utf-8")
    return Catalogue.load("hi", tmp_path)


def test_whatever_a_line_says_later_has_been_made_ahead(catalogue: Catalogue) -> None:
    ahead = set(phrases(catalogue, [Say(k) for k in catalogue], names, VALUES))
    texts = {(s.lang, s.text) for s in ahead}
    window = {"from": "2026-02-04T10:00+05:30", "to": "2026-02-04T12:00+05:30"}
    for line in (
        Say("visit", {"day": "2026-02-04", "w": window, "city": "durg"}),
        Say("list", {"p": ["photo"]}),
        Say("list", {"p": ["ration", "photo", "aadhaar", "ration"]}),
        Say("either", {"p": ["photo", "ration", "aadhaar"]}),
        Say("number", {"r": "90817263", "f": 5000, "n": 100}),
        Say("number", {"r": "123", "f": 5000, "n": 0}),
        Say("call", {"worker": {"hi": "संगवारी"}}),
    ):
        for segment in segments(catalogue, line, names):
            assert (segment.lang, segment.text) in texts, segment


def test_a_menus_sentences_are_made_as_the_flow_composes_them(catalogue: Catalogue) -> None:
    composed = [
        Say("press", {"label": Say("call"), "key": "1"}),
        Say("press", {"label": {"key": "named", "values": {}}, "key": "2"}),
    ]
    texts = [s.text for s in phrases(catalogue, composed, names, VALUES)]
    assert texts[:2] == ["मितान को बुलाना है, तो एक दबाइए।", "संगवारी को बुलाना है, तो एक दबाइए।"]
    assert "तो दो दबाइए।" in texts
    assert len(texts) == len(set(texts))


def test_a_line_that_nothing_can_fill_is_left_out(catalogue: Catalogue) -> None:
    texts = [s.text for s in phrases(catalogue, [Say("press"), Say("visit")], names, Values())]
    assert not [t for t in texts if "दबाइए" in t or "आएँगे" in t]


def test_a_build_makes_both_paces_once_and_then_nothing(tmp_path: Path) -> None:
    voice, store = ToneVoice(), SoundStore(tmp_path)
    told: list[tuple[int, int]] = []
    first = build(store, voice, [A, B], lambda done, of: told.append((done, of)))
    assert (first.made, first.kept, first.published) == (4, 0, ("hi",))
    assert told == [(n, 4) for n in range(5)]
    assert sorted(voice.said) == sorted((s.text, "hi", pace) for s in (A, B) for pace in (1.0, 0.85))
    again = build(store, voice, [A, B])
    assert (again.made, again.kept, len(voice.said)) == (0, 4, 4)


def test_a_pause_needs_no_engine(tmp_path: Path) -> None:
    voice, comma = ToneVoice(), Segment(",", "hi", "pause")
    store = store_with(tmp_path, comma, voice=voice)
    path = store.path(comma, "hi")
    assert voice.said == []
    assert path is not None
    assert len(path.read_bytes()) == 8 * 180


def test_one_sentence_that_fails_keeps_its_language_back_and_no_other(tmp_path: Path) -> None:
    hello = Segment("Hello.", "en")
    built = build(SoundStore(tmp_path), ToneVoice(refuses=frozenset({B.text})), [A, B, hello])
    assert {f.segment for f in built.failed} == {B}
    assert built.published == ("en",)
    assert built.made == 4


def test_only_the_languages_asked_for_are_published(tmp_path: Path) -> None:
    built = build(SoundStore(tmp_path), ToneVoice(), [A, Segment("Hello.", "en")], publish=["en"])
    assert built.published == ("en",)
    assert SoundStore(tmp_path).published("hi") is None


def test_what_the_voice_says_as_silence_is_not_kept(tmp_path: Path) -> None:
    voice = Espeak()
    built = build(SoundStore(tmp_path), voice, [Segment("\u200d", "hi")])
    voice.close()
    assert {f.why for f in built.failed} == {"silent"}


def test_a_voice_that_is_gone_ends_the_build_and_the_next_one_goes_on(tmp_path: Path) -> None:
    store, wanted = SoundStore(tmp_path), [Segment(f"वाक्य {'क' * n}।", "hi") for n in range(1, 20)]
    voice = ToneVoice(gone=True)
    built = build(store, voice, wanted)
    assert built.made == 0
    assert len(built.failed) == 38
    assert len(voice.said) < 20
    assert build(store, ToneVoice(), wanted).published == ("hi",)


def test_a_full_disk_stops_the_build_and_publishes_nothing(tmp_path: Path) -> None:
    class Full(SoundStore):
        def put(self, *_: object) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        build(Full(tmp_path), ToneVoice(), [A, B])
    assert SoundStore(tmp_path).published("hi") is None


def test_check_finds_what_callers_would_miss_or_mishear(tmp_path: Path) -> None:
    broken, silent, loud, quiet, cut = (Segment(f"{w}।", "hi") for w in ("टूटा", "चुप", "ऊँचा", "धीमा", "कटा"))
    store = store_with(tmp_path, A, broken, silent, loud, quiet, cut)
    assert list(check(store, [A, broken, silent, loud, quiet, cut])) == []

    def replace(segment: Segment, data: bytes) -> None:
        path = store.path(segment, "hi", "normal", "wav")
        assert path is not None
        path.write_bytes(data)

    replace(broken, b"RIFF")
    replace(silent, sound.wav(sound.silence(1.0)))
    replace(loud, sound.wav(tone(1.0, loud=0.5, rate=8000)))
    replace(quiet, sound.wav(tone(1.0, loud=0.02, rate=8000)))
    replace(cut, sound.wav(tone(1.0, loud=1.0, rate=8000)))
    found = list(check(store, [A, B, broken, silent, loud, quiet, cut], ["normal"]))
    assert found[:5] == [
        Problem(B, "normal", "missing"),
        Problem(broken, "normal", "broken"),
        Problem(silent, "normal", "silent"),
        Problem(loud, "normal", "too loud"),
        Problem(quiet, "normal", "too quiet"),
    ]
    assert {p.what for p in found[5:]} == {"clipped", "too loud"}


def test_the_exchanges_sounds_lie_under_stable_names(tmp_path: Path) -> None:
    catalogue, store = Catalogue.load("hi"), SoundStore(tmp_path)
    with pytest.raises(LookupError, match="not ready in hi"):
        exchange.install(store, catalogue)
    build(store, ToneVoice(), [s for line in exchange.lines(catalogue) for s in segments(catalogue, line, names)])
    written = {str(p.relative_to(tmp_path)) for p in exchange.install(store, catalogue)}
    assert {"fallback/beep.alaw", "fallback/moh/hold.alaw"} >= written - {
        f"fallback/hi/{line.key.removeprefix('fallback.')}.alaw" for line in exchange.lines(catalogue)
    }
    assert (tmp_path / "fallback/hi/trouble.alaw").stat().st_size > 8000
    assert (tmp_path / "fallback/moh/hold.alaw").stat().st_size == 160_000
    assert exchange.install(store, catalogue) == ()


def test_the_embedded_voices_default_lines_are_good_to_hear(tmp_path: Path) -> None:
    store, voice = SoundStore(tmp_path), Espeak()
    wanted = []
    for lang in ("hi", "en"):
        catalogue = Catalogue.load(lang)
        lines = [*exchange.lines(catalogue), Say("default.silence"), Say("filler.wait")]
        wanted += [s for line in lines for s in segments(catalogue, line, names)]
    built = build(store, voice, wanted)
    voice.close()
    assert built.published == ("en", "hi")
    assert list(check(store, wanted)) == []
