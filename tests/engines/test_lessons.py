"""A take as what is learnt from: in the pieces that speaking makes, with the pauses between them."""

from __future__ import annotations

import numpy as np
import pytest

from real_speech import models_dir
from sayso.audio.waveform import Waveform
from sayso.engines.base import Take
from sayso.engines.kokoro import align, lessons, network, pitch, stock
from sayso.engines.kokoro.engine import KokoroEngine
from sayso.engines.kokoro.lessons import Pause, Reading
from sayso.engines.kokoro.professional import pause_ratio

SENTENCES = (
    "The harbour was quiet before the first boats came back to the shore that evening.",
    "Nobody could explain why the yellow lamp had stopped working in the morning.",
)


@pytest.mark.parametrize(
    ("pauses", "ratio"),
    [
        ([], 1.0),
        ([Pause(0.9, 0.3)] * 7, 1.0),
        ([Pause(0.63, 0.3)] * 8, 2.0),
        ([Pause(0.63, 0.3)] * 5 + [Pause(0.15, 0.12)] * 3 + [Pause(3.0, 0.0)] * 9, 2.0),
        ([Pause(3.0, 0.3)] * 8, 3.0),
        ([Pause(0.03, 0.3)] * 8, 0.5),
    ],
    ids=["none", "few", "twice as long", "the median", "at most", "at least"],
)
def test_how_long_pauses_are_against_the_usual_ones(pauses: list[Pause], ratio: float) -> None:
    assert pause_ratio(pauses) == pytest.approx(ratio)


def test_pieces_that_sound_otherwise_alone_are_not_looked_for() -> None:
    space = 16
    assert lessons._places([50, 51, 4, space, 60, 61], [[50, 51, 4], [60, 61]]) == [(0, 3), (4, 6)]
    assert lessons._places([50, 51, 4, space, 60, 61], [[50, 52, 4], [60, 61]]) is None
    assert lessons._places([50, 51, 4, space, 60, 61], [[50, 51, 4], [60]]) is None
    assert lessons._places([50], []) is None


@pytest.mark.real
@pytest.mark.parametrize("pause_s", [0.3, 0.8])
def test_a_take_of_two_sentences_is_learnt_from_as_two_and_the_pause_is_known(pause_s: float) -> None:
    engine = KokoroEngine(models_dir(), 2)
    net = engine._network()
    reader = engine.reader("am_michael")
    said = [
        np.concatenate([piece.wave.samples for piece in reader.speak(sentence)]) for sentence in SENTENCES
    ]
    # Speaking leaves 0.03 s before and 0.06 s after the sound.
    silence = np.zeros(round((pause_s - 0.09) * reader.rate_hz), np.float32)
    text = " ".join(SENTENCES)
    wave = lessons.usable(Take(Waveform(np.concatenate([said[0], silence, said[1]]), reader.rate_hz), text))
    assert wave is not None
    reading = Reading.of_stock(net, stock.voices()["am_michael"])
    f0 = pitch.track(wave.samples)
    times = lessons.times(net, reading, wave, text, f0)

    pieces, pauses = lessons.pieces(net, reading, wave, text, times)

    # The first piece of all is cut shorter, at a word: no pause is made there.
    assert [pause.usual_s for pause in pauses] in ([0.3], [0.0, 0.3])
    assert pauses[-1].real_s == pytest.approx(pause_s, abs=0.1)
    for piece in pieces:
        assert len(piece.durations) == piece.hidden.shape[1]
        assert int(piece.durations.sum()) == piece.frames
        assert len(piece.samples) == piece.frames * network.FRAME
        assert len(piece.f0) == len(piece.energy) == 2 * piece.frames
    # Nothing that is said is lost, and of the pause only what is left around a piece.
    total_s = sum(piece.frames for piece in pieces) * network.FRAME / network.RATE_HZ
    assert total_s == pytest.approx(wave.duration_s - max(0.0, pauses[-1].real_s - 0.2), abs=0.06)
    # The first sound of the second sentence is where it was said.
    last = pieces[-1]
    loud = np.flatnonzero(np.abs(last.samples.numpy()) > 0.01)[0] / network.RATE_HZ
    assert loud < 0.25


def test_a_breath_does_not_end_a_pause_and_even_noise_has_none() -> None:
    rng = np.random.default_rng(3)
    loud, quiet, breath = 0.2, 1e-4, 0.05

    def frames(*parts: tuple[int, float]) -> np.ndarray:
        levels = np.concatenate([np.full(n * network.FRAME, level) for n, level in parts])
        return (levels * rng.normal(size=len(levels))).astype(np.float32)

    said = frames((20, loud), (8, quiet), (3, breath), (8, quiet), (20, loud))
    assert align.silences(said) == [(20, 39)]
    said = frames((20, loud), (8, quiet), (6, loud), (8, quiet), (20, loud))
    assert align.silences(said) == [(20, 28), (34, 42)]
    assert align.silences(frames((60, loud))) == []
    # A stressed sound is looked for behind its mark.
    inner = [50, 4, 16, lessons._STRESSES and min(lessons._STRESSES), 60]
    borders = np.array([0, 5, 15, 16, 17, 18, 30, 35])
    assert lessons._gap([(19, 27)], borders, inner, 0, 2, 3) == (19, 27)
