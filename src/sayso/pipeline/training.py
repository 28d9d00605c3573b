"""Takes -> voice artifact, with progress and resumable checkpoints.

A build's folder holds what passes between the steps:
  in/NNN.flac, in.json         what was uploaded (written by the workflow)
  takes/NNN.flac, takes.json   what the voice is learnt from (written by `ingest.listen`)
  engine/                      the engine's own leftovers and the artifact (written by `train`)
"""

from __future__ import annotations

import json
from pathlib import Path

from sayso.audio import codec
from sayso.engines.base import Progress, Take, VoiceEngine
from sayso.errors import TooLittleSpeech

TAKES = "takes.json"


def train(folder: Path, engine: VoiceEngine, seed: int, progress: Progress) -> Path:
    """Learn a voice from the takes in `folder`; returns the artifact's path. May run twice.

    Raises TooLittleSpeech when there are no takes.
    """
    takes = read_takes(folder)
    if not takes:
        raise TooLittleSpeech("no speech was found in the recordings: upload some where words are spoken")
    scratch = folder / "engine"
    scratch.mkdir(exist_ok=True)
    return engine.clone(takes, scratch, seed, progress)


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
