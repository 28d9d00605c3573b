"""Is this a consent? Sound, words, speaker: every check is made, and every number told, whatever the verdict."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sayso.audio import codec
from sayso.audio.band import is_narrow
from sayso.audio.damage import flat_top_ratio
from sayso.audio.level import rms_dbfs
from sayso.audio.room import room
from sayso.audio.spans import join
from sayso.audio.waveform import Samples, Waveform
from sayso.domain.consent import Findings, Reason, Verdict
from sayso.domain.quality import CLIPPED, REVERBERANT_S
from sayso.engines.base import Ear, Progress, SpeechFinder, Voiceprints, Warmable
from sayso.engines.watermark import MARKED
from sayso.pipeline import consent_words, speaker_match
from sayso.pipeline.consent_files import CONSENT, RECORDINGS
from sayso.pipeline.consent_words import Asked as Asked
from sayso.text.consent import challenge
from sayso.text.consent.reasons import REASONS
from sayso.text.consent.statement import Statement

SHORTEST_S, LONGEST_S = 2.0, 60.0
LEAST_SPEECH_S = 2.0
"""The statement takes five to twelve seconds; nobody says it in two."""
QUIETEST_DBFS = -50.0
"""Of the speech. Far below what any microphone with a gain knob gives; words are lost there."""
MOST_CLIPPED = 0.02
"""Part of the samples on a flat top. Words survive more than this, likeness does not."""

NOISY_DB = 15.0
"""Below this ratio of speech to noise a failure may be the microphone's fault."""

MAYBE_MARKED = 0.8
"""From here to MARKED a person listens: an echoing room has brought real people to 0.87."""

MOST_HEARD_S = 120.0
"""Of a consent that is too long so much is listened to: whoever decides about it sees what is said, and it costs no more."""
_NOT_JUDGED = frozenset({"too_short", "no_speech"})

EXCERPT_S = 120.0
"""Of a longer recording so much is listened to: ten seconds of speech are all that is compared."""
_EXCERPTS = 4

Read = Callable[[], Waveform]
"""Gives a recording."""

_REVIEW, _REFUSE = Verdict.REVIEW, Verdict.REFUSED


@dataclass(frozen=True, slots=True)
class Tools:
    """The models that listen. Each loads when first used."""

    ear: Ear
    speech: SpeechFinder
    voiceprints: Voiceprints
    quieter: Callable[[Waveform], Waveform] | None = None
    """Lowers noise, for a second hearing."""

    def warm(self) -> None:
        """Load what the first consent would wait for."""
        if isinstance(self.ear, Warmable):
            self.ear.warm()
        noise = Waveform((np.random.default_rng(0).standard_normal(32_000) / 30).astype(np.float32), 16_000)
        self.speech.spans(noise)
        self.voiceprints.embed_speech(noise)


def examine_folder(folder: Path, asked: Asked, tools: Tools, progress: Progress) -> Findings:
    """`examine` what `consent_files.lay_out` wrote."""
    recordings = {path.stem: partial(excerpt, path) for path in sorted((folder / RECORDINGS).glob("*.flac"))}
    return examine(codec.decode((folder / CONSENT).read_bytes()), recordings, asked, tools, progress)


def excerpt(path: Path) -> Waveform:
    """The sound in a file of ours; of one that is longer than `EXCERPT_S`, so much from all over it.

    The file is read in blocks: however long it is, no more is in memory than what is given.
    """
    found = codec.survey(path, max_s=math.inf)
    if found.duration_s <= EXCERPT_S:
        return codec.decode(path.read_bytes())
    size = round(EXCERPT_S / _EXCERPTS * found.rate_hz)
    starts = np.linspace(0, found.frames - size, _EXCERPTS).astype(int).tolist()
    kept: list[Samples] = []
    at = 0
    for block in codec.blocks(path, found):
        # Copies: a view would keep all of its block.
        kept += [
            block[max(0, start - at) : start + size - at].copy()
            for start in starts
            if start < at + len(block) and at < start + size
        ]
        at += len(block)
    return Waveform(np.concatenate(kept), found.rate_hz)


def examine(
    consent: Waveform, recordings: Mapping[str, Read], asked: Asked, tools: Tools, progress: Progress
) -> Findings:
    """Everything that can be said of `consent` against `recordings`, which may be none; each is read when it is due.

    Also where the sound is refused: of what is too long its first `MOST_HEARD_S`. In what is too short for the
    statement, or holds no speech, nothing but the sound is judged, though the numbers are told: that words are
    missing there is no reason of its own.
    """
    progress("hearing the consent", 0.0, None)
    reasons, numbers = _sound(consent, tools)
    is_judged = _NOT_JUDGED.isdisjoint(reason.code for reason in reasons)
    heard = consent.cut(0.0, min(MOST_HEARD_S, consent.duration_s))
    is_refused = any(reason.verdict is _REFUSE for reason in reasons)
    # Another hearing could make good no more than words.
    found, words = _words(heard, asked, replace(tools, quieter=None) if is_refused else tools)
    numbers |= words
    found += _marked(asked.mark_confidence, numbers)
    progress("comparing the speakers", 0.5, None)
    has_recordings = _speaker(heard, recordings, tools, found, numbers)
    if is_judged:
        reasons += found
        reasons += _microphone(heard, reasons, numbers)
    progress("comparing the speakers", 1.0, None)
    return Findings(tuple(reasons), numbers, has_recordings and is_judged)


def _sound(consent: Waveform, tools: Tools) -> tuple[list[Reason], dict[str, Any]]:
    """Length, level, clipping, and whether anybody speaks."""
    spans = tools.speech.spans(consent)
    speech = join(consent, spans)
    level_dbfs, clipped = rms_dbfs(speech), flat_top_ratio(consent)
    numbers: dict[str, Any] = {
        "duration_s": round(consent.duration_s, 2),
        "rate_hz": consent.rate_hz,
        "speech_s": round(speech.duration_s, 2),
        "speech_level_dbfs": round(level_dbfs, 1),
        "clipped_ratio": round(clipped, 5),
    }
    reasons: list[Reason] = []
    if consent.duration_s < SHORTEST_S or consent.duration_s > LONGEST_S:
        is_short = consent.duration_s < SHORTEST_S
        reasons.append(
            Reason(
                "too_short" if is_short else "too_long",
                _REFUSE,
                f"The consent lasts {consent.duration_s:.1f} s, expected are {SHORTEST_S:.0f} to {LONGEST_S:.0f} s.",
                "Record the whole statement." if is_short else "Record the statement and nothing else.",
            )
        )
    elif speech.duration_s < LEAST_SPEECH_S:
        reasons.append(
            Reason(
                "no_speech",
                _REFUSE,
                f"{speech.duration_s:.1f} s of speech were found in {consent.duration_s:.1f} s.",
                "Check that the right microphone is chosen, and say the statement aloud.",
            )
        )
    elif level_dbfs < QUIETEST_DBFS:
        reasons.append(
            Reason(
                "too_quiet",
                _REFUSE,
                f"The speech has a level of {level_dbfs:.0f} dBFS, at least {QUIETEST_DBFS:.0f} are needed.",
                "Go nearer to the microphone, or turn its gain up.",
            )
        )
    if clipped > MOST_CLIPPED:
        reasons.append(
            Reason(
                "clipped",
                _REVIEW,
                f"{clipped:.1%} of the consent is clipped, at most {MOST_CLIPPED:.0%} can be judged by machine.",
                "Turn the microphone's gain down and record it again.",
            )
        )
    return reasons, numbers


def _words(consent: Waveform, asked: Asked, tools: Tools) -> tuple[list[Reason], dict[str, Any]]:
    """Language and words of the statement, and of the challenge where there is one."""
    words = consent_words.hear(consent, asked, tools.ear)
    texts = [words.heard.text]
    again: dict[str, Any] = {}
    if tools.quieter is not None and consent_words.may_be_misheard(words):
        second = consent_words.hear(tools.quieter(consent), asked, tools.ear)
        texts.append(second.heard.text)
        agreed = consent_words.agreed(words, second, asked)
        again = {"heard_again": second.heard.text, "second_hearing_counts": agreed is not words}
        words = agreed
    statement = asked.statements.get(words.heard.language)
    numbers = consent_words.told(words) | again
    if statement is None or words.found is None:
        known = ", ".join(asked.statements)
        reason = Reason(
            "wrong_language",
            _REFUSE,
            f"The consent is spoken in the language {words.heard.language!r}, it can be checked in {known}.",
            f'Say: "{asked.statements.sentence(asked.language, asked.company, asked.platforms[0])}"',
        )
        return [reason], numbers
    numbers["statement"] = consent_words.statement_of(words, asked)
    reasons = [
        Reason(code, Verdict(REASONS[code].verdict), REASONS[code].sentence, REASONS[code].remedy)
        for code in words.found.reasons
    ]
    if asked.phrase is not None:
        reasons += _phrase(texts, asked.phrase, statement, numbers)
    return reasons, numbers


def _phrase(texts: Sequence[str], phrase: str, statement: Statement, numbers: dict[str, Any]) -> list[Reason]:
    share = max(challenge.heard_in(text, phrase, statement) for text in texts)
    numbers |= {"phrase": phrase, "phrase_heard_ratio": round(share, 3)}
    if share >= challenge.SURE:
        return []
    return [
        Reason(
            "phrase_missing",
            _REVIEW if share >= challenge.UNSURE else _REFUSE,
            f'The phrase "{phrase}" was not heard in the consent.',
            "Ask for a new phrase, and say it right before or after the statement, in one recording.",
        )
    ]


def _marked(confidence: float | None, numbers: dict[str, Any]) -> list[Reason]:
    if confidence is None:
        return []
    numbers["watermark_confidence"] = round(confidence, 3)
    if confidence < MAYBE_MARKED:
        return []
    is_sure = confidence >= MARKED
    return [
        Reason(
            "synthetic" if is_sure else "maybe_synthetic",
            _REFUSE if is_sure else _REVIEW,
            f"The consent {'carries' if is_sure else 'seems to carry'} the watermark of speech that was made by "
            f"a program (confidence {confidence:.2f}, {MARKED:.2f} is sure).",
            "A person has to say it: record the speaker, not a voice that was made.",
        )
    ]


def _speaker(
    consent: Waveform,
    recordings: Mapping[str, Read],
    tools: Tools,
    reasons: list[Reason],
    numbers: dict[str, Any],
) -> bool:
    """Compare the speakers; False where there is nothing to compare with."""
    keys = list(recordings)
    found = speaker_match.compare(consent, (read() for read in recordings.values()), tools.voiceprints)
    numbers |= {
        "speaker_similarity": _rounded(found.similarity),
        "speaker_line": found.line,
        "speaker_refuse_line": found.refuse_line,
        "speaker_turns_similarity": _rounded(found.turns),
        "speaker_parts_similarity": _rounded(found.strangest),
        "recordings": [
            {"sha256": key, "similarity": _rounded(cosine)}
            for key, cosine in zip(keys, found.each, strict=True)
        ],
        "snr_db": None if found.snr_db is None else round(found.snr_db, 1),
        "is_narrow": found.is_narrow,
        "speaker_model": found.model,
    }
    has_recordings = found.similarity is not None
    for code in found.reasons:
        # Nothing to compare with is no doubt about the speaker.
        if code != "unsure_speaker" or has_recordings:
            reasons.append(_about_speaker(code, found))
    return has_recordings


def _about_speaker(code: str, found: speaker_match.SpeakerMatch) -> Reason:
    alike = f"likeness {found.similarity:.2f}" if found.similarity is not None else "no likeness"
    match code:
        case "other_speaker":
            return Reason(
                code,
                _REFUSE,
                f"The consent and the recordings are not of one speaker ({alike}, at least {found.line:.2f} is "
                "expected).",
                "The person whose voice it is has to say the statement.",
            )
        case "unsure_speaker":
            return Reason(
                code,
                _REVIEW,
                f"It is not sure that the speaker of the consent is that of the recordings ({alike}, at least "
                f"{found.line:.2f} is expected, below {found.refuse_line:.2f} it would be refused).",
                "Record the consent again with the microphone and in the room of the recordings.",
            )
        case "other_recordings":
            count = len(found.odd)
            return Reason(
                code,
                _REFUSE,
                f"{count} of {len(found.each)} recordings {'is' if count == 1 else 'are'} of another speaker "
                "than the consent.",
                "Remove them or set them inactive; `numbers.recordings` names them.",
            )
        case "unsure_turns":
            return Reason(
                code,
                _REVIEW,
                f"Parts of the consent do not sound like the recordings (likeness {found.strangest:.2f}): somebody else may "
                "speak in between.",
                "One person has to say the whole statement, in a quiet place and without music or other voices.",
            )
        case "two_speakers":
            return Reason(
                code,
                _REFUSE,
                "More than one person speaks in the consent.",
                "One person has to say the whole statement, with nobody else talking.",
            )
        case _:
            return Reason(
                code,
                _REFUSE,
                f"{found.speech_s:.1f} s of speech were found in the consent.",
                "Check that the right microphone is chosen, and say the statement aloud.",
            )


def _microphone(consent: Waveform, reasons: Sequence[Reason], numbers: dict[str, Any]) -> list[Reason]:
    """What about the recording may be why it failed; nothing where it did not, or where it is clear enough."""
    if not reasons:
        return []
    verdict = _REFUSE if any(reason.verdict is _REFUSE for reason in reasons) else _REVIEW
    found = room(consent)
    numbers["decay_s"] = None if found is None else round(found.decay_s, 2)
    snr_db, clipped = numbers["snr_db"], numbers["clipped_ratio"]
    causes = []
    if CLIPPED <= clipped <= MOST_CLIPPED:
        causes.append(
            Reason(
                "some_clipping",
                verdict,
                f"{clipped:.2%} of the consent is clipped, undistorted speech stays below {CLIPPED:.2%}.",
                "If the right person said the right words, turn the microphone's gain down and record it again.",
            )
        )
    if is_narrow(consent):
        causes.append(
            Reason(
                "telephone",
                verdict,
                "The consent sounds as if through a telephone: nothing is above 4 kHz.",
                "If the right person said the right words, record it with a microphone at 16 kHz or more, not over a call.",
            )
        )
    if snr_db is not None and snr_db < NOISY_DB:
        causes.append(
            Reason(
                "noisy",
                verdict,
                f"The speech stands {snr_db:.0f} dB above the noise, {NOISY_DB:.0f} are good.",
                "If the right person said the right words, record it again where it is quiet, near the microphone.",
            )
        )
    elif found is not None and found.decay_s > REVERBERANT_S:
        # Noise hides how a room rings, so only one of the two is told.
        causes.append(
            Reason(
                "reverberant",
                verdict,
                f"The room echoes ({found.decay_s:.2f} s of decay, up to {REVERBERANT_S:.2f} s are good).",
                "If the right person said the right words, record it again a hand's breadth from the microphone.",
            )
        )
    return causes


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
