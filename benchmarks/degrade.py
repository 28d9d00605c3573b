"""Speech as bad microphones, rooms and lines make it: fixed conditions, the same every time."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import scipy.signal

from sayso.audio import codec
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform

RATE_HZ = 16_000

Samples = np.ndarray


class Degrader:
    """Conditions by name; `babblers` (n,) each are the people who talk in the background."""

    def __init__(self, noise: Path, babblers: Sequence[Samples]) -> None:
        self._noises = [_read(file) for file in sorted(noise.glob("*.ogg"))]
        rooms = sorted((noise / "rir").glob("*.wav"))
        # A room: some metres and half a second. A hall: far from the microphone, seconds.
        self._responses = {
            "room": [_read(file) for file in rooms if "speechbrain" in file.name or "kitchen" in file.name],
            "hall": [_read(file) for file in rooms if "-35-10" in file.name],
        }
        if not self._noises or not all(self._responses.values()):
            raise SystemExit(f"{noise} holds no noises (*.ogg) or no room responses (rir/*.wav)")
        self._babblers = babblers

    def make(self, condition: str, wave: Waveform, key: str) -> Waveform:
        """`wave` (16 kHz) in `condition`; `key` draws the noise, the place in it, the room."""
        if condition == "clean":
            return wave
        rng = np.random.default_rng(zlib.crc32(f"{condition}/{key}".encode()))
        kind, _, level = condition.partition(" ")
        x = wave.samples.astype(np.float64)
        if kind in ("pink", "babble", "real"):
            makers: dict[str, Callable[[int, np.random.Generator], Samples]] = {
                "pink": _pink, "babble": self._babble, "real": self._real,
            }  # fmt: skip
            noise = makers[kind](len(x), rng)
            x = x + noise * (_rms(x) / _rms(noise) * 10.0 ** (-float(level.removesuffix(" dB")) / 20.0))
        elif kind in self._responses:
            responses = self._responses[kind]
            room = responses[rng.integers(len(responses))]
            wet = scipy.signal.fftconvolve(x, room)[np.abs(room).argmax() :][: len(x)]
            x = wet * (_rms(x) / _rms(wet))
        elif kind == "phone":
            narrow = resample(wave, 8_000)
            band = scipy.signal.butter(4, (300.0, 3_400.0), "bandpass", fs=8_000, output="sos")
            y = scipy.signal.sosfilt(band, narrow.samples)
            peak = np.abs(y).max() + 1e-9
            coded = codec.encode(
                Waveform((0.8 * y / peak).astype(np.float32), 8_000), container="wav", precision="MULAW"
            )
            x = resample(codec.decode(coded), RATE_HZ).samples * peak / 0.8
        elif kind == "mp3":
            x = codec.decode(_mp3(wave)).samples.astype(np.float64)
        elif kind == "clipping":
            limit = float(np.quantile(np.abs(x), 0.95))
            x = np.clip(x, -limit, limit)
        else:
            raise SystemExit(f"there is no condition {condition!r}")
        peak = float(np.abs(x).max())
        return Waveform((x * min(1.0, 0.99 / max(peak, 1e-9))).astype(np.float32), RATE_HZ)

    def _babble(self, n: int, rng: np.random.Generator) -> Samples:
        chosen = rng.choice(len(self._babblers), min(5, len(self._babblers)), replace=False)
        return sum((_piece(self._babblers[i], n, rng, level=True) for i in chosen), np.zeros(n))

    def _real(self, n: int, rng: np.random.Generator) -> Samples:
        return _piece(self._noises[rng.integers(len(self._noises))], n, rng)


def _piece(source: Samples, n: int, rng: np.random.Generator, *, level: bool = False) -> Samples:
    tiled = np.resize(np.roll(source, rng.integers(len(source))), n).astype(np.float64)
    # A recorded noise may be silent for seconds: some hiss keeps its level finite.
    return tiled / _rms(tiled) if level else tiled + 1e-5 * rng.standard_normal(n)


def _pink(n: int, rng: np.random.Generator) -> Samples:
    spectrum = np.fft.rfft(rng.standard_normal(n))
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0)), n)


def _mp3(wave: Waveform) -> bytes:
    """At 32 kbit/s, which is what 16 kHz mono is at the lowest setting."""
    import io

    import soundfile

    buffer = io.BytesIO()
    soundfile.write(
        buffer,
        wave.samples,
        wave.rate_hz,
        format="MP3",
        subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT",
        compression_level=0.85,
    )
    return buffer.getvalue()


def _read(file: Path) -> Samples:
    return resample(codec.decode(file.read_bytes()), RATE_HZ).samples


def _rms(x: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(x)))) + 1e-12
