"""A voice engine that hums, and an ear that hears humming: no model, no download, right in every contract.

The pitch of the hum is learnt from the takes, its length follows the text. Above the hum lies a faint tone
for each character, by which the ear understands what is hummed; two hums of one pitch are one speaker. With
it the whole product runs in tests, and a new engine has something to be compared with.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sayso.audio.level import gain_of, limited
from sayso.audio.spans import Span, frame_levels_dbfs, loud_spans
from sayso.audio.waveform import Waveform
from sayso.engines.base import (
    CANDIDATE,
    Heard,
    HeardWord,
    Mark,
    Progress,
    Rivals,
    Spoken,
    Take,
    TrainingPlan,
)
from sayso.engines.curve import Curve, Point, read_curve
from sayso.errors import BadArtifact, NotFound, TooLittleSpeech
from sayso.text.english.sayable import is_sayable
from sayso.text.script import Line, Manner, Script, script_of_text

RATE_HZ = 24_000
MAGIC = b"SAYSOTON"
VERSION = 1
_HASH_BYTES = 32
_HEAD_BYTES = len(MAGIC) + 1 + _HASH_BYTES

READERS = {"hum": 160.0}
"""Stock voices and their pitch in Hz."""

_CHARACTER_S = 0.06
_PAUSE_S = 0.25
_LOWEST_HZ, _HIGHEST_HZ = 60.0, 400.0
_SYLLABLE_S = 0.35
_ROUNDS = 8
"""Of a professional training, however many takes there are."""

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789'-.,?!"
# Each letter twice: a tone of its own for those that begin a word.
_FIRST_HZ, _APART_HZ = 3_400.0, 36.0
_FAINT = 0.03
_LEAST = 0.02
_BLURRED = (0.18, 0.25)
"""Letters that are so clear may have been hummed at another rate; clearer ones are right, others are none of ours."""
_RATES = (0.75, 0.8, 0.85, 0.92, 1.1, 1.25, 1.5, 1.6, 2.0)
_LONGEST_S = 8.0
_GERMAN = frozenset(
    ("aber", "auf", "bei", "das", "dem", "den", "der", "du", "ein", "eine", "er", "es", "heute",
     "hier", "ich", "ist", "mit", "nicht", "oder", "sie", "sind", "und", "wir")
)  # fmt: skip
"""A hum that spells mostly these is German to the ear."""
_SURELY = 4.0
"""How far the loudest letter tone stands above the median one where there is a letter."""


class ToneEngine:
    """See `sayso.engines.base.VoiceEngine`."""

    name = "tone"

    def __init__(self, step_s: float = 0.0) -> None:
        """`step_s`: seconds that each take, each sentence and warming up last; for tests that interrupt."""
        self._step_s = step_s
        self._is_warm = False

    def clone(self, takes: Sequence[Take], folder: Path, seed: int, progress: Progress) -> Path:
        """See VoiceEngine. One take after the other; what was learnt from each is written down."""
        if not takes:
            raise TooLittleSpeech("there is nothing to learn from: expected at least one take")
        notes = folder / "tone.learnt.json"
        job = _fingerprint(takes, seed)
        learnt = _read_notes(notes, job)
        for i, take in enumerate(takes):
            progress("adapting", i / len(takes), (len(takes) - i) * self._step_s)
            if i < len(learnt):
                continue
            time.sleep(self._step_s)
            learnt.append(pitch_hz(take.wave))
            _write(notes, json.dumps({"job": job, "learnt": learnt}).encode())
        path = folder / "voice.tone"
        _write(path, pack(float(np.median(learnt)), seed))
        progress("adapting", 1.0, 0.0)
        return path

    def train(
        self, takes: Sequence[Take], folder: Path, seed: int, plan: TrainingPlan, progress: Progress
    ) -> Path:
        """See VoiceEngine. A few rounds over takes that lie far apart, each written down."""
        if not takes:
            raise TooLittleSpeech("there is nothing to learn from: expected at least one take")
        notes = folder / "tone.trained.json"
        job = _fingerprint(takes, seed)
        learnt = _read_notes(notes, job)
        rounds = min(len(takes), plan.most_steps or _ROUNDS)
        curve = read_curve(folder) if learnt else Curve(facts={"takes": len(takes)})
        for n, i in enumerate(np.linspace(0, len(takes) - 1, rounds).astype(int)):
            progress("learning timbre", n / rounds, (rounds - n) * self._step_s)
            if n < len(learnt):
                continue
            time.sleep(self._step_s)
            learnt.append(pitch_hz(takes[i].wave))
            _write(folder / CANDIDATE, pack(float(np.median(learnt)), seed))
            spread = float(np.std(learnt))
            curve.facts["candidate_step"] = n + 1
            curve.add(Point("timbre", n + 1, round((n + 1) * self._step_s, 1), spread, spread))
            curve.write(folder)
            _write(notes, json.dumps({"job": job, "learnt": learnt}).encode())
        path = folder / "voice.tone"
        voice = pack(float(np.median(learnt)), seed)
        if plan.mishears is not None:
            curve.facts["misheard"] = {"1.0": plan.mishears(self.load(voice))}
            curve.write(folder)
        _write(path, voice)
        progress("learning timbre", 1.0, 0.0)
        return path

    def load(self, artifact: bytes) -> ToneSpeaker:
        """See VoiceEngine."""
        return ToneSpeaker(unpack(artifact), self._step_s)

    def readers(self) -> Sequence[str]:
        """See VoiceEngine."""
        return tuple(READERS)

    def reader(self, name: str) -> ToneSpeaker:
        """See VoiceEngine."""
        if name not in READERS:
            raise NotFound(f"the tone engine has no reader {name!r}; it has {', '.join(READERS)}")
        return ToneSpeaker(READERS[name], self._step_s)

    def warm(self) -> None:
        """See VoiceEngine."""
        if not self._is_warm:
            time.sleep(self._step_s)
            self._is_warm = True


class ToneSpeaker:
    """Hums each sentence: one syllable-like swell a word, 60 ms a character, a pause after the sentence.

    A script's manners change length, pitch and level of the hum; a reading is hummed by its words, phonemes by those
    of their symbols that are letters.
    """

    rate_hz = RATE_HZ

    def __init__(self, pitch_hz: float, step_s: float = 0.0) -> None:
        """`step_s`: seconds that each sentence takes to make."""
        self.pitch_hz = pitch_hz
        self._step_s = step_s

    def speak(self, text: str | Script, *, seed: int = 0) -> Iterator[Spoken]:
        """See Speaker."""
        for line in script_of_text(text).lines(_cut):
            if not line.text:
                yield Spoken(Waveform(np.zeros(round(line.pause_s * RATE_HZ), np.float32), RATE_HZ), "")
                continue
            time.sleep(self._step_s)
            yield _hum(line, self.pitch_hz, seed)


class ToneEar:
    """Understands what the engine hums, and hears `la` for each third of a second of other loud sound."""

    def __init__(self, step_s: float = 0.0) -> None:
        """`step_s`: seconds that hearing one recording takes."""
        self._step_s = step_s

    def hear(
        self,
        wave: Waveform,
        language: str | None = None,
        rivals: Rivals | None = None,  # noqa: ARG002
        names: Rivals | None = None,  # noqa: ARG002
        before: str = "",  # noqa: ARG002
    ) -> Heard:
        """See Ear; knows no `rivals` and no `names`, and what came before changes nothing."""
        time.sleep(self._step_s)
        words: list[HeardWord] = []
        for span in loud_spans(wave):
            understood = _read(wave, span)
            if understood:
                words += understood
                continue
            count = max(1, round(span.duration_s / _SYLLABLE_S))
            edges = np.linspace(span.start_s, span.end_s, count + 1)
            words += [HeardWord("la", float(a), float(b), 0.9) for a, b in pairwise(edges)]
        text = " ".join(word.text for word in words)
        confidence = 1.0 if language else 0.9
        return Heard(text, tuple(words), (language or _language(words))[:2].lower(), confidence)

    def languages(self, wave: Waveform) -> tuple[tuple[str, float], ...]:
        """See Linguist: English, unless most of the words are among a few German ones."""
        words = [word for span in loud_spans(wave) for word in _read(wave, span)]
        if not words and not loud_spans(wave):
            return ()
        other = "de" if _language(words) == "en" else "en"
        return (_language(words), 0.95), (other, 0.05)


class ToneDetector:
    """Takes for speech whatever is louder than -45 dBFS."""

    def probabilities(self, wave: Waveform) -> NDArray[np.float32]:
        """See Detector."""
        return (frame_levels_dbfs(wave, 0.032) > -45.0).astype(np.float32)


class ToneSpans:
    """What is loud is speech."""

    def spans(self, wave: Waveform) -> list[Span]:
        """See SpeechFinder."""
        return loud_spans(wave)


class ToneVoiceprints:
    """Two hums are as alike as their pitches: cosine 0.97 a quarter tone apart, 0.74 a whole tone."""

    model = "tone-1"
    minds_telephones = False
    detector = ToneSpans()

    def embed_speech(self, speech: Waveform) -> NDArray[np.float32]:
        """See Voiceprints."""
        # A bump on an axis of quarter tones.
        places = np.arange(-4.0, 80.0)
        at = 24.0 * np.log2(pitch_hz(speech) / _LOWEST_HZ)
        bump = np.exp(-0.5 * ((places - at) / 3.7) ** 2)
        vector: NDArray[np.float32] = (bump / np.linalg.norm(bump)).astype(np.float32)
        return vector

    def embed_parts(self, speech: Waveform, parts: Sequence[Span]) -> NDArray[np.float32]:
        """See Voiceprints."""
        return np.stack([self.embed_speech(speech.cut(part.start_s, part.end_s)) for part in parts])


def sentences(text: str) -> list[str]:
    """`text` cut after sentence ends; pieces without anything to say join the one before."""
    return [text[start:end] for start, end, _ in _cut(text)]


def _cut(text: str) -> list[tuple[int, int, float]]:
    spans: list[tuple[int, int]] = []
    for match in re.finditer(r".+?(?:[.!?]+[\"')\]]*(?:\s+|$)|\n+|$)", text, flags=re.DOTALL):
        if spans and not (_is_wordy(match[0]) and _is_wordy(text[spans[-1][0] : spans[-1][1]])):
            spans[-1] = (spans[-1][0], match.end())
        else:
            spans.append(match.span())
    return [(start, end, _PAUSE_S) for start, end in spans if _is_wordy(text[start:end])]


def _is_wordy(text: str) -> bool:
    return is_sayable(text)


def pitch_hz(wave: Waveform) -> float:
    """The pitch of the loudest half second, 60 to 400 Hz, by autocorrelation."""
    size = min(len(wave.samples), wave.rate_hz // 2)
    if size == 0:
        return _LOWEST_HZ
    power = np.square(wave.samples.astype(np.float64)).cumsum()
    starts = np.arange(0, len(wave.samples) - size + 1, max(1, wave.rate_hz // 20))
    ends = starts + size - 1
    start = int(starts[np.argmax(power[ends] - power[starts])])
    part = wave.samples[start : start + size].astype(np.float64)
    spectrum = np.fft.rfft(part - part.mean(), 2 * size)
    likeness = np.fft.irfft(np.abs(spectrum) ** 2)[:size]
    first, last = int(wave.rate_hz / _HIGHEST_HZ), min(size - 1, int(wave.rate_hz / _LOWEST_HZ))
    if last <= first:
        return _LOWEST_HZ
    return float(wave.rate_hz / (first + int(np.argmax(likeness[first : last + 1]))))


def pack(pitch: float, seed: int) -> bytes:
    """An artifact: magic word, version byte, SHA-256 of the rest, JSON."""
    body = json.dumps({"pitch_hz": round(pitch, 3), "seed": seed}, sort_keys=True).encode()
    return MAGIC + bytes([VERSION]) + hashlib.sha256(body).digest() + body


def unpack(artifact: bytes) -> float:
    """The pitch in Hz. Raises BadArtifact when the file is not ours, too new or damaged."""
    if artifact[: len(MAGIC)] != MAGIC or len(artifact) < _HEAD_BYTES:
        raise BadArtifact("this is not a voice of the tone engine: build the voice again")
    if artifact[len(MAGIC)] != VERSION:
        raise BadArtifact(
            f"the voice file has version {artifact[len(MAGIC)]}, this program reads {VERSION}: update it"
        )
    body = artifact[_HEAD_BYTES:]
    if hashlib.sha256(body).digest() != artifact[len(MAGIC) + 1 : _HEAD_BYTES]:
        raise BadArtifact("the voice file is damaged, its checksum does not match: build the voice again")
    return float(json.loads(body)["pitch_hz"])


@dataclass(frozen=True, slots=True)
class _Hummed:
    """A word, or what is said for it."""

    text: str
    """As it is written; "" goes on with the one before."""
    said: str
    manner: Manner


def _words(line: Line) -> Iterator[_Hummed]:
    """What is hummed: the words as they are written, and what readings say in their place."""
    at = 0
    for reading in (*line.readings, None):
        end = len(line.text) if reading is None else reading.start
        for match in re.finditer(r"\S+", line.text[at:end]):
            yield _Hummed(match[0], match[0], line.manner_at(at + match.start()))
        if reading is not None:
            text = line.text[reading.start : reading.end]
            manner = line.manner_at(reading.start)
            if reading.phonemes:
                yield _Hummed(text, reading.phonemes, manner)
            else:
                for i, word in enumerate(word for word in reading.words if word != ","):
                    yield _Hummed("" if i else text, word, manner)
            at = reading.end


def _hum(line: Line, pitch: float, seed: int) -> Spoken:
    words = list(_words(line))
    sizes = [round(_CHARACTER_S * RATE_HZ / word.manner.rate) for word in words]
    lengths = [max(1, len(word.said)) * size for word, size in zip(words, sizes, strict=True)]
    # The seed moves the phase: enough to tell two seeds apart, too little to hear.
    phase = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    hz = np.repeat([pitch * word.manner.pitch_ratio for word in words], lengths)
    turns = 2 * np.pi * (np.cumsum(hz) - hz) / RATE_HZ
    # Three overtones make it a hum, and give the pitch finder something to hold on to.
    tone = sum(np.sin(k * turns + phase) / k for k in (1, 2, 3)) / 3
    swell = np.concatenate([0.4 + 0.6 * np.sin(np.linspace(0, np.pi, n)) for n in lengths])
    hum = 0.5 * tone * swell + _FAINT * _letters(words, sizes)
    if any(word.manner.gain_db for word in words):
        hum = limited(hum * np.repeat([gain_of(word.manner.gain_db) for word in words], lengths))
    is_asked = line.is_exact or line.ends_sentence
    pause_s = line.pause_s if is_asked else _PAUSE_S / words[-1].manner.rate
    samples = np.concatenate([hum, np.zeros(round(pause_s * RATE_HZ))]).astype(np.float32)
    edges = np.concatenate([[0], np.cumsum(lengths)]) / RATE_HZ
    marks: list[Mark] = []
    for i, word in enumerate(words):
        if word.text or not marks:
            marks.append(Mark(word.text, float(edges[i]), float(edges[i + 1])))
        else:
            marks[-1] = Mark(marks[-1].text, marks[-1].start_s, float(edges[i + 1]))
    return Spoken(Waveform(samples, RATE_HZ), line.text, tuple(marks), _sounds(words, edges))


def _sounds(words: Sequence[_Hummed], borders: NDArray[np.float64]) -> tuple[Mark, ...]:
    """Each character is a sound; a blank of no length stands between words."""
    found: list[Mark] = []
    for word, start_s, end_s in zip(words, borders[:-1], borders[1:], strict=True):
        if found:
            found.append(Mark(" ", float(start_s), float(start_s)))
        edges = np.linspace(start_s, end_s, len(word.said) + 1)
        found += [Mark(c.lower(), float(edges[i]), float(edges[i + 1])) for i, c in enumerate(word.said)]
    return tuple(found)


def _letter_hz(place: int, *, begins: bool) -> float:
    return _FIRST_HZ + _APART_HZ * (place + (len(_LETTERS) if begins else 0))


def _letters(words: Sequence[_Hummed], sizes: Sequence[int]) -> NDArray[np.float64]:
    """The tones (n,) that spell `words`, so many samples a letter; silence for a character that has none."""
    parts = []
    for word, size in zip(words, sizes, strict=True):
        t = np.arange(size) / RATE_HZ
        for i, character in enumerate(word.said.lower() or " "):
            place = _LETTERS.find(character)
            tone = np.sin(2 * np.pi * _letter_hz(place, begins=i == 0) * t)
            parts.append(tone if place >= 0 else np.zeros(size))
    return np.concatenate(parts) if parts else np.zeros(0)


def _language(words: Sequence[HeardWord]) -> str:
    german = sum(word.text.strip(",.?!").lower() in _GERMAN for word in words)
    return "de" if german > len(words) / 2 else "en"


def _read(wave: Waveform, span: Span) -> list[HeardWord]:
    """The words spelt in `span`; none where its tones are not ours, or the rate is too low to hold them."""
    highest = _letter_hz(len(_LETTERS), begins=True)
    if wave.rate_hz < 2 * highest or span.duration_s < 2 * _CHARACTER_S:
        return []
    samples = wave.cut(span.start_s - _CHARACTER_S, span.end_s + _CHARACTER_S).samples
    found = _letter_tones(samples, wave.rate_hz, 1.0)
    if found is not None and _BLURRED[0] < found.clearness < _BLURRED[1] and span.duration_s < _LONGEST_S:
        # Hummed slower or faster: at the right rate the letters are clearest.
        others = [_letter_tones(samples, wave.rate_hz, rate) for rate in _RATES]
        found = max((f for f in (found, *others) if f is not None), key=lambda f: f.clearness)
    if found is None:
        return []
    character_s = _CHARACTER_S / found.rate
    start_s = max(0.0, span.start_s - _CHARACTER_S) + found.offset / wave.rate_hz
    floor = max(float(np.median(found.loud)), _LEAST / _SURELY)
    spelt: list[tuple[str, float]] = []
    for i, row in enumerate(found.loud):
        place = int(row.argmax())
        if row[place] < _SURELY * floor:
            continue
        begins, letter = place >= len(_LETTERS), _LETTERS[place % len(_LETTERS)]
        if begins or not spelt:
            spelt.append((letter, start_s + i * character_s))
        else:
            spelt[-1] = (spelt[-1][0] + letter, spelt[-1][1])
    # A hum that spells nothing has a loudest tone here and there, too, but not in most places.
    if sum(len(word) for word, _ in spelt) < 0.6 * span.duration_s / character_s:
        return []
    return [HeardWord(word, at_s, at_s + len(word) * character_s, 0.95) for word, at_s in spelt]


@dataclass(frozen=True, slots=True)
class _LetterTones:
    """How loud each letter's tone is in each place of a letter."""

    rate: float
    offset: int
    """Sample at which the first letter begins."""
    loud: NDArray[np.float64]
    """(places, letters): the amplitude as a part of all that sounds."""
    clearness: float
    """The loudest tone of a place, the mean over all."""


def _letter_tones(samples: NDArray[np.float32], rate_hz: int, rate: float) -> _LetterTones | None:
    size = round(_CHARACTER_S * rate_hz / rate)
    hz = [_letter_hz(i, begins=begins) for begins in (False, True) for i in range(len(_LETTERS))]
    t = np.arange(size) / rate_hz
    probe = np.exp(-2j * np.pi * np.outer(t, hz)) * np.hanning(size)[:, None]
    best: _LetterTones | None = None
    # A tone begins anywhere: the offset with the clearest letters is right.
    for offset in range(0, size, max(1, size // 12)):
        count = (len(samples) - offset) // size
        if count == 0:
            continue
        frames = samples[offset : offset + count * size].reshape(count, size)
        rms = float(np.sqrt(np.square(frames).mean())) + 1e-9
        loud = np.abs(frames @ probe) / (rms * size / 4)
        clearness = float(loud.max(axis=1).mean())
        if best is None or clearness > best.clearness:
            best = _LetterTones(rate, offset, loud, clearness)
    return best


def _fingerprint(takes: Sequence[Take], seed: int) -> str:
    digest = hashlib.sha256(str(seed).encode())
    for take in takes:
        digest.update(take.wave.samples.tobytes())
        digest.update(take.text.encode())
    return digest.hexdigest()


def _read_notes(path: Path, job: str) -> list[float]:
    """What an earlier run of the same job learnt; anything else is ignored."""
    try:
        notes = json.loads(path.read_bytes())
        return [float(pitch) for pitch in notes["learnt"]] if notes["job"] == job else []
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _write(path: Path, content: bytes) -> None:
    aside = path.with_suffix(path.suffix + ".part")
    aside.write_bytes(content)
    aside.replace(path)
