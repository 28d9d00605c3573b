"""English text -> the phoneme symbols the engine was trained on, word by word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sayso.text.english import heteronyms, lexicon, morphology, unknown, weak
from sayso.text.english.exceptions import EXCEPTIONS
from sayso.text.english.fold import plain_letters
from sayso.text.english.letters import LETTER_NAMES
from sayso.text.english.normalise import Token, tokens
from sayso.text.script import Reading

_PAUSES = frozenset(";:,.!?—…")


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of the text with its sound."""

    text: str
    """The original slice `[start:end]`: a word, a number, an address."""
    phonemes: str
    """Engine symbols, never empty; spaces stand between the spoken words of one written token."""
    trailing: str
    """Symbols to put after it: spaces and `;:,.!?—…"()“”`. Opening marks at the very start are dropped."""
    start: int
    """Offset of the first character in the text given to `phonemize`."""
    end: int
    """Offset after the last character."""


def phonemize(text: str, readings: Sequence[Reading] = ()) -> tuple[Word, ...]:
    """The sounds of `text` of any length, in order. No speakable Latin letter or digit gives ().

    `readings` tell what is said for some stretches; a `Word` is never part of one and part of something else.

    The engine's input is `join(words)`; every character of it is one of the engine's symbols.
    """
    found = tokens(text, readings)
    spoken = [word for token in found for word in token.spoken]
    sounds = _sounds(spoken, _pause_after(found), _given(found))
    words: list[Word] = []
    position = 0
    for token in found:
        count = len(token.spoken)
        phonemes = " ".join(part for part in sounds[position : position + count] if part).replace(" ,", ",")
        position += count
        if phonemes:
            words.append(Word(token.text, phonemes, token.trailing, token.start, token.end))
    return tuple(words)


def join(words: Sequence[Word]) -> str:
    """One string for the engine."""
    return "".join(word.phonemes + word.trailing for word in words).strip()


def _pause_after(found: Sequence[Token]) -> list[bool]:
    """For every spoken word whether a pause follows it."""
    pauses: list[bool] = []
    for i, token in enumerate(found):
        inside = [following == "," for following in token.spoken[1:]]
        last = i == len(found) - 1 or bool(_PAUSES & set(token.trailing))
        pauses += [*inside, last]
    return pauses


def _given(found: Sequence[Token]) -> dict[int, str]:
    """Sounds that are not to be looked up, by the place of their word among the spoken ones."""
    given: dict[int, str] = {}
    position = 0
    for token in found:
        if token.phonemes:
            given |= {position + i: "" for i in range(len(token.spoken))}
            given[position + len(token.spoken) - 1] = token.phonemes
        position += len(token.spoken)
    return given


def _sounds(spoken: Sequence[str], pauses: Sequence[bool], given: Mapping[int, str]) -> list[str]:
    """Symbols of each spoken word. From the back, because some words wait for the sound after them."""
    sounds = [""] * len(spoken)
    following = ""
    for i in range(len(spoken) - 1, -1, -1):
        word = spoken[i]
        if i in given:
            sounds[i] = given[i]
            following = sounds[i] or following
            continue
        if word == ",":
            sounds[i] = ","
            continue
        sounds[i] = _in_context(spoken, i, "" if pauses[i] else following, pauses)
        following = sounds[i]
    return sounds


def _neighbours(spoken: Sequence[str], i: int, pauses: Sequence[bool]) -> tuple[list[str], list[str]]:
    """Up to four words on either side, not beyond a pause."""
    first = i
    while first > max(0, i - 4) and not pauses[first - 1]:
        first -= 1
    last = i
    while last < min(len(spoken) - 1, i + 4) and not pauses[last]:
        last += 1
    return list(spoken[first:i]), list(spoken[i + 1 : last + 1])


def _in_context(spoken: Sequence[str], i: int, following: str, pauses: Sequence[bool]) -> str:
    word, pause = spoken[i], pauses[i]
    if word[:1].isupper():
        return _letter(word)
    if not pause and (form := weak.before(word, following)) is not None:
        return form
    if pause and word in weak.STRONG_AT_END:
        return weak.STRONG_AT_END[word]
    if word in weak.WEAK:
        return weak.WEAK[word]
    chosen = heteronyms.choose(word, *_neighbours(spoken, i, pauses))
    return chosen if chosen is not None else pronounce(word)


def _letter(name: str) -> str:
    sound = LETTER_NAMES[name[0]]
    return morphology.with_s(sound) if name.endswith("'s") else sound


@lru_cache(maxsize=20_000)
def pronounce(word: str) -> str:
    """The symbols of one word by itself: dictionary, then its parts, then a guess. "" for other scripts."""
    if word in EXCEPTIONS:
        return EXCEPTIONS[word]
    letters = plain_letters(word)
    if letters.strip("'") == "":
        return ""
    found = lexicon.lookup(letters) or morphology.derived(letters)
    if found is None and letters != (bare := letters.strip("'")):
        found = morphology.derived_or_known(bare)
    if found is not None:
        return found
    return _guess(letters.replace("'", ""))


def _guess(letters: str) -> str:
    """A word nobody listed; what has no vowel to lean on is spelled."""
    guessed = unknown.guess(letters)
    if any(symbol in weak.VOWELS for symbol in guessed) and any(letter in "aeiouy" for letter in letters):
        return guessed
    return " ".join(LETTER_NAMES[letter.upper()] for letter in letters)
