"""What a voice is, and how it fails."""

from __future__ import annotations

from typing import Protocol

from audio.sound import Pcm


class VoiceFailed(Exception):
    """This voice cannot say this text now; the message tells an operator why. `gone` means: nor anything else."""

    def __init__(self, message: str, gone: bool = False) -> None:
        self.gone = gone
        super().__init__(message)


class Voice(Protocol):
    """An engine. `name` and `version` are part of where its sounds lie: raise the version when it sounds different."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...

    def speak(self, text: str, lang: str, pace: float) -> Pcm:
        """Words as samples, at `pace` times the normal speed. Raises VoiceFailed; never returns an empty sound."""
        ...

    def close(self) -> None:
        """Lets go of processes and connections."""
        ...
