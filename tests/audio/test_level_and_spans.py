"""How loud, and from when to when."""

import numpy as np
import pytest

from sayso.audio.level import FLOOR_DBFS, peak_dbfs, rms_dbfs, with_rms
from sayso.audio.spans import Span, bridge, join, loud_spans, trim
from sayso.audio.waveform import Waveform

RATE = 16_000


def burst(*parts: tuple[float, float]) -> Waveform:
    """Parts of (seconds, amplitude) of a 200 Hz tone."""
    out = []
    for seconds, amplitude in parts:
        t = np.arange(round(seconds * RATE)) / RATE
        out.append(amplitude * np.sin(2 * np.pi * 200 * t))
    return Waveform(np.concatenate(out).astype(np.float32), RATE)


def test_levels_have_one_meaning():
    assert rms_dbfs(burst((1.0, 1.0))) == pytest.approx(-3.01, abs=0.01)
    assert peak_dbfs(burst((1.0, 0.5))) == pytest.approx(-6.02, abs=0.01)
    assert rms_dbfs(burst((1.0, 0.0))) == FLOOR_DBFS
    assert rms_dbfs(Waveform(np.zeros(0, np.float32), RATE)) == FLOOR_DBFS


def test_scaling_reaches_the_level_or_stops_at_the_peak():
    assert rms_dbfs(with_rms(burst((1.0, 0.01)), -23.0)) == pytest.approx(-23.0, abs=0.01)
    assert peak_dbfs(with_rms(burst((1.0, 0.01)), 0.0)) == pytest.approx(20 * np.log10(0.97), abs=0.01)
    silence = burst((1.0, 0.0))
    assert with_rms(silence, -23.0) is silence


def test_loud_spans_are_found_and_short_gaps_closed():
    wave = burst((0.5, 0.0), (1.0, 0.5), (0.1, 0.0), (0.5, 0.5), (0.6, 0.0001), (0.4, 0.3), (0.5, 0.0))

    spans = loud_spans(wave)

    assert [(round(s.start_s, 2), round(s.end_s, 2)) for s in spans] == [(0.5, 2.1), (2.7, 3.1)]
    assert loud_spans(burst((1.0, 0.0))) == []


def test_trim_keeps_a_little_quiet():
    wave = trim(burst((0.5, 0.0), (1.0, 0.5), (0.7, 0.0)), keep_s=0.05)

    assert wave.duration_s == pytest.approx(1.1, abs=0.011)
    silence = burst((1.0, 0.0))
    assert trim(silence) is silence


def test_spans_join_with_pauses():
    wave = burst((1.0, 0.5))

    assert bridge([Span(0, 1), Span(1.05, 2), Span(3, 4)], 0.1) == [Span(0, 2), Span(3, 4)]
    assert join(wave, [Span(0.1, 0.2), Span(0.5, 0.8)], pause_s=0.1).duration_s == pytest.approx(0.5)
    assert join(wave, []).duration_s == 0
