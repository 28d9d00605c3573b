"""Written forms and what is said for them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sayso.text.english.normalise import PUNCTUATION, spoken, tokens

TABLE = Path(__file__).with_name("spoken_forms.tsv")


def sections() -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    name = ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if "\t" in line:
            written, said = line.split("\t")
            found.setdefault(name, []).append((written, said))
        elif line:
            name = line.lstrip("# ")
    return found


def test_the_table_is_large_enough_to_mean_something() -> None:
    rows = [row for rows in sections().values() for row in rows]
    assert len(rows) >= 1_000
    assert len({written for written, _ in rows}) == len(rows)


@pytest.mark.parametrize("section", sections())
def test_written_forms_are_spoken_as_people_speak_them(section: str) -> None:
    wrong = [
        (written, said, got)
        for written, said in sections()[section]
        if (got := spoken(written)).lower() != said.lower()
    ]
    assert wrong == []


@settings(deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_gives_tokens_in_order_that_point_into_it(text: str) -> None:
    position = 0
    for token in tokens(text):
        assert token.start >= position
        assert token.text == text[token.start : token.end]
        assert token.text
        assert token.spoken
        assert set(token.trailing) <= PUNCTUATION
        position = token.end


@settings(deadline=None)
@given(
    words=st.lists(st.sampled_from(["alpha", "bravo", "charlie", "delta", "echo"]), min_size=1),
    gap=st.sampled_from([" ", "\n", " * ", "🙂"]),
)
def test_plain_words_are_each_said_once_in_order(words: list[str], gap: str) -> None:
    assert spoken(gap.join(words)).split() == words


def test_marks_follow_the_word_before_them() -> None:
    assert [token.trailing for token in tokens("Well, “yes” (no)!!! Fine...")] == [", “", "” (", ")! ", "…"]


@pytest.mark.parametrize(
    "table", ["| Name | Age |\n|:-----|----:|\n| Ann | 31 |\n| Bob | 27 |", "Name\tAge\nAnn\t31\nBob\t27"]
)
def test_a_short_pause_follows_each_cell_of_a_table(table: str) -> None:
    found = tokens(table)
    assert [" ".join(token.spoken) for token in found] == [
        "name",
        "age",
        "ann",
        "thirty one",
        "bob",
        "twenty seven",
    ]
    assert [token.trailing.strip() for token in found[:-1]] == [","] * 5


def test_a_line_break_without_a_mark_is_a_pause() -> None:
    assert [token.trailing for token in tokens("Title\n\nText")] == [". ", ""]


def test_a_long_text_takes_time_in_proportion() -> None:
    assert len(tokens("It was the best of times. " * 800)) == 6 * 800
