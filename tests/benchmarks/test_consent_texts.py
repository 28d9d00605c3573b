"""What the readers of the consent benchmark say is what it claims to be, before any ear hears it."""

import numpy as np
import pytest

import consent_readers
from consent import CONDITIONS, RATE_HZ, TUNED_READERS
from consent_sound import spoilt
from consent_texts import CHANGES, CUTS, PLATFORMS, RIGHT, held_out_kinds, sayings
from sayso.audio.waveform import Waveform
from sayso.text.consent.match import match
from sayso.text.consent.statement import load

READERS = [
    *(f"kokoro {name}" for name in consent_readers.KOKORO),
    *(f"espeak {name}" for name in consent_readers.ESPEAK),
    *(f"flite {name}" for name in consent_readers.FLITE),
    "piper joe",
]


def test_there_are_enough_readers_kinds_and_sayings() -> None:
    near = [
        one
        for number, name in enumerate(READERS)
        for one in sayings(name, number, seed=7)
        if not one.is_right
    ]
    assert len(READERS) >= 12
    assert len({one.kind for one in near}) == len(CHANGES) + len(CUTS) >= 30
    assert len(near) >= 400
    assert set(TUNED_READERS) < set(READERS)
    assert 10 < len(held_out_kinds(seed=7)) < 20


@pytest.mark.parametrize("number", range(3))
def test_right_ones_are_right_and_near_misses_are_not_as_text(number: int) -> None:
    english = load()["en"]
    for one in sayings(READERS[number], number, seed=7):
        found = match(" ".join(one.pieces), english, company=one.company, platforms=PLATFORMS)
        assert (found.verdict == "accepted") is one.is_right, one
    assert {one.kind for one in sayings(READERS[number], number, seed=7) if one.is_right} == set(RIGHT)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_spoils_the_same_way_each_time(condition: str) -> None:
    t = np.arange(RATE_HZ) / RATE_HZ
    wave = Waveform(
        np.asarray(0.3 * np.sin(2 * np.pi * 300 * t) * np.sin(2 * np.pi * t), np.float32), RATE_HZ
    )
    others = [Waveform(np.random.default_rng(1).standard_normal(5000).astype(np.float32), RATE_HZ)]
    first, second = (spoilt(wave, condition, "key", others) for _ in range(2))
    assert np.array_equal(first.samples, second.samples)
    assert np.abs(first.samples).max() <= 1.0
    assert (condition == "clean") == np.array_equal(first.samples, wave.samples)
