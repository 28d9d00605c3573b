"""What the benchmarks count, print and say."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import common
import words
from people import median_pitch_hz
from sayso.audio.waveform import Waveform
from sentences import BY_WORDS, SENTENCES

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_forty_different_sentences_without_digits() -> None:
    assert len(set(SENTENCES)) == 40
    assert sum(sentence.endswith("?") for sentence in SENTENCES) == 5
    assert not any(character.isdigit() for sentence in SENTENCES for character in sentence)


def test_sentences_are_as_long_as_they_claim() -> None:
    assert {count: [len(text.split()) for text in said] for count, said in BY_WORDS.items()} == {
        count: [count] * 3 for count in (5, 10, 20, 40)
    }


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("It's late, isn't it?", "its late isn’t it"),
        ("mister hale had twenty one books", "Mr. Hale had 21 books."),
        ("a thousand people", "a thousand people"),
        ("one thousand two hundred and three", "1,200 and 3"),
        ("the gray theater", "The grey theatre"),
        ("a well-known face", "a well known face"),
    ],
)
def test_what_sounds_the_same_is_no_error(said: str, heard: str) -> None:
    assert words.compare(said, heard).words == 0


def test_errors_are_counted() -> None:
    found = words.compare("the cat sat down", "a cat sat") + words.compare("hello", "hello there")
    assert (found.words, found.of_words) == (3, 5)
    assert found.wer_percent == pytest.approx(60.0)
    assert words.compare("cat", "cut").cer_percent == pytest.approx(100 / 3)
    assert words.compare("cat", "").cer_percent == pytest.approx(100.0)


def test_a_table_has_numbers_on_the_right() -> None:
    rows = [{"who": "ada", "n": 0.5}, {"who": "b", "n": 12.25}]
    assert common.markdown([*rows, common.mean_row(rows, "mean")]).splitlines() == [
        "| who  |     n |",
        "|------|------:|",
        "| ada  |  0.50 |",
        "| b    | 12.25 |",
        "| mean |  6.38 |",
    ]


@pytest.mark.parametrize("pitch_hz", [90.0, 150.0, 240.0])
def test_pitch_is_not_an_octave_off(pitch_hz: float) -> None:
    t = np.arange(32_000) / 16_000
    tone = sum(np.sin(2 * np.pi * k * pitch_hz * t) / k for k in range(1, 10))
    wave = Waveform(np.asarray(0.1 * tone, np.float32), 16_000)
    assert median_pitch_hz([wave]) == pytest.approx(pitch_hz, rel=0.03)


def test_speak_prints_a_table_and_writes_the_same_figures(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    command = [
        sys.executable,
        str(BENCHMARKS / "speak.py"),
        "--engine",
        "tone",
        "--no-http",
        "--no-guard",
        "--repeats",
        "1",
    ]
    done = subprocess.run(
        [*command, "--json", str(figures)], capture_output=True, text=True, check=True, timeout=120
    )
    written = json.loads(figures.read_text())
    texts = [*(f"{count} words" for count in BY_WORDS), "paragraph"]
    rows = written["Speech in process, warm, with the watermark"]
    assert [row["text"] for row in rows] == 2 * texts
    assert {row["voice"] for row in rows} == {"rapid voice", "professional voice"}
    assert "threads: 2" in done.stdout
    assert "| paragraph |" in done.stdout
