"""Letters and the sounds they stand for."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.text.lettering import belonging, letter_times


@pytest.mark.parametrize(
    ("word", "sounds", "spans"),
    [
        ("hey", ("h", "ˈeɪ"), ((0, 0), (1, 1), (1, 1))),
        ("ship", ("ʃ", "ˈɪ", "p"), ((0, 0), (0, 0), (1, 1), (2, 2))),
        ("box", ("b", "ˈɑ", "k", "s"), ((0, 0), (1, 1), (2, 3))),
        ("there", ("ð", "ˈɛ", "ɹ"), ((0, 0), (0, 0), (1, 1), (2, 2), (2, 2))),
    ],
)
def test_letters_find_their_sounds(
    word: str, sounds: tuple[str, ...], spans: tuple[tuple[int, int], ...]
) -> None:
    assert belonging(word, sounds) == spans


@given(st.text(min_size=1, max_size=20), st.lists(st.sampled_from("abˈɑkʃsɪ"), max_size=20))
def test_all_letters_and_all_sounds_have_a_place_in_order(word: str, sounds: list[str]) -> None:
    spans = belonging(word, tuple(sounds))
    if not sounds:
        assert spans == ()
        return
    assert len(spans) == len(word)
    assert (spans[0][0], spans[-1][1]) == (0, len(sounds) - 1)
    for (_, last), (first, _) in pairwise(spans):
        assert first in (last, last + 1)
    timed = [(sound, 1.0 + i, 2.0 + i) for i, sound in enumerate(sounds)]
    times = letter_times(word, 1.0, 1.0 + len(sounds), timed)
    assert all(start <= end for start, end in times)
    assert times[0][0] == 1.0
    assert times[-1][1] == pytest.approx(1.0 + len(sounds))


def test_without_sounds_letters_share_the_time() -> None:
    assert letter_times("ab", 1.0, 2.0, ()) == [(1.0, 1.5), (1.5, 2.0)]
