"""Voices: engines behind one small protocol, and the choice among them. Only a build ever calls one, never a call."""

from __future__ import annotations

from audio.voices.choice import choose
from audio.voices.protocol import Voice, VoiceFailed

__all__ = ["Voice", "VoiceFailed", "choose"]
