"""Takes -> voice artifact, with progress and resumable checkpoints.

A build's folder holds what passes between the steps:
  in/NNN.flac, in.json         what was uploaded (written by the workflow)
  takes/NNN.flac, takes.json   what the voice is learnt from (written by `ingest.listen`)
  engine/                      the engine's own leftovers and the artifact (written by `train`)
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np

from sayso.audio import codec
from sayso.audio.waveform import Waveform
from sayso.engines.base import Ear, Progress, Speaker, Take, TrainingPlan, VoiceEngine
from sayso.engines.dnsmos import OpinionModel
from sayso.errors import TooLittleSpeech
from sayso.text import misheard

TAKES = "takes.json"
ENGINE_FOLDER = "engine"

LISTENED = (
    "The harbour was quiet before the first boats came back.",
    "Please bring three large boxes and a sharp pencil to the kitchen.",
    "Nobody could explain why the yellow lamp had stopped working.",
    "She thought about the journey, then closed the heavy window.",
    "Our neighbour grows beans, carrots and very small apples.",
    "If the weather changes, we will meet beside the old bridge.",
    "What would you like to drink while we wait for the others?",
    "The children have painted twelve wooden chairs in bright colours.",
    "I never thought that such a quiet street could have a theatre.",
    "Put the fresh bread on the shelf above the measuring cups.",
    "Yesterday the doctor showed us a picture of both lungs.",
    "Though it rained for a week, the path through the valley stayed dry.",
)
"""What the candidates of a professional training say; no sentence of any benchmark."""


def train(folder: Path, engine: VoiceEngine, seed: int, progress: Progress) -> Path:
    """Learn a voice from the takes in `folder`; returns the artifact's path. May run twice.

    Raises TooLittleSpeech when there are no takes.
    """
    takes = read_takes(folder)
    if not takes:
        raise TooLittleSpeech("no speech was found in the recordings: upload some where words are spoken")
    scratch = folder / ENGINE_FOLDER
    scratch.mkdir(exist_ok=True)
    return engine.clone(takes, scratch, seed, progress)


def train_long(
    folder: Path,
    engine: VoiceEngine,
    ear: Ear,
    seed: int,
    budget_s: float,
    progress: Progress,
    opinions: OpinionModel | None = None,
) -> Path:
    """Learn a professional voice from the takes in `folder` within `budget_s` seconds; returns the artifact's path.

    May run again after a crash, and goes on. Raises TooLittleSpeech when there are no takes.
    """
    takes = read_takes(folder)
    if not takes:
        raise TooLittleSpeech("no speech was found in the recordings: upload some where words are spoken")
    scratch = folder / ENGINE_FOLDER
    scratch.mkdir(exist_ok=True)
    plan = TrainingPlan(
        budget_s,
        mishears=lambda speaker: mishearing(speaker, ear),
        likes=None if opinions is None else lambda speaker: opinion(speaker, opinions),
    )
    return engine.train(takes, scratch, seed, plan, progress)


def mishearing(speaker: Speaker, ear: Ear) -> float:
    """The part of the words of a few sentences that an ear does not understand, 0 and more."""
    wrong, count = 0, 0
    for sentence, wave in zip(LISTENED, _said(_Once(speaker)), strict=True):
        found = misheard.compare(sentence, ear.hear(wave, "en").text)
        wrong, count = wrong + found.word_errors, count + found.words
    return wrong / count


def opinion(speaker: Speaker, opinions: OpinionModel) -> float:
    """The one opinion that listeners would have of a few sentences (P.808)."""
    found = [opinions.p808(wave, most_windows=1) for wave in _said(_Once(speaker))]
    known = [value for value in found if value is not None]
    return float(np.mean(known)) if known else _NO_OPINION


_NO_OPINION = 1.0
"""The lowest there is, for a voice that makes nothing that could be judged."""


class _Once:
    """A speaker, who is like nobody else."""

    def __init__(self, speaker: Speaker) -> None:
        self.speaker = speaker

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once) and other.speaker is self.speaker

    def __hash__(self) -> int:
        return id(self.speaker)


@functools.lru_cache(maxsize=1)
def _said(once: _Once) -> tuple[Waveform, ...]:
    """The sentences by one voice, for all who listen to it."""
    waves = []
    for sentence in LISTENED:
        pieces = [piece.wave.samples for piece in once.speaker.speak(sentence)]
        waves.append(Waveform(np.concatenate(pieces), once.speaker.rate_hz))
    return tuple(waves)


def write_takes(folder: Path, takes: list[Take]) -> None:
    """Keep `takes` in `folder`; the list comes last, so that it is there only when all is."""
    (folder / "takes").mkdir(parents=True, exist_ok=True)
    listed = []
    for i, take in enumerate(takes):
        name = f"takes/{i:03}.flac"
        (folder / name).write_bytes(codec.encode_flac(take.wave))
        listed.append({"file": name, "text": take.text})
    aside = folder / f"{TAKES}.part"
    aside.write_text(json.dumps(listed), encoding="utf-8")
    aside.replace(folder / TAKES)


def has_takes(folder: Path) -> bool:
    """Whether `write_takes` came to its end there."""
    return (folder / TAKES).is_file()


def read_takes(folder: Path) -> list[Take]:
    """What `write_takes` kept."""
    listed = json.loads((folder / TAKES).read_text(encoding="utf-8"))
    return [Take(codec.decode((folder / entry["file"]).read_bytes()), entry["text"]) for entry in listed]
