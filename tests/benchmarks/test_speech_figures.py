"""What the benchmarks of speech compare: spectra, words of a long text, and an aligner that finds borders which are known."""

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

import chapters
import guard
import plot
import timestamps
from sayso.audio.waveform import Waveform
from sayso.domain.timing import Mark
from sentences import chapter


def noise(seconds: float, seed: int) -> np.ndarray:
    return 0.1 * np.random.default_rng(seed).standard_normal(round(24_000 * seconds)).astype(np.float32)


def test_a_spectrum_is_near_itself_and_far_from_another() -> None:
    t = np.arange(24_000) / 24_000
    low = Waveform(np.sin(2 * np.pi * 300 * t).astype(np.float32), 24_000)
    high = Waveform(np.sin(2 * np.pi * 1_200 * t).astype(np.float32), 24_000)
    assert guard.distance_db(low, low) == 0.0
    # Louder is no difference; another pitch is.
    assert guard.distance_db(low, Waveform(0.5 * low.samples, 24_000)) < 0.1
    assert guard.distance_db(low, high) > 3.0
    longer = Waveform(np.concatenate([low.samples, low.samples[:2_400]]), 24_000)
    assert guard.distance_db(low, longer) < 1.0


def test_what_is_missing_or_said_twice_is_told_apart() -> None:
    text = chapter(1_000)
    first, second, *rest = text.split(". ")
    lost = ". ".join([first, *rest])
    twice = ". ".join([first, second, second, *rest])
    assert chapters.compared([(text, text)])["longest"] == 0
    found = chapters.compared([(text, lost)])
    assert (found["missing"], found["extra"]) == (1, 0)
    assert found["longest"] == len(second.split())
    found = chapters.compared([(text, twice)])
    assert (found["missing"], found["extra"]) == (0, 1)


def test_the_story_is_as_long_as_asked() -> None:
    assert 19_900 < len(chapter()) <= 20_000
    assert 900 < len(chapter(1_000)) <= 1_001
    assert chapter(10) == "Yes, now."


def test_the_aligner_finds_borders_that_are_known() -> None:
    """Three sounds that differ in colour, in several orders and lengths, learnt from a flat start."""
    rng, everything, truth = np.random.default_rng(3), [], []
    for _ in range(24):
        order = [str(sound) for sound in rng.permutation(list("aou"))]
        lengths = rng.uniform(0.08, 0.2, 3)
        parts = [noise(0.1, 1) * 0.001]
        for sound, seconds in zip(order, lengths, strict=True):
            t = np.arange(round(24_000 * seconds)) / 24_000
            hz = {"a": (700, 1_200), "o": (400, 900), "u": (300, 2_300)}[sound]
            parts.append(sum(np.sin(2 * np.pi * f * t) for f in hz).astype(np.float32) * 0.2)
        parts.append(noise(0.1, 2) * 0.001)
        clean = np.concatenate(parts)
        wave = Waveform(clean + 0.01 * noise(1.0, 5)[: len(clean)], 24_000)
        # It must not look at these times.
        word = tuple(Mark(sound, 9.0, 9.0) for sound in order)
        everything.append(timestamps.Said("", "", wave, ((9.0, 9.0),), (word,), timestamps.features(wave)))
        truth.append(0.1 + np.concatenate([[0.0], np.cumsum(lengths)]))
    model = timestamps.Model(everything)
    model.train()
    apart = []
    for said, borders in zip(everything, truth, strict=True):
        (times,) = model.align(said)
        found = [start_s for start_s, _ in times] + [times[-1][1]]
        apart += [abs(a - b) for a, b in zip(found, borders, strict=True)]
    assert float(np.mean(apart)) < 0.012


def test_a_plot_is_an_svg_with_all_points(tmp_path: Path) -> None:
    panels = [plot.Panel("A < B", "x", "y", {"one": [(1, 2), (10, 3)], "two": [(1, 1), (10, 9)]}, log_x=True)]
    plot.write(tmp_path / "x.svg", panels, "caption")
    drawn = ElementTree.parse(tmp_path / "x.svg").getroot()  # noqa: S314 - our own
    circles = [one for one in drawn.iter() if one.tag.endswith("circle")]
    assert len(circles) == 4
    heights = [float(one.attrib["cy"]) for one in circles]
    assert heights[3] < heights[1] < heights[0] < heights[2]
