"""What the scores of a recording are estimated from: figures that need no clean reference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sayso.audio import damage, perceptual, room
from sayso.audio.distortion import si_sdr_db
from sayso.audio.resample import resample
from sayso.audio.stoi import stoi
from sayso.audio.waveform import Waveform
from sayso.engines.dnsmos import Opinion
from sayso.engines.enhance import HOP, Enhanced
from sayso.engines.enhance import RATE_HZ as ENHANCED_HZ

RATE_HZ = 16_000
"""What is above 8 kHz takes no part in the scores."""

_VAD_FRAME_S = 0.032
_SPEECH, _PAUSE = 0.5, 0.15
_HIGH_BANDS_HZ = ((2_000, 3_300), (3_400, 4_000), (4_000, 5_500), (5_500, 7_000), (7_000, 7_800))

Floats = NDArray[np.float64]


def features(
    wave: Waveform, enhanced: Enhanced, speech: NDArray[np.float32], opinion: Opinion
) -> dict[str, float] | None:
    """Name -> figure, all finite. `wave` at 16 kHz, `speech` its probability for each 32 ms.

    None where nothing in it can be measured: silence, noise alone, less than half a second.
    """
    reference = resample(enhanced.wave, RATE_HZ)
    heard = perceptual.disturbance(reference, wave)
    understood = stoi(reference, wave)
    ratio_db = si_sdr_db(reference, wave)
    place = room.room(wave)
    if heard is None or understood is None or ratio_db is None or place is None:
        return None
    found = {
        "stoi": understood,
        "si_sdr_db": ratio_db,
        "disturbance": heard.all,
        "added": heard.added,
        "sig": opinion.speech,
        "bak": opinion.background,
        "ovrl": opinion.overall,
        "vad_snr_db": vad_snr_db(wave, speech),
        "crest_db": damage.crest_db(wave),
        "flat_log": float(np.log10(damage.flat_top_ratio(wave) + 1e-5)),
        "top_log": float(np.log10(damage.top_density(wave) + 0.05)),
        "decay_s": min(place.decay_s, 2.0),
        "slow_decay_s": min(place.slow_decay_s, 2.0),
        "modulation_db": place.modulation_db,
        "depth_db": place.depth_db,
        **_local_snr(enhanced, speech),
        **_slopes_db(wave),
        "holes": _holes(wave),
    }
    return {name: float(value) for name, value in found.items()}


def vad_snr_db(wave: Waveform, speech: NDArray[np.float32]) -> float:
    """Level of speech over that of the pauses in dB, -20 to 60.

    Where there is no pause, the quietest twentieth of the frames stands for one.
    """
    size = round(_VAD_FRAME_S * wave.rate_hz)
    n = min(len(wave.samples) // size, len(speech))
    frames = wave.samples[: n * size].reshape(n, size)
    power, speech = np.einsum("ij,ij->i", frames, frames).astype(np.float64) / size, speech[:n]
    loud, quiet = power[speech >= _SPEECH], power[speech < _PAUSE]
    if len(loud) == 0:
        return -20.0
    if len(quiet) < 6:
        quiet = np.sort(power)[: max(1, n // 20)]
    noise = float(np.mean(quiet)) + 1e-12
    return float(np.clip(10.0 * np.log10(max(float(np.mean(loud)) - noise, 1e-12) / noise), -20.0, 60.0))


def _local_snr(enhanced: Enhanced, speech: NDArray[np.float32]) -> dict[str, float]:
    """What the enhancer thinks of speech over noise, where somebody speaks and elsewhere."""
    snr = enhanced.local_snr_db
    times_s = np.arange(len(snr)) * HOP / ENHANCED_HZ
    index = np.minimum((times_s / _VAD_FRAME_S).astype(int), len(speech) - 1)
    spoken = speech[index] >= _SPEECH
    within = snr[spoken] if spoken.any() else snr
    low, middle, high = np.quantile(within, (0.1, 0.5, 0.9))
    return {"lsnr_db": float(np.mean(within)), "lsnr_10_db": low, "lsnr_50_db": middle, "lsnr_90_db": high}


def _slopes_db(wave: Waveform) -> dict[str, float]:
    """Level of the higher bands against that of the lower ones."""
    levels_db, bins_hz = damage.spectrum_db(wave.samples, wave.rate_hz)
    power = 10.0 ** (levels_db / 10.0)

    def level(low: float, high: float) -> float:
        return 10.0 * float(np.log10(power[(bins_hz >= low) & (bins_hz < high)].mean() + 1e-12))

    base = level(300.0, 2_000.0)
    found = {f"band_{low}_db": max(-80.0, level(low, high) - base) for low, high in _HIGH_BANDS_HZ}
    return {**found, "low_db": level(60.0, 300.0) - base}


def _holes(wave: Waveform) -> float:
    """Part of the cells between 1 and 7 kHz in loud frames that lie far below their neighbours: codecs leave those."""
    n_fft, hop = 512, 256
    frames = np.lib.stride_tricks.sliding_window_view(wave.samples, n_fft)[::hop]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(n_fft).astype(np.float32), axis=1)))
    energy = power.sum(axis=1)
    cells = 10.0 * np.log10(power[energy > energy.max() * 1e-3, 32:224] + 1e-12)
    if len(cells) < 3:
        return 0.0
    kernel = np.ones(17) / 17.0
    around = np.apply_along_axis(np.convolve, 1, cells, kernel, "same")
    return float(np.mean(cells < around - 15.0))
