"""What would improve a voice most, from the figures of its report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WANTED_S = {"rapid": 12.0, "professional": 900.0}
_FEW_QUESTIONS = 5
_NOISY, _DULL = 3.5, 3.2
_MISHEARD = 0.05
_FLAT = 0.75
_UNLIKE = 0.6
_MOST = 4


def advice(figures: Mapping[str, Any]) -> list[str]:
    """Sentences for the owner, the most useful first; at most four."""
    found: list[str] = []
    recordings, covered = figures["recordings"], figures["coverage"]
    quality = figures["quality"]["recordings"]
    kind = str(figures["voice_type"])
    if quality is not None and quality["background"] < _NOISY:
        found.append(
            "There is noise behind the recordings: record in a quieter room, nearer to the microphone."
        )
    elif quality is not None and quality["speech"] < _DULL:
        found.append("The speech in the recordings is dull or distorted: use another microphone or format.")
    if figures["words"]["wer"] > _MISHEARD:
        found.append("Words are misheard: leave out recordings that are mumbled or hurried, and build again.")
    likeness = figures["likeness"]
    if likeness is not None and likeness["n"] is not None and likeness["n"] < _UNLIKE:
        found.append(
            "The likeness is low: look for recordings that sound unlike the others, and leave them out."
        )
    missing = _WANTED_S.get(kind, 0.0) - recordings["speech_s"]
    few_questions = kind == "professional" and covered["questions"] < _FEW_QUESTIONS
    if kind == "professional" and missing > 30.0:
        minutes = max(1, round(missing / 60))
        found.append(
            f"Record {minutes} more {'minute' if minutes == 1 else 'minutes'}"
            f"{', with questions among them: hardly any are there' if few_questions else ': 15 are better than 10'}."
        )
        few_questions = False
    if covered["missing"]:
        words = ", ".join(covered["missing"][:6])
        found.append(f"Sounds are missing from the recordings: read sentences with words like {words}.")
    if few_questions:
        found.append("Record a few questions: hardly any are among the recordings.")
    voice, speaker = figures["manner"]["voice"], figures["manner"]["speaker"]
    moves, wanted = voice["pitch_spread"], speaker["pitch_spread"]
    if moves is not None and wanted is not None and moves < _FLAT * wanted:
        found.append("The voice is flatter than its speaker: record livelier sentences, and more of them.")
    if kind == "rapid":
        found.append(
            "A professional voice, from ten minutes of speech, learns the speaker's way of speaking, too."
        )
    return found[:_MOST]
