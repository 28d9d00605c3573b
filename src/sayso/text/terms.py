"""Words that somebody wants said otherwise, everywhere: term substitutions and phonemes of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from sayso.text.english import ipa, say_as
from sayso.text.script import Reading, Script


def with_terms(script: Script, terms: Mapping[str, str], sounds: Mapping[str, str]) -> Script:
    """`script` with a reading for each of `terms` (written -> said for it) and `sounds` (word -> IPA) in its text.

    They are found as whole words, in any case, longer ones first. Stretches that have a reading keep it. An entry that
    cannot be read (no IPA, nothing speakable) counts for nothing: it was refused when it was made.
    """
    said_for = {written.lower(): (written, said, False) for written, said in terms.items() if written.strip()}
    said_for |= {word.lower(): (word, said, True) for word, said in sounds.items() if word.strip()}
    taken = [(reading.start, reading.end) for reading in script.readings]
    while said_for:
        # Only what stands in the text is read: reading all entries of a full dictionary takes longer than a sentence.
        places = [place for place in _places(script.text, tuple(said_for)) if place[2] in said_for]
        readings = {written: _reading(*said_for[written]) for _, _, written in places}
        unread = [written for written, reading in readings.items() if reading is None]
        if not unread:
            added = [
                replace(reading, start=start, end=end)
                for start, end, written in places
                if (reading := readings[written]) is not None
                and not any(first < end and start < last for first, last in taken)
            ]
            return replace(script, readings=tuple(sorted((*script.readings, *added), key=lambda r: r.start)))
        # Without them, for a shorter entry may stand within.
        for written in unread:
            del said_for[written]
    return script


def _places(text: str, words: tuple[str, ...]) -> list[tuple[int, int, str]]:
    """Start, end and lower case of each of `words` in `text`."""
    return [(found.start(), found.end(), found[0].lower()) for found in _pattern(words).finditer(text)]


@lru_cache(maxsize=16)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        r"(?<!\w)(?:"
        + "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
        + r")(?!\w)",
        re.IGNORECASE,
    )


@lru_cache(maxsize=4_096)
def _reading(written: str, said: str, is_ipa: bool) -> Reading | None:
    """What is said for `written`; None for what cannot be read."""
    return _sounded(written, said) if is_ipa else _said(said)


def _said(said: str) -> Reading | None:
    words = say_as.words_of(said)
    return Reading(0, 0, words) if words else None


def _sounded(word: str, said: str) -> Reading | None:
    try:
        symbols = ipa.to_symbols(said)
    except ValueError:
        return None
    return Reading(0, 0, say_as.words_of(word) or (word,), symbols) if symbols else None
