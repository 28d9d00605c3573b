"""Where the real tests find weights and human speech; each test that needs them is skipped without."""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sayso.audio.codec import decode
from sayso.audio.waveform import Waveform


@dataclass(frozen=True)
class Utterance:
    speaker: str
    text: str
    file: Path

    def wave(self) -> Waveform:
        return decode(self.file.read_bytes())


def models_dir() -> Path:
    """The folder of weights that the settings name, or the one a checkout has."""
    named = os.environ.get("SAYSO_MODELS_DIR")
    home = Path(os.environ.get("SAYSO_HOME") or Path(__file__).parents[1] / "sayso-data")
    folder = Path(named) if named else home / "models"
    if not folder.is_dir():
        pytest.skip(f"no weights in {folder}; run `make setup`")
    return folder


def utterances(speakers: str = "rapid_libri5spk_16k") -> list[Utterance]:
    """Human recordings with their texts from a folder below SAYSO_SPEECH_DATA."""
    named = os.environ.get("SAYSO_SPEECH_DATA")
    folder = Path(named or "no SAYSO_SPEECH_DATA") / speakers
    if not folder.is_dir():
        pytest.skip("set SAYSO_SPEECH_DATA to a folder of human speech to run this test")
    return list(_read(folder))


def _read(folder: Path) -> Iterator[Utterance]:
    with (folder / "metadata.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            file = next((folder / "wavs").glob(row["id"] + ".*"))
            yield Utterance(row["speaker"], row["text"], file)
