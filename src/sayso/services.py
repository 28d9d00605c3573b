"""The Services record: what a use case or a workflow may touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sayso.audio.waveform import Waveform
from sayso.domain.consent import Findings
from sayso.engines.base import Ear, MarkFinder, VoiceEngine
from sayso.engines.resident import Speakers
from sayso.outbound import Outbound
from sayso.pipeline.dataset.preparing import Heard
from sayso.storage.blobs import Blobs
from sayso.storage.db import Database
from sayso.text.consent.statement import Statements


@dataclass(frozen=True, slots=True)
class Limits:
    """How much we take and how little we accept. Every one can be exceeded only by changing it here."""

    min_recordings_rapid: int = 3
    """Active recordings a rapid build needs."""
    min_recordings_professional: int = 20
    """Active recordings a professional build needs."""
    max_recording_bytes: int = 50 * 1024 * 1024
    max_recording_s: float = 300.0
    """Longer uploads are refused; a build picks from what fits."""
    max_recording_channels: int = 8
    max_recording_samples: int = 30_000_000
    """Samples of all channels together, before mixing to mono."""
    max_consent_bytes: int = 32 * 1024 * 1024
    max_name_characters: int = 256
    max_text_characters: int = 1024
    """Transcript of a recording, description of a project."""
    max_emotion_characters: int = 64
    max_url_characters: int = 1_000
    max_dataset_url_characters: int = 30_000
    clip_characters: int = 3_000
    """Text of a clip and of one /synthesize or /stream request."""
    ordered_clip_characters: int = 50_000
    """Text of a clip that is made in the background, for whose end nobody waits: a chapter."""
    openai_characters: int = 4_096
    """Text of one /v1/audio/speech request, as many as its clients are told elsewhere."""
    speech_queue: int = 64
    """Requests for speech at once, those that speak and those that wait."""
    batch_clips: int = 1_000
    """Texts of one batch."""
    max_terms: int = 2_000
    """Term substitutions and phonemes of an account."""
    link_s: int = 3_600
    """How long a signed media link lives."""
    webhook_delays_s: tuple[float, ...] = (
        5.0,
        30.0,
        120.0,
        600.0,
        1_800.0,
        7_200.0,
        18_000.0,
        36_000.0,
        36_000.0,
    )
    """Pauses between the attempts of a callback; one more attempt than pauses. 27.7 hours in all."""
    webhook_pause_s: float = 3 * 86_400.0
    """An endpoint that has only failed for so long is paused."""
    callback_log_s: float = 30 * 86_400.0
    """How long callbacks that have ended are remembered."""
    rapid_dataset_s: float = 180.0
    """What is taken of a rapid voice's dataset; a build learns from 15 s."""
    rapid_analysis_s: float = 45.0
    """So much is analysed of the recordings of a rapid voice; of longer ones the beginning."""
    professional_s: float = 2_400.0
    """What a professional voice may take, from the analysis of its recordings to the end."""
    training_attempts: int = 3
    """How often a build whose child process died is tried before the voice fails."""
    challenge_s: float = 600.0
    """How long a phrase for a consent may be spoken after it was given out."""
    challenges_per_account: int = 10
    """Phrases that an account is given in that time: nobody shall ask until a phrase comes that was recorded before."""


class Decoder(Protocol):
    """Decodes strangers' audio where it cannot take the server down."""

    def decode(self, data: bytes) -> Waveform:
        """Mono audio of any format we read, at its own rate. Raises BadAudio, TooLarge, Unavailable."""

    def warm(self) -> None:
        """Start a child, so that the first upload does not wait for it."""

    def close(self) -> None:
        """Stop the child processes."""


class Examiner(Protocol):
    """Hears consents and compares speakers, in a child process."""

    def examine(
        self,
        folder: Path,
        *,
        company: str,
        platforms: tuple[str, ...],
        language: str,
        phrase: str | None,
        mark_confidence: float | None,
        tell: Callable[[str, float, float | None], None],
    ) -> Findings:
        """Check what `sayso.pipeline.consent_files.lay_out` wrote. Raises Unavailable when the child dies."""

    def warm(self) -> None:
        """Start the child and load its models; returns at once."""

    def rest(self) -> None:
        """Give its memory back if nothing was asked for a while."""

    def close(self) -> None:
        """Stop the child process."""


@dataclass(frozen=True, slots=True)
class ConsentRules:
    """What a spoken consent is held against."""

    company: str
    """Who may be named; empty: anybody."""
    platforms: tuple[str, ...]
    """What this service may be called; the first is the one we ask for."""
    statements: Statements
    needs_phrase: bool = False
    """Whether a random phrase must be spoken beside the statement."""

    def sentence(self, language: str) -> str:
        """What is to be said, in `language` (ISO 639-1, perhaps with a country) or else in English."""
        code = language.partition("-")[0].lower()
        return self.statements.sentence(code, self.company, self.platforms[0])


class Trainer(Protocol):
    """Runs the heavy steps of a build in a child process of lower priority."""

    def listen(self, folder: Path, tell: Callable[[str, float, float | None], None]) -> None:
        """Choose and transcribe takes; see `sayso.pipeline.ingest`. Raises TooLittleSpeech, OtherSpeaker, Unavailable."""

    def train(self, folder: Path, seed: int, tell: Callable[[str, float, float | None], None]) -> Path:
        """Learn the voice; see `sayso.pipeline.training`. Raises TooLittleSpeech, Unavailable."""

    def gather(self, folder: Path, tell: Callable[[str, float, float | None], None]) -> None:
        """Make takes of all recordings; see `sayso.pipeline.ingest`. Raises TooLittleSpeech, Unavailable."""

    def train_long(
        self, folder: Path, seed: int, budget_s: float, tell: Callable[[str, float, float | None], None]
    ) -> Path:
        """Learn a professional voice; see `sayso.pipeline.training`. Raises TooLittleSpeech, Unavailable."""

    def report(
        self, folder: Path, artifact: Path, kind: str, tell: Callable[[str, float, float | None], None]
    ) -> Path:
        """Measure a finished voice; see `sayso.pipeline.report.measure`. Raises Unavailable."""

    def warm(self) -> None:
        """Start the child and load its models; returns at once."""

    def rest(self) -> None:
        """Give its memory back if nothing was asked for a while."""

    def close(self) -> None:
        """Stop the child process."""


class Preparer(Protocol):
    """Makes utterances of a fetched dataset, in child processes."""

    def unpack(
        self, path: Path, folder: Path, name: str, tell: Callable[[str, float, float | None], None]
    ) -> Path:
        """Lay out what `path` holds; see `sayso.pipeline.dataset.unpack`. Raises BadDataset, TooLarge, Unavailable."""

    def prepare(
        self,
        folder: Path,
        language: str | None,
        tell: Callable[[str, float, float | None], None],
        *,
        most_s: float | None = None,
        hears: bool = True,
    ) -> object:
        """Cut and hear it, into a manifest; see `sayso.pipeline.dataset.preparing`. Raises BadDataset, Unavailable."""

    def hear(
        self,
        folder: Path,
        given: Mapping[str, str | None],
        language: str | None,
        tell: Callable[[str, float, float | None], None],
    ) -> dict[str, Heard]:
        """Listen to recordings, by file their texts or None; see `sayso.pipeline.dataset.preparing`. Raises Unavailable."""

    def close(self) -> None:
        """Stop the child process."""


class Analyser(Protocol):
    """Measures recordings and judges sets of them, in a child process."""

    def analyse(
        self,
        folder: Path,
        *,
        least_s: float,
        longest_s: float | None,
        tell: Callable[[str, float, float | None], None],
    ) -> None:
        """Analyse what `sayso.pipeline.analysis.files.lay_out` wrote. Raises Unavailable when the child dies."""

    def warm(self) -> None:
        """Start the child and load its models; returns at once."""

    def rest(self) -> None:
        """Give its memory back if nothing was asked for a while."""

    def close(self) -> None:
        """Stop the child process."""


@dataclass(frozen=True, slots=True)
class Services:
    """What a use case or a workflow may touch. Built by `sayso.bootstrap.open_services` alone."""

    db: Database
    blobs: Blobs
    engine: VoiceEngine
    is_marking: bool
    """Whether all that is spoken here carries the watermark."""
    ear: Ear
    speakers: Speakers
    outbound: Outbound
    marks: MarkFinder | None
    """Knows our own speech when it comes back as a recording; None where nothing can carry a mark."""
    decoder: Decoder
    examiner: Examiner
    trainer: Trainer
    long_trainer: Trainer
    """Of professional voices: a child of its own, at a lower priority, so that rapid builds do not wait for it."""
    preparer: Preparer
    analyser: Analyser
    consent: ConsentRules
    limits: Limits
    link_key: bytes
    """HMAC key of the installation's signed media links, 32 bytes."""
    receipt_key: bytes
    """Ed25519 private key that signs consent receipts, 32 bytes."""
    public_url: str
    """What the outside calls this server, without a slash at the end."""
    work_folder: Path
    """Scratch space of running builds; what lies there may be deleted while nothing runs."""
