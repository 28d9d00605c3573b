"""Texts that are words alone get the marks that were heard."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.text.marks import lacks_marks, marked


@pytest.mark.parametrize(
    ("text", "heard", "said"),
    [
        (
            "IT WAS ABOUT THE BEGINNING OF SEPTEMBER THAT I AMONG THE REST HEARD IT",
            "It was about the beginning of September, that I, among the rest, heard it.",
            "IT WAS ABOUT THE BEGINNING OF SEPTEMBER, THAT I, AMONG THE REST, HEARD IT.",
        ),
        (
            "IN SIXTEEN SIXTY FIVE WRITTEN BY A CITIZEN",
            "In 1665, written by a citizen",
            "IN SIXTEEN SIXTY FIVE, WRITTEN BY A CITIZEN.",
        ),
        ("did you ever see such a thing", "Did you ever see such a thing?", "did you ever see such a thing?"),
        ("he said nothing to them and left", 'He said, "Nothing to them," and left.', "he said, nothing to them, and left."),
        ("one two three four five", "One, uh, two... three. For five", "one, two three. four five."),
        ("Well, one two three four", "Well one, two, three, four", "Well, one two three four"),
        ("we paid 3.5 pounds for it", "We paid 3.5 pounds, for it.", "we paid 3.5 pounds, for it."),
        ("MISTER QUILTER IS THE APOSTLE OF IT", "Mr. Quilter is the apostle of it.", "MISTER QUILTER IS THE APOSTLE OF IT."),
        ("mr quilter is the apostle of it", "Mr. Quilter is the apostle of it.", "mr quilter is the apostle of it."),
        ("we met doctor smith at ten pm and left", "We met Dr. Smith at 10 p.m. and left.", "we met doctor smith at ten pm and left."),
        ("he joined the us army in june", "He joined the U.S. Army in June.", "he joined the us army in june."),
        ("A LETTER FROM J R SMITH TODAY", "A letter from J. R. Smith today.", "A LETTER FROM J R SMITH TODAY."),
        ("he said wait and then he left", 'He said, "Wait..." And then he left.', "he said, wait and then he left."),
        ("they came home it was late", "They came home. It was late.", "they came home. it was late."),
        ("yes it was", "Yes, it was.", "yes it was"),
        ("one two three four five", "", "one two three four five."),
        ("one two three four five?", "One, two three four five.", "one two three four five?"),
    ],
)  # fmt: skip
def test_marks_are_taken_over_and_nothing_else(text: str, heard: str, said: str) -> None:
    assert marked(text, heard) == said


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("THEY WENT HOME TO SLEEP AGAIN", True),
        ("They went home to sleep again.", False),
        ("They went home, to sleep again", False),
        ("They went home (at last). To sleep", False),
        ("They went home - at last to sleep", False),
        ('He said "they went home to sleep."', False),
        ("They paid 3.5 pounds for it", True),
        ("They paid twenty-two pounds for it", True),
        ("Go home.", False),
        ("", False),
    ],
)
def test_a_text_lacks_marks_that_is_long_and_has_none(text: str, lacks: bool) -> None:
    assert lacks_marks(text) is lacks


@given(
    st.lists(st.text("abcdeé1'-", min_size=1, max_size=5), max_size=12),
    st.lists(st.text("abcdeé1',.;!?…\"", min_size=1, max_size=6), max_size=12),
)
def test_no_word_is_lost_or_added(words: list[str], heard: list[str]) -> None:
    said = marked(" ".join(words), " ".join(heard)).split()
    assert len(said) == len(words)
    assert all(a.startswith(b) and len(a) <= len(b) + 1 for a, b in zip(said, words, strict=True))
