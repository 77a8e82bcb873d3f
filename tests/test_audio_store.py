"""The sound store: what callers get when all is ready, when little is, and while others write."""

import datetime as dt
import threading
from pathlib import Path

import pytest

from audio.line import Segment
from audio.phrases import small_words
from audio.prompts import build
from audio.speech import hindi
from audio.store import MANIFEST, SoundStore, write
from tests.kit_audio import ToneVoice, store_with

GREETING = Segment("नमस्ते।", "hi")
DAY = Segment("मंगलवार, तीन मार्च को", "hi", "date", ("मंगलवार, तीन मार्च", "को"))
WORDS = [Segment(w, "hi", "word") for w in ("मंगलवार", "तीन", "मार्च", "को")]


def test_sounds_come_in_order_in_the_format_asked_for(tmp_path: Path) -> None:
    store = store_with(tmp_path, GREETING, DAY)
    for suffix in ("alaw", "wav", "mp3"):
        found = store.sounds("hi", "normal", [DAY, GREETING, DAY], suffix)  # type: ignore[arg-type]
        assert [p.suffix for p in found.paths] == [f".{suffix}"] * 3
        assert found.paths[0] == found.paths[2] != found.paths[1]
        assert all(p.stat().st_size > 100 for p in found.paths)
        assert not found.misses


def test_nothing_is_heard_before_a_set_is_published(tmp_path: Path) -> None:
    store = SoundStore(tmp_path)
    assert store.published("hi") is None
    assert store.sounds("hi", "normal", [GREETING]).misses == (GREETING,)


def test_a_miss_is_counted_and_said_in_smaller_words(tmp_path: Path) -> None:
    store = store_with(tmp_path, GREETING, *WORDS)
    found = store.sounds("hi", "normal", [GREETING, DAY])
    assert len(found.paths) == 5
    assert not found.misses
    assert store.missed == {DAY: 1}


def test_a_value_is_never_said_with_a_word_missing(tmp_path: Path) -> None:
    store = store_with(tmp_path, GREETING, *WORDS[1:])
    found = store.sounds("hi", "normal", [GREETING, DAY])
    assert len(found.paths) == 1
    assert found.misses == (DAY,)


def test_a_line_of_the_catalogue_is_not_taken_apart(tmp_path: Path) -> None:
    line = Segment("तीन मार्च", "hi")
    assert store_with(tmp_path, *WORDS).sounds("hi", "normal", [line]).misses == (line,)


def test_a_name_with_its_postposition_is_taken_apart_there_only(tmp_path: Path) -> None:
    city = Segment("राय पुर में", "hi", "city", ("राय पुर", "में"))
    parts = [Segment(p, "hi", "word") for p in city.parts]
    assert len(store_with(tmp_path, *parts).sounds("hi", "normal", [city]).paths) == 2


def test_what_is_not_ready_slowly_is_said_at_the_normal_pace(tmp_path: Path) -> None:
    store = store_with(tmp_path, GREETING)
    slow = store.path(GREETING, "hi", "slow")
    assert slow is not None
    assert slow != store.path(GREETING, "hi", "normal")
    slow.unlink()
    fresh = SoundStore(tmp_path)
    assert fresh.sounds("hi", "slow", [GREETING]).paths == (fresh.path(GREETING, "hi", "normal"),)


def test_small_words_cover_every_day_time_and_sum(tmp_path: Path) -> None:
    words = set(small_words("hi"))
    values = [hindi.day(dt.date(2027, 7, 31)), hindi.money(12_34_56_700), hindi.time(dt.time(13, 37))]
    values += [hindi.window(dt.time(11, 30), dt.time(14, 45)), *hindi.digits("0987")]
    for value in values:
        assert {w.strip(",") for w in value.split()} <= words


def test_publishing_is_seen_by_a_store_that_is_already_open(tmp_path: Path) -> None:
    reader = SoundStore(tmp_path)
    assert reader.sounds("hi", "normal", [GREETING]).misses
    store_with(tmp_path, GREETING)
    assert not reader.sounds("hi", "normal", [GREETING]).misses


def test_a_changed_voice_is_heard_whole_or_not_at_all(tmp_path: Path) -> None:
    store = store_with(tmp_path, GREETING, DAY)
    half = ToneVoice(version="2", refuses=frozenset({DAY.text}))
    assert build(store, half, [GREETING, DAY]).published == ()
    assert store.published("hi") == "tone-1"
    assert {p.parts[-4] for p in store.sounds("hi", "normal", [GREETING, DAY]).paths} == {"tone-1"}
    build(store, ToneVoice(version="2"), [GREETING, DAY])
    assert {p.parts[-4] for p in store.sounds("hi", "normal", [GREETING, DAY]).paths} == {"tone-2"}


def test_languages_are_published_each_for_itself(tmp_path: Path) -> None:
    store = store_with(tmp_path, GREETING)
    store.publish("en", "other-1")
    assert store.published("hi") == "tone-1"
    assert store.published("en") == "other-1"
    assert store.published("hne") is None
    assert store.path(GREETING, "hne") is not None  # a line that falls back to Hindi is heard in Hindi's voice


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b.alaw"
    write(target, b"old")
    with pytest.raises(TypeError):
        write(target, None)  # type: ignore[arg-type]
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


def test_two_builders_at_once_do_no_harm(tmp_path: Path) -> None:
    wanted = [Segment(f"शब्द {'क' * n}", "hi") for n in range(1, 9)]
    threads = [threading.Thread(target=store_with, args=(tmp_path, *wanted)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = SoundStore(tmp_path)
    assert len(store.sounds("hi", "normal", wanted).paths) == len(wanted)
    assert not [p for p in tmp_path.rglob("*") if p.name.startswith(".") and p.name != ".lock"]


def test_a_file_cut_off_by_a_crash_is_never_served(tmp_path: Path) -> None:
    store = store_with(tmp_path, GREETING)
    path = store.path(GREETING, "hi")
    assert path is not None
    draft = path.with_name(f".{path.name}.1.1")
    path.rename(draft)
    assert SoundStore(tmp_path).sounds("hi", "normal", [GREETING]).misses == (GREETING,)


def test_a_broken_manifest_names_itself(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text("{")
    with pytest.raises(ValueError, match="Expecting"):
        SoundStore(tmp_path).published("hi")
