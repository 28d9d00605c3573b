"""What is wrong with a recording, planted and found."""

import numpy as np
import pytest
import scipy.signal
from test_scores import CLEAN, RATE_HZ, wave

from sayso.audio import damage
from sayso.audio.room import LONGEST_S, room


def test_clipping_is_counted_where_the_tops_are_flat():
    limit = float(np.quantile(np.abs(CLEAN), 0.98))

    assert damage.flat_top_ratio(wave(CLEAN)) < 1e-4
    assert damage.flat_top_ratio(wave(np.clip(CLEAN, -limit, limit))) == pytest.approx(0.02, rel=0.4)
    assert damage.flat_top_ratio(wave(np.zeros(1000))) == 0.0
    assert damage.flat_top_ratio(wave(np.zeros(0))) == 0.0


def test_an_offset_larger_than_the_sound_is_no_clipping():
    assert damage.flat_top_ratio(wave(0.1 * CLEAN + 0.2)) < 1e-4
    assert damage.flat_top_ratio(wave(np.full(1000, 0.3))) == 0.0


def test_one_side_alone_may_be_clipped():
    limit = float(np.quantile(CLEAN, 0.97))

    assert damage.flat_top_ratio(wave(np.minimum(CLEAN, limit))) > 0.01


def test_the_highest_amplitudes_are_crowded_where_something_was_clipped():
    limit = float(np.quantile(np.abs(CLEAN), 0.97))

    assert damage.top_density(wave(np.clip(CLEAN, -limit, limit))) > 5 * damage.top_density(wave(CLEAN))
    assert damage.top_density(wave(np.zeros(100))) == 0.0


def test_an_offset_is_the_mean():
    assert damage.dc_offset(wave(CLEAN + 0.03)) == pytest.approx(0.03, abs=1e-3)
    assert damage.dc_offset(wave(np.zeros(0))) == 0.0


@pytest.mark.parametrize("top_hz", [3_400.0, 7_000.0])
def test_the_end_of_the_band_is_found(top_hz):
    noise = np.random.default_rng(0).standard_normal(48_000 * 2) * 0.1
    sos = scipy.signal.ellip(10, 0.1, 80.0, top_hz, "lowpass", fs=48_000, output="sos")

    found = damage.band(wave(scipy.signal.sosfiltfilt(sos, noise), 48_000))

    assert found.cutoff_hz == pytest.approx(top_hz, rel=0.15)
    assert found.cliff_db > 25.0
    assert found.cliff_hz == pytest.approx(top_hz, rel=0.15)


def test_silence_has_no_band():
    assert damage.band(wave(np.zeros(RATE_HZ))) == damage.Band(0.0, 0.0, 0.0)


def test_a_room_makes_the_decay_longer_the_larger_it_is():
    rng = np.random.default_rng(0)
    t = np.arange(RATE_HZ * 4) / RATE_HZ
    bursts = rng.standard_normal(len(t)) * (t % 0.5 < 0.15)

    def decay_s(reverberation_s: float) -> float:
        n = round(reverberation_s * RATE_HZ)
        response = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
        return room(wave(0.05 * scipy.signal.fftconvolve(bursts, response)[: len(bursts)])).decay_s

    dry, small, large = decay_s(0.1), decay_s(0.25), decay_s(0.5)

    assert dry < small < large <= LONGEST_S
    assert small == pytest.approx(0.25, rel=0.3)


def test_too_short_a_sound_has_no_room_and_a_steady_one_has_the_longest():
    assert room(wave(np.zeros(1000))) is None
    assert room(wave(np.random.default_rng(0).standard_normal(RATE_HZ) * 0.1)).decay_s == LONGEST_S
