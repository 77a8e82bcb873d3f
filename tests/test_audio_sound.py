"""What becomes of samples: measured, not believed."""

import io
import wave
from array import array
from itertools import pairwise
from pathlib import Path

import pytest

from audio import sound
from audio.sound import BadSound, Pcm
from tests.kit_audio import tone


def with_silence(pcm: Pcm, before: float, after: float) -> Pcm:
    return Pcm(sound.silence(before, pcm.rate).data + pcm.data + sound.silence(after, pcm.rate).data, pcm.rate)


def test_silence_around_is_trimmed_and_within_is_kept() -> None:
    word = tone(0.5)
    two = with_silence(Pcm(word.data + sound.silence(0.3, word.rate).data + word.data, word.rate), 0.4, 0.7)
    assert sound.trimmed(two).seconds == pytest.approx(1.3, abs=0.06)


@pytest.mark.parametrize("pcm", [sound.silence(1.0), Pcm(b"", 8000)])
def test_silence_is_refused(pcm: Pcm) -> None:
    with pytest.raises(BadSound):
        sound.trimmed(pcm)


@pytest.mark.parametrize("loud", [0.01, 0.1, 0.9])
@pytest.mark.parametrize("seconds", [0.3, 4.0])
def test_the_telephones_sound_is_even_and_never_clipped(loud: float, seconds: float) -> None:
    heard = sound.measure(sound.telephone(tone(seconds, loud=loud)))
    assert heard.lufs == pytest.approx(-19, abs=1)
    assert heard.peak_db <= -3


def test_sharp_peaks_are_limited() -> None:
    quiet, spike = tone(1.0, loud=0.02), array("h", [32767, -32768] * 20).tobytes()
    peaky = Pcm((quiet.data + spike) * 4, quiet.rate)
    assert sound.measure(sound.telephone(peaky)).peak_db <= -3


def test_the_band_is_the_telephones() -> None:
    inside = sound.measure(sound._filtered(tone(3.5, 1000), *sound._BAND)).lufs
    for outside in (60, 7000):
        assert sound.measure(sound._filtered(tone(3.5, outside, rate=16000), *sound._BAND)).lufs < inside - 15


def test_every_format_from_one_master() -> None:
    pcm = sound.telephone(tone(1.0), tail_s=0.25)
    assert pcm.rate == 8000
    assert len(sound.alaw(pcm)) == len(pcm.data) // 2 == 10_000
    with wave.open(io.BytesIO(sound.wav(pcm))) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
        assert file.readframes(file.getnframes()) == pcm.data
    again = sound.decode(sound.mp3(sound.browser(tone(1.0))))
    assert again.seconds == pytest.approx(1.0, abs=0.15)
    assert sound.measure(again).peak_db <= -3


def test_slower_keeps_the_pitch() -> None:
    slow = sound.slower(tone(2.0, 500, rate=8000), 0.85)
    assert slow.seconds == pytest.approx(2 / 0.85, abs=0.1)
    samples = array("h", slow.data)
    crossings = sum(a < 0 <= b for a, b in pairwise(samples))
    assert crossings / slow.seconds == pytest.approx(500, rel=0.03)


@pytest.mark.parametrize("data", [b"", b"not audio at all", b"\xff\xfb\x90\x00"])
def test_what_is_not_audio_is_refused(data: bytes) -> None:
    with pytest.raises(BadSound):
        sound.decode(data)


def test_wavs_are_joined_in_order(tmp_path: Path) -> None:
    paths = []
    for n, seconds in enumerate((0.1, 0.2)):
        paths.append(tmp_path / f"{n}.wav")
        paths[-1].write_bytes(sound.wav(tone(seconds, rate=8000)))
    with wave.open(io.BytesIO(sound.joined_wav(paths))) as file:
        assert file.getnframes() == 2400
    assert sound.joined_wav([]) == sound.wav(Pcm(b"", 8000))
