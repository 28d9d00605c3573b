"""Times of letters: each character of the text once and in order, whatever is spoken of it."""

from itertools import pairwise

import numpy as np
import pytest

from sayso.audio.waveform import Waveform
from sayso.domain.timing import Times
from sayso.engines.base import Mark, Spoken
from sayso.pipeline.timing import Timeline
from sayso.text.english.phonemes import phonemize
from sayso.text.script import Script
from sayso.text.sentences import split


def piece(text: str, *words: str) -> Spoken:
    """A second of speech with `words` in it."""
    step_s = 1 / max(1, len(words))
    marks = tuple(Mark(word, i * step_s, (i + 1) * step_s) for i, word in enumerate(words))
    return Spoken(Waveform(np.zeros(100, np.float32), 100), text, marks)


def timed(text: str, *pieces: Spoken) -> Times:
    line = Timeline(text)
    for second, one in enumerate(pieces):
        line.add(one, float(second))
    return line.finish(float(len(pieces)))


def check(times: Times, text: str) -> None:
    assert "".join(mark.text for mark in times.letters) == text
    assert all(one.start_s <= two.start_s for one, two in pairwise(times.letters))
    assert all(mark.start_s <= mark.end_s for mark in times.letters)


@pytest.mark.parametrize("unspoken", ["- " * 400, "—" * 3_000, "🙂 " * 500])
def test_any_length_may_be_unspoken_between_two_pieces(unspoken: str) -> None:
    text = f"One two. {unspoken}Three one. {unspoken}End."
    times = timed(
        text, piece("One two.", "One", "two"), piece("Three one.", "Three", "one"), piece("End.", "End")
    )
    check(times, text)
    assert times.letters[text.index("Three")].start_s == pytest.approx(1.0)
    assert times.letters[text.index("End")].start_s == pytest.approx(2.0)


def test_any_length_may_be_unspoken_within_a_piece() -> None:
    text = f"See [this](x://{'a' * 900}) now. And then."
    times = timed(text, piece(text[:-10], "See", "this", "now"), piece("And then.", "And", "then"))
    check(times, text)
    assert times.letters[text.index("now")].start_s == pytest.approx(2 / 3)


def test_a_word_that_is_not_as_written_doubles_no_letter() -> None:
    text = "Pay $5 now. Then go."
    times = timed(text, piece("Pay $5 now.", "Pay", "five", "now"), piece("Then go.", "Then", "go"))
    check(times, text)
    assert times.letters[text.index("now")].start_s == pytest.approx(2 / 3)


def test_pieces_without_a_text_are_silence_between() -> None:
    text = "Ah. Ah. " + "Oh. " * 200 + "Ah."
    times = timed(text, piece("Ah.", "Ah"), piece(""), piece("Ah.", "Ah"))
    check(times, text)
    assert times.letters[4].start_s == pytest.approx(2.0)


@pytest.mark.parametrize("length", [300, 3_000])
@pytest.mark.parametrize(
    "written",
    ["[this]({})", "![this]({})", "[![this]({})]({})", "[" + "long label, " * 40 + "this]({})", "{}"],
)
def test_each_letter_of_a_long_target_or_address_stands_once_and_in_order(written: str, length: int) -> None:
    address = "https://a.com/" + ("One-two/end?" * 300)[:length] + "x"
    text = f"One two. The {written.replace('{}', address)} there. End."
    lines = list(
        Script(text).lines(lambda text: [(p.start, p.end, p.pause_s) for p in split(text, shortest=0)])
    )
    words = [[word.text for word in phonemize(line.text, line.readings)] for line in lines]
    assert (words[0], words[-1]) == (["One", "two"], ["End"])
    assert words[-2][-1] == "there"
    times = timed(text, *(piece(line.text, *said) for line, said in zip(lines, words, strict=True)))
    check(times, text)
    seconds = len(lines)
    assert times.letters[text.rindex("End")].start_s == pytest.approx(seconds - 1)
    spoken = len(words[-2])
    assert times.letters[text.rindex("there")].start_s == pytest.approx(seconds - 2 + (spoken - 1) / spoken)
