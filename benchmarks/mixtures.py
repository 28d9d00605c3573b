"""Spoilt speech of which the truth is known: noise, rooms, codecs, clipping, narrow bands, for fitting and for judging.

The two sides share no speaker, no noise and no room. What they cannot help sharing is the kind of harm:
there is one MP3.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile

import people
from sayso.audio.codec import decode
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform

RATE_HZ = 16_000
FITTED_ON = (
    "rapid_vctk2spk_16k",
    "rapid_libri6spk_mp3",
    "pro_kathleen_en_f_24k/train",
    "pro_libri26_en_m_16k/train",
)
REPORTED_ON = (
    "rapid_libri5spk_16k",
    "impostors_libri8spk_16k",
    "lang_de_kerstin_16k",
    "lang_nl_flemishguy_24k",
    "lang_it_carlo_16k",
    "lang_ru_ivrvoice_16k",
)
CONDITIONS = {
    "noise": 0.42, "room": 0.12, "room and noise": 0.08, "codec": 0.12, "clipping": 0.1, "band": 0.08, "clean": 0.04, "several": 0.04,
}  # fmt: skip
"""Condition -> part of the mixtures."""

_FILES = {
    True: ("001_Dog_bark", "002_Rain"),
    False: ("004_Baby_cry", "005_Clock_tick"),
}
_MADE = {
    True: ("white", "babble", "hum", "engine", "pink", "clicks"),
    False: ("brown", "babble", "speech-shaped", "gusts", "tones", "machine"),
}
_ROOMS = {
    True: ("speechbrain_rir1", "speechbrain_rir2", "webaudio_omni-35-10"),
    False: (
        "speechbrain_rir3",
        "speechbrain_rir4",
        "webaudio_kitchen-true-stereo",
        "webaudio_cardiod-rear-35-10",
    ),
}
_LEAST_S, _MOST_S = 3.5, 7.0
_EARLY_S = 0.05
"""Sound of a room that comes within this time of the direct one makes speech clearer; what comes later is harm."""

Samples = np.ndarray


@dataclass(frozen=True)
class Mixture:
    """One spoilt recording beside the clean one, in step, both at 16 kHz."""

    name: str
    speaker: str
    condition: str
    detail: str
    clean: Waveform
    spoilt: Waveform


class Kitchen:
    """Where mixtures are made: speech, noises and rooms of one side."""

    def __init__(self, speech: Path, *, is_fitting: bool, collections: Sequence[str] | None = None) -> None:
        """`collections`: other speech than the side's own."""
        self._is_fitting = is_fitting
        self._speech = [
            recordings
            for name in collections or (FITTED_ON if is_fitting else REPORTED_ON)
            for recordings in people.collection(speech / name).values()
        ]
        folder = speech / "noise"
        self._files = [
            resample(decode(file.read_bytes()), RATE_HZ).samples
            for file in sorted(folder.glob("*.ogg"))
            if any(kind in file.name for kind in _FILES[is_fitting])
        ]
        self._rooms = [
            resample(decode(file.read_bytes()), RATE_HZ).samples
            for file in sorted((folder / "rir").glob("*.wav"))
            if file.stem in _ROOMS[is_fitting]
        ]

    def make(self, condition: str, number: int) -> Mixture:
        """Mixture `number`; always the same one."""
        rng = np.random.default_rng([1 if self._is_fitting else 2, number])
        recording, clean = self._clean(rng)
        x = clean.copy()
        details: list[str] = []
        if condition in ("room", "room and noise", "several"):
            x, clean, detail = self._in_room(clean, rng)
            details.append(detail)
        if condition in ("noise", "room and noise", "several"):
            noise, detail = self._noise(len(x), rng)
            snr_db = rng.uniform(-5.0, 35.0)
            x = x + noise * _rms(x) * 10.0 ** (-snr_db / 20.0)
            details.append(f"{detail} {snr_db:.0f} dB")
        if condition == "clipping" or (condition == "several" and rng.random() < 0.3):
            x, detail = _clipped(x, rng)
            details.append(detail)
        if condition == "band":
            x, detail = _narrowed(x, rng)
            details.append(detail)
        if condition == "codec" or (condition == "several" and rng.random() < 0.5):
            x, detail = _coded(x, rng)
            details.append(detail)
        x = x * (10.0 ** (rng.uniform(-36.0, -14.0) / 20.0) / _rms(x))
        peak = float(np.abs(x).max())
        x = x * min(1.0, 0.99 / peak)
        n = min(len(x), len(clean))
        return Mixture(
            f"{'fit' if self._is_fitting else 'report'}-{number}",
            recording.speaker,
            condition,
            ", ".join(details),
            Waveform(clean[:n].astype(np.float32), RATE_HZ),
            Waveform(x[:n].astype(np.float32), RATE_HZ),
        )

    def with_noise(self, wave: Waveform, rng: np.random.Generator, low_db: float, high_db: float) -> Waveform:
        """`wave` at 16 kHz with some noise of this side, between two ratios."""
        noise, _ = self._noise(len(wave.samples), rng)
        x = wave.samples + noise * _rms(wave.samples) * 10.0 ** (-rng.uniform(low_db, high_db) / 20.0)
        return Waveform(x.astype(np.float32), RATE_HZ)

    def _clean(self, rng: np.random.Generator) -> tuple[people.Recording, Samples]:
        while True:
            recordings = self._speech[rng.integers(len(self._speech))]
            recording = recordings[rng.integers(len(recordings))]
            samples = resample(recording.wave(), RATE_HZ).samples
            wanted = round(rng.uniform(_LEAST_S, _MOST_S) * RATE_HZ)
            if len(samples) < min(wanted, 2 * RATE_HZ):
                continue
            start = rng.integers(max(1, len(samples) - wanted))
            x = samples[start : start + wanted].astype(np.float64)
            if _rms(x) > 1e-3:
                return recording, x / _rms(x) * 0.05

    def _noise(self, n: int, rng: np.random.Generator) -> tuple[Samples, str]:
        """Noise (n,) of RMS 1 and its name."""
        if rng.random() < 0.4:
            file = self._files[rng.integers(len(self._files))]
            noise = np.roll(np.tile(file, -(-n // len(file)) + 1), rng.integers(len(file)))[:n].astype(
                np.float64
            )
            if _rms(noise) > 1e-5:
                return noise / _rms(noise), "recorded"
        kind = str(rng.choice(_MADE[self._is_fitting]))
        noise = self._made(kind, n, rng)
        return noise / _rms(noise), kind

    def _made(self, kind: str, n: int, rng: np.random.Generator) -> Samples:
        white = rng.standard_normal(n)
        t = np.arange(n) / RATE_HZ
        if kind == "babble":
            voices = [self._clean(rng)[1] for _ in range(int(rng.integers(3, 8)))]
            return sum((np.resize(np.roll(v, rng.integers(len(v))), n) for v in voices), np.zeros(n))
        if kind in ("pink", "brown"):
            return _coloured(white, 0.5 if kind == "pink" else 1.0)
        if kind == "hum":
            base = float(rng.choice([50.0, 60.0]))
            return (
                sum(np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6)) / k for k in (1, 2, 3, 5, 7))
                + 0.02 * white
            )
        if kind == "engine":
            base = rng.uniform(70.0, 160.0)
            tones = sum(
                np.sin(2 * np.pi * base * k * t * (1 + 1e-3 * rng.standard_normal())) / k
                for k in range(1, 12)
            )
            return tones + _coloured(white, 0.7) * 0.5
        if kind == "clicks":
            clicks = np.zeros(n)
            clicks[rng.integers(0, n, max(3, int(n / RATE_HZ * 6)))] = 1.0
            return scipy.signal.fftconvolve(
                clicks, rng.standard_normal(400) * np.exp(-np.arange(400) / 60.0)
            )[:n]
        if kind == "speech-shaped":
            shape = np.sqrt(
                np.mean(
                    [np.abs(np.fft.rfft(np.resize(self._clean(rng)[1], n))) ** 2 for _ in range(4)], axis=0
                )
            )
            smooth = scipy.signal.fftconvolve(shape, np.ones(301) / 301.0, mode="same")
            return np.fft.irfft(np.fft.rfft(white) * smooth, n)
        if kind == "gusts":
            wind = scipy.signal.sosfilt(
                scipy.signal.butter(2, 300.0, "lowpass", fs=RATE_HZ, output="sos"), white
            )
            slow = np.interp(
                t,
                np.arange(0, n / RATE_HZ + 1, 0.5),
                rng.random(int(n / RATE_HZ + 1) * 2 + 2)[: len(np.arange(0, n / RATE_HZ + 1, 0.5))],
            )
            return wind * slow**2
        if kind == "tones":
            notes = 220.0 * 2.0 ** (rng.integers(0, 25, int(n / RATE_HZ / 0.3) + 1) / 12.0)
            hz = np.repeat(notes, int(0.3 * RATE_HZ))[:n]
            hz = np.pad(hz, (0, n - len(hz)), mode="edge")
            phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
            return np.sin(phase) + 0.4 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase)
        # machine: noise in a band, beating
        centre = rng.uniform(500.0, 4_000.0)
        sos = scipy.signal.butter(2, (centre * 0.7, centre * 1.4), "bandpass", fs=RATE_HZ, output="sos")
        return scipy.signal.sosfilt(sos, white) * (1.0 + 0.8 * np.sin(2 * np.pi * rng.uniform(2.0, 9.0) * t))

    def _in_room(self, clean: Samples, rng: np.random.Generator) -> tuple[Samples, Samples, str]:
        """Speech in a room; the same with the early sound alone, which is the reference; what room it was."""
        if rng.random() < 0.4:
            response = self._rooms[rng.integers(len(self._rooms))].astype(np.float64)
            detail = "real room"
        else:
            decay_s, direct_db = rng.uniform(0.15, 1.0), rng.uniform(-4.0, 12.0)
            n = round(decay_s * RATE_HZ)
            late = rng.standard_normal(n) * 10.0 ** (-3.0 * np.arange(n) / n)
            late[: round(0.002 * RATE_HZ)] = 0.0
            response = late / np.sqrt(np.sum(late**2))
            response[0] = 10.0 ** (direct_db / 20.0)
            detail = f"room {decay_s:.1f} s {direct_db:.0f} dB"
        at = int(np.abs(response).argmax())
        wet = scipy.signal.fftconvolve(clean, response)[at : at + len(clean)]
        early = response[: at + round(_EARLY_S * RATE_HZ)]
        dry = scipy.signal.fftconvolve(clean, early)[at : at + len(clean)]
        return wet / _rms(wet) * _rms(clean), dry / _rms(dry) * _rms(clean), detail


def plan(n: int, *, is_fitting: bool, first: int = 0) -> Iterator[tuple[str, int]]:
    """Condition and number of each of `n` mixtures, from number `first` on."""
    side = 1 if is_fitting else 2
    rng = np.random.default_rng([side, first] if first else side)
    names, parts = zip(*CONDITIONS.items(), strict=True)
    yield from ((str(rng.choice(names, p=parts)), first + number) for number in range(n))


def _rms(x: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(x)))) + 1e-12


def _coloured(white: Samples, power: float) -> Samples:
    spectrum = np.fft.rfft(white)
    hz = np.maximum(np.fft.rfftfreq(len(white), 1.0 / RATE_HZ), 20.0)
    return np.fft.irfft(spectrum / hz**power, len(white))


def _clipped(x: Samples, rng: np.random.Generator) -> tuple[Samples, str]:
    share = 10.0 ** rng.uniform(-3.3, -0.7)
    limit = float(np.quantile(np.abs(x), 1.0 - share))
    return np.clip(x, -limit, limit), f"{share * 100:.1f} % clipped"


def _narrowed(x: Samples, rng: np.random.Generator) -> tuple[Samples, str]:
    cut_hz = float(rng.choice([1_800.0, 2_500.0, 3_400.0, 4_000.0, 5_500.0, 7_000.0]))
    sos = scipy.signal.ellip(8, 0.1, 60.0, cut_hz, "lowpass", fs=RATE_HZ, output="sos")
    detail = f"up to {cut_hz:.0f} Hz"
    x = scipy.signal.sosfiltfilt(sos, x)
    if rng.random() < 0.4:
        x = scipy.signal.sosfiltfilt(scipy.signal.butter(2, 250.0, "highpass", fs=RATE_HZ, output="sos"), x)
        detail += ", from 250 Hz"
    return x, detail


def _coded(x: Samples, rng: np.random.Generator) -> tuple[Samples, str]:
    kind, subtype = [
        ("MP3", "MPEG_LAYER_III"),
        ("OGG", "OPUS"),
        ("OGG", "VORBIS"),
        ("WAV", "ULAW"),
        ("WAV", "GSM610"),
    ][rng.integers(5)]
    rate = 8_000 if subtype in ("GSM610", "ULAW") else RATE_HZ
    level = float(rng.uniform(0.3, 1.0))
    loud = Waveform((x / np.abs(x).max() * 0.7).astype(np.float32), RATE_HZ)
    buffer = io.BytesIO()
    extra = {} if rate == 8_000 else {"compression_level": level}
    soundfile.write(buffer, resample(loud, rate).samples, rate, format=kind, subtype=subtype, **extra)
    buffer.seek(0)
    samples, _ = soundfile.read(buffer, dtype="float32")
    back = resample(Waveform(samples, rate), RATE_HZ).samples.astype(np.float64)
    return _in_step(x, back), f"{subtype} {level:.1f}" if extra else subtype


def _in_step(x: Samples, y: Samples) -> Samples:
    """`y` shifted to where it is most like `x`, and as long."""
    n = len(x) + len(y)
    alike = np.fft.irfft(np.fft.rfft(y, n) * np.conj(np.fft.rfft(x, n)), n)
    lag = int(alike.argmax())
    lag = lag - n if lag > n // 2 else lag
    y = y[lag:] if lag >= 0 else np.pad(y, (-lag, 0))
    return np.pad(y, (0, max(0, len(x) - len(y))))[: len(x)]
