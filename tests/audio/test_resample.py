"""One resampler for the whole product."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sayso.audio.resample import StreamResampler, resample
from sayso.audio.waveform import Waveform

RATES = st.sampled_from([8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000])


def tone(pitch_hz: float, rate_hz: int, n: int) -> Waveform:
    t = np.arange(n) / rate_hz
    return Waveform((0.5 * np.sin(2 * np.pi * pitch_hz * t)).astype(np.float32), rate_hz)


@given(n=st.integers(0, 5_000), rate_in=RATES, rate_out=RATES)
def test_the_length_follows_the_rates_exactly(n, rate_in, rate_out):
    assert len(resample(tone(300, rate_in, n), rate_out).samples) == round(n * rate_out / rate_in)


def test_a_tone_above_the_new_nyquist_vanishes():
    high = resample(tone(10_000, 48_000, 48_000), 16_000)

    middle = high.samples[800:-800]
    assert np.abs(middle).max() < 0.5 * 10 ** (-80 / 20)


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 48_000])
def test_a_tone_below_it_stays_in_place(rate_hz):
    low = resample(tone(1_000, 24_000, 24_000), rate_hz)

    expected = tone(1_000, rate_hz, rate_hz).samples
    assert np.abs(low.samples - expected)[200:-200].max() < 1e-3


@settings(max_examples=30)
@given(cuts=st.lists(st.integers(0, 9_000), max_size=8), rate_in=RATES, rate_out=RATES)
def test_a_stream_in_pieces_is_the_whole(cuts, rate_in, rate_out):
    wave = tone(440, rate_in, 9_000)
    stream = StreamResampler(rate_in, rate_out)
    pieces = np.split(wave.samples, sorted(cuts))

    out = [stream.push(piece) for piece in pieces] + [stream.push(np.zeros(0, np.float32), last=True)]

    whole = resample(wave, rate_out).samples
    joined = np.concatenate(out)
    assert len(whole) == len(joined)
    assert np.abs(whole - joined).max() < 1e-4
