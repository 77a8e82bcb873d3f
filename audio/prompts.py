"""Makes a language's sounds ahead, publishes them when they are whole, and judges what lies there.

Nothing here runs while a caller waits. A build can be stopped anywhere and started again: what lies there is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Literal, TypeAlias

from audio import sound
from audio.line import Segment
from audio.sound import BadSound
from audio.store import FORMATS, PACES, Format, Pace, SoundStore
from audio.voices.protocol import Voice, VoiceFailed

SPEED = {"normal": 1.0, "slow": 0.85}
PAUSE_S = {",": 0.18, "।": 0.3, ".": 0.3, "?": 0.3, "!": 0.3}
GAP_S = 0.03  # between words that belong together
LONGEST_S = 30.0
WORKERS = 2

Progress: TypeAlias = Callable[[int, int], None]
Work: TypeAlias = tuple[Segment, Pace]


@dataclass(frozen=True, slots=True)
class Failed:
    """A segment that the voice could not say, and why."""

    segment: Segment
    pace: Pace
    why: str


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did. `published` are the languages whose callers now hear this voice."""

    folder: str
    made: int
    kept: int
    failed: tuple[Failed, ...]
    published: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A sound that callers would miss or mishear."""

    segment: Segment
    pace: Pace
    what: Literal["missing", "broken", "silent", "clipped", "too loud", "too quiet", "too long"]


def folder_of(voice: Voice) -> str:
    """Where a voice's sounds lie under the store's root."""
    return f"{voice.name}-{voice.version}"


def build(
    store: SoundStore,
    voice: Voice,
    segments: Sequence[Segment],
    progress: Progress = lambda done, of: None,
    publish: Collection[str] | None = None,
    formats: Sequence[Format] = FORMATS,
) -> Built:
    """Makes what is not there yet, in both paces, then publishes each language of which nothing is missing.

    `segments` must be all that callers of the languages in `publish` need (by default every language in it). A voice
    that is gone altogether ends the build; a single sentence it cannot say is listed, and keeps its language back.
    """
    folder = folder_of(voice)
    wanted = [(segment, pace) for segment in segments for pace in PACES]
    todo = [work for work in wanted if not store.has(folder, *work, formats)]
    kept, failed = len(wanted) - len(todo), list[Failed]()
    progress(kept, len(wanted))
    for done, result in enumerate(_made(store, folder, voice, todo, formats), kept + 1):
        failed += [result] if result else []
        progress(done, len(wanted))
    broken = {f.segment.lang for f in failed}
    langs = publish if publish is not None else {segment.lang for segment in segments}
    whole = tuple(sorted(set(langs) - broken))
    for lang in whole:
        if store.published(lang) != folder:
            store.publish(lang, folder)
    return Built(folder, len(todo) - len(failed), kept, tuple(failed), whole)


def _made(
    store: SoundStore, folder: str, voice: Voice, todo: Sequence[Work], formats: Sequence[Format]
) -> Iterator[Failed | None]:
    """A result for each, as they come. A disk that is full ends it: the next sentence would fare no better."""
    over = threading.Event()

    def make(work: Work) -> Failed | None:
        if over.is_set():
            return Failed(*work, "not tried")
        try:
            store.put(folder, *work, files(*work, voice, formats))
        except (VoiceFailed, BadSound) as e:
            if isinstance(e, VoiceFailed) and e.gone:
                over.set()
            return Failed(*work, str(e))
        except OSError:
            over.set()
            raise
        return None

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="prompts") as pool:
        for future in as_completed([pool.submit(make, work) for work in todo]):
            yield future.result()


def check(store: SoundStore, segments: Iterable[Segment], paces: Sequence[Pace] = PACES) -> Iterator[Problem]:
    """What is wrong with each segment as callers of its language would hear it now."""
    for segment in segments:
        for pace in paces:
            path = store.path(segment, segment.lang, pace, "wav")
            if path is None or store.path(segment, segment.lang, pace, "alaw") is None:
                yield Problem(segment, pace, "missing")
            elif segment.kind != "pause":
                yield from (Problem(segment, pace, what) for what in _judged(path.read_bytes()))


def _judged(file: bytes) -> Iterator[Literal["broken", "silent", "clipped", "too loud", "too quiet", "too long"]]:
    try:
        pcm = sound.decode(file)
        heard = sound.measure(sound.trimmed(pcm))
    except BadSound as e:
        yield "silent" if str(e) == "silent" else "broken"
        return
    slack = 1.0 if pcm.seconds >= sound.MEASURED_S else 2.0
    if heard.peak_db > -3.0:
        yield "clipped"
    if heard.lufs > sound.LOUDNESS_LUFS + slack:
        yield "too loud"
    if heard.lufs < sound.LOUDNESS_LUFS - slack:
        yield "too quiet"
    if pcm.seconds > LONGEST_S:
        yield "too long"


def files(
    segment: Segment, pace: Pace, voice: Voice, formats: Sequence[Format] = (*FORMATS, "mp3")
) -> dict[Format, bytes]:
    """A segment in these formats; a stop at its end becomes a breath. Raises VoiceFailed, BadSound."""
    speed = SPEED[pace]
    tail_s = PAUSE_S.get(segment.text[-1], GAP_S) / speed
    spoken = segment.kind != "pause"
    master = sound.trimmed(voice.speak(segment.text, segment.lang, speed)) if spoken else sound.silence(0)
    made: dict[Format, bytes] = {}
    if {"alaw", "wav"} & set(formats):
        narrow = sound.telephone(master, tail_s) if spoken else sound.silence(tail_s)
        made |= {"wav": sound.wav(narrow), "alaw": sound.alaw(narrow)}
    if "mp3" in formats:
        wide = sound.browser(master, tail_s) if spoken else sound.silence(tail_s, sound.BROWSER_RATE)
        made["mp3"] = sound.mp3(wide)
    return made
