"""Which letters of a word belong to which of its sounds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

_VOWEL_LETTERS = frozenset("aeiouyáàâäãåæéèêëíìîïóòôöõøúùûüýœ")
_VOWELS = frozenset("aeiouyɑɐɒæɔəɚɛɜɨɪɯɤøœʊʌɵ")
_USUAL = {
    "b": "b",
    "c": "kstʃ",
    "d": "dtɾ",
    "f": "fv",
    "g": "ɡdʒ",
    "h": "hθðʃtʃf",
    "j": "dʒ",
    "k": "k",
    "l": "l",
    "m": "m",
    "n": "nŋ",
    "p": "pf",
    "q": "k",
    "r": "ɹɚ",
    "s": "szʃʒ",
    "t": "tθðʃtʃɾ",
    "v": "v",
    "w": "w",
    "x": "kszɡ",
    "y": "jiɪaɪ",
    "z": "zs",
}
"""Letter -> what it may begin or be part of."""
_SHARED = 0.35
"""What it costs that two letters have one sound, or one letter two."""


def _cost(letter: str, sound: str) -> float:
    bare = sound.strip("ˈˌː")
    if bare[:1] in _USUAL.get(letter, "") or (letter in _VOWEL_LETTERS and bare[:1] in _VOWELS):
        return 0.0
    if not letter.isalpha():
        return 0.6
    return 0.8 if (letter in _VOWEL_LETTERS) == (bare[:1] in _VOWELS) else 1.0


@lru_cache(maxsize=4_096)
def belonging(word: str, sounds: tuple[str, ...]) -> tuple[tuple[int, int], ...]:
    """For each character of `word` the first and last of `sounds` that it stands for, both included.

    In order, without a gap: every sound belongs to a letter and every letter to a sound. No sounds: ().
    """
    n, m = len(word), len(sounds)
    if not n or not m:
        return ()
    letters = word.lower() if len(word.lower()) == n else word
    best = [[float("inf")] * m for _ in range(n)]
    came = [[(0, 0)] * m for _ in range(n)]
    for i in range(n):
        for j in range(m):
            own = _cost(letters[i], sounds[j])
            if i == j == 0:
                best[i][j] = own
                continue
            ways = [
                (best[i - a][j - b] + (own if a and b else own * 0.5 + _SHARED), (a, b))
                for a, b in ((1, 1), (1, 0), (0, 1))
                if i >= a and j >= b
            ]
            best[i][j], came[i][j] = min(ways)
    spans: list[tuple[int, int]] = [(m - 1, m - 1)] * n
    i, j = n - 1, m - 1
    last = j
    while i > 0 or j > 0:
        a, b = came[i][j]
        if a:
            spans[i] = (j, last)
            last = j - b
        i, j = i - a, j - b
    spans[0] = (0, last)
    return tuple(spans)


def letter_times(
    word: str, start_s: float, end_s: float, sounds: Sequence[tuple[str, float, float]]
) -> list[tuple[float, float]]:
    """When each character of `word` is spoken, from `start_s` to `end_s`.

    `sounds` are those of the word with their times; without any the letters share the time evenly, as letters
    share a sound.
    """
    spans = belonging(word, tuple(sound for sound, _, _ in sounds))
    if not spans:
        step_s = (end_s - start_s) / max(1, len(word))
        return [(start_s + i * step_s, start_s + (i + 1) * step_s) for i in range(len(word))]
    times: list[tuple[float, float]] = []
    for i, span in enumerate(spans):
        # Letters that end on the sound another begins with share it.
        sharing = [k for k, other in enumerate(spans) if other == span]
        first_s, last_s = sounds[span[0]][1], sounds[span[1]][2]
        step_s = (last_s - first_s) / len(sharing)
        place = sharing.index(i)
        times.append((first_s + place * step_s, first_s + (place + 1) * step_s))
    return times
