"""The gTTS voice: fixed lines and phrases only, at build time, where Google can be reached. No personal data.

gTTS prepares the requests and the answer is taken here, because gTTS itself neither checks TLS nor sets a time-out,
and its `save` leaves an empty file behind a failure. What does not decode as sound counts as a failure.
"""

from __future__ import annotations

import base64
import re
import socket
import threading
import time
from collections.abc import Callable

import gtts
import requests

from audio.sound import BadSound, Pcm, decode, slower
from audio.voices.protocol import VoiceFailed

HOST = "translate.google.com"
URL = f"https://{HOST}/_/TranslateWebserverUi/data/batchexecute"
BETWEEN_REQUESTS_S = 0.4
TRIES = 3
_SENTENCE = re.compile(r"(?<=[।.?!])\s+")
_SOUND = re.compile(r'jQ1olc","\[\\"(.*?)\\"]')

Fetch = Callable[[str, str], bytes]


class TooMany(Exception):
    """The service asks us to slow down (429)."""


class Google:
    """A Voice. `fetch(text, lang)` returns one sentence's MP3; `wait` sleeps: both can be handed in."""

    name = "gtts"
    version = f"{gtts.__version__}-1"

    def __init__(self, fetch: Fetch | None = None, wait: Callable[[float], None] = time.sleep) -> None:
        self._fetch, self._wait = fetch or _fetch, wait
        self._lock = threading.Lock()

    def speak(self, text: str, lang: str, pace: float) -> Pcm:
        """As Voice.speak: sentence by sentence (gTTS does not know the danda), slowed here when asked."""
        parts = [self._sentence(s, "en" if lang == "en" else "hi") for s in _SENTENCE.split(text) if s]
        if not parts:
            raise VoiceFailed(f"gTTS: nothing to say in {text!r}")
        whole = Pcm(b"".join(p.data for p in parts), parts[0].rate)
        return whole if pace == 1.0 else slower(whole, pace)

    def close(self) -> None:
        """Nothing is held."""

    def _sentence(self, text: str, lang: str) -> Pcm:
        with self._lock:
            for tried in range(1, TRIES + 1):
                self._wait(BETWEEN_REQUESTS_S)
                try:
                    return _whole(decode(self._fetch(text, lang)), text)
                except TooMany:
                    self._wait(5.0 * 2**tried)
                    why = "Google asks to slow down"
                except (BadSound, OSError, requests.RequestException) as e:
                    why = str(e)
        raise VoiceFailed(f"gTTS: {why}: {text!r}", gone=True)


def reachable(host: str = HOST, port: int = 443, within_s: float = 2.0) -> bool:
    """Whether a connection opens in time; the name's look-up, which no time-out bounds, is left behind in a thread."""
    opened = threading.Event()

    def try_it() -> None:
        try:
            with socket.create_connection((host, port), timeout=within_s):
                opened.set()
        except OSError:
            pass
        finally:
            ended.set()

    ended = threading.Event()
    threading.Thread(target=try_it, daemon=True, name="reachable").start()
    ended.wait(within_s)
    return opened.is_set()


def _whole(pcm: Pcm, text: str) -> Pcm:
    """A sound too short for its words was cut off on the way: nobody says a letter in less than 15 ms."""
    if pcm.seconds < 0.015 * len(text):
        raise BadSound("cut off")
    return pcm


def _fetch(text: str, lang: str) -> bytes:
    sound = bytearray()
    for body in gtts.gTTS(text, lang=lang, lang_check=False).get_bodies():
        answer = requests.post(URL, data=body, headers=gtts.gTTS.GOOGLE_TTS_HEADERS, timeout=(2, 10))
        if answer.status_code == requests.codes.too_many_requests:
            raise TooMany
        answer.raise_for_status()
        found = _SOUND.search(answer.text)
        if not found:
            raise BadSound("an answer without sound")
        sound += base64.b64decode(found[1])
    return bytes(sound)
