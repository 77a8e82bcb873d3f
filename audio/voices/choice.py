"""Which voice a build uses: what is asked for, or with `auto` the best that this machine and profile allow."""

from __future__ import annotations

from collections.abc import Callable

from audio.voices.espeak import Espeak
from audio.voices.google import Google, reachable
from audio.voices.protocol import Voice, VoiceFailed

CHOICES = ("auto", "gtts", "espeak")


def choose(wanted: str, profile: str, tell: Callable[[str], None], can_reach: Callable[[], bool] = reachable) -> Voice:
    """A voice; `tell` gets a sentence when it is not the first choice. Raises VoiceFailed when none can be had.

    In the profile `government` nothing is sent to a foreign service, whatever is asked for.
    """
    if wanted not in CHOICES:
        raise VoiceFailed(f"voice {wanted!r}: there are {', '.join(CHOICES)}", gone=True)
    if wanted == "gtts" and profile == "government":
        raise VoiceFailed("gTTS is not used in the profile government", gone=True)
    if wanted != "espeak" and profile != "government":
        if can_reach():
            return Google()
        if wanted == "gtts":
            raise VoiceFailed("gTTS cannot be reached", gone=True)
        tell("gTTS cannot be reached; the prompts are made by espeak-ng, offline")
    return Espeak()
