"""The aligner with its shipped weights, on a reading of a stock voice that it never heard (tests/engines/reading.npz)."""

from __future__ import annotations

import itertools
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sayso.audio.codec import decode
from sayso.engines.kokoro import aligner, symbols
from sayso.text.english.phonemes import join, phonemize

MOST_MS = 20.0
"""Mean of all borders; a frame is 25 ms."""
Reading = tuple[torch.Tensor, list[int], NDArray[np.int64]]


@pytest.fixture(scope="module")
def reading() -> Reading:
    """Samples at 24 kHz, symbols, and the frames that the engine itself gave each."""
    with np.load(Path(__file__).with_name("reading.npz")) as kept:
        frames = kept["frames"].astype(np.int64)
        samples = decode(kept["ogg"].tobytes()).samples[: 600 * frames.sum()]
        return torch.from_numpy(samples.copy()), kept["ids"].tolist(), frames


def off_ms(found: NDArray[np.int64], truth: NDArray[np.int64]) -> NDArray[np.float64]:
    off: NDArray[np.float64] = 25.0 * np.abs(np.cumsum(found)[:-1] - np.cumsum(truth)[:-1])
    return off


def test_borders_of_a_reading_are_found(reading: Reading) -> None:
    samples, ids, frames = reading
    found, misfit = aligner.durations(samples, ids)
    off = off_ms(found, frames)
    assert off.mean() < MOST_MS
    assert (off <= 50).mean() > 0.9
    assert misfit < 2.0


def test_noise_and_a_telephone_do_not_lead_it_far_astray(reading: Reading) -> None:
    samples, ids, frames = reading
    noise = torch.randn(len(samples), generator=torch.Generator().manual_seed(1))
    spectrum = torch.fft.rfft(samples + 0.1 * samples.std() * noise)
    spectrum[int(len(spectrum) * 3_600 / 12_000) :] = 0
    found, _ = aligner.durations(torch.fft.irfft(spectrum, len(samples)), ids)
    assert off_ms(found, frames).mean() < 2 * MOST_MS


def test_a_wrong_text_fits_worse(reading: Reading) -> None:
    samples, ids, _ = reading
    right = aligner.durations(samples, ids)[1]
    wrong = symbols.ids(join(phonemize("Nobody would ever mistake this for anything else.")))
    assert aligner.durations(samples, wrong)[1] > right + 1.0
    # Half of it: the rest of what is said has to go somewhere.
    assert aligner.durations(samples, [*ids[: len(ids) // 2], 0])[1] > right + 0.3


@pytest.mark.parametrize("n", [0, 599, 24_000, 24_599, 48_000])
def test_every_symbol_lasts_and_all_together_last_as_long_as_the_sound(n: int) -> None:
    ids = symbols.ids(join(phonemize("Why, yes!")))
    samples = torch.randn(n, generator=torch.Generator().manual_seed(2))
    found, _ = aligner.durations(samples, ids)
    assert found.dtype == np.int64
    assert len(found) == len(ids)
    assert found.min() >= 1
    assert found.sum() == max(n // 600, len(ids))


def test_too_little_sound_for_the_symbols_is_an_infinite_misfit() -> None:
    assert aligner.durations(torch.zeros(2_400), [0, 43, 44, 45, 0])[1] == float("inf")


def test_digital_silence_is_no_trouble() -> None:
    found, misfit = aligner.durations(torch.zeros(24_000), [0, 43, 44, 0])
    assert found.sum() == 40
    assert np.isfinite(misfit)


def test_silence_before_and_after_goes_to_the_padding(reading: Reading) -> None:
    samples, ids, _ = reading
    without, _ = aligner.durations(samples, ids)
    quiet = 1e-4 * torch.randn(12_000, generator=torch.Generator().manual_seed(3))
    with_it, _ = aligner.durations(torch.cat([quiet, samples, quiet]), ids)
    assert abs(with_it[0] - without[0] - 20) <= 4
    assert abs(with_it[-1] - without[-1] - 20) <= 4


def test_the_walk_is_the_best_of_all_walks() -> None:
    rng = np.random.default_rng(4)
    L, T = 7, 4
    scores = rng.standard_normal((L, T)).astype(np.float32)

    def worth(path: NDArray[np.int64]) -> float:
        return float(scores[np.arange(L), path].sum())

    best = max(
        worth(np.repeat(np.arange(T), np.diff([0, *inner, L])))
        for inner in itertools.combinations(range(1, L), T - 1)
    )
    assert worth(aligner._walk(scores)) == pytest.approx(best)


def test_the_weights_are_small() -> None:
    packed = resources.files("sayso.engines.kokoro").joinpath(aligner.WEIGHTS).read_bytes()
    assert len(packed) < 2_000_000
