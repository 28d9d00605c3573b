"""Uploaded recordings -> the takes a voice is learnt from: the clearest seconds, with the words heard in them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sayso.audio import codec
from sayso.audio.spans import Span, bridge, frame_levels_dbfs, loud_spans
from sayso.audio.waveform import Waveform
from sayso.engines.base import Ear, Progress, Take
from sayso.errors import TooLittleSpeech
from sayso.pipeline.training import write_takes

INPUTS = "in.json"

WANTED_S = 14.0
"""Long references make a clone drawl and cost time; short ones miss sounds. 6 to 15 s is the range."""
MOST_S = 20.0
LEAST_S = 3.0
"""Less than this with words in it is no reference at all."""
LONGEST_TAKE_S = 12.0
SHORTEST_TAKE_S = 1.0
_KEEP_S = 0.08
_LONG_PAUSE_S = 0.6
_SPEECH_PAUSE_S = 1.0
"""Shorter pauses belong to speech: people breathe and think."""
_AGREES = 0.75
_SURE = 0.5


@dataclass(frozen=True, slots=True)
class Given:
    """An uploaded recording."""

    wave: Waveform
    text: str | None
    """What the uploader says is spoken in it."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    wave: Waveform
    text: str | None
    """None when unknown, or when it covers more than this piece."""
    clearness_db: float
    """How far speech stands above the background, minus what clipping costs."""


def flac(wave: Waveform) -> bytes:
    """A recording as it is kept: mono, 24 bit, its own rate."""
    return codec.encode_flac(wave)


def speech_seconds(wave: Waveform) -> float:
    """Seconds of `wave` that are not silence, short pauses included, by level alone."""
    return sum(span.duration_s for span in loud_spans(wave, bridge_s=_SPEECH_PAUSE_S))


def write_inputs(folder: Path, given: Sequence[tuple[bytes, str | None]], language: str) -> None:
    """Lay out uploads (FLAC, text) for `listen`, the list last."""
    (folder / "in").mkdir(parents=True, exist_ok=True)
    listed = []
    for i, (audio, text) in enumerate(given):
        name = f"in/{i:03}.flac"
        (folder / name).write_bytes(audio)
        listed.append({"file": name, "text": text})
    aside = folder / f"{INPUTS}.part"
    aside.write_text(json.dumps({"language": language, "recordings": listed}), encoding="utf-8")
    aside.replace(folder / INPUTS)


def listen(folder: Path, ear: Ear, progress: Progress) -> None:
    """Choose takes from the uploads in `folder` and write them there. May run twice.

    Raises TooLittleSpeech when hardly any words are heard.
    """
    inputs = json.loads((folder / INPUTS).read_text(encoding="utf-8"))
    given = [
        Given(codec.decode((folder / entry["file"]).read_bytes()), entry["text"])
        for entry in inputs["recordings"]
    ]
    language = str(inputs["language"]).partition("-")[0].lower() or None
    write_takes(folder, choose(given, ear, language, progress))


def choose(given: Sequence[Given], ear: Ear, language: str | None, progress: Progress) -> list[Take]:
    """The clearest takes out of `given`, about WANTED_S in all, in the order they came in.

    Each has the words that are heard in it; the uploader's spelling of them where the two agree.
    Raises TooLittleSpeech.
    """
    candidates = [candidate for recording in given for candidate in _cut(recording)]
    best_first = sorted(range(len(candidates)), key=lambda i: -candidates[i].clearness_db)
    chosen: dict[int, Take] = {}
    taken_s = 0.0
    for i in best_first:
        candidate = candidates[i]
        if taken_s >= WANTED_S or (chosen and taken_s + candidate.wave.duration_s > MOST_S):
            continue
        progress("listening", min(0.99, taken_s / WANTED_S), None)
        text = _words(candidate, ear, language)
        if text is not None:
            chosen[i] = Take(candidate.wave, text)
            taken_s += candidate.wave.duration_s
    if taken_s < LEAST_S:
        raise TooLittleSpeech(
            f"words were heard in only {taken_s:.1f} s of the recordings, at least {LEAST_S:.0f} s are needed: "
            "upload recordings of clear speech"
        )
    progress("listening", 1.0, None)
    return [chosen[i] for i in sorted(chosen)]


def _cut(recording: Given) -> list[_Candidate]:
    """Pieces of a recording of at most LONGEST_TAKE_S, silence at the ends and long pauses cut out."""
    spans = bridge(loud_spans(recording.wave), _LONG_PAUSE_S)
    pieces: list[Span] = []
    for span in spans:
        near = pieces and span.end_s - pieces[-1].start_s <= LONGEST_TAKE_S
        # A long pause inside one sentence still belongs to a take, unless it is very long.
        if near and span.start_s - pieces[-1].end_s < 2 * _LONG_PAUSE_S:
            pieces[-1] = Span(pieces[-1].start_s, span.end_s)
        else:
            pieces += _halved(recording.wave, span)
    whole = len(pieces) == 1
    candidates = []
    for piece in pieces:
        wave = recording.wave.cut(piece.start_s - _KEEP_S, piece.end_s + _KEEP_S)
        if wave.duration_s >= SHORTEST_TAKE_S:
            candidates.append(_Candidate(wave, recording.text if whole else None, _clearness_db(wave)))
    return candidates


def _halved(wave: Waveform, span: Span) -> list[Span]:
    """`span` in parts of at most LONGEST_TAKE_S, cut where it is quietest around the middle."""
    if span.duration_s <= LONGEST_TAKE_S:
        return [span]
    frame_s = 0.05
    levels = frame_levels_dbfs(wave.cut(span.start_s, span.end_s), frame_s)
    first, last = len(levels) // 3, 2 * len(levels) // 3
    at_s = span.start_s + (first + int(np.argmin(levels[first:last])) + 0.5) * frame_s
    return _halved(wave, Span(span.start_s, at_s)) + _halved(wave, Span(at_s, span.end_s))


def _clearness_db(wave: Waveform) -> float:
    levels = frame_levels_dbfs(wave)
    quiet, loud = np.percentile(levels, [10, 90])
    clipped = float(np.mean(np.abs(wave.samples) >= 0.999))
    # More than 40 dB is no clearer to a model, and digital silence between words would win everything.
    return min(40.0, float(loud - quiet)) - 2_000.0 * clipped


def _words(candidate: _Candidate, ear: Ear, language: str | None) -> str | None:
    """What is said, or None when nothing surely is."""
    heard = ear.hear(candidate.wave, language)
    if not heard.words or float(np.mean([word.confidence for word in heard.words])) < _SURE:
        return None
    if candidate.text is not None and _agree(candidate.text, heard.text):
        return candidate.text
    return heard.text


def _agree(given: str, heard: str) -> bool:
    a, b = (re.findall(r"[^\W_]+", text.lower()) for text in (given, heard))
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= _AGREES
