"""What the product asks of a model: protocols, no base classes.

Importing this module costs nothing but numpy. Implementations import their libraries when they are
constructed, so that a server which never speaks never pays for torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sayso.audio.spans import Span
from sayso.audio.waveform import Waveform
from sayso.domain.timing import Mark as Mark
from sayso.text.script import Script


@dataclass(frozen=True, slots=True)
class HeardWord:
    """One recognised word."""

    text: str
    start_s: float
    end_s: float
    confidence: float
    """Probability the recogniser gave the word, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """Other words that were asked about, in place of the words [start:end] that were heard."""

    start: int
    end: int
    text: str
    nats: float
    """How much less likely they are than those heard: log of the ratio. Near 0, the ear cannot tell them apart;
    below it, it chose badly."""
    unusual_nats: float = 0.0
    """How much less likely they are by the language alone, without the sound; 0 where that was not asked for.
    Without this a usual name ("Microsoft") would be likelier than a strange one, whatever was said."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What an ear made of a recording."""

    text: str
    words: tuple[HeardWord, ...]
    language: str
    """ISO 639-1 code, detected unless it was given."""
    language_confidence: float
    """0 to 1; 1 when the language was given."""
    rivals: tuple[Weighed, ...] = ()
    names: tuple[Weighed, ...] = ()


Rivals = Callable[[str, Sequence[str]], Sequence[tuple[int, int, str]]]
"""Language, words heard -> (start, end, text): other words that might have been said instead of words [start:end]."""


class Ear(Protocol):
    """Speech -> words with times. May be called from several threads; calls may queue."""

    def hear(
        self,
        wave: Waveform,
        language: str | None = None,
        rivals: Rivals | None = None,
        names: Rivals | None = None,
        before: str = "",
    ) -> Heard:
        """Transcribe `wave` of any rate and length. Silence gives an empty text and no words.

        An ear that can weighs `rivals` and `names` against what it heard, the names by the language alone, too, and
        hears the words as those that follow `before`: names that are in it are then known.
        """


@runtime_checkable
class Warmable(Protocol):
    """What can load its models before it is asked anything."""

    def warm(self) -> None:
        """Load. Idempotent, safe from any thread."""


@runtime_checkable
class Follower(Protocol):
    """An ear that also tells how likely a text is, which is quicker than to hear one."""

    def follow(self, wave: Waveform, text: str, language: str | None = None) -> tuple[float, ...]:
        """The probability, 0 to 1, of each word of `text` where `wave` of at most 30 s is heard."""


@runtime_checkable
class Linguist(Protocol):
    """An ear that also tells which language it hears, which is quicker than to hear words."""

    def languages(self, wave: Waveform) -> tuple[tuple[str, float], ...]:
        """How likely each language (ISO 639-1) is in `wave`, of any rate and length; the likeliest first. Empty for silence."""


class Detector(Protocol):
    """Tells speech from other sounds."""

    def probabilities(self, wave: Waveform) -> NDArray[np.float32]:
        """Probability (frames,) of speech in each 32 ms of `wave`, the last one padded."""


class Likeness(Protocol):
    """Speech -> a unit vector; the cosine of two vectors says how alike the speakers are."""

    def embed(self, wave: Waveform) -> NDArray[np.float32]:
        """Shape (d,), float32, unit length. `wave` of any rate, at least 0.5 s of speech."""


class SpeechFinder(Protocol):
    """Tells speech from other sound."""

    def spans(self, wave: Waveform) -> list[Span]:
        """Where `wave`, of any rate, holds speech: in order, apart from each other."""


class Voiceprints(Protocol):
    """Speech -> a unit vector that tells people apart; vectors of different models are not to be compared."""

    @property
    def model(self) -> str:
        """Name of network and front end together."""

    @property
    def minds_telephones(self) -> bool:
        """Whether a person is less like themselves through a telephone: then both sides are compared through one."""

    @property
    def detector(self) -> SpeechFinder:
        """What it takes for speech."""

    def embed_speech(self, speech: Waveform) -> NDArray[np.float32]:
        """Shape (d,), unit length. `speech` at 16 kHz, its pauses cut out, at least half a second."""

    def embed_parts(self, speech: Waveform, parts: Sequence[Span]) -> NDArray[np.float32]:
        """Shape (parts, d): the same for stretches of `speech`."""


class MarkFinder(Protocol):
    """Finds the watermark of our own speech."""

    def confidence(self, wave: Waveform) -> float:
        """How surely `wave`, of any rate and length, holds the mark: 0 to 1."""


@dataclass(frozen=True, slots=True)
class Take:
    """One recording to learn from, with the words that are heard in it."""

    wave: Waveform
    text: str


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How long a professional training may last, and what is wanted of it meanwhile."""

    budget_s: float
    """Wall seconds in all, those before a crash included, the time between a crash and the restart not."""
    checkpoint_s: float = 60.0
    """At most so much is lost by a crash."""
    sample_s: float = 150.0
    """How often the voice as it is by then is written to CANDIDATE in the folder."""
    most_steps: int | None = None
    """An end that does not depend on the machine, for tests and experiments."""
    likes: Callable[[Speaker], float] | None = None
    """What listeners would say of how a voice sounds, about 1 to 5."""
    mishears: Callable[[Speaker], float] | None = None
    """The part of the words that are misheard when a voice says unseen sentences, 0 to 1; None: nobody listens."""


CANDIDATE = "candidate"
"""The artifact of a training's newest voice, in its folder; replaced as a whole."""
CURVE = "curve.json"
"""What the training told of itself, in its folder: see `sayso.engines.curve`."""


class Progress(Protocol):
    """Told now and then while something long runs. Must be cheap; must not raise."""

    def __call__(self, stage: str, fraction: float, left_s: float | None) -> None:
        """`fraction` of the whole job done, 0 to 1, never falling; `left_s` seconds left if known."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A stretch of speech, usually a sentence, with the pause that follows it."""

    wave: Waveform
    text: str
    """The part of the request's text that this stretch says."""
    marks: tuple[Mark, ...] = ()
    """Words, as they are written, with their times within this stretch, if the engine knows them."""
    sounds: tuple[Mark, ...] = ()
    """Sounds in IPA with theirs; `" "` and punctuation stand between words. Empty if the engine does not know them."""


class Speaker(Protocol):
    """A voice ready to speak. Safe to use from several threads; calls may queue."""

    rate_hz: int
    """Sample rate of what `speak` yields."""

    def speak(self, text: str | Script, *, seed: int = 0) -> Iterator[Spoken]:
        """Say `text` of any length piece by piece, the first piece as soon as it exists.

        Plain text is said as it stands; a script is said with its readings, manners and breaks (`Script.lines`).
        Nothing of the text is dropped or said twice. The same text, seed and machine give the same
        samples. Text without a single speakable character yields nothing but the silence it asks for; such
        silence may come as pieces of its own, without a text and exactly zero.
        """


class Marker(Protocol):
    """Puts an inaudible mark into speech, by which it is known for ours. Safe to use from several threads."""

    def mark(self, wave: Waveform) -> Waveform:
        """`wave` with the mark: same rate, same length, without a click where marked pieces are joined."""

    def warm(self) -> None:
        """Load what the first call would otherwise wait for. Idempotent."""


class VoiceEngine(Protocol):
    """A way to make voices and to speak with them."""

    name: str
    """Lower-case word, kept in artifacts; the registry finds the engine by it."""

    def clone(self, takes: Sequence[Take], folder: Path, seed: int, progress: Progress) -> Path:
        """Learn a voice from `takes`; write one artifact file into `folder` and return its path.

        `folder` may hold the leftovers of an earlier run that died; go on from them or start anew,
        with the same result. The same takes, seed and machine give the same voice. The file is
        complete when this returns: written aside and renamed.
        """

    def train(
        self, takes: Sequence[Take], folder: Path, seed: int, plan: TrainingPlan, progress: Progress
    ) -> Path:
        """Learn a professional voice from minutes of `takes`, within the plan's budget; otherwise like `clone`.

        Goes on from the last checkpoint in `folder`. Never worse than the rapid voice, which is a candidate, too.
        The same takes, seed and machine give the same voice where `most_steps` ends it, not where time does.
        """

    def load(self, artifact: bytes) -> Speaker:
        """A speaker from the bytes of an artifact. Raises BadArtifact when they are not sound."""

    def readers(self) -> Sequence[str]:
        """Names of the synthetic stock voices that come with the engine; may be empty."""

    def reader(self, name: str) -> Speaker:
        """The stock voice `name`. Raises NotFound."""

    def warm(self) -> None:
        """Load what the first call would otherwise wait for. Idempotent, safe from any thread."""
