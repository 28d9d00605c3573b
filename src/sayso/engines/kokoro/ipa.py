"""The network's symbols as sounds of the International Phonetic Alphabet, with their times."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sayso.domain.timing import Mark
from sayso.text.english.phonemes import Word

_IPA = {
    "A": "eɪ",
    "I": "aɪ",
    "O": "oʊ",
    "Q": "əʊ",
    "W": "aʊ",
    "Y": "ɔɪ",
    "T": "ɾ",
    "ʤ": "dʒ",
    "ʧ": "tʃ",
    "ʣ": "dz",
    "ʦ": "ts",
    "ᵊ": "ə",
    "ᵻ": "ɪ",
}
"""Symbols that stand for more than they show."""
_STRESS = "ˈˌ"
_MODIFIERS = "ːʰʲ̃ᵝ"
"""They lengthen or colour the sound before them."""
_BLANKS = " ↓→↗↘"


def sounds(words: Sequence[Word], place_s: Callable[[int], float]) -> tuple[Mark, ...]:
    """Each sound of `words` with its time; between words one blank or the punctuation.

    `place_s(i)` tells when symbol `i` begins in seconds; symbol 0 is the first of the first word.
    """
    found: list[Mark] = []
    at = 0
    for number, word in enumerate(words):
        stress: tuple[str, float] | None = None
        for symbol in word.phonemes + ("" if number == len(words) - 1 else word.trailing):
            start_s, end_s = place_s(at), place_s(at + 1)
            at += 1
            if symbol in _STRESS:
                stress = symbol, start_s
            elif symbol in _MODIFIERS and found:
                found[-1] = Mark(found[-1].text + symbol, found[-1].start_s, end_s)
            elif symbol in _BLANKS and found and found[-1].text == " ":
                found[-1] = Mark(" ", found[-1].start_s, end_s)
            else:
                text = " " if symbol in _BLANKS else _IPA.get(symbol, symbol)
                if stress is not None:
                    text, start_s, stress = stress[0] + text, stress[1], None
                found.append(Mark(text, start_s, end_s))
    return tuple(found)
