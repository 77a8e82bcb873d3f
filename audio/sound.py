"""Samples in, the telephone's and the browser's sounds out: trimmed, even in loudness, never clipped. No files here.

One master a sound: what the voice said, without the silence around it. From it come 8 kHz A-law (as Indian trunks
speak it) and WAV in the telephone's band, and MP3 for browsers. Loudness is measured as EBU R 128 does; what is
shorter than three seconds is measured as if repeated, since R 128 says nothing about a single word.
"""

from __future__ import annotations

import io
import math
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import av.filter

LOUDNESS_LUFS = -19.0
PEAK = 10 ** (-5.0 / 20)  # of samples; between them, and in A-law and MP3, it rises to the promised −3 dBFS
TELEPHONE_RATE = 8000
BROWSER_RATE = 16000
MEASURED_S = 3.0
SETTINGS = "2"  # part of every sound's hash: raise it when what is heard changes, here or in the pauses of `prompts`

_QUIET = "silenceremove=start_periods=1:start_threshold=-45dB:start_silence=0.01"
_BAND = ("highpass=f=220", "lowpass=f=3400:p=2", f"aresample={TELEPHONE_RATE}")


class BadSound(ValueError):
    """Samples or a file that cannot be made into a sound: empty, silent, or not audio."""


@dataclass(frozen=True, slots=True)
class Pcm:
    """Mono 16-bit samples, little-endian."""

    data: bytes
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.data) / 2 / self.rate


@dataclass(frozen=True, slots=True)
class Loudness:
    """Integrated loudness in LUFS and true peak in dBFS."""

    lufs: float
    peak_db: float


def decode(encoded: bytes) -> Pcm:
    """Any audio file's bytes as PCM in its own rate. Raises BadSound for what is not whole audio."""
    try:
        with av.open(io.BytesIO(encoded), "r") as box:
            stream = box.streams.audio[0]
            pcm = _run(box.decode(stream), stream.rate, [])
    except (av.FFmpegError, IndexError) as e:
        raise BadSound(f"not audio: {e}") from e
    return pcm


def trimmed(pcm: Pcm) -> Pcm:
    """Without the silence before and after. Raises BadSound when there is nothing else."""
    cut = _filtered(pcm, "highpass=f=60", _QUIET, "areverse", _QUIET, "areverse")
    if cut.seconds < 0.03:
        raise BadSound("silent")
    return cut


def slower(pcm: Pcm, factor: float) -> Pcm:
    """The same at `factor` of its speed (0.85), its pitch kept."""
    return _filtered(pcm, f"atempo={factor}")


def telephone(master: Pcm, tail_s: float = 0.0) -> Pcm:
    """8 kHz in the telephone's band at the house's loudness, followed by a breath of `tail_s`."""
    return _padded(_level(_filtered(master, *_BAND)), tail_s)


def browser(master: Pcm, tail_s: float = 0.0) -> Pcm:
    """16 kHz at the house's loudness, followed by a breath of `tail_s`."""
    return _padded(_level(_filtered(master, f"aresample={BROWSER_RATE}"), steps=1), tail_s)


def silence(seconds: float, rate: int = TELEPHONE_RATE) -> Pcm:
    """A breath."""
    return Pcm(bytes(2 * round(seconds * rate)), rate)


def tone(formula: str, seconds: float) -> Pcm:
    """A sound from an expression in t (seconds), as FFmpeg's aevalsrc reads it, at the telephone's rate."""
    graph = av.filter.Graph()
    source = graph.add("aevalsrc", f"exprs={formula}:s={TELEPHONE_RATE}:d={seconds}".replace(",", r"\,"))
    shape, sink = graph.add("aformat", "sample_fmts=s16:channel_layouts=mono"), graph.add("abuffersink")
    source.link_to(shape)
    shape.link_to(sink)
    graph.configure()
    data = b"".join(bytes(f.planes[0])[: f.samples * 2] for f in _pulled(graph))
    return Pcm(data, TELEPHONE_RATE)


def alaw(pcm: Pcm) -> bytes:
    """Raw A-law, as Asterisk's `.alaw` and the trunk have it."""
    codec = av.CodecContext.create("pcm_alaw", "w")
    codec.sample_rate, codec.layout, codec.format = pcm.rate, "mono", "s16"
    codec.time_base = Fraction(1, pcm.rate)
    return b"".join(bytes(p) for f in (*_frames(pcm), None) for p in codec.encode(f))


def wav(pcm: Pcm) -> bytes:
    """A WAV file of 16-bit samples."""
    box = io.BytesIO()
    with wave.open(box, "wb") as out:
        out.setparams((1, 2, pcm.rate, 0, "NONE", ""))
        out.writeframes(pcm.data)
    return box.getvalue()


def mp3(pcm: Pcm) -> bytes:
    """An MP3 file, 32 kbit/s."""
    box = io.BytesIO()
    with av.open(box, "w", format="mp3") as out:
        # The encoder's quickest setting: it is most of a build's time, and no ear tells the difference in speech.
        stream = out.add_stream("mp3", rate=pcm.rate, options={"compression_level": "9"}, layout="mono")
        stream.bit_rate = 32_000
        for frame in (*_frames(pcm), None):
            out.mux(stream.encode(frame))
    return box.getvalue()


def joined_wav(paths: Iterable[Path]) -> bytes:
    """Several WAV files of the store one after the other, for a player that takes one file."""
    data, rate = bytearray(), TELEPHONE_RATE
    for path in paths:
        with wave.open(str(path), "rb") as part:
            rate = part.getframerate()
            data += part.readframes(part.getnframes())
    return wav(Pcm(bytes(data), rate))


def measure(pcm: Pcm, peaks: bool = True) -> Loudness:
    """Loudness and true peak; what is shorter than three seconds counts as repeated."""
    again = max(1, math.ceil(MEASURED_S / max(pcm.seconds, 0.001)))
    graph = _graph(pcm.rate, [f"ebur128=metadata=1{':peak=true' if peaks else ''}"])
    lufs, peak = -70.0, 0.0
    for frame in _pushed(graph, _frames(Pcm(pcm.data * again, pcm.rate))):
        lufs = float(frame.metadata.get("lavfi.r128.I", lufs))
        peak = max(peak, float(frame.metadata.get("lavfi.r128.true_peaks_ch0", 0.0)))
    return Loudness(lufs, 20 * math.log10(peak) if peak > 0 else -120.0)


def _level(pcm: Pcm, steps: int = 2) -> Pcm:
    """To the house's loudness; the limiter takes from the peaks, so a second, small step corrects what it took."""
    for _ in range(steps):
        gain = LOUDNESS_LUFS - measure(pcm, peaks=False).lufs
        if abs(gain) > 40:
            raise BadSound("silent")
        pcm = _filtered(pcm, f"volume={gain:.2f}dB", f"alimiter=limit={PEAK:.4f}:level=disabled:attack=2:release=20")
        if abs(gain) < 0.5:
            break
    return pcm


def _padded(pcm: Pcm, tail_s: float) -> Pcm:
    return Pcm(pcm.data + silence(tail_s, pcm.rate).data, pcm.rate)


def _filtered(pcm: Pcm, *filters: str) -> Pcm:
    return _run(_frames(pcm), pcm.rate, list(filters))


def _run(frames: Iterable[av.AudioFrame], rate: int, filters: list[str]) -> Pcm:
    graph, data = None, bytearray()
    for frame in frames:
        graph = graph or _graph(frame.sample_rate or rate, filters, frame.format.name, frame.layout.name)
        graph.push(frame)
    if graph is None:
        raise BadSound("empty")
    graph.push(None)
    for frame in _pulled(graph):
        rate = frame.sample_rate
        data += bytes(frame.planes[0])[: frame.samples * 2]
    return Pcm(bytes(data), rate)


def _pushed(graph: av.filter.Graph, frames: Iterable[av.AudioFrame | None]) -> Iterator[av.AudioFrame]:
    for frame in (*frames, None):
        graph.push(frame)
    yield from _pulled(graph)


def _pulled(graph: av.filter.Graph) -> Iterator[av.AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (av.EOFError, av.BlockingIOError):
            return
        if isinstance(frame, av.AudioFrame):
            yield frame


def _graph(rate: int, filters: list[str], format: str = "s16", layout: str = "mono") -> av.filter.Graph:
    graph = av.filter.Graph()
    chain = [graph.add_abuffer(sample_rate=rate, format=format, layout=layout, time_base=Fraction(1, rate))]
    for each in [*filters, "aformat=sample_fmts=s16:channel_layouts=mono"]:
        name, _, args = each.partition("=")
        chain.append(graph.add(name, args or None))
    chain.append(graph.add("abuffersink"))
    for one, next_one in pairwise(chain):
        one.link_to(next_one)
    graph.configure()
    return graph


def _frames(pcm: Pcm) -> Iterator[av.AudioFrame]:
    """In frames of a second at most: a codec's frame must not be larger than it can take."""
    step = 2 * pcm.rate
    for at in range(0, len(pcm.data), step):
        part = pcm.data[at : at + step]
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(part) // 2)
        plane = frame.planes[0]
        plane.update(part.ljust(plane.buffer_size, b"\0"))
        frame.sample_rate, frame.time_base, frame.pts = pcm.rate, Fraction(1, pcm.rate), at // 2
        yield frame
