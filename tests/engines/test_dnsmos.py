"""What listeners would say, with the real weights."""

import numpy as np
import pytest

from real_speech import models_dir
from sayso.audio.waveform import Waveform
from sayso.engines.dnsmos import RATE_HZ, OpinionModel
from sayso.engines.registry import EngineOptions, make_engine

pytestmark = pytest.mark.real


def test_one_opinion_falls_with_noise_and_does_not_hear_how_loud_it_is():
    parts = list(
        make_engine("kokoro", EngineOptions(models_dir(), 2)).reader("af_heart").speak("The kettle is on.")
    )
    read = Waveform(np.concatenate([part.wave.samples for part in parts]), parts[0].wave.rate_hz)
    noise = np.random.default_rng(1).standard_normal(len(read.samples)).astype(np.float32)
    noisy = Waveform(read.samples + 0.05 * noise, read.rate_hz)
    model = OpinionModel(models_dir())

    clean = model.p808(read)

    assert 3.5 < clean < 4.6
    assert model.p808(noisy) < clean - 0.5
    # The published features are in decibels below the loudest.
    assert model.p808(Waveform(read.samples * 0.25, read.rate_hz)) == pytest.approx(clean, abs=1e-3)
    assert model.p808(Waveform(np.zeros(0, np.float32), RATE_HZ)) is None
