"""Times of letters: each character of the text once and in order, whatever is spoken of it."""

from itertools import pairwise

import numpy as np
import pytest

from sayso.audio.waveform import Waveform
from sayso.domain.timing import Times
from sayso.engines.base import Mark, Spoken
from sayso.pipeline.timing import Timeline


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
