"""What means the opposite and sounds alike is weighed; what is nearly as likely asks for a person."""

import pytest

from sayso.text.consent.doubt import LEAST_MARGIN, rivals, weighed
from sayso.text.consent.match import match
from sayso.text.consent.statement import load

STATEMENTS = load()


def test_rivals_stand_where_the_words_are_however_they_are_written() -> None:
    words = ["Hello.", "I", "am", "Aware,", "that", "my", "voice", "WILL", "be", "used", "by", "my", "voice."]
    found = rivals(STATEMENTS, "en", words)
    assert (3, 4, "unaware") in found
    assert (7, 9, "won't be") in found
    assert {(start, end) for start, end, text in found if text == "his voice"} == {(5, 7), (11, 13)}


def test_without_a_statement_or_its_words_there_are_none() -> None:
    assert rivals(STATEMENTS, "xx", ["I", "am", "aware"]) == []
    assert rivals(STATEMENTS, "en", ["", "...", "la"]) == []
    assert len(rivals(STATEMENTS, "en", ["aware"] * 500)) < 30


@pytest.mark.parametrize("language", STATEMENTS)
def test_every_language_has_rivals_and_each_would_be_refused(language: str) -> None:
    statement = STATEMENTS[language]
    words = STATEMENTS.sentence(language, "Acme", "Sayso").split()
    found = rivals(STATEMENTS, language, words)
    assert len(found) >= 3
    for start, end, text in found:
        said = " ".join([*words[:start], text, *words[end:]])
        assert match(said, statement, company="Acme", platforms=["Sayso"]).verdict == "refused", said


def test_a_rival_that_is_nearly_as_likely_asks_for_a_person() -> None:
    english = STATEMENTS["en"]
    right = match(english.sentence("Acme", "Sayso"), english, company="Acme", platforms=["Sayso"])
    assert weighed(right, []) == right
    assert weighed(right, [("unaware", LEAST_MARGIN + 0.1)]) == right
    doubtful = weighed(right, [("won't be", 11.0), ("unaware", LEAST_MARGIN - 0.1)])
    assert doubtful.reasons == ("words_uncertain",)
    assert doubtful.verdict == "review"


def test_and_what_is_refused_stays_refused() -> None:
    english = STATEMENTS["en"]
    wrong = match("I am not aware.", english, company="Acme", platforms=["Sayso"])
    assert weighed(wrong, [("unaware", -3.0)]).verdict == "refused"
