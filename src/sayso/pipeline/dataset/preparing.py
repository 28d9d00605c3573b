"""Utterances as they were sent -> FLAC files with texts, in a build's folder, and a manifest of them.

members/                  what was sent (written by `unpack`)
utterances/NNNNN-NNNN.flac  mono, at their own rate
cut.jsonl, heard.jsonl    one line for each member and each utterance that is done: where a killed run goes on
manifest.json             the result, written last
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from sayso.audio.waveform import Waveform
from sayso.engines.base import Detector, Ear, Follower, Progress
from sayso.pipeline.dataset import names, texts
from sayso.pipeline.dataset.cutter import Cutter
from sayso.pipeline.dataset.journal import Journal
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.pieces import Piece
from sayso.pipeline.dataset.reading import Remark, read_dataset
from sayso.pipeline.dataset.unpack import MEMBERS

MANIFEST = "manifest.json"
DISAGREES = 0.6
"""Below it text and sound disagree badly."""

_HEARD = "heard.jsonl"
_CUTTING_IS = 0.1
"""The part of the work that cutting is, for the progress."""
_LIKELY, _SURELY = 0.3, 0.85
"""A word of a text is likely from the first on; a text whose part of likely words is the second needs no hearing. Of 14
utterances of two speakers the right texts had 0.86 to 1.0, other texts at most 0.25, half wrong ones at most 0.78."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One utterance of the result."""

    name: str
    """Unique, at most 256 characters."""
    file: str
    """Below the build's folder."""
    text: str
    """As given, or as heard; may be empty where nothing was understood."""
    text_source: str
    """given or heard."""
    heard: str | None
    """What was understood; None where the given text was so likely that nobody listened for another."""
    agreement: float | None
    """0 to 1: how far a given text and the sound agree; None where none was given."""
    confidence: float | None
    """0 to 1: how sure the ear was of what it heard, if it listened."""
    duration_s: float
    rate_hz: int
    member: str
    """The file of the archive it comes from, and where in it."""
    start_s: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """What came of a dataset."""

    form: str
    utterances: tuple[Prepared, ...]
    remarks: tuple[Remark, ...]


def prepare(
    folder: Path,
    ear: Ear | None,
    detector: Detector,
    language: str | None,
    progress: Progress,
    *,
    limits: DatasetLimits | None = None,
    at_once: int = 1,
    hears: bool = True,
) -> Manifest:
    """Cut and hear the dataset in `folder`, as `unpack` left it. May run twice, and goes on where a killed run was.

    `language` is an ISO 639-1 code, None to detect it. `at_once` cores
    cut, and so many hearings run at a time; with no `ear` nobody
    listens, and utterances have the texts that came with them, or none. Unless it `hears`, the ear listens only to
    recordings that were cut and came with a text, which could not be shared out otherwise. Raises BadDataset.
    """
    if (folder / MANIFEST).is_file():
        return read_manifest(folder)
    limits = limits or DatasetLimits()
    dataset = read_dataset(folder / MEMBERS, limits)
    pieces, remarks = Cutter(folder, detector, limits, at_once).run(
        dataset, lambda stage, done, left_s: progress(stage, _CUTTING_IS * done, left_s)
    )
    given = {utterance.member: utterance.text for utterance in dataset.utterances}
    heard = _Listener(folder, ear, language, at_once, hears=hears).run(pieces, given, progress)
    prepared = list(_joined(pieces, heard, given, language))
    for one in prepared:
        if one.agreement is not None and one.agreement < DISAGREES:
            remarks.append(
                Remark(
                    "text_disagrees",
                    one.member,
                    f"what is heard in {names.shown(one.name)} is not what its text says; listen to it, and correct the text",
                )
            )
    manifest = Manifest(dataset.form, tuple(prepared), (*dataset.remarks, *remarks))
    aside = folder / f"{MANIFEST}.part"
    aside.write_text(json.dumps(asdict(manifest)), encoding="utf-8")
    aside.replace(folder / MANIFEST)
    progress("listening", 1.0, None)
    return manifest


def read_manifest(folder: Path) -> Manifest:
    """What `prepare` wrote."""
    found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return Manifest(
        found["form"],
        tuple(Prepared(**entry) for entry in found["utterances"]),
        tuple(Remark(**entry) for entry in found["remarks"]),
    )


@dataclass(frozen=True, slots=True)
class Heard:
    """What was understood in one recording."""

    text: str | None
    """None where its given text was so likely that nobody listened for another."""
    agreement: float | None
    """0 to 1: how far a given text and the sound agree; None where none was given."""
    confidence: float | None
    """0 to 1, if the ear listened."""


def hear(
    folder: Path,
    given: Mapping[str, str | None],
    ear: Ear,
    language: str | None,
    progress: Progress,
    *,
    at_once: int = 1,
) -> None:
    """Listen to the files of `folder` (FLAC of ours) that `given` names, each with its text or None.

    May run twice, and goes on where a killed run was; `read_heard` gives what came of it.
    """
    pieces = []
    for file in given:
        info = soundfile.info(folder / file)
        pieces.append(Piece(file, file, info.duration, info.samplerate, file, 0.0, alone=True))
    _Listener(folder, ear, language, at_once).run(pieces, dict(given), progress)
    progress("listening", 1.0, None)


def read_heard(folder: Path) -> dict[str, Heard]:
    """By file, what `hear` understood."""
    return {
        file: Heard(one["heard"], one["agreement"], one["confidence"])
        for file, one in Journal(folder / _HEARD).found.items()
    }


class _Listener:
    """Finds the words of utterances, several at a time."""

    def __init__(
        self, folder: Path, ear: Ear | None, language: str | None, at_once: int, *, hears: bool = True
    ) -> None:
        self._folder, self._ear, self._language, self._at_once = folder, ear, language, at_once
        self._hears = hears

    def run(
        self, pieces: Sequence[Piece], given: dict[str, str | None], progress: Progress
    ) -> dict[str, dict[str, Any]]:
        """By file: `heard`, `confidence` and `agreement`, each perhaps None."""
        journal = Journal(self._folder / _HEARD)
        whole_s = max(0.001, sum(piece.duration_s for piece in pieces))
        done_s = sum(piece.duration_s for piece in pieces if piece.file in journal.found)
        began, began_s = time.monotonic(), done_s
        left = iter([piece for piece in pieces if piece.file not in journal.found])
        running: dict[Future[dict[str, Any]], Piece] = {}
        with journal, ThreadPoolExecutor(self._at_once) as pool:
            while True:
                while len(running) < self._at_once and (piece := next(left, None)) is not None:
                    text = given[piece.member] if piece.alone else None
                    is_shared = not piece.alone and given[piece.member] is not None
                    ear = self._ear if self._hears or is_shared else None
                    running[pool.submit(self._hear, ear, piece, text)] = piece
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    piece = running.pop(future)
                    journal.add(piece.file, future.result())
                    done_s += piece.duration_s
                speed = (done_s - began_s) / max(1e-6, time.monotonic() - began)
                left_s = (whole_s - done_s) / speed if speed > 0 else None
                progress("listening", _CUTTING_IS + (0.99 - _CUTTING_IS) * done_s / whole_s, left_s)
        return journal.found

    def _hear(self, ear: Ear | None, piece: Piece, text: str | None) -> dict[str, Any]:
        if ear is None:
            return {"heard": None if text is not None else "", "confidence": None, "agreement": None}
        wave = _read((self._folder / piece.file).read_bytes())
        if text is not None and isinstance(ear, Follower):
            likely = ear.follow(wave, text, self._language)
            share = _share(likely)
            if share >= _SURELY:
                return {"heard": None, "confidence": None, "agreement": round(share, 4)}
        heard = ear.hear(wave, self._language)
        confidence = float(np.mean([word.confidence for word in heard.words])) if heard.words else 0.0
        agrees = None if text is None else texts.agreement(text, heard.text, self._language)
        return {
            "heard": heard.text,
            "confidence": round(confidence, 4),
            "agreement": None if agrees is None else round(agrees, 4),
        }


def _read(data: bytes) -> Waveform:
    """A FLAC file of ours; unlike `codec.decode` it minds no silence."""
    with io.BytesIO(data) as file:
        samples, rate_hz = soundfile.read(file, dtype="float32")
    return Waveform(samples, rate_hz)


def _share(likely: Sequence[float]) -> float:
    """Agreement at a look: the part of a text's words that the sound makes likely."""
    return float(np.mean([probability > _LIKELY for probability in likely])) if likely else 0.0


def _joined(
    pieces: Sequence[Piece],
    heard: dict[str, dict[str, Any]],
    given: dict[str, str | None],
    language: str | None,
) -> Iterator[Prepared]:
    """Pieces with their texts; the text of a recording that was cut is shared out among its pieces."""
    by_member: dict[str, list[Piece]] = {}
    for piece in pieces:
        by_member.setdefault(piece.member, []).append(piece)
    taken: set[str] = set()
    for member, its in by_member.items():
        text, understood = given[member], [heard[piece.file] for piece in its]
        was_heard = any(one["confidence"] is not None for one in understood)
        if text is not None and not its[0].alone and was_heard:
            parts = texts.shared_out(text, [str(one["heard"]) for one in understood])
            for one, part in zip(understood, parts, strict=True):
                one["agreement"] = round(texts.agreement(part, one["heard"], language), 4)
        else:
            parts = [(text or "") if piece.alone else "" for piece in its]
        for piece, one, part in zip(its, understood, parts, strict=True):
            prepared = Prepared(
                name=names.unique(piece.name, taken),
                file=piece.file,
                text=part if text is not None else one["heard"],
                text_source="given" if text is not None else "heard",
                heard=one["heard"],
                agreement=one["agreement"],
                confidence=one["confidence"],
                duration_s=piece.duration_s,
                rate_hz=piece.rate_hz,
                member=piece.member,
                start_s=piece.start_s,
            )
            if text is not None and not part:
                # Words were said that the text does not have.
                prepared = replace(prepared, text=one["heard"], text_source="heard", agreement=None)
            yield prepared
