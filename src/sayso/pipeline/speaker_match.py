"""Is the speaker of the consent the speaker of the recordings?

A voiceprint (`engines/voiceprint.py`) of the consent is held against the mean of those of the recordings and
against each of them, and stretches of the consent against one another, in case two people take turns in it.
The answer has three values, since a bad microphone or a cold lowers the likeness of an honest speaker: what
lies between the lines is for a person to decide.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from sayso.audio import spans
from sayso.audio.band import is_narrow, through_telephone
from sayso.audio.resample import resample
from sayso.audio.snr import snr_db
from sayso.audio.spans import Span
from sayso.audio.waveform import Waveform
from sayso.engines.base import Voiceprints
from sayso.engines.voiceprint import MIN_SPEECH_S, RATE_HZ, Vectors, unit
from sayso.pipeline.analysis.speakers import LEAST_S, company

Verdict = Literal["accepted", "review", "refused"]
Reason = Literal[
    "no_speech", "other_speaker", "unsure_speaker", "other_recordings", "two_speakers", "unsure_turns"
]


@dataclass(frozen=True, slots=True)
class Lines:
    """Cosines that decide. All of them, in one place."""

    accept: float = 0.62
    """Consent against the mean of the recordings: at least this is the same speaker."""
    refuse: float = 0.45
    """Below this it is another speaker; between the two a person decides."""
    odd: float = 0.35
    """Consent against one recording: below this the recording is another speaker's."""
    window: float = 0.45
    """Consent against four seconds of what a rapid voice would be learnt from: below this they are another speaker's."""
    turns: float = 0.42
    """The two most unlike parts of the consent: below this it is of two people."""
    strange: float = 0.43
    """The short parts of the consent that are least like the recordings: below this somebody else may speak in between."""
    strange_in_noise: float = 0.25
    """The same where noise makes all parts less alike."""


LINES = Lines()
"""Set on the people that nothing is reported on, by benchmarks/speakers.py, those for windows by benchmarks/windows.py; docs/lab/speakers.md has the figures."""
NARROW_LINES = Lines(accept=0.74, refuse=0.60, odd=0.50, window=0.55)
"""Where either side came through a telephone and both are heard as through one: people are more alike there."""

_ENOUGH_S = 10.0  # of speech in a recording; more says little more
_WHOLE_S = 60.0  # of a consent: nothing in it goes unheard
_STRETCH_S = 5.0
_TURN_S, _TURN_STEP_S = 2.0, 1.5
_PART_S, _PART_STEP_S = 1.5, 0.5
_STRANGEST = 1 / 3
"""So much of the parts is looked at, the strangest: one alone may be a cough."""
_QUIET_DB = 15.0
_PAUSE_S = 0.2
_WINDOW_S = 4.0


@dataclass(frozen=True, slots=True)
class SpeakerMatch:
    """What was found, with every number that it rests on."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    """Why it is not accepted; empty if it is."""
    similarity: float | None
    """Cosine of the consent and the mean of the recordings, -1 to 1; None where either holds no speech."""
    line: float
    """What `similarity` was held against to be accepted."""
    refuse_line: float
    each: tuple[float | None, ...]
    """The same for each recording alone; None where it holds less than half a second of speech."""
    odd: tuple[int, ...]
    """Indexes of recordings that are of another speaker than the consent."""
    turns: float | None
    """Cosine of the two most unlike parts of the consent; None where it is too short to tell."""
    strangest: float | None
    """Mean cosine to the recordings of the third of the consent's parts of 1.5 s that are least like them; None without."""
    speech_s: float
    """Seconds of speech in the consent."""
    snr_db: float | None
    """Of the consent; None without speech."""
    is_narrow: bool
    """Whether either side came through a telephone; then both were compared as through one, with lines of its own."""
    model: str
    """Name of the encoder: numbers of different ones cannot be compared."""


@dataclass(frozen=True, slots=True)
class _Heard:
    speech: Waveform
    """At 16 kHz, pauses cut out."""
    snr_db: float | None

    @property
    def is_enough(self) -> bool:
        return self.speech.duration_s >= MIN_SPEECH_S


def compare(
    consent: Waveform,
    recordings: Iterable[Waveform],
    encoder: Voiceprints,
) -> SpeakerMatch:
    """Hold `consent` against `recordings`, each of any rate and length; never raises for what is in them.

    They are taken one at a time, and ten seconds of speech are kept of each. Without recordings the consent is held against itself only, and is for review at most.
    """
    mine = _hear(consent, encoder, _WHOLE_S)
    # Not a comprehension, whose variable would hold a recording while the next is read.
    theirs = list(map(partial(_hear, encoder=encoder, most_s=_ENOUGH_S), recordings))
    is_through_phone = encoder.minds_telephones and any(
        is_narrow(heard.speech) for heard in (mine, *theirs) if heard.is_enough
    )
    lines = NARROW_LINES if is_through_phone else LINES

    def printed(heard: _Heard) -> Vectors | None:
        if not heard.is_enough:
            return None
        return encoder.embed_speech(through_telephone(heard.speech) if is_through_phone else heard.speech)

    vector = printed(mine)
    prints = [None if vector is None else printed(heard) for heard in theirs]
    each = tuple(None if vector is None or other is None else float(other @ vector) for other in prints)
    known = [other for other in prints if other is not None]
    similarity = strangest = None
    if vector is not None and known:
        mean = unit(np.mean(known, axis=0))
        similarity = float(mean @ vector)
        heard = through_telephone(mine.speech) if is_through_phone else mine.speech
        strangest = least_like(heard, mean, encoder)
    turns = least_alike(mine.speech, encoder)
    refused, unsure = (["no_speech"], []) if vector is None else judged(similarity, each, turns, lines)
    is_quiet = mine.snr_db is None or mine.snr_db >= _QUIET_DB
    if strangest is not None and strangest < (lines.strange if is_quiet else lines.strange_in_noise):
        unsure.append("unsure_turns")
    return SpeakerMatch(
        verdict="refused" if refused else "review" if unsure else "accepted",
        reasons=(*refused, *unsure),
        similarity=similarity,
        line=lines.accept,
        refuse_line=lines.refuse,
        each=each,
        odd=tuple(i for i, cosine in enumerate(each) if cosine is not None and cosine < lines.odd),
        turns=turns,
        strangest=strangest,
        speech_s=mine.speech.duration_s,
        snr_db=mine.snr_db,
        is_narrow=is_through_phone,
        model=encoder.model,
    )


class Witness:
    """Tells which pieces of sound are somebody else's: not of the speaker of a consent, or, where there is none, not of
    whoever speaks most in all that it was shown.

    It looks at windows of about four seconds, so that two people in one piece are told apart as well. Pieces of
    too little speech to tell are judged together, if together they have enough.
    """

    def __init__(self, consent: Waveform | None, encoder: Voiceprints) -> None:
        self._encoder = encoder
        mine = None if consent is None else _hear(consent, encoder, _ENOUGH_S)
        self._consent = mine if mine is not None and mine.is_enough else None
        self._shown: list[Vectors] = []
        self._lengths_s: list[float] = []

    def others(self, pieces: Sequence[Waveform]) -> tuple[bool, ...]:
        """Whether each of `pieces`, of any rate, is somebody else's; False for what is too short to tell."""
        heard = [_hear(piece, self._encoder, _WHOLE_S) for piece in pieces]
        alone = [i for i, one in enumerate(heard) if one.speech.duration_s >= LEAST_S]
        short = [i for i, one in enumerate(heard) if one.speech.duration_s < LEAST_S]
        groups = [([i], heard[i].speech) for i in alone]
        scraps = np.concatenate([np.zeros(0, np.float32), *(heard[i].speech.samples for i in short)])
        if len(scraps) >= LEAST_S * RATE_HZ:
            groups.append((short, Waveform(scraps, RATE_HZ)))
        if not groups:
            return (False,) * len(pieces)
        odd = self._odd([speech for _, speech in groups])
        found = {i for (members, _), is_odd in zip(groups, odd, strict=True) if is_odd for i in members}
        return tuple(i in found for i in range(len(pieces)))

    def _odd(self, speeches: Sequence[Waveform]) -> list[bool]:
        """The same for speech at 16 kHz with its pauses cut out, each long enough to tell."""
        consent = None if self._consent is None else self._consent.speech
        is_through_phone = self._encoder.minds_telephones and any(
            is_narrow(speech) for speech in (*speeches, *(() if consent is None else (consent,)))
        )
        lines = NARROW_LINES if is_through_phone else LINES

        def through(speech: Waveform) -> Waveform:
            return through_telephone(speech) if is_through_phone else speech

        vectors = [self._encoder.embed_parts(through(speech), _windows(speech)) for speech in speeches]
        if consent is None:
            return self._unlike_most(vectors, [speech.duration_s for speech in speeches], lines.odd)
        print_ = self._encoder.embed_speech(through(consent))
        # The mean of the windows is never less alike than the least of them.
        return [float((own @ print_).min()) < lines.window for own in vectors]

    def _unlike_most(self, vectors: Sequence[Vectors], lengths_s: Sequence[float], line: float) -> list[bool]:
        known = len(self._shown)
        owners: list[int] = []
        for i, (own, length_s) in enumerate(zip(vectors, lengths_s, strict=True)):
            self._shown += list(own)
            self._lengths_s += [length_s / len(own)] * len(own)
            owners += [i] * len(own)
        odd = company(self._shown, self._lengths_s, line=line).is_odd[known:]
        return [
            any(is_odd for is_odd, owner in zip(odd, owners, strict=True) if owner == i)
            for i in range(len(vectors))
        ]


def _windows(speech: Waveform) -> list[Span]:
    edges = np.linspace(0.0, speech.duration_s, max(1, round(speech.duration_s / _WINDOW_S)) + 1).tolist()
    return [Span(start, end) for start, end in itertools.pairwise(edges)]


def judged(
    similarity: float | None, each: Sequence[float | None], turns: float | None, lines: Lines = LINES
) -> tuple[list[Reason], list[Reason]]:
    """What speaks against these cosines: reasons to refuse, reasons to ask a person."""
    refused: list[Reason] = []
    unsure: list[Reason] = []
    if similarity is None or lines.refuse <= similarity < lines.accept:
        unsure.append("unsure_speaker")
    elif similarity < lines.refuse:
        refused.append("other_speaker")
    known = [cosine for cosine in each if cosine is not None]
    strange = sum(cosine < lines.odd for cosine in known)
    if 0 < strange < len(known):
        refused.append("other_recordings")
    if turns is not None and turns < lines.turns:
        refused.append("two_speakers")
    return refused, unsure


def least_alike(speech: Waveform, encoder: Voiceprints) -> float | None:
    """Cosine of the two most unlike parts of `speech` (16 kHz, no pauses); None below 4 s.

    Stretches of two seconds are sorted into two heaps by likeness; what is compared is their means. The
    heaps of one person differ by chance, those of two people by who they are, whoever speaks when.
    """
    count = 1 + int((speech.duration_s - _TURN_S) / _TURN_STEP_S)
    if speech.duration_s < 2 * _TURN_S:
        return None
    starts = np.linspace(0.0, speech.duration_s - _TURN_S, count).tolist()
    vectors = encoder.embed_parts(speech, [Span(start, start + _TURN_S) for start in starts])
    return between_heaps(vectors)


def least_like(speech: Waveform, mean: Vectors, encoder: Voiceprints) -> float | None:
    """Mean cosine to `mean` (size,) of the third of the parts of `speech` (16 kHz, no pauses) that are least like it; None below 3 s.

    Who says a few words in between is lost in the whole, and in longer stretches; a part of 1.5 s is his, or half his.
    """
    if speech.duration_s < 2 * _PART_S:
        return None
    count = 1 + int((speech.duration_s - _PART_S) / _PART_STEP_S)
    starts = np.linspace(0.0, speech.duration_s - _PART_S, count).tolist()
    vectors = encoder.embed_parts(speech, [Span(start, start + _PART_S) for start in starts])
    alike = np.sort(vectors @ mean)
    return float(alike[: max(1, round(_STRANGEST * count))].mean())


def between_heaps(vectors: Vectors) -> float:
    """Cosine of the means of the two heaps that `vectors` (n, size) fall into, n at least 2."""
    alike = vectors @ vectors.T
    seeds = np.unravel_index(int(alike.argmin()), alike.shape)
    means = vectors[list(seeds)]
    for _ in range(8):
        second = vectors @ means[1] > vectors @ means[0]
        if second.all() or not second.any():
            break
        means = unit(np.stack([vectors[~second].mean(axis=0), vectors[second].mean(axis=0)]))
    return float(means[0] @ means[1])


def _hear(wave: Waveform, encoder: Voiceprints, most_s: float) -> _Heard:
    """At most `most_s` of the speech of `wave`."""
    wave = resample(wave, RATE_HZ)
    found = spans.bridge(encoder.detector.spans(wave), _PAUSE_S)
    return _Heard(spread(spans.join(wave, found), most_s), snr_db(wave, found))


def spread(speech: Waveform, most_s: float) -> Waveform:
    """`speech`, or stretches from all over it where it is longer than `most_s`."""
    if speech.duration_s <= most_s:
        return speech
    n = max(1, round(most_s / _STRETCH_S))
    starts = np.linspace(0.0, speech.duration_s - _STRETCH_S, n).tolist()
    return spans.join(speech, [Span(start, start + _STRETCH_S) for start in starts])
