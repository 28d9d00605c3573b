"""Bad microphones, rooms and lines for benchmarks/consent.py: made by formulas, no file is needed."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence

import numpy as np
import scipy.signal
import soundfile

from sayso.audio import codec
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform

RATE_HZ = 16_000
CONDITIONS = ("clean", "pink 10 dB", "babble 10 dB", "reverb 0.5 s", "mp3 32k", "phone 8 kHz", "clipping")

Samples = np.ndarray


def spoilt(wave: Waveform, condition: str, key: str, others: Sequence[Waveform]) -> Waveform:
    """`wave` (16 kHz) in `condition`; `key` draws the noise, `others` are the people who talk beside."""
    rng = np.random.default_rng(zlib.crc32(f"{condition}/{key}".encode()))
    x = wave.samples.astype(np.float64)
    match condition.split()[0]:
        case "clean":
            return wave
        case "pink":
            x = _with(x, _pink(len(x), rng), 10.0)
        case "babble":
            talk = sum(
                np.roll(np.resize(o.samples, len(x)), rng.integers(len(x))) / _rms(o.samples) for o in others
            )
            x = _with(x, np.asarray(talk), 10.0)
        case "reverb":
            x = _reverberant(x, 0.5, rng)
        case "mp3":
            x = codec.decode(_mp3(wave)).samples.astype(np.float64)
        case "phone":
            band = scipy.signal.butter(4, (300.0, 3_400.0), "bandpass", fs=8_000, output="sos")
            y = scipy.signal.sosfilt(band, resample(wave, 8_000).samples)
            y = (0.5 * y / np.abs(y).max()).astype(np.float32)
            coded = codec.encode(Waveform(y, 8_000), container="wav", precision="MULAW")
            x = resample(codec.decode(coded), RATE_HZ).samples.astype(np.float64)
        case "clipping":
            limit = float(np.quantile(np.abs(x), 0.95))
            x = np.clip(x, -limit, limit)
        case _:
            raise SystemExit(f"there is no condition {condition!r}")
    return Waveform((x * min(1.0, 0.99 / np.abs(x).max())).astype(np.float32), RATE_HZ)


def _with(x: Samples, noise: Samples, snr_db: float) -> Samples:
    return x + noise * (_rms(x) / _rms(noise) * 10.0 ** (-snr_db / 20.0))


def _pink(n: int, rng: np.random.Generator) -> Samples:
    spectrum = np.fft.rfft(rng.standard_normal(n))
    return np.fft.irfft(spectrum / np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0)), n)


def _reverberant(x: Samples, t60_s: float, rng: np.random.Generator) -> Samples:
    """A room of noise that decays by 60 dB in `t60_s`, as loud as the direct sound."""
    t = np.arange(round(1.2 * t60_s * RATE_HZ)) / RATE_HZ
    tail = rng.standard_normal(len(t)) * 10.0 ** (-3.0 * t / t60_s)
    tail[: round(0.004 * RATE_HZ)] = 0.0
    room = tail / np.sqrt((tail**2).sum())
    room[0] = 1.0
    wet = scipy.signal.fftconvolve(x, room)[: len(x)]
    return wet * (_rms(x) / _rms(wet))


def _mp3(wave: Waveform) -> bytes:
    """At 32 kbit/s, near the lowest of 16 kHz mono."""
    buffer = io.BytesIO()
    soundfile.write(
        buffer, wave.samples, wave.rate_hz, format="MP3", subtype="MPEG_LAYER_III",
        bitrate_mode="CONSTANT", compression_level=0.85,
    )  # fmt: skip
    return buffer.getvalue()


def _rms(x: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64)))) + 1e-12
