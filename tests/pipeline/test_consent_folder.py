"""What the examining child reads: recordings one at a time, and of long ones no more than is needed."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from sayso.audio import codec
from sayso.audio.waveform import Waveform
from sayso.domain.consent import Verdict
from sayso.engines.registry import EngineOptions
from sayso.pipeline import consent_files
from sayso.pipeline.consent import EXCERPT_S, Asked, examine, examine_folder, excerpt
from sayso.pipeline.tools import make_tools
from sayso.text.consent.statement import load
from serving import humming, saying

ASKED = Asked("", ("sayso",), load(), "en")
TOOLS = make_tools("tone", EngineOptions(Path(), 1))
CONSENT = codec.decode(saying())


def quiet(stage: str, fraction: float, left_s: float | None) -> None:
    """Nobody is told."""


def hummed(seconds: float, pitch_hz: float = 150.0) -> Waveform:
    return codec.decode(humming(seconds, pitch_hz, 16_000), max_s=10_000.0)


def laid_out(folder: Path, *recordings: Waveform) -> Path:
    consent_files.lay_out(
        folder, CONSENT, ((str(n), codec.encode_flac(wave)) for n, wave in enumerate(recordings))
    )
    return folder


def test_short_recordings_are_examined_as_they_are(tmp_path: Path) -> None:
    waves = [hummed(4.0), hummed(12.0, 151.0), hummed(100.0, 300.0)]
    found = examine_folder(laid_out(tmp_path, *waves), ASKED, TOOLS, quiet)

    def read(number: int) -> Waveform:
        return codec.decode((tmp_path / "recordings" / f"{number}.flac").read_bytes())

    consent = codec.decode((tmp_path / "consent.flac").read_bytes())
    whole = examine(consent, {str(n): partial(read, n) for n in range(3)}, ASKED, TOOLS, quiet)
    assert found == whole
    assert {reason.code for reason in found.reasons if reason.verdict is Verdict.REFUSED} >= {
        "other_recordings"
    }


@pytest.mark.parametrize("is_a_stranger", [False, True])
def test_of_a_long_recording_the_speaker_is_known(tmp_path: Path, *, is_a_stranger: bool) -> None:
    folder = laid_out(tmp_path, hummed(700.0, 300.0 if is_a_stranger else 150.0), hummed(4.0))
    found = examine_folder(folder, ASKED, TOOLS, quiet)
    assert ("other_recordings" in {reason.code for reason in found.reasons}) is is_a_stranger


def test_an_excerpt_is_from_all_over_the_file(tmp_path: Path) -> None:
    rate_hz = 8_000
    ramp = Waveform(np.linspace(-0.9, 0.9, 600 * rate_hz, dtype=np.float32), rate_hz)
    path = tmp_path / "ramp.flac"
    path.write_bytes(codec.encode_flac(ramp))
    part = excerpt(path)
    assert part.rate_hz == rate_hz
    assert part.duration_s == pytest.approx(EXCERPT_S)
    quarters = part.samples.reshape(4, -1)
    expected = [(0.0, 30.0), (190.0, 220.0), (380.0, 410.0), (570.0, 600.0)]
    for quarter, (start_s, end_s) in zip(quarters, expected, strict=True):
        own = ramp.cut(start_s, end_s).samples
        assert np.abs(quarter - own).max() < 1e-3
    path.write_bytes(codec.encode_flac(ramp.cut(0.0, EXCERPT_S)))
    assert np.array_equal(excerpt(path).samples, codec.decode(path.read_bytes()).samples)


def peak_bytes(work: Callable[[], object]) -> int:
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_neither_with_the_length_nor_with_the_number_of_recordings(tmp_path: Path) -> None:
    def peak(name: str, *recordings: Waveform) -> int:
        folder = laid_out(tmp_path / name, *recordings)
        return peak_bytes(lambda: examine_folder(folder, ASKED, TOOLS, quiet))

    # Two minutes are read whole.
    one = peak("one", hummed(EXCERPT_S))
    assert peak("five", *[hummed(EXCERPT_S)] * 5) < 1.2 * one
    assert peak("long", hummed(6 * EXCERPT_S)) < 1.2 * one
