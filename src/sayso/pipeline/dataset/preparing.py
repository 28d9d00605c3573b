"""Utterances as they were sent -> FLAC files with texts, in a build's folder, and a manifest of them.

members/                  what was sent (written by `unpack`)
utterances/NNNNN-NNNN.flac  mono, at their own rate
cut.jsonl, heard.jsonl    one line for each member and each utterance that is done: where a killed run goes on
manifest.json             the result, written last
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from sayso.audio import codec
from sayso.audio.resample import StreamResampler
from sayso.audio.spans import Span
from sayso.audio.waveform import Samples, Waveform
from sayso.engines.base import Detector, Ear, Follower, Progress
from sayso.errors import BadDataset, Rejected
from sayso.pipeline.dataset import cutting, ending, names, texts
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.reading import Dataset, Remark, Utterance, read_dataset
from sayso.pipeline.dataset.sound import Sounds
from sayso.pipeline.dataset.unpack import MEMBERS

MANIFEST = "manifest.json"
DISAGREES = 0.6
"""Below it text and sound disagree badly."""

SOUND = "utterances"
"""The folder of the utterances."""
_CUT, _HEARD = "cut.jsonl", "heard.jsonl"
_CUTTING_IS = 0.1
"""The part of the work that cutting is, for the progress."""
_HEARS_HZ = 16_000
_FRAME = 512
_BLOCK_FRAMES, _BEFORE_FRAMES = 1_875, 32
"""A minute that the detector sees at a time, and the second before, in which it finds its feet."""
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

    `language` is an ISO 639-1 code, None to detect it. `at_once` hearings run at a time; with no `ear` nobody
    listens, and utterances have the texts that came with them, or none. Unless it `hears`, the ear listens only to
    recordings that were cut and came with a text, which could not be shared out otherwise. Raises BadDataset.
    """
    if (folder / MANIFEST).is_file():
        return read_manifest(folder)
    limits = limits or DatasetLimits()
    dataset = read_dataset(folder / MEMBERS, limits)
    pieces, remarks = _Cutter(folder, detector, limits).run(dataset, progress)
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
        pieces.append(_Piece(file, file, info.duration, info.samplerate, file, 0.0, alone=True))
    _Listener(folder, ear, language, at_once).run(pieces, dict(given), progress)
    progress("listening", 1.0, None)


def read_heard(folder: Path) -> dict[str, Heard]:
    """By file, what `hear` understood."""
    return {
        file: Heard(one["heard"], one["agreement"], one["confidence"])
        for file, one in _Journal(folder / _HEARD).found.items()
    }


@dataclass(frozen=True, slots=True)
class _Piece:
    name: str
    file: str
    duration_s: float
    rate_hz: int
    member: str
    start_s: float
    alone: bool
    """Whether it is all of its member."""
    is_silent: bool = False
    """Whether it is the beginning of a long member in which nobody speaks."""


class _Cutter:
    """Decodes members and cuts them, one after the other."""

    def __init__(self, folder: Path, detector: Detector, limits: DatasetLimits) -> None:
        self._folder, self._detector, self._limits = folder, detector, limits
        self._sounds = Sounds(limits)
        self._total_s = 0.0
        self._written_bytes = 0

    def run(self, dataset: Dataset, progress: Progress) -> tuple[list[_Piece], list[Remark]]:
        (self._folder / SOUND).mkdir(exist_ok=True)
        journal = _Journal(self._folder / _CUT)
        pieces: list[_Piece] = []
        remarks: list[Remark] = []
        sizes = [utterance.path.stat().st_size for utterance in dataset.utterances]
        whole, done = max(1, sum(sizes)), 0
        with contextlib.closing(self._sounds), journal:
            for utterance, size in zip(dataset.utterances, sizes, strict=True):
                entry = journal.found.get(utterance.path.name)
                if entry is None:
                    entry = self._member(utterance)
                    journal.add(utterance.path.name, entry)
                else:
                    files = [self._folder / piece["file"] for piece in entry["pieces"]]
                    self._written_bytes += sum(file.stat().st_size for file in files)
                found = [_Piece(**piece) for piece in entry["pieces"]]
                pieces += found
                remarks += [Remark(**remark) for remark in entry["remarks"]]
                self._total_s += sum(piece.duration_s for piece in found)
                done += size
                progress("cutting", _CUTTING_IS * done / whole, None)
        if not pieces:
            raise BadDataset(
                f"nothing in the dataset can be used: {remarks[0].message}"
                if remarks
                else "nothing in the dataset can be used; send recordings of speech"
            )
        return pieces, remarks

    def _member(self, utterance: Utterance) -> dict[str, Any]:
        shown = names.shown(utterance.member)
        pieces: list[_Piece] = []
        remarks: list[Remark] = []
        if self._total_s >= self._limits.max_audio_s or self._is_full:
            message = f"{shown} was left out: {self._more_than()}; send the best of it"
            remarks.append(Remark("left_out", utterance.member, message))
        else:
            try:
                pieces, beyond_s = self._cut(utterance)
                if beyond_s > 0.0:
                    message = f"{beyond_s / 60:.1f} minutes of {shown} were left out: {self._more_than()}; send the best of it"
                    remarks.append(Remark("cut_off", utterance.member, message))
                if not pieces:
                    message = f"{shown} was left out: there is no sound in it"
                    remarks.append(Remark("unreadable", utterance.member, message))
                elif pieces[0].is_silent:
                    message = f"no speech was found in {shown}; its first {pieces[0].duration_s:.0f} s stand for it, listen to it"
                    remarks.append(Remark("no_speech", utterance.member, message))
                elif ending.is_cut_short(utterance.path):
                    message = f"{shown} ends before it says it does, and was taken as far as it goes; see that it is sent whole"
                    remarks.append(Remark("cut_short", utterance.member, message))
            except Rejected as error:
                remarks.append(Remark("unreadable", utterance.member, f"{shown} was left out: {error}"))
        return {
            "pieces": [asdict(piece) for piece in pieces],
            "remarks": [asdict(remark) for remark in remarks],
        }

    @property
    def _is_full(self) -> bool:
        return self._written_bytes >= self._limits.max_cut_bytes

    def _more_than(self) -> str:
        if self._is_full:
            most_mb = self._limits.max_cut_bytes / 1e6
            return f"cut into pieces, the dataset takes more than {most_mb:.3g} MB, which is the most"
        most_s = self._limits.max_audio_s
        most = f"{most_s / 3_600:.3g} h" if most_s >= 3_600 else f"{most_s / 60:.3g} minutes"
        return f"the dataset has more than {most} of sound, which are taken"

    def _cut(self, utterance: Utterance) -> tuple[list[_Piece], float]:
        """The pieces, and how many seconds of speech were left out after them."""
        path = utterance.path
        rate_hz, duration_s = self._sounds.shape(path)
        if duration_s <= cutting.WHOLE_S:
            wave = self._sounds.wave(path, rate_hz)
            return [self._keep(utterance, wave, 0, 0.0, alone=True)], 0.0
        spans = self._spans(path, rate_hz)
        if not spans:
            # As a shorter one that is silent: it is the analysis that says so.
            beginning = [Span(0.0, cutting.WHOLE_S)]
            return [
                replace(self._keep(utterance, wave, 0, 0.0, alone=True), is_silent=True)
                for _, wave in self._waves(path, rate_hz, beginning)
                if len(wave.samples)
            ], 0.0
        room_s = self._limits.max_audio_s - self._total_s
        ends_s = list(itertools.accumulate(span.duration_s for span in spans))
        whole_s = ends_s[-1]
        spans = [span for span, end_s in zip(spans, ends_s, strict=True) if end_s - span.duration_s < room_s]
        beyond_s = whole_s - sum(span.duration_s for span in spans)
        alone = len(spans) == 1
        pieces: list[_Piece] = []
        for number, (span, wave) in enumerate(self._waves(path, rate_hz, spans), 1):
            if self._is_full:
                beyond_s += sum(left.duration_s for left in spans[number - 1 :])
                break
            pieces.append(self._keep(utterance, wave, number, span.start_s, alone))
        return pieces, beyond_s if beyond_s > 0.001 else 0.0

    def _keep(self, utterance: Utterance, wave: Waveform, number: int, start_s: float, alone: bool) -> _Piece:
        file = f"{SOUND}/{utterance.path.name}-{number:04}.flac"
        flac = codec.encode_flac(wave)
        (self._folder / file).write_bytes(flac)
        self._written_bytes += len(flac)
        mark = "" if alone else f"-{number:04}"
        name = utterance.name[: 256 - len(mark)] + mark
        return _Piece(
            name, file, round(wave.duration_s, 4), wave.rate_hz, utterance.member, round(start_s, 4), alone
        )

    def _spans(self, path: Path, rate_hz: int) -> list[Span]:
        """Where to cut, out of a first reading: the curves of a long recording are small, its sound is not."""
        speech: list[cutting.Curve] = []
        levels: list[cutting.Curve] = []
        before = np.zeros(0, np.float32)
        for block in self._minutes(path, rate_hz):
            skip = len(before) // _FRAME
            speech.append(
                self._detector.probabilities(Waveform(np.concatenate((before, block)), _HEARS_HZ))[skip:]
            )
            frames = np.pad(block, (0, -len(block) % _FRAME)).reshape(-1, _FRAME)
            rms = np.sqrt(np.square(frames, dtype=np.float64).mean(axis=1))
            levels.append((20.0 * np.log10(np.maximum(rms, 1e-6))).astype(np.float32))
            before = block[-_BEFORE_FRAMES * _FRAME :]
        return cutting.cut_points(np.concatenate(speech), np.concatenate(levels)) if speech else []

    def _minutes(self, path: Path, rate_hz: int) -> Iterator[Samples]:
        """The recording at 16 kHz, in blocks of whole frames (but for the last)."""
        resampler, size = StreamResampler(rate_hz, _HEARS_HZ), _BLOCK_FRAMES * _FRAME
        left: list[Samples] = []
        count = 0
        for block in self._sounds.blocks(path):
            ready = resampler.push(block)
            left.append(ready)
            count += len(ready)
            while count >= size:
                whole = np.concatenate(left)
                yield whole[:size]
                left, count = [whole[size:]], count - size
        rest = np.concatenate([*left, resampler.push(np.zeros(0, np.float32), last=True)])
        if len(rest):
            yield rest

    def _waves(self, path: Path, rate_hz: int, spans: Sequence[Span]) -> Iterator[tuple[Span, Waveform]]:
        """The sound of each span, out of a second reading."""
        held: list[Samples] = []
        start = end = 0  # samples: what `held` covers
        blocks = self._sounds.blocks(path)
        for span in spans:
            first, last = round(span.start_s * rate_hz), round(span.end_s * rate_hz)
            while end < last and (block := next(blocks, None)) is not None:
                held.append(block)
                end += len(block)
                while held and start + len(held[0]) <= first:
                    start += len(held.pop(0))
            whole = np.concatenate(held) if held else np.zeros(0, np.float32)
            yield span, Waveform(whole[first - start : last - start].copy(), rate_hz)
            held = [whole[max(0, last - start) :]]
            start = end - len(held[0])


class _Listener:
    """Finds the words of utterances, several at a time."""

    def __init__(
        self, folder: Path, ear: Ear | None, language: str | None, at_once: int, *, hears: bool = True
    ) -> None:
        self._folder, self._ear, self._language, self._at_once = folder, ear, language, at_once
        self._hears = hears

    def run(
        self, pieces: Sequence[_Piece], given: dict[str, str | None], progress: Progress
    ) -> dict[str, dict[str, Any]]:
        """By file: `heard`, `confidence` and `agreement`, each perhaps None."""
        journal = _Journal(self._folder / _HEARD)
        whole_s = max(0.001, sum(piece.duration_s for piece in pieces))
        done_s = sum(piece.duration_s for piece in pieces if piece.file in journal.found)
        began, began_s = time.monotonic(), done_s
        left = iter([piece for piece in pieces if piece.file not in journal.found])
        running: dict[Future[dict[str, Any]], _Piece] = {}
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

    def _hear(self, ear: Ear | None, piece: _Piece, text: str | None) -> dict[str, Any]:
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
    pieces: Sequence[_Piece],
    heard: dict[str, dict[str, Any]],
    given: dict[str, str | None],
    language: str | None,
) -> Iterator[Prepared]:
    """Pieces with their texts; the text of a recording that was cut is shared out among its pieces."""
    by_member: dict[str, list[_Piece]] = {}
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


class _Journal:
    """Lines of finished work; a line that a crash tore is as if it were not there."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.found: dict[str, dict[str, Any]] = {}
        whole = 0
        if path.is_file():
            for line in path.read_bytes().splitlines(keepends=True):
                try:
                    entry = json.loads(line)
                    if not line.endswith(b"\n"):
                        break
                    self.found[entry["key"]] = entry["value"]
                except (ValueError, KeyError, TypeError):
                    break
                whole += len(line)
            with path.open("r+b") as file:
                file.truncate(whole)

    def __enter__(self) -> _Journal:
        self._file = self._path.open("ab")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, key: str, value: dict[str, Any]) -> None:
        self._file.write(json.dumps({"key": key, "value": value}).encode() + b"\n")
        self._file.flush()
        self.found[key] = value
