"""Phrases to be repeated: made by chance, heard as words or as figures, in their order."""

import random
import secrets
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.errors import BadRequest
from sayso.text.consent.challenge import DIGITS, SURE, UNSURE, WORDS, heard_in, new_phrase
from sayso.text.consent.statement import load

STATEMENTS = load()
ENGLISH = STATEMENTS["en"]


@pytest.mark.parametrize("language", STATEMENTS)
@pytest.mark.parametrize("kind", ["digits", "words"])
def test_a_phrase_is_new_and_heard_as_it_is_shown(language: str, kind: str) -> None:
    statement = STATEMENTS[language]
    phrase = new_phrase(statement, random.Random(7), kind=kind)
    assert len(phrase.split()) == (DIGITS if kind == "digits" else WORDS)
    assert all(a != b for a, b in pairwise(phrase.split()))
    assert phrase != new_phrase(statement, random.Random(8), kind=kind)
    assert heard_in(phrase, phrase, statement) == SURE
    assert heard_in(statement.sentence("Acme", "Sayso") + " " + phrase, phrase, statement) == SURE


@pytest.mark.parametrize("language", STATEMENTS)
def test_digits_are_heard_as_words(language: str) -> None:
    statement = STATEMENTS[language]
    phrase = new_phrase(statement, secrets.SystemRandom(), length=6)
    spoken = ", ".join(statement.digits[int(digit)][0] for digit in phrase.split())
    assert heard_in(spoken, phrase, statement) == SURE


@pytest.mark.parametrize(
    "heard",
    ["4 7 1 9 2", "47192", "4, 7, 1, 9, 2.", "4719-2", "four seven one nine two", "For seven won nine too.", "47 one 92",
     "The digits are 4.7.1.9.2, thank you", "five, sorry, four seven one nine two", "4,719, 2"],
)  # fmt: skip
def test_figures_and_words_are_the_same(heard: str) -> None:
    assert heard_in(heard, "4 7 1 9 2", ENGLISH) == SURE


@pytest.mark.parametrize(
    "heard",
    [
        "",
        "4 7 1 9",
        "4 7 1 2 9",
        "2 9 1 7 4",
        "4 7 1 9 3",
        "four seven",
        "I am aware that",
        "4 7 1 or 9 2",
        "aware",
    ],
)
def test_others_are_not(heard: str) -> None:
    assert heard_in(heard, "4 7 1 9 2", ENGLISH) < SURE


def test_words_may_be_a_little_misheard() -> None:
    assert heard_in("Tiger, lemmon, windo, garden", "tiger lemon window garden", ENGLISH) == SURE
    assert UNSURE <= heard_in("Tiger, lemon, window", "tiger lemon window garden", ENGLISH) < SURE
    assert heard_in("lemon tiger garden window", "tiger lemon window garden", ENGLISH) < UNSURE


def test_nothing_is_never_heard() -> None:
    assert heard_in("anything", "", ENGLISH) == 0.0


@given(st.text(max_size=300), st.text(max_size=30))
def test_any_text_is_taken(heard: str, phrase: str) -> None:
    assert 0.0 <= heard_in(heard, phrase, ENGLISH) <= 1.0


def test_a_language_without_words_says_so(tmp_path: Path) -> None:
    (tmp_path / "xx.toml").write_text(
        'name = "X"\ntext = "aa bb cc dd {company} {platform}"\n', encoding="utf-8"
    )
    bare = load(tmp_path)["xx"]
    for kind in ("digits", "words"):
        with pytest.raises(BadRequest, match=kind):
            new_phrase(bare, random.Random(1), kind=kind)
