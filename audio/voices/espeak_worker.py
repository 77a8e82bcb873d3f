"""espeak-ng in a process of its own: reads texts on stdin, writes samples on stdout, ends when stdin does.

Run by path, imports nothing of ours: the library (GPL-3) is loaded only here, and its global state and crashes stay
here. A request is a length and JSON (4 bytes big-endian, `{"text", "voice", "rate", "pitch"}`); an answer is one byte
(0 well, 1 ill), a length, and 16-bit samples or the reason. The first answer is the sampling rate and version.
"""

from __future__ import annotations

import ctypes
import json
import struct
import sys

import espeakng_loader

_SYNCHRONOUS, _UTF8, _RATE, _PITCH, _RANGE = 2, 1, 1, 3, 4
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def main() -> None:
    lib = ctypes.CDLL(str(espeakng_loader.get_library_path()))
    lib.espeak_Info.restype = ctypes.c_char_p
    rate = lib.espeak_Initialize(_SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    samples = bytearray()

    def keep(wave: ctypes._Pointer[ctypes.c_short], count: int, _events: int) -> int:
        if wave and count > 0:
            samples.extend(ctypes.string_at(wave, count * 2))
        return 0

    callback = _Callback(keep)
    lib.espeak_SetSynthCallback(callback)
    version = lib.espeak_Info(None).decode().split()[0]
    answer(0, json.dumps({"rate": rate, "version": version}).encode())
    while head := sys.stdin.buffer.read(4):
        asked = json.loads(sys.stdin.buffer.read(struct.unpack(">I", head)[0]))
        samples.clear()
        if lib.espeak_SetVoiceByName(asked["voice"].encode()) != 0:
            answer(1, f"no voice {asked['voice']}".encode())
            continue
        lib.espeak_SetParameter(_RATE, asked["rate"], 0)
        lib.espeak_SetParameter(_PITCH, asked["pitch"], 0)
        text = asked["text"].encode() + b"\0"
        if lib.espeak_Synth(text, len(text), 0, 0, 0, _UTF8, None, None) != 0 or not samples:
            answer(1, b"no sound came")
        else:
            answer(0, bytes(samples))


def answer(status: int, body: bytes) -> None:
    sys.stdout.buffer.write(struct.pack(">BI", status, len(body)) + body)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
