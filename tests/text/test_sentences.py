"""Splitting: nothing lost, nothing doubled, cut where a reader would breathe."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sayso.text.sentences import (
    CLAUSE_PAUSE_S,
    PARAGRAPH_PAUSE_S,
    SENTENCE_PAUSE_S,
    split,
    weight,
)

prose = st.text(
    alphabet=st.one_of(st.sampled_from(list("abc XYZ 019 .,;:!?…—-\"'()\n\t")), st.characters(codec="utf-8")),
    max_size=600,
)


def visible(text: str) -> str:
    return "".join(text.split())


def texts(text: str, longest: int = 250) -> list[str]:
    return [piece.text for piece in split(text, shortest=0, longest=longest)]


@settings(deadline=None)
@given(
    text=prose,
    longest=st.integers(1, 300),
    shortest=st.integers(0, 100),
    first=st.none() | st.integers(1, 100),
)
def test_no_character_is_lost_doubled_or_moved(
    text: str, longest: int, shortest: int, first: int | None
) -> None:
    pieces = split(text, longest=longest, shortest=shortest, first_longest=first)
    assert visible("".join(piece.text for piece in pieces)) == visible(text)
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)
    assert all(before.end <= after.start for before, after in pairwise(pieces))


@settings(deadline=None)
@given(text=prose, budget=st.integers(20, 200), longest=st.integers(1, 300))
def test_no_piece_is_longer_than_asked(text: str, budget: int, longest: int) -> None:
    for piece in split(text, budget=budget, longest=longest):
        assert len(piece.text) <= longest
        assert weight(piece.text) <= budget


@settings(deadline=None)
@given(text=prose)
def test_no_piece_is_empty_or_begins_or_ends_in_white_space(text: str) -> None:
    for piece in split(text):
        assert piece.text
        assert piece.text == piece.text.strip()


@settings(deadline=None)
@given(words=st.lists(st.text(alphabet="abcdefgh", min_size=1, max_size=12), min_size=1, max_size=200))
def test_words_are_never_cut_inside(words: list[str]) -> None:
    pieces = split(" ".join(words), longest=60)
    assert " ".join(piece.text for piece in pieces).split() == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ("Dr. Smith met Mrs. Jones. They spoke.", ["Dr. Smith met Mrs. Jones.", "They spoke."]),
        ("It costs 3.50 a piece. Buy two.", ["It costs 3.50 a piece.", "Buy two."]),
        ("J. R. R. Tolkien wrote it. We read it.", ["J. R. R. Tolkien wrote it.", "We read it."]),
        ("The U.S. Army came. It left.", ["The U.S. Army came.", "It left."]),
        ("He lives in the U.S. He likes it.", ["He lives in the U.S.", "He likes it."]),
        ("Fruit, e.g. Apples, is good. Eat it.", ["Fruit, e.g. Apples, is good.", "Eat it."]),
        ("We left at 5 p.m. Then it rained.", ["We left at 5 p.m.", "Then it rained."]),
        ("“Really?” she asked. “Yes!” he said.", ["“Really?” she asked.", "“Yes!” he said."]),
        ('He said "Stop." Then he ran.', ['He said "Stop."', "Then he ran."]),
        ("Wait... what? Nothing.", ["Wait... what?", "Nothing."]),
        ("Wait... Go now.", ["Wait...", "Go now."]),
        ("See no. 5 and fig. 3 here. Done.", ["See no. 5 and fig. 3 here.", "Done."]),
        ("Do you want it? No. It is old.", ["Do you want it?", "No.", "It is old."]),
        (
            "Version 1.2.3 is out. Get it at example.com today.",
            ["Version 1.2.3 is out.", "Get it at example.com today."],
        ),
        ("So did I. Then we left.", ["So did I.", "Then we left."]),
        ("Acme Inc. Bought it. The end.", ["Acme Inc. Bought it.", "The end."]),
        ("Acme Inc. The end.", ["Acme Inc.", "The end."]),
        ("1. Wash it.\n2. Dry it.", ["1. Wash it.", "2. Dry it."]),
        ("# Title\n\nBody text", ["# Title", "Body text"]),
        ("One line\nwrapped here.", ["One line\nwrapped here."]),
        ("(It rained.) We stayed.", ["(It rained.)", "We stayed."]),
        ("Yahoo! is a company.", ["Yahoo! is a company."]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_sentences_end_where_a_reader_would_stop(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_the_pause_tells_a_paragraph_from_a_sentence_from_a_clause() -> None:
    long = "The first part of it goes on and on, " * 3 + "and ends."
    pieces = split(f"One sentence. Another one.\n\n{long}", shortest=0, longest=90)
    assert [piece.pause_s for piece in pieces[:2]] == [SENTENCE_PAUSE_S, PARAGRAPH_PAUSE_S]
    assert pieces[2].pause_s == CLAUSE_PAUSE_S
    assert pieces[-1].pause_s == 0.0


def test_short_sentences_of_a_paragraph_are_joined() -> None:
    assert [p.text for p in split("Yes. No. Maybe so.")] == ["Yes. No. Maybe so."]


def test_a_long_sentence_is_cut_at_its_clauses() -> None:
    text = "When the rain had stopped at last, the children ran into the garden; the dog, which had slept all day, followed them."
    assert texts(text, longest=80)[0].endswith(("last,", "garden;"))


def test_the_first_piece_may_be_cut_short_for_quick_audio() -> None:
    text = (
        "Good morning, everyone, and welcome to this rather long opening sentence of our show. More follows."
    )
    first, *rest = split(text, first_longest=30)
    assert first.text == "Good morning, everyone,"
    assert rest


def test_the_measure_of_an_engine_decides_the_budget() -> None:
    pieces = split("aaa bbb ccc ddd", budget=7, measure=len)
    assert [piece.text for piece in pieces] == ["aaa bbb", "ccc ddd"]


def test_a_chapter_is_split_quickly_and_wholly() -> None:
    chapter = "It was the best of times, it was the worst of times. " * 400
    pieces = split(chapter)
    assert "".join(visible(piece.text) for piece in pieces) == visible(chapter)
