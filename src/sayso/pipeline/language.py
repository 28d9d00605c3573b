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


def expect_english(waves: Sequence[Waveform], ear: Ear) -> None:
    """Raises OtherLanguage where the longest of `waves` are clearly in another language."""
    if not isinstance(ear, Linguist):
        return
    longest = sorted(waves, key=lambda wave: -wave.duration_s)
    looked = [wave for wave in longest[:LOOKS] if wave.duration_s >= _SHORTEST_S] or longest[:LOOKS]
    likely: defaultdict[str, float] = defaultdict(float)
    count = 0
    for wave in looked:
        found = ear.languages(wave.cut(0.0, min(_LOOK_S, wave.duration_s)))
        count += bool(found)
        for code, probability in found:
            likely[code] += probability
    if not count:
        return
    code, total = max(likely.items(), key=lambda item: item[1])
    if code == LEARNT or total / count < _SURE or likely[LEARNT] / count > _MOST_ENGLISH:
        return
    other = languages.name(code)
    raise OtherLanguage(
        f"The recordings are in {other} ({100 * total / count:.0f} % sure, from {count} of them): voices are learnt "
        "from English speech only, and speak only English, today. Replace the recordings with English ones, an accent "
        "does no harm, then start the build again."
    )
