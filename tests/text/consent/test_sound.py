"""Names that sound alike are alike; others are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.text.consent.match import NAME_SURE, NAME_UNSURE
from sayso.text.consent.sound import alike, folded, names_alike

letters = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789", max_size=20)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("say so", "sayso"),
        ("resembled ai", "resemble ai"),
        ("zifora labs", "zyphora labs"),
        ("quantum fox", "kwantum foks"),
        ("katherine", "catherine"),
        ("knight and day", "night and day"),
        ("blew ocean", "blue ocean"),
        ("siemens", "zeemens"),
    ],
)
def test_the_same_sound_in_another_spelling(first: str, second: str) -> None:
    assert names_alike(first.split(), second.split()) >= NAME_SURE


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("acme", "globex"),
        ("sayso", "voicely"),
        ("sayso", "eleven labs"),
        ("resemble ai", "open ai"),
        ("acme robotics", "globex"),
        ("blue ocean", "red river"),
        ("initech", "umbrella"),
    ],
)
def test_other_names(first: str, second: str) -> None:
    assert names_alike(first.split(), second.split()) < NAME_UNSURE


@given(letters, letters)
def test_alike_is_a_symmetric_share(first: str, second: str) -> None:
    assert 0.0 <= alike(first, second) <= 1.0
    assert alike(first, second) == pytest.approx(alike(second, first))
    assert alike(first, first) == 1.0
    assert folded(first) or not first
