"""Scores of a recording and the lines that make it silent, another speaker's, damaged or poor.

First values, measured on synthetic harm and public corpora (docs/lab/analysis.md); no listener was asked.
All lines are here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SILENT_S, SILENT_PART = 0.5, 0.1
"""A recording with less speech than either is silent: noise, hum and music give 0 s, clean speech at least 57 %."""

CLIPPED, RUINED_BY_CLIPPING = 1e-4, 3e-3
"""Part of the samples that lie on a flat top: unclipped speech stays below 1e-5."""
NOISY_SNR_DB, DROWNED_SNR_DB = 15.0, 3.0
"""Speech over pauses, and SI-SDR: noisy is what lies below by both."""
REVERBERANT_S = 0.27
"""Decay as `audio/room.py` has it: rooms of about 0.4 s and more."""
NARROW_HZ = 6_000.0
UPSAMPLED_PART = 0.8
"""Of the Nyquist frequency: a recording that ends below was once of a lower rate."""
CLIFF_DB = 25.0
OFFSET = 0.005
POOR_SCORE, RUINED_SCORE = 0.65, 0.2
AGREES = 0.6
LOUD_DBFS, QUIET_DBFS = -12.0, -38.0
"""Level of the speech, outside of which a copy is brought to `LEVEL_DBFS`."""
LEVEL_DBFS = -23.0
LONG_SILENCE_S = 1.0
"""More than this before or after the speech is cut off."""
SLOWEST_CHARS_S, FASTEST_CHARS_S = 3.0, 35.0
"""Characters of text for a second of speech; beyond, text and sound cannot belong together."""


class Grade(StrEnum):
    """What becomes of a recording."""

    GOOD = "good"
    REPAIRED = "repaired"
    LOOK = "look_at_it"
    REJECTED = "rejected"


class Harm(StrEnum):
    """Why a recording is not simply good."""

    SILENT = "silent"
    OTHER_SPEAKER = "other_speaker"
    SEVERAL_SPEAKERS = "several_speakers"
    RUINED_BY_CLIPPING = "ruined_by_clipping"
    DROWNED = "drowned_in_noise"
    UNUSABLE = "unusable"
    UNREADABLE = "unreadable"
    MADE = "made_by_a_program"
    CLIPPED = "clipped"
    NOISY = "noisy"
    REVERBERANT = "reverberant"
    NARROW = "narrow_band"
    UPSAMPLED = "upsampled"
    POOR = "poor_quality"
    PARTLY_OTHER = "part_of_another_speaker"
    PARTLY_UNHEARD = "part_not_understood"
    WORDS_DIFFER = "words_differ"
    IMPLAUSIBLE_PACE = "implausible_pace"
    OFFSET = "dc_offset"
    TOO_LOUD = "too_loud"
    TOO_QUIET = "too_quiet"
    LONG_SILENCE = "long_silence"
    SPEAKER_UNKNOWN = "speaker_not_compared"


FATAL = frozenset(
    {
        Harm.SILENT,
        Harm.OTHER_SPEAKER,
        Harm.SEVERAL_SPEAKERS,
        Harm.RUINED_BY_CLIPPING,
        Harm.DROWNED,
        Harm.UNUSABLE,
        Harm.UNREADABLE,
        Harm.MADE,
    }
)
"""Each of these alone takes a recording out."""
FOREIGN = frozenset({Harm.OTHER_SPEAKER, Harm.SEVERAL_SPEAKERS})
"""Each of these makes the whole set an issue: a voice must be one person's."""
REPAIRABLE = frozenset({Harm.OFFSET, Harm.TOO_LOUD, Harm.TOO_QUIET, Harm.LONG_SILENCE})
HINTS = frozenset({Harm.SPEAKER_UNKNOWN})
"""Worth telling, and no reason to doubt the recording."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured in a recording; the grade follows from nothing else."""

    duration_s: float
    speech_s: float
    stoi: float | None
    """0 to 1. This and the next three are None where there was too little to measure."""
    pesq: float | None
    """1.04 to 4.64, an estimate of the wide-band scale."""
    si_sdr_db: float | None
    overall: float | None
    """DNSMOS OVRL, about 1 to 5."""
    snr_db: float
    level_dbfs: float
    """Of the speech."""
    dc_offset: float
    flat_top_ratio: float
    rate_hz: int
    cutoff_hz: float
    cliff_db: float
    cliff_hz: float
    decay_s: float | None
    lead_s: float
    """Before the first speech."""
    tail_s: float
    """After the last."""
    text_chars: int | None = None
    """Letters and digits of the text, if there is one."""
    agreement: float | None = None
    """How well the text agrees with what is heard, 0 to 1."""
    is_beginning: bool = False
    """Whether the recording goes on after these `duration_s`, which alone were measured."""
    is_marked: bool = False
    """Whether it carries the watermark of speech that we made."""

    @property
    def score(self) -> float:
        """The one score of the recording, 0 to 1."""
        return sample_score(self.stoi, self.pesq, self.si_sdr_db, self.overall)

    @property
    def is_silent(self) -> bool:
        """Whether there is hardly any speech."""
        return self.speech_s < SILENT_S or self.speech_s < SILENT_PART * self.duration_s

    @property
    def is_upsampled(self) -> bool:
        """Whether the rate promises more than the sound holds."""
        nyquist = self.rate_hz / 2.0
        return self.cutoff_hz < UPSAMPLED_PART * nyquist or (
            self.cliff_db > CLIFF_DB and self.cliff_hz < 0.85 * nyquist
        )


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is wrong: a code for programs, two sentences for people."""

    code: Harm
    sentence: str
    remedy: str


def sample_score(
    stoi: float | None, pesq: float | None, si_sdr_db: float | None, overall: float | None
) -> float:
    """`resemble_sample_score`, 0 to 1: what one hears of the words, the harm and the noise; 0 where one is unknown.

    Words 0.225, harm 0.3, distortion 0.225, opinion 0.25; each mapped to 0 to 1 between what is hopeless
    and what no one would mind.
    """
    if stoi is None or pesq is None or si_sdr_db is None or overall is None:
        return 0.0
    intrusive = (
        0.3 * _part(stoi, 0.75, 0.98) + 0.4 * _part(pesq, 1.3, 4.0) + 0.3 * _part(si_sdr_db, 0.0, 25.0)
    )
    return 0.75 * intrusive + 0.25 * _part(overall, 1.5, 3.3)


def reasons(figures: Figures) -> tuple[Reason, ...]:
    """What is wrong with the recording by itself, worst first; the speaker is judged beside the others."""
    if figures.is_silent:
        return (_silent(figures),)
    found = tuple(
        reason
        for reason in (
            _made(figures),
            _clipping(figures),
            _noise(figures),
            _quality(figures),
            _echo(figures),
            _bandwidth(figures),
            words(figures.agreement),
            _pace(figures),
            _offset(figures),
            _level(figures),
            _ends(figures),
        )
        if reason is not None
    )
    if any(reason.code in FATAL for reason in found):
        # Nobody mends what is thrown away: no word of repairs.
        return tuple(reason for reason in found if reason.code not in REPAIRABLE)
    return found


def grade(found: tuple[Reason, ...], repaired: frozenset[Harm] = frozenset()) -> Grade:
    """The class of a recording with these `found` reasons, of which those in `repaired` were mended on its copy."""
    codes = {reason.code for reason in found}
    if codes & FATAL:
        return Grade.REJECTED
    if codes - repaired - HINTS:
        return Grade.LOOK
    return Grade.REPAIRED if codes & repaired else Grade.GOOD


def _part(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


def _silent(f: Figures) -> Reason:
    where = "in its first" if f.is_beginning else "in"
    return Reason(
        Harm.SILENT,
        f"Only {f.speech_s:.1f} s of speech were found {where} {f.duration_s:.1f} s.",
        "Check the microphone and record it again, or leave it out.",
    )


def _made(f: Figures) -> Reason | None:
    if not f.is_marked:
        return None
    return Reason(
        Harm.MADE,
        "It carries the watermark of speech that was made by a program.",
        "Send a recording of the person; a voice is not learnt from another synthetic voice.",
    )


def _clipping(f: Figures) -> Reason | None:
    if f.flat_top_ratio < CLIPPED:
        return None
    percent = f"{100.0 * f.flat_top_ratio:.2g} %"
    if f.flat_top_ratio >= RUINED_BY_CLIPPING:
        return Reason(
            Harm.RUINED_BY_CLIPPING,
            f"It was recorded far too loud: {percent} of the sound is cut off at the top.",
            "Lower the input level until the loudest words stay below the maximum, and record it again.",
        )
    return Reason(
        Harm.CLIPPED,
        f"It was recorded a little too loud: {percent} of the sound is cut off at the top.",
        "Listen to it; if it crackles, lower the input level and record it again.",
    )


def _noise(f: Figures) -> Reason | None:
    # Breath and the ends of words fill the pauses of who speaks without any: two witnesses are needed.
    if f.snr_db >= NOISY_SNR_DB or (f.si_sdr_db is not None and f.si_sdr_db >= NOISY_SNR_DB):
        return None
    if f.snr_db < DROWNED_SNR_DB and f.score < POOR_SCORE:
        return Reason(
            Harm.DROWNED,
            f"The noise is nearly as loud as the voice ({f.snr_db:.0f} dB apart).",
            "Record it again in a quiet room, nearer to the microphone.",
        )
    return Reason(
        Harm.NOISY,
        f"There is noise behind the voice: {f.snr_db:.0f} dB below it, {NOISY_SNR_DB:.0f} dB and more are good.",
        "Switch off what hums or blows, go nearer to the microphone, and record it again if you can.",
    )


def _quality(f: Figures) -> Reason | None:
    if f.score >= POOR_SCORE:
        return None
    if f.score < RUINED_SCORE:
        return Reason(
            Harm.UNUSABLE,
            f"The sound is too poor to learn from (score {f.score:.2f} of 1).",
            "Record it again with another microphone or in another room.",
        )
    return Reason(
        Harm.POOR,
        f"The sound is poorer than it should be (score {f.score:.2f}, {POOR_SCORE:.2f} and more are good).",
        "Listen to it; record it again if something disturbs you.",
    )


def _echo(f: Figures) -> Reason | None:
    if f.decay_s is None or f.decay_s <= REVERBERANT_S:
        return None
    return Reason(
        Harm.REVERBERANT,
        "The room echoes.",
        "Record in a room with carpets, curtains or clothes, and nearer to the microphone.",
    )


def _bandwidth(f: Figures) -> Reason | None:
    top_hz = min(f.cutoff_hz, f.cliff_hz) if f.cliff_db > CLIFF_DB else f.cutoff_hz
    if top_hz and top_hz < NARROW_HZ:
        return Reason(
            Harm.NARROW,
            f"The sound ends at {top_hz / 1000.0:.1f} kHz, as over a telephone.",
            "Send the original recording, not one that went through a phone call or a voice message.",
        )
    if f.is_upsampled and f.rate_hz > 16_000:
        return Reason(
            Harm.UPSAMPLED,
            f"The file has {f.rate_hz / 1000.0:g} kHz, but nothing above {top_hz / 1000.0:.1f} kHz is in it.",
            "Send the original recording, before it was compressed or converted.",
        )
    return None


def words(agreement: float | None) -> Reason | None:
    """What is wrong with a text that agrees so far, 0 to 1, with what is heard; None where nobody listened."""
    if agreement is None or agreement >= AGREES:
        return None
    return Reason(
        Harm.WORDS_DIFFER,
        f"The text and what is heard agree by {100.0 * agreement:.0f} % only.",
        "Correct the text, or send the recording that belongs to it.",
    )


def partly_other(seconds: float, *, has_consent: bool) -> Reason:
    """Of a recording of which a rapid build left out so much, for it is somebody else's."""
    whose = "who gave the consent" if has_consent else "who speaks most in the recordings"
    return Reason(
        Harm.PARTLY_OTHER,
        f"{seconds:.1f} s of it were not learnt from: they do not sound like the speaker {whose}.",
        "Listen to it: where somebody else speaks, delete or replace it; where not, record it again, nearer to the microphone.",
    )


def partly_unheard(seconds: float) -> Reason:
    """Of a recording of which a rapid build left out so much, for it did not understand it."""
    return Reason(
        Harm.PARTLY_UNHEARD,
        f"{seconds:.1f} s of it were not learnt from: no words were surely heard in them.",
        "Record it again, more clearly, or leave it out.",
    )


def _pace(f: Figures) -> Reason | None:
    # The text belongs to all of the recording.
    if not f.text_chars or f.speech_s < 1.0 or f.is_beginning:
        return None
    pace = f.text_chars / f.speech_s
    if SLOWEST_CHARS_S <= pace <= FASTEST_CHARS_S:
        return None
    return Reason(
        Harm.IMPLAUSIBLE_PACE,
        f"The text is too {'long' if pace > FASTEST_CHARS_S else 'short'} for {f.speech_s:.1f} s of speech.",
        "Check that the text says all that is spoken, and nothing else.",
    )


def _offset(f: Figures) -> Reason | None:
    if abs(f.dc_offset) <= OFFSET:
        return None
    return Reason(
        Harm.OFFSET,
        f"The signal does not swing about zero but about {f.dc_offset:+.3f}.",
        "Nothing to do: it is corrected. A sound card or its cable may be faulty.",
    )


def _level(f: Figures) -> Reason | None:
    if f.level_dbfs > LOUD_DBFS:
        return Reason(
            Harm.TOO_LOUD,
            f"The voice is loud ({f.level_dbfs:.0f} dBFS).",
            "Nothing to do: it is brought to the level of the others.",
        )
    if f.level_dbfs < QUIET_DBFS:
        return Reason(
            Harm.TOO_QUIET,
            f"The voice is quiet ({f.level_dbfs:.0f} dBFS).",
            "Nothing to do: it is brought to the level of the others. Raise the input level next time.",
        )
    return None


def _ends(f: Figures) -> Reason | None:
    tail_s = 0.0 if f.is_beginning else f.tail_s
    silence_s = max(f.lead_s, tail_s)
    if silence_s <= LONG_SILENCE_S:
        return None
    where = "before" if f.lead_s >= tail_s else "after"
    return Reason(
        Harm.LONG_SILENCE,
        f"There are {silence_s:.1f} s without speech {where} the words.",
        "Nothing to do: they are cut off.",
    )
