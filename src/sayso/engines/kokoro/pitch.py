"""How high a voice speaks, 80 times a second.

Autocorrelation divided by the window's own (Boersma 1993, "Accurate short-term analysis of the
fundamental frequency"), and a Viterbi search over the candidates of all frames. numpy only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HOP = 300
"""Samples a frame at 24 kHz: 12.5 ms, the decoder's F0 rate."""
LOW_HZ, HIGH_HZ = 60.0, 500.0

_WINDOW = 1200  # 50 ms: three periods of the lowest pitch
_CANDIDATES = 6
_VOICING = 0.42  # strength an unvoiced frame has: below it a frame counts as unvoiced
_OCTAVE_COST = 0.01  # a little for the higher of two equally strong candidates
_SURE = 0.8  # strength of the frames that tell the speaker's range
_RANGE = (0.55, 1.9)  # of the middle pitch; what lies outside is an octave's error more often than speech
_JUMP_COST = 0.35  # an octave's jump between frames
_VOICE_COST = 0.14  # switching between voiced and unvoiced


def track(samples: NDArray[np.float32], rate_hz: int = 24_000) -> NDArray[np.float32]:
    """samples (n,) at 24 kHz -> F0 in Hz, (n // 300,), 0 where unvoiced."""
    n = len(samples) // HOP
    if n == 0:
        return np.zeros(0, np.float32)
    padded = np.pad(samples.astype(np.float64), (_WINDOW // 2, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[HOP // 2 :: HOP][:n]
    frames = frames - frames.mean(1, keepdims=True)
    loud = np.abs(frames).max(1)
    window = np.hanning(_WINDOW)
    size = 4096
    own = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2)
    power = np.abs(np.fft.rfft(frames * window, size)) ** 2
    correlation = np.fft.irfft(power)[:, : _WINDOW // 2]
    correlation /= correlation[:, :1] + 1e-12
    correlation /= (own / own[0])[: _WINDOW // 2]
    shortest, longest = int(rate_hz / HIGH_HZ), int(rate_hz / LOW_HZ)
    middle = correlation[:, shortest - 1 : longest + 2]
    peak = (middle[:, 1:-1] > middle[:, :-2]) & (middle[:, 1:-1] >= middle[:, 2:])
    lags = np.arange(shortest, longest + 1)
    strength = np.where(peak, middle[:, 1:-1] - _OCTAVE_COST * np.log2(lags / shortest), -1.0)
    best = np.argsort(-strength, axis=1)[:, :_CANDIDATES]
    rows = np.arange(n)[:, None]
    sure = strength[rows, best[:, :1]][:, 0] > _SURE
    if sure.sum() >= 8:
        middle_hz = np.percentile(rate_hz / lags[best[sure, 0]], 45)
        inside = (rate_hz / lags > middle_hz * _RANGE[0]) & (rate_hz / lags < middle_hz * _RANGE[1])
        strength = np.where(inside, strength, -1.0)
        best = np.argsort(-strength, axis=1)[:, :_CANDIDATES]
    a, b, c = (middle[rows, best + at] for at in (0, 1, 2))
    shift = np.clip((a - c) / (2 * (a - 2 * b + c) + 1e-12), -0.5, 0.5)
    pitch_hz = rate_hz / (lags[best] + shift)
    score = strength[rows, best]
    quiet = np.clip(loud / (0.03 * np.percentile(loud, 95) + 1e-9), 0, 1)
    unvoiced = _VOICING + (1 - quiet) * 2
    return _search(np.log2(pitch_hz), score, unvoiced)


def _search(
    pitch: NDArray[np.float64], score: NDArray[np.float64], unvoiced: NDArray[np.float64]
) -> NDArray[np.float32]:
    """The cheapest path; candidates (n, k) in octaves, the last state is unvoiced."""
    n, k = pitch.shape
    gain = np.concatenate([score, unvoiced[:, None]], 1)
    total = gain[0]
    back = np.zeros((n, k + 1), np.int64)
    cost = np.full((k + 1, k + 1), _VOICE_COST)
    cost[k, k] = 0.0
    for i in range(1, n):
        cost[:k, :k] = _JUMP_COST * np.abs(pitch[i - 1][:, None] - pitch[i][None])
        reached = total[:, None] - cost
        back[i] = reached.argmax(0)
        total = reached.max(0) + gain[i]
    out = np.zeros(n, np.float32)
    state = int(total.argmax())
    for i in range(n - 1, -1, -1):
        if state < k:
            out[i] = 2.0 ** pitch[i, state]
        state = int(back[i, state])
    return out
