"""The embedded voice: espeak-ng, offline, spoken to over pipes. Restarted when it dies; a sentence has a deadline."""

from __future__ import annotations

import json
import os
import re
import selectors
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

from audio.sound import Pcm
from audio.speech.cleaning import nfc
from audio.voices.protocol import VoiceFailed

WORKER = Path(__file__).with_name("espeak_worker.py")
VOICES = {"en": "en+f4"}  # every other language is read by the Hindi voice
VOICE = "hi+f4"
WORDS_A_MINUTE = {"en": 145}
WORDS_A_MINUTE_HINDI = 140
PITCH = 50
SENTENCE_S = 20.0

# Where the engine sounds a vowel that nobody says (फ़-र-व-री), the word is written for it as it is spoken.
_WRITTEN = "फ़रवरी जनवरी बजकर पचपन उनसठ इकसठ अड़सठ सड़सठ बोलकर सुनकर देखकर धमतरी जगदलपुर रायगढ़"
_SPOKEN = "फ़र्वरी जन्वरी बज्कर पच्पन उन्सठ इक्सठ अड़्सठ सड़्सठ बोल्कर सुन्कर देख्कर धम्तरी जगदल्पुर राइगढ़"
RESPELT = dict(zip(nfc(_WRITTEN).split(), nfc(_SPOKEN).split(), strict=True))
_WORD = re.compile(r"[^\s,।.?!-]+")


class Espeak:
    """A Voice. Safe for threads: one sentence at a time, as the engine has it."""

    name = "espeak-ng"

    def __init__(self, sentence_s: float = SENTENCE_S) -> None:
        self._sentence_s = sentence_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._rate, self._release = 0, ""
        with self._lock:
            self._start()

    @property
    def version(self) -> str:
        return f"{self._release}-f4-3"

    def speak(self, text: str, lang: str, pace: float) -> Pcm:
        """As Voice.speak. A text that kills the engine is tried once more in a new process, then refused."""
        # A fragment goes on: without a stop at its end the engine would drop its voice as at the end of a sentence.
        said = _WORD.sub(lambda m: RESPELT.get(m[0], m[0]), text)
        said = said if said[-1:] in "।.?!," else f"{said},"
        rate = round(WORDS_A_MINUTE.get(lang, WORDS_A_MINUTE_HINDI) * pace)
        asked = {"text": said, "voice": VOICES.get(lang, VOICE), "rate": rate, "pitch": PITCH}
        with self._lock:
            try:
                status, body = self._ask(asked)
            except (OSError, VoiceFailed):
                self._stop()
                status, body = self._ask(asked)
        if status:
            raise VoiceFailed(f"espeak-ng: {body.decode(errors='replace')}: {text!r}")
        return Pcm(body, self._rate)

    def close(self) -> None:
        with self._lock:
            self._stop()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(WORKER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
            )
            try:
                hello = json.loads(self._answer(self._process)[1])
                self._rate, self._release = hello["rate"], hello["version"]
            except VoiceFailed:
                self._stop()
                raise
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()
            process.kill()
            process.wait()

    def _ask(self, asked: dict[str, object]) -> tuple[int, bytes]:
        process, body = self._start(), json.dumps(asked).encode()
        if process.stdin is None:
            raise VoiceFailed("espeak-ng has no ear", gone=True)
        process.stdin.write(struct.pack(">I", len(body)) + body)
        try:
            return self._answer(process)
        except VoiceFailed:
            self._stop()
            raise

    def _answer(self, process: subprocess.Popen[bytes]) -> tuple[int, bytes]:
        ends = time.monotonic() + self._sentence_s
        status, length = struct.unpack(">BI", self._read(process, 5, ends))
        return status, self._read(process, length, ends)

    def _read(self, process: subprocess.Popen[bytes], count: int, ends: float) -> bytes:
        if process.stdout is None:
            raise VoiceFailed("espeak-ng has no mouth", gone=True)
        data = bytearray()
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            while len(data) < count:
                if not ready.select(max(0.0, ends - time.monotonic())):
                    raise VoiceFailed(f"espeak-ng did not answer within {self._sentence_s:g} s")
                part = os.read(process.stdout.fileno(), count - len(data))
                if not part:
                    raise VoiceFailed("espeak-ng's process ended")
                data += part
        return bytes(data)
