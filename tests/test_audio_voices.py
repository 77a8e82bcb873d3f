"""The voices: espeak-ng in its own process, gTTS with everything that can go wrong, and the choice between them."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from audio import sound
from audio.phrases import small_words
from audio.speech import hindi
from audio.voices import VoiceFailed, choose
from audio.voices.espeak import RESPELT, Espeak
from audio.voices.google import Google, TooMany, reachable
from tests.kit_audio import tone


@pytest.fixture
def espeak() -> Iterator[Espeak]:
    voice = Espeak()
    yield voice
    voice.close()


def test_espeak_speaks_hindi_and_english_and_slower(espeak: Espeak) -> None:
    text = "कृपया लाइन पर बने रहिए।"
    normal, slow = espeak.speak(text, "hi", 1.0), espeak.speak(text, "hi", 0.85)
    assert normal.rate == 22050
    assert 1 < normal.seconds < slow.seconds < 5
    assert sound.measure(sound.telephone(sound.trimmed(normal))).lufs == pytest.approx(-19, abs=2)
    assert espeak.speak("Please stay on the line.", "en", 1.0).seconds > 1


def test_espeak_is_not_in_our_process(espeak: Espeak) -> None:
    assert "libespeak" not in Path(f"/proc/{os.getpid()}/maps").read_text()


def test_espeak_is_started_again_when_it_dies(espeak: Espeak) -> None:
    assert espeak._process is not None
    espeak._process.kill()
    espeak._process.wait()
    assert espeak.speak("एक", "hi", 1.0).seconds > 0.1


def test_espeak_that_hangs_is_given_up_and_replaced() -> None:
    voice = Espeak(sentence_s=0.5)
    assert voice._process is not None
    os.kill(voice._process.pid, signal.SIGSTOP)
    begun = time.monotonic()
    assert voice.speak("एक", "hi", 1.0).seconds > 0.1
    assert time.monotonic() - begun < 5
    voice.close()


def test_words_are_respelt_for_espeak_as_they_are_written_elsewhere(espeak: Espeak) -> None:
    written = {word.strip(",") for word in small_words("hi")} | {hindi.nfc(w) for w in ("धमतरी", "जगदलपुर", "रायगढ़")}
    never_said = set(RESPELT) - written - {hindi.nfc(w) for w in ("बोलकर", "सुनकर", "देखकर")}
    assert not never_said  # a table in another spelling than the store's texts would do nothing
    assert espeak.speak("फ़रवरी", "hi", 1.0).seconds < espeak.speak("फ़ र व री", "hi", 1.0).seconds


def test_espeak_serves_threads_one_after_the_other(espeak: Espeak) -> None:
    heard: list[float] = []
    words = ["एक", "एक सौ चवालीस रुपये और पचास पैसे"] * 4
    threads = [threading.Thread(target=lambda w=w: heard.append(espeak.speak(w, "hi", 1).seconds)) for w in words]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(round(s) for s in heard) == [*[round(min(heard))] * 4, *[round(max(heard))] * 4]


# --- gTTS ------------------------------------------------------------------------------------------------------------
MP3 = sound.mp3(tone(2.0))


class Network:
    """Answers in turn: bytes are a sound, an exception is raised. `asked` and `waited` are what happened."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers, self.asked, self.waited = list(answers), [], []  # type: ignore[var-annotated]

    def fetch(self, text: str, lang: str) -> bytes:
        self.asked.append((text, lang))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def voice(self) -> Google:
        return Google(self.fetch, self.waited.append)


def test_gtts_splits_at_the_danda() -> None:
    network = Network(MP3, MP3)
    spoken = network.voice().speak("नमस्ते। यह सेवा है।", "hi", 1.0)
    assert network.asked == [("नमस्ते।", "hi"), ("यह सेवा है।", "hi")]
    assert spoken.seconds == pytest.approx(4.0, abs=0.3)
    assert len(network.waited) == 2  # never two requests without a pause between


def test_gtts_is_slowed_here() -> None:
    assert Network(MP3).voice().speak("नमस्ते।", "hne", 0.85).seconds == pytest.approx(2.35, abs=0.2)


@pytest.mark.parametrize(
    "failure",
    [
        requests.ConnectTimeout("no answer"),
        requests.ConnectionError("reset"),
        OSError("network is unreachable"),
        b"",  # an empty answer
        MP3[:200],  # cut off at once
        MP3[: len(MP3) // 8],  # cut off on the way: whole frames, too few of them
        b"<html>consent</html>",
        TooMany(),
    ],
)
def test_gtts_tries_again_and_then_says_why(failure: bytes | Exception) -> None:
    assert Network(failure, MP3).voice().speak("नमस्ते जी, सबको नमस्ते।", "hi", 1.0).seconds > 1
    network = Network(failure, failure, failure)
    with pytest.raises(VoiceFailed, match="gTTS: ") as failed:
        network.voice().speak("नमस्ते जी, सबको नमस्ते।", "hi", 1.0)
    assert failed.value.gone
    assert len(network.asked) == 3


def test_gtts_asked_to_slow_down_waits_longer_each_time() -> None:
    network = Network(TooMany(), TooMany(), MP3)
    network.voice().speak("नमस्ते।", "hi", 1.0)
    waits = [w for w in network.waited if w > 1]
    assert waits == sorted(waits)
    assert len(waits) == 2


# --- the choice ------------------------------------------------------------------------------------------------------
def chosen(wanted: str, profile: str, can_reach: Callable[[], bool]) -> tuple[str, list[str]]:
    told: list[str] = []
    voice = choose(wanted, profile, told.append, can_reach)
    voice.close()
    return voice.name, told


def refuse() -> bool:
    raise AssertionError("the network must not be touched")


def test_auto_takes_gtts_where_it_can_be_reached() -> None:
    assert chosen("auto", "demo", lambda: True) == ("gtts", [])


def test_auto_falls_back_at_once_and_says_so() -> None:
    name, told = chosen("auto", "demo", lambda: False)
    assert name == "espeak-ng"
    assert "gTTS cannot be reached" in told[0]


def test_the_government_profile_never_asks_a_foreign_service() -> None:
    assert chosen("auto", "government", refuse)[0] == "espeak-ng"
    with pytest.raises(VoiceFailed, match="government"):
        choose("gtts", "government", print, refuse)


def test_what_is_asked_for_and_cannot_be_had_is_refused() -> None:
    with pytest.raises(VoiceFailed, match="cannot be reached"):
        choose("gtts", "demo", print, lambda: False)
    with pytest.raises(VoiceFailed, match="there are auto, gtts, espeak"):
        choose("parrot", "demo", print, refuse)
    assert chosen("espeak", "demo", refuse)[0] == "espeak-ng"


def test_reachable_answers_in_time() -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
        assert not reachable("127.0.0.1", port, 1.0)
        door.listen()
        assert reachable("127.0.0.1", port, 1.0)
    begun = time.monotonic()
    assert not reachable("192.0.2.1", 443, 0.3)  # a black hole
    assert time.monotonic() - begun < 1
