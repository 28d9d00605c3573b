"""Words that somebody wants said otherwise, everywhere: term substitutions and phonemes of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from sayso.text.english import ipa, say_as
from sayso.text.script import Reading, Script


def with_terms(script: Script, terms: Mapping[str, str], sounds: Mapping[str, str]) -> Script:
    """`script` with a reading for each of `terms` (written -> said for it) and `sounds` (word -> IPA) in its text.

    They are found as whole words, in any case, longer ones first. Stretches that have a reading keep it. An entry that
    cannot be read (no IPA, nothing speakable) counts for nothing: it was refused when it was made.
    """
    entries = {written.lower(): _said(said) for written, said in terms.items()}
    entries |= {word.lower(): _sounded(word, said) for word, said in sounds.items()}
    known = {
        written: reading for written, reading in entries.items() if reading is not None and written.strip()
    }
    if not known:
        return script
    pattern = re.compile(
        r"(?<!\w)(?:"
        + "|".join(re.escape(word) for word in sorted(known, key=len, reverse=True))
        + r")(?!\w)",
        re.IGNORECASE,
    )
    taken = [(reading.start, reading.end) for reading in script.readings]
    added = [
        replace(known[match[0].lower()], start=match.start(), end=match.end())
        for match in pattern.finditer(script.text)
        if match[0].lower() in known
        and not any(start < match.end() and match.start() < end for start, end in taken)
    ]
    return replace(script, readings=tuple(sorted((*script.readings, *added), key=lambda r: r.start)))


def _said(said: str) -> Reading | None:
    words = say_as.words_of(said)
    return Reading(0, 0, words) if words else None


def _sounded(word: str, said: str) -> Reading | None:
    try:
        symbols = ipa.to_symbols(said)
    except ValueError:
        return None
    return Reading(0, 0, say_as.words_of(word) or (word,), symbols) if symbols else None
