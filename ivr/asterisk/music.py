"""The music on hold and the beep, computed: nobody's rights, nothing to download, the same on every machine.

Values in, A-law bytes out (8 kHz, one byte a sample); it knows no file.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

RATE = 8000
LOUDNESS = 5000  # of 32767: behind a voice, not over it
# Raga Bhupali, the five notes of morning and evening prayer, in a slow phrase of sixteen beats.
SCALE = (261.63, 293.66, 329.63, 392.00, 440.00, 523.25)
PHRASE = (2, 3, 4, None, 5, 4, 3, None, 4, 3, 2, 1, 0, None, None, None)
BEAT_S = 0.9


def alaw(sample: int) -> int:
    """One 16-bit sample as ITU-T G.711 A-law."""
    mask = 0xD5 if sample >= 0 else 0x55
    size = min(sample if sample >= 0 else -sample - 1, 32767) >> 3
    if size < 32:
        return (size >> 1) ^ mask
    exponent = size.bit_length() - 5
    return ((exponent << 4) | ((size >> exponent) & 0x0F)) ^ mask


def encode(samples: Iterable[float]) -> bytes:
    """Samples of -1…1 at our loudness."""
    return bytes(alaw(int(s * LOUDNESS)) for s in samples)


def beep() -> bytes:
    """What a caller hears before he may speak: a third of a second, without a click."""
    length = RATE // 3
    return encode(math.sin(2 * math.pi * 880 * n / RATE) * math.sin(math.pi * n / length) for n in range(length))


def music() -> bytes:
    """About half a minute that may be repeated: the phrase, and the phrase again an octave of overtones softer."""
    beat = int(BEAT_S * RATE)
    sound = [0.0] * (beat * len(PHRASE) * 2)
    for index, (note, strength) in enumerate([(n, 1.0) for n in PHRASE] + [(n, 0.6) for n in PHRASE]):
        if note is None:
            continue
        for n in range(min(beat * 3, len(sound) - index * beat)):  # a note rings on under the next two
            seconds = n / RATE
            turn = 2 * math.pi * SCALE[note] * seconds
            swell = min(1.0, seconds / 0.03) * math.exp(-1.6 * seconds)
            sound[index * beat + n] += strength * swell * (math.sin(turn) + 0.3 * math.sin(2 * turn)) / 2.2
    return encode(max(-1.0, min(1.0, s)) for s in sound)
