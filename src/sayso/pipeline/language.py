"""Recordings must be in English: another language would be learnt as if its sounds were English ones.

Only a clear case is refused. An accent, a name, a song or noise must never be taken for another language.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sayso.audio.waveform import Waveform
from sayso.engines.base import Ear, Linguist
from sayso.errors import OtherLanguage
from sayso.text import languages

LEARNT = "en"
"""What all voices speak, whatever language their owner consents in."""

LOOKS = 5
"""So many of the longest recordings are looked at: a quarter of a processor second each."""
_LOOK_S = 12.0
_SHORTEST_S = 2.0
"""A word or two sound like many languages; looked at only where there is nothing longer."""
_SURE = 0.6
"""The other language must be so likely, on average over what was looked at."""
_MOST_ENGLISH = 0.1
"""And English no likelier than this."""


Likely = Sequence[tuple[str, float]]
"""Languages and their probabilities in one recording."""


def expect_english(waves: Sequence[Waveform], ear: Ear) -> None:
    """Raises OtherLanguage where the longest of `waves` are clearly in another language."""
    if not isinstance(ear, Linguist):
        return
    found = [likely for wave in looked_at(waves) if (likely := ear.languages(wave))]
    other = other_language(found)
    if other is None:
        return
    code, probability = other
    raise OtherLanguage(
        f"The recordings are in {languages.name(code)} ({100 * probability:.0f} % sure, from {len(found)} of them): voices "
        "are learnt from English speech only, and speak only English, today. Replace the recordings with English ones, an "
        "accent does no harm, then start the build again."
    )


def looked_at(waves: Sequence[Waveform]) -> list[Waveform]:
    """The beginnings of the longest few of `waves`."""
    longest = sorted(waves, key=lambda wave: -wave.duration_s)[:LOOKS]
    looked = [wave for wave in longest if wave.duration_s >= _SHORTEST_S] or longest
    return [wave.cut(0.0, min(_LOOK_S, wave.duration_s)) for wave in looked]


def other_language(found: Sequence[Likely]) -> tuple[str, float] | None:
    """The language that is clearly spoken instead of English, and its mean probability; None where it is English, or in doubt."""
    total: defaultdict[str, float] = defaultdict(float)
    for likely in found:
        for code, probability in likely:
            total[code] += probability / len(found)
    if not total:
        return None
    code, probability = max(total.items(), key=lambda item: item[1])
    is_clear = code != LEARNT and probability >= _SURE and total[LEARNT] <= _MOST_ENGLISH
    return (code, probability) if is_clear else None
