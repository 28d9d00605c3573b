"""The Services record: what a use case or a workflow may touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sayso.audio.waveform import Waveform
from sayso.engines.base import Ear, VoiceEngine
from sayso.engines.resident import Speakers
from sayso.outbound import Outbound
from sayso.storage.blobs import Blobs
from sayso.storage.db import Database


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
    training_attempts: int = 3
    """How often a build whose child process died is tried before the voice fails."""


class Decoder(Protocol):
    """Decodes strangers' audio where it cannot take the server down."""

    def decode(self, data: bytes) -> Waveform:
        """Mono audio of any format we read, at its own rate. Raises BadAudio, TooLarge, Unavailable."""

    def warm(self) -> None:
        """Start a child, so that the first upload does not wait for it."""

    def close(self) -> None:
        """Stop the child processes."""


class Trainer(Protocol):
    """Runs the heavy steps of a build in a child process of lower priority."""

    def listen(self, folder: Path, tell: Callable[[str, float, float | None], None]) -> None:
        """Choose and transcribe takes; see `sayso.pipeline.ingest`. Raises TooLittleSpeech, Unavailable."""

    def train(self, folder: Path, seed: int, tell: Callable[[str, float, float | None], None]) -> Path:
        """Learn the voice; see `sayso.pipeline.training`. Raises TooLittleSpeech, Unavailable."""

    def warm(self) -> None:
        """Start the child and load its models; returns at once."""

    def close(self) -> None:
        """Stop the child process."""


class Preparer(Protocol):
    """Makes utterances of a fetched dataset, in child processes."""

    def unpack(
        self, path: Path, folder: Path, name: str, tell: Callable[[str, float, float | None], None]
    ) -> Path:
        """Lay out what `path` holds; see `sayso.pipeline.dataset.unpack`. Raises BadDataset, TooLarge, Unavailable."""

    def prepare(
        self, folder: Path, language: str | None, tell: Callable[[str, float, float | None], None]
    ) -> object:
        """Cut and hear it, into a manifest; see `sayso.pipeline.dataset.preparing`. Raises BadDataset, Unavailable."""

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
    decoder: Decoder
    trainer: Trainer
    preparer: Preparer
    limits: Limits
    link_key: bytes
    """HMAC key of the installation's signed media links, 32 bytes."""
    public_url: str
    """What the outside calls this server, without a slash at the end."""
    work_folder: Path
    """Scratch space of running builds; what lies there may be deleted while nothing runs."""
