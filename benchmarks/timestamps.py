"""Are the times of letters and sounds right, against an alignment that knows nothing of ours?

    python benchmarks/timestamps.py [--speech DIR] [--readers 3] [--sentences 40] [--json FILE]

The product says sentences and gives their times as clients get them. The reference is a forced aligner of the classical
kind, made here and now: a hidden Markov model with three states for each sound and Gaussians over cepstra of 5 ms steps,
which learns from nothing but the sound of these sentences and the order of their sounds (flat start, Viterbi training). It
never sees a time of ours. How well it aligns is printed as well: where sound begins and ends after and before silence is
known from the level. Whisper's own times of words, which are coarse, are a second opinion.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

import common
import standins
import words
from sayso.audio import codec
from sayso.audio.mel import mel_power
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.domain.clip import Container, Precision, SoundFormat
from sayso.domain.timing import Mark
from sayso.engines.base import Ear, Speaker
from sayso.engines.registry import EngineOptions, make_ear
from sayso.pipeline import synthesis
from sentences import SENTENCES

_RATE_HZ, _HOP, _N_FFT = 16_000, 80, 400
_STEP_S = _HOP / _RATE_HZ
_STATES = 3
_ROUNDS = (6, 5, 4)
"""Rounds of training with 1, 2 and 4 Gaussians a state."""
_SOUND = SoundFormat(Container.WAV, Precision.PCM_32, 24_000)
_SILENT = "sil"
_QUIET = 0.004

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A sentence with the times that the product gives."""

    voice: str
    text: str
    wave: Waveform
    spans: tuple[tuple[float, float], ...]
    """Start and end of each word, of the times of its letters."""
    sounds: tuple[tuple[Mark, ...], ...]
    """Of each word."""
    features: Floats
    """(frames, 39)."""

    @property
    def states(self) -> list[tuple[str, int]]:
        """What the aligner walks through: (sound, which third of it), silence around and, if it likes, between."""
        found = [(_SILENT, 0)]
        for word in self.sounds:
            found += [(_bare(mark.text), part) for mark in word for part in range(_STATES)]
            found.append((_SILENT, 0))
        return found


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=False)
    parser.add_argument("--only", metavar="SPEAKER", help="clone this speaker instead of the first")
    parser.add_argument(
        "--readers", type=int, default=3, metavar="N", help="stock readers beside the rapid voice"
    )
    parser.add_argument("--sentences", type=int, default=len(SENTENCES), metavar="N")
    options = parser.parse_args()
    report = common.Report("timestamps: are the times of letters and sounds right?", options)
    everything = [
        said for name, speaker in _speakers(options) for said in say(name, speaker, options.sentences)
    ]
    model = Model(everything)
    model.train()
    pairs = [(said, model.align(said)) for said in everything]
    rows = [
        _row(name, [pair for pair in pairs if pair[0].voice == name])
        for name in dict.fromkeys(s.voice for s in everything)
    ]
    report.table("Times against the forced alignment, ms", [*rows, common.mean_row(rows, "mean")], _NOTE)
    report.table("The aligner itself, ms, where the level tells the truth", [_checked(pairs)], _CHECK_NOTE)
    ear = make_ear(options.engine, EngineOptions(options.models, options.threads))
    report.table("Times against Whisper's, ms", [_second(ear, everything)], _SECOND_NOTE)
    report.close()


_NOTE = (
    "Mean of absolute differences. Words by the times of their letters, sounds by their own. 90 %: of the starts of words, "
    "nine in ten differ less. Later: ours minus the reference, mean with its sign."
)
_CHECK_NOTE = (
    f"First and last sound of each sentence against the first and last sample above {_QUIET}: what begins or ends softly is a "
    "little off by itself."
)
_SECOND_NOTE = (
    "Words that Whisper base heard as they were written; its times come in steps of 20 ms, from attention."
)


def _speakers(options: argparse.Namespace) -> list[tuple[str, Speaker]]:
    engine = standins.speaking_engine(options.engine, options.models, options.threads)
    found = [(name, engine.reader(name)) for name in engine.readers()[: options.readers]]
    if options.speech is not None:
        with tempfile.TemporaryDirectory() as folder:
            standins.write(options, Path(folder))
            found.insert(0, ("rapid voice", engine.load((Path(folder) / standins.RAPID).read_bytes())))
    return found


def say(name: str, speaker: Speaker, count: int) -> list[Said]:
    """The sentences with their times; those whose words and letters do not pair are left out."""
    found = []
    for text in SENTENCES[:count]:
        made = synthesis.say(speaker, text, _SOUND)
        wave = codec.decode(made.audio)
        written = [match.span() for match in re.finditer(r"\w+(?:['’]\w+)*", text)]
        assert "".join(mark.text for mark in made.times.letters) == text
        spans = [(made.times.letters[a].start_s, made.times.letters[b - 1].end_s) for a, b in written]
        sounds = _by_word(made.times.sounds)
        if len(sounds) == len(spans):
            found.append(Said(name, text, wave, tuple(spans), tuple(sounds), features(wave)))
        else:
            print(f"left out, {len(spans)} words and {len(sounds)} spoken: {text}")
    return found


def _by_word(marks: Sequence[Mark]) -> list[tuple[Mark, ...]]:
    """Sounds in words: what is no letter stands between them."""
    found: list[list[Mark]] = [[]]
    for mark in marks:
        if any(c.isalpha() for c in mark.text):
            found[-1].append(mark)
        elif found[-1]:
            found.append([])
    return [tuple(word) for word in found if word]


def _bare(sound: str) -> str:
    return sound.strip("ˈˌ").rstrip("ː")


def features(wave: Waveform) -> Floats:
    """Cepstra with their first and second differences, (frames, 39), each of unit variance over the recording."""
    samples = resample(wave, _RATE_HZ).samples
    power = mel_power(samples, _RATE_HZ, n_fft=_N_FFT, hop=_HOP, n_mels=40, pad="constant").T
    cepstra = dct(np.log(np.maximum(power, 1e-9)), axis=1, norm="ortho")[:, :13]
    once = np.gradient(cepstra, 2.0, axis=0)
    whole = np.concatenate([cepstra, once, np.gradient(once, 2.0, axis=0)], 1)
    return np.asarray((whole - whole.mean(0)) / (whole.std(0) + 1e-6), np.float64)


class Model:
    """Gaussians for the states of all sounds."""

    def __init__(self, corpus: Sequence[Said]) -> None:
        self._corpus = corpus
        self._names = sorted({state for said in corpus for state in said.states})
        self._index = {name: i for i, name in enumerate(self._names)}
        self._codes = [np.array([self._index[state] for state in said.states]) for said in corpus]
        self._paths = [_flat(said, code) for said, code in zip(corpus, self._codes, strict=True)]
        self._gaussians = 1
        self._learn()

    def train(self) -> None:
        """Align and learn in turns, with more and more Gaussians."""
        for number, rounds in enumerate(_ROUNDS):
            if number:
                self._split()
            for _ in range(rounds):
                self._paths = [
                    self._codes[i][self._walk(said, self._codes[i])] for i, said in enumerate(self._corpus)
                ]
                self._learn()

    def align(self, said: Said) -> list[list[tuple[float, float]]]:
        """Start and end in seconds of every sound of every word."""
        code = np.array([self._index[state] for state in said.states])
        path = self._walk(said, code)
        found: list[list[tuple[float, float]]] = []
        at = 1
        for word in said.sounds:
            times = []
            for _ in word:
                steps = np.flatnonzero((path >= at) & (path < at + _STATES))
                # A step is centred on its time: it begins half a step before.
                times.append(((steps[0] - 0.5) * _STEP_S, (steps[-1] + 0.5) * _STEP_S))
                at += _STATES
            found.append(times)
            at += 1
        return found

    def _walk(self, said: Said, code: NDArray[np.int64]) -> NDArray[np.int64]:
        """The likeliest place in the states for each frame; silence between words may be passed over."""
        scores = self._scores(said.features)[:, code]
        size = len(code)
        silent = np.array([state[0] == _SILENT for state in said.states])
        may_skip = np.zeros(size, bool)
        may_skip[2:] = silent[1:-1]
        best = np.full(size, -np.inf)
        best[:2] = scores[0, :2]
        back = np.zeros((len(scores), size), np.int8)
        for t in range(1, len(scores)):
            options = np.full((3, size), -np.inf)
            options[0] = best
            options[1, 1:] = best[:-1]
            options[2, 2:] = np.where(may_skip[2:], best[:-2], -np.inf)
            back[t] = options.argmax(0)
            best = options.max(0) + scores[t]
        at = size - 1 if best[-1] >= best[-2] else size - 2
        path = np.zeros(len(scores), np.int64)
        for t in range(len(scores) - 1, -1, -1):
            path[t] = at
            at -= int(back[t, at])
        return path

    def _scores(self, frames: Floats) -> Floats:
        """Log likelihood of each frame in each state, (frames, states)."""
        inverse = 1 / self._variances
        constant = (
            -0.5 * (np.log(self._variances).sum(-1) + (self._means**2 * inverse).sum(-1)) + self._weights
        )
        size = frames.shape[1]
        linear = frames @ (self._means * inverse).reshape(-1, size).T
        square = (frames**2) @ inverse.reshape(-1, size).T
        scores = (linear - 0.5 * square).reshape(len(frames), *constant.shape) + constant
        top = scores.max(-1, keepdims=True)
        return np.asarray((top + np.log(np.exp(scores - top).sum(-1, keepdims=True)))[..., 0])

    def _learn(self) -> None:
        frames = np.concatenate([said.features for said in self._corpus])
        labels = np.concatenate(self._paths)
        n, size = len(self._names), frames.shape[1]
        if self._gaussians == 1:
            self._means = np.zeros((n, 1, size))
            self._variances = np.ones((n, 1, size))
            self._weights = np.zeros((n, 1))
        for state in range(n):
            own = frames[labels == state]
            if len(own) < 4 * self._gaussians:
                continue
            if self._gaussians == 1:
                share = np.ones((len(own), 1))
            else:
                inverse = 1 / self._variances[state]
                scores = own @ (self._means[state] * inverse).T - 0.5 * (own**2) @ inverse.T
                scores += self._weights[state] - 0.5 * (
                    np.log(self._variances[state]).sum(-1) + (self._means[state] ** 2 * inverse).sum(-1)
                )
                share = np.exp(scores - scores.max(1, keepdims=True))
                share /= share.sum(1, keepdims=True)
            total = share.sum(0) + 1e-3
            means = share.T @ own / total[:, None]
            self._means[state] = means
            self._variances[state] = np.maximum(share.T @ own**2 / total[:, None] - means**2, 0.05)
            self._weights[state] = np.log(total / total.sum())

    def _split(self) -> None:
        shift = 0.2 * np.sqrt(self._variances)
        self._means = np.concatenate([self._means - shift, self._means + shift], 1)
        self._variances = np.concatenate([self._variances] * 2, 1)
        self._weights = np.concatenate([self._weights - np.log(2)] * 2, 1)
        self._gaussians *= 2


def _flat(said: Said, code: NDArray[np.int64]) -> NDArray[np.int64]:
    """To begin with: silence where it is quiet at the ends, the rest evenly among the sounds."""
    loud = np.flatnonzero(np.abs(resample(said.wave, _RATE_HZ).samples) > _QUIET) // _HOP
    path = np.full(len(said.features), code[0])
    voiced = np.array([c for c, state in zip(code, said.states, strict=True) if state[0] != _SILENT])
    first, last = int(loud[0]), int(loud[-1]) + 1
    places = np.minimum(np.arange(last - first) * len(voiced) // (last - first), len(voiced) - 1)
    path[first:last] = voiced[places]
    return path


def _row(name: str, pairs: Sequence[tuple[Said, list[list[tuple[float, float]]]]]) -> dict[str, object]:
    starts, ends, first, last = [], [], [], []
    for said, found in pairs:
        for span, word, times in zip(said.spans, said.sounds, found, strict=True):
            starts.append(span[0] - times[0][0])
            ends.append(span[1] - times[-1][1])
            for mark, (start_s, end_s) in zip(word, times, strict=True):
                first.append(mark.start_s - start_s)
                last.append(mark.end_s - end_s)
    return {
        "voice": name,
        "words": len(starts),
        "word starts": _ms(starts),
        "word ends": _ms(ends),
        "90 %": 1_000 * float(np.percentile(np.abs(starts), 90)),
        "later": 1_000 * float(np.mean(starts)),
        "ends later": 1_000 * float(np.mean(ends)),
        "sounds": len(first),
        "sound starts": _ms(first),
        "sound ends": _ms(last),
    }


def _ms(differences: Sequence[float]) -> float:
    return 1_000 * float(np.abs(differences).mean())


def _checked(pairs: Sequence[tuple[Said, list[list[tuple[float, float]]]]]) -> dict[str, object]:
    first, last = [], []
    for said, found in pairs:
        loud = np.flatnonzero(np.abs(said.wave.samples) > _QUIET) / said.wave.rate_hz
        first.append(found[0][0][0] - loud[0])
        last.append(found[-1][-1][1] - loud[-1])
    return {"sentences": len(pairs), "first sound": _ms(first), "last sound": _ms(last)}


def _second(ear: Ear, everything: Sequence[Said]) -> dict[str, object]:
    starts, ends = [], []
    for said in everything:
        heard = ear.hear(said.wave, "en").words
        wanted = [" ".join(words.normal(one)) for one in re.findall(r"\w+(?:['’]\w+)*", said.text)]
        got = [" ".join(words.normal(one.text)) for one in heard]
        for block in SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks():
            for k in range(block.size):
                starts.append(said.spans[block.a + k][0] - heard[block.b + k].start_s)
                ends.append(said.spans[block.a + k][1] - heard[block.b + k].end_s)
    return {
        "words": len(starts),
        "word starts": _ms(starts),
        "word ends": _ms(ends),
        "later": 1_000 * float(np.mean(starts)),
    }


if __name__ == "__main__":
    main()
