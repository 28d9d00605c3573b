"""Minutes of recordings -> a professional voice: the rapid one, then prosody and more of the decoder.

1. The rapid voice of the first few takes: the start, and the first candidate.
2. Every take aligned by comparison with that voice; those whose text does not fit are left out.
3. Prosody: style, durations and the curves of pitch and energy follow the speaker's real ones.
4. Timbre: gains and offsets, and low-rank deltas of the decoder's convolutions, down the same loss as the rapid voice.
5. Where somebody listens: the deltas at full strength, at less, or not at all, by what is misheard.

In 3 and 4 a part of the takes is never trained on; the parameters that do best there are kept. All of it goes on
after a crash: what was found lies in the folder.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sayso.audio.waveform import Waveform
from sayso.engines.base import CANDIDATE, Progress, Speaker, Take, TrainingPlan
from sayso.engines.curve import Curve, Point, read_curve
from sayso.engines.kokoro import adapt, lessons, network, pitch, speak, stock, symbols
from sayso.engines.kokoro.critic import Critic
from sayso.engines.kokoro.descent import Descent, Limits, State, Values
from sayso.engines.kokoro.lessons import Clean, Lesson, Pause, Reading, Times
from sayso.engines.kokoro.losses import speaker_loss, spectral_loss
from sayso.engines.kokoro.network import Deltas, Kokoro, LowRank
from sayso.engines.kokoro.voice import KokoroVoice, unpack
from sayso.engines.likeness import SpeakerEncoder
from sayso.errors import BadArtifact, TooLittleSpeech

Layers = tuple[str, ...]

DECODER_LAYERS: Layers = ("decoder.encode", *(f"decoder.decode.{i}" for i in range(4)))
"""Blocks before the generator: nine tenths of the decoder's weights, and a tenth of its time."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a professional voice is trained; every field is a question for the ablation (benchmarks/professional.py)."""

    layers: Layers = DECODER_LAYERS
    """Blocks of the decoder that get deltas; empty: gains and offsets alone."""
    rank: int = 16
    affine_rate: float = 3e-3
    delta_rate: float = 1e-3
    """Learning rates of AdamW."""
    speaker_weight: float = 0.75
    critic_weight: float = 0.3
    """Of a critic's disbelief; 0: without one."""
    crop_frames: int = 32
    """0.8 s, as for the rapid voice."""
    in_pieces: bool = True
    """Whether takes are learnt in the pieces that speaking would make of them, with the pauses between."""
    prosody: bool = True
    prosody_rank: int = 8
    prosody_rate: float = 1e-3
    prosody_steps: int = 600
    energy: bool = True
    """Whether loudness follows the recordings, too; what that costs and does not is in docs/lab/professional.md."""
    clean: bool = True
    """Whether timbre is learnt from the recordings without their noise."""
    rapid_s: float = 15.0
    """So much of the takes makes the rapid voice."""
    starts: int = 3
    """So many rapid voices are made; the one that is liked best is where the training starts."""
    held_out: float = 0.08
    """Part of the takes that is never trained on, but at most `held_out_s`."""
    held_out_s: float = 40.0
    aligning_part: float = 0.3
    prosody_part: float = 0.12
    """Of the budget, at most."""


_STRENGTHS = (1.0, 0.8, 0.6, 0.4, 0.0)
"""Of the deltas, as candidates; 0 is the rapid timbre with the learnt prosody."""
_PATIENT_MISHEARING = 0.004
"""So much more may be misheard before a weaker candidate wins."""
_PATIENT_START = 0.02
"""The same for a start: two words of a hundred, which the training can mend."""
_PATIENT_OPINION = 0.15
"""So much less may listeners like it, on the scale of five."""
_LONGER, _LISTENING_PART = 1.2, 0.15
"""Time is kept for listening to each candidate: what the first one took, times this; of the budget at most a part."""
_FOR_STARTS_S, _STARTS_PART = 1_200.0, 0.15
"""From this budget on there is time for more starts than one; none begins after this part of it."""
_ENOUGH_S = 6.0
"""From less speech no start is made."""
_HEARD_TAKES = 20
"""So many are enough to know how somebody sounds."""
_USUAL_HZ = 150.0
_APART = 4.0
"""Median deviations above which an alignment is not believed."""
_FEWEST = 4


def train(
    net: Kokoro,
    encoder: SpeakerEncoder,
    takes: Sequence[Take],
    folder: Path,
    seed: int,
    plan: TrainingPlan,
    progress: Progress,
    speaker: Callable[[KokoroVoice], speak.KokoroSpeaker],
    recipe: Recipe | None = None,
    clean: Clean | None = None,
) -> KokoroVoice:
    """A voice from minutes of `takes`. Raises TooLittleSpeech where nothing can be learnt from them.

    `clean` takes the noise out of a recording, in step with it.
    """
    return _Training(
        net, encoder, takes, folder, seed, plan, progress, speaker, recipe or Recipe(), clean
    ).run()


@dataclass(frozen=True, slots=True)
class _Ready:
    wave: Waveform
    text: str


@dataclass(frozen=True, slots=True)
class _Learnt:
    """A take that can be learnt from."""

    pieces: list[Lesson]
    pauses: list[Pause]
    """Between them."""

    @property
    def frames(self) -> int:
        return sum(piece.frames for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class _Impression:
    """How a candidate sounds."""

    misheard: float
    liked: float
    seconds: float
    """What listening took."""


class _Training:
    def __init__(
        self,
        net: Kokoro,
        encoder: SpeakerEncoder,
        takes: Sequence[Take],
        folder: Path,
        seed: int,
        plan: TrainingPlan,
        progress: Progress,
        speaker: Callable[[KokoroVoice], speak.KokoroSpeaker],
        recipe: Recipe,
        clean: Clean | None,
    ) -> None:
        self._clean = clean if recipe.clean else None
        self._net, self._encoder, self._folder, self._seed = net, encoder, folder, seed
        self._plan, self._progress, self._speaker, self._recipe = plan, progress, speaker, recipe
        self._ready = [
            _Ready(wave, take.text) for take in takes if (wave := lessons.usable(take)) is not None
        ]
        if not self._ready:
            raise TooLittleSpeech(
                "no recording holds speech with words we can say: record at least ten minutes of clear speech"
            )
        self._job = _fingerprint(self._ready, seed, recipe)
        kept = read_curve(folder)
        self._curve = kept if kept.facts.get("job") == self._job else Curve()
        self._clock = _Clock(folder / "clock.json", self._job, plan.budget_s)
        self._sampled_at = time.monotonic()
        self._rng = np.random.default_rng(seed)

    def run(self) -> KokoroVoice:
        self._curve.facts |= {"job": self._job, "takes": len(self._ready), "recipe": asdict(self._recipe)}
        rapid, reading = self._rapid()
        learnt = self._aligned(reading)
        train_set, held_out = self._split(learnt)
        self._curve.facts |= {
            "speech_s": round(sum(x.wave.duration_s for x in self._ready), 1),
            "used": len(learnt),
            "held_out": len(held_out),
        }
        voice = replace(
            rapid,
            rate_ratio=_rate([piece for take in learnt for piece in take.pieces], rapid.rate_ratio),
            pause_ratio=pause_ratio([pause for take in learnt for pause in take.pauses]),
            notes=self._notes(rapid, learnt),
        )
        if self._recipe.prosody:
            voice = self._prosody(voice, train_set, held_out)
        start = voice
        weakest = self._listened(start)
        listening_s = 0.0 if weakest is None else _LONGER * weakest.seconds * (len(_STRENGTHS) - 1)
        listening_s = min(listening_s, _LISTENING_PART * self._plan.budget_s)
        voice = self._timbre(voice, train_set, held_out, listening_s)
        voice = self._heard(start, voice, weakest)
        self._tell("adapting", 1.0)
        self._curve.write(self._folder)
        return voice

    # --- the rapid voice ---------------------------------------------------------------------------

    def _rapid(self) -> tuple[KokoroVoice, Reading]:
        file = self._folder / "rapid.kokoro"
        voice = _kept(file, self._job)
        if voice is None:
            voice = self._best_start()
            # First what is told of it: once the voice is there, nobody asks again.
            self._curve.write(self._folder)
            _write(file, voice.pack())
            self._clock.tick()
        style = torch.from_numpy(voice.row(128).copy())[None]
        affines = torch.from_numpy(voice.affines)[None]
        return voice, Reading(affines, style, voice.pitch_ratio, voice.rate_ratio)

    def _best_start(self) -> KokoroVoice:
        """What is liked best of a few rapid voices: how natural the end is depends on where it begins."""
        mishears, budget_s = self._plan.mishears, self._plan.budget_s
        # A budget of a few minutes must not go into the start alone.
        count = 1 if mishears is None or budget_s < _FOR_STARTS_S else self._recipe.starts
        recipe = adapt.Recipe(steps=min(adapt.Recipe().steps, max(8, round(budget_s / 10.0))))
        few = [ready.wave for ready in self._ready[:_HEARD_TAKES]]
        voiced = np.concatenate([f0[f0 > 0] for f0 in (pitch.track(wave.samples) for wave in few)])
        pitch_hz = float(np.median(voiced)) if len(voiced) else _USUAL_HZ
        near = stock.near(lessons.embedding(self._encoder, few), pitch_hz, english=False)
        begun: list[KokoroVoice] = []
        thought: list[tuple[float, float]] = []
        for n, (takes, stock_voice) in enumerate(_starts(self._ordinary(), near)[:count]):
            file = self._folder / f"start-{n}.kokoro"
            voice = _kept(file, self._job)
            if voice is None:
                if n and self._clock.spent_s > _STARTS_PART * budget_s:
                    break  # what is there has to do
                voice = adapt.rapid(
                    self._net,
                    self._encoder,
                    takes,
                    self._seed,
                    lambda stage, part, _, n=n: self._tell(stage, 0.02 * (n + part) / count),
                    recipe,
                    self._clean,
                    stock_voice,
                )
                voice = replace(voice, notes={**voice.notes, "job": self._job})
                _write(file, voice.pack())
                self._clock.tick()
            # Through the file's precision, so that a run that goes on sees the same.
            begun.append(unpack(voice.pack()))
            if mishears is not None and count > 1:
                self._tell("listening to a start", 0.02 * (n + 1) / count)
                kept = self._folder / f"start-{n}.json"
                impression = self._impression_of(begun[-1], mishears, kept)
                thought.append((impression.misheard, impression.liked))
        self._curve.facts["starts"] = [
            {"from": voice.notes.get("timbre_from"), "misheard": round(m, 4), "liked": round(p, 3)}
            for voice, (m, p) in zip(begun, thought, strict=False)
        ]
        return begun[most_liked(thought)] if thought else begun[0]

    def _ordinary(self) -> list[list[Take]]:
        """Once or twice a few takes, neither the shortest nor the longest: sentences of an ordinary length."""
        order = sorted(self._ready, key=lambda ready: abs(ready.wave.duration_s - 6.0))
        found: list[list[Take]] = []
        for _ in range(2):
            few: list[Take] = []
            total = 0.0
            while order and total < self._recipe.rapid_s:
                ready = order.pop(0)
                few.append(Take(ready.wave, ready.text))
                total += ready.wave.duration_s
            if not found or total >= _ENOUGH_S:
                found.append(few)
        return found

    # --- alignment ---------------------------------------------------------------------------------

    def _aligned(self, reading: Reading) -> list[_Learnt]:
        """The lessons of each take that fits its text, as many as there is time for."""
        order = self._rng.permutation(len(self._ready))
        folder = self._folder / "aligned"
        folder.mkdir(exist_ok=True)
        found: dict[int, Times] = {}
        for n, i in enumerate(order):
            file = folder / f"{i:04}.npz"
            kept = _times(file, self._job)
            if (
                kept is None
                and n >= _FEWEST
                and self._clock.spent_s > self._recipe.aligning_part * self._plan.budget_s
            ):
                continue
            if kept is None:
                ready = self._ready[i]
                kept = lessons.times(
                    self._net, reading, ready.wave, ready.text, pitch.track(ready.wave.samples)
                )
                _keep_times(file, self._job, kept)
                self._clock.tick()
            found[int(i)] = kept
            self._tell("aligning", 0.02 + 0.1 * (n + 1) / len(order))
        apart = np.array([times.apart for times in found.values()])
        line = np.median(apart) + _APART * max(0.01, float(np.median(np.abs(apart - np.median(apart)))))
        return [self._learnt(i, reading, times) for i, times in sorted(found.items()) if times.apart <= line]

    def _learnt(self, i: int, reading: Reading, times: Times) -> _Learnt:
        wave, text = self._cleaned(i), self._ready[i].text
        if not self._recipe.in_pieces:
            return _Learnt([lessons.lesson(self._net, reading, wave, text, times)], [])
        return _Learnt(*lessons.pieces(self._net, reading, wave, text, times))

    def _cleaned(self, i: int) -> Waveform:
        """Take `i` without its noise: what a microphone adds is not the voice. Kept, for it takes a while."""
        wave = self._ready[i].wave
        if self._clean is None:
            return wave
        file = self._folder / "aligned" / f"{i:04}.clean.npz"
        samples = _samples(file, self._job)
        if samples is None:
            samples = lessons.cleaned(wave, self._clean).samples
            _keep(file, self._job, samples=np.round(np.clip(samples, -1, 1) * 32767).astype(np.int16))
            samples = _samples(file, self._job)
        return wave if samples is None else Waveform(samples, network.RATE_HZ)

    def _split(self, learnt: Sequence[_Learnt]) -> tuple[list[Lesson], list[Lesson]]:
        """What is trained on, and what is held out, whole takes; of very few takes, all serve both ends."""
        if len(learnt) < _FEWEST:
            every = [piece for take in learnt for piece in take.pieces]
            return every, every
        total_s = sum(take.frames for take in learnt) * network.FRAME / network.RATE_HZ
        wanted_s = min(self._recipe.held_out * total_s, self._recipe.held_out_s)
        held: set[int] = set()
        held_s = 0.0
        for i in np.random.default_rng(self._seed).permutation(len(learnt)):
            if held and held_s >= wanted_s:
                break
            held.add(int(i))
            held_s += learnt[i].frames * network.FRAME / network.RATE_HZ
        train_set = [piece for i, take in enumerate(learnt) if i not in held for piece in take.pieces]
        return train_set, [piece for i in sorted(held) for piece in learnt[i].pieces]

    # --- prosody -----------------------------------------------------------------------------------

    def _prosody(self, voice: KokoroVoice, train_set: list[Lesson], held_out: list[Lesson]) -> KokoroVoice:
        net, recipe = self._net, self._recipe
        offset = lessons.energy_offset(train_set)
        shift = torch.zeros(1, network.STYLE, requires_grad=True)
        rng = np.random.default_rng([self._seed, 1])
        heads = "FN" if recipe.energy else "F"
        curves = [(f"predictor.{head}.{i}.conv{n}", 3) for head in heads for i in range(3) for n in (1, 2)]
        curves = [(name.replace("predictor.F.", "predictor.F0."), k) for name, k in curves]
        parts = _low_rank(net, [*curves, ("predictor.duration", 1)], recipe.prosody_rank, rng)

        def loss_of(lesson: Lesson) -> Tensor:
            style = torch.from_numpy(voice.row(lesson.hidden.shape[1]))[None] + shift
            deltas = _deltas(parts)
            encoded = net.predictor.encode(lesson.hidden, style)
            lengths = net.predictor.durations(encoded, deltas)[0] / voice.rate_ratio
            f0, energy = net.predictor.curves(network.spread(encoded, lesson.durations), style, deltas)
            pitch_hz = f0[0] * voice.pitch_ratio
            return prosody_loss(lesson, lengths, pitch_hz, energy[0], offset if recipe.energy else None)

        def loss(step: int) -> Tensor:
            chosen = np.random.default_rng([self._seed, 2, step]).integers(len(train_set), size=2)
            return torch.stack([loss_of(train_set[i]) for i in chosen]).mean()

        def held() -> float:
            return float(torch.stack([loss_of(lesson) for lesson in held_out]).mean())

        rates = {name: (tensor, recipe.prosody_rate) for name, tensor in parts.items()}
        descent = Descent(
            {"style": (shift, 3 * recipe.prosody_rate), **rates},
            loss,
            held,
            Limits(
                recipe.prosody_part * self._plan.budget_s,
                min(recipe.prosody_steps, self._plan.most_steps or recipe.prosody_steps),
                self._plan.checkpoint_s,
            ),
            self._folder / "prosody.safetensors",
            self._job,
        )
        best = self._descend("prosody", descent, 0.12, 0.22, lambda now: _with_prosody(voice, now))
        self._curve.facts["prosody_steps"] = descent.state.step
        return _with_prosody(voice, best)

    # --- timbre ------------------------------------------------------------------------------------

    def _timbre(
        self, voice: KokoroVoice, train_set: list[Lesson], held_out: list[Lesson], reserve_s: float
    ) -> KokoroVoice:
        """`reserve_s` of the budget are left for what follows."""
        net, recipe = self._net, self._recipe
        offset = lessons.energy_offset(train_set)
        gain = float(np.exp(offset / 2))  # energy is of power, samples are amplitudes
        embedding = lessons.embedding(self._encoder, [ready.wave for ready in self._ready[:_HEARD_TAKES]])
        unlike = speaker_loss(self._encoder, embedding)
        base = torch.from_numpy(voice.affines)[None]
        shift = torch.zeros_like(base).requires_grad_(True)
        names = [(f"{layer}.conv{n}", 3) for layer in recipe.layers for n in (1, 2)]
        parts = _low_rank(net, names, recipe.rank, np.random.default_rng([self._seed, 3]))
        lengths = np.array([lesson.frames for lesson in train_set], float)
        critic = Critic(self._seed) if recipe.critic_weight else None

        def said(lesson: Lesson, at: int, n: int, noise: int) -> Tensor:
            out: Tensor = net.decoder(
                lesson.asr[:, :, at : at + n],
                lesson.f0[None, 2 * at : 2 * (at + n)],
                lesson.energy[None, 2 * at : 2 * (at + n)] + offset,
                base + shift,
                speak.source_noise(n, noise),
                _deltas(parts),
            )
            return out

        def wanted(lesson: Lesson, at: int, n: int) -> Tensor:
            return lesson.samples[None, at * network.FRAME : (at + n) * network.FRAME] * gain

        def loss(step: int) -> Tensor:
            rng = np.random.default_rng([self._seed, 4, step])
            lesson = train_set[rng.choice(len(train_set), p=lengths / lengths.sum())]
            n = min(recipe.crop_frames, lesson.frames)
            at = int(rng.integers(0, lesson.frames - n + 1))
            out = said(lesson, at, n, int(rng.integers(2**40)))
            real = wanted(lesson, at, n)
            apart = spectral_loss(out, real) + recipe.speaker_weight * unlike(out[0])
            if critic is None:
                return apart
            critic.learn(step, out, real)
            # At first it knows nothing.
            if step < _CRITIC_LEARNS:
                return apart
            return apart + recipe.critic_weight * critic.disbelief(step, out, real)

        def held() -> float:
            # Spectra alone: how alike an encoder finds it says nothing about how well it is spoken.
            losses = []
            for lesson in held_out:
                n = min(_HELD_FRAMES, lesson.frames)
                at = (lesson.frames - n) // 2
                losses.append(float(spectral_loss(said(lesson, at, n, 0), wanted(lesson, at, n))))
            return float(np.mean(losses))

        def made(now: Values) -> KokoroVoice:
            affines = voice.affines + now["affines"][0]
            return replace(voice, affines=affines, deltas={**voice.deltas, **_pairs(now)})

        seconds = max(5.0, self._clock.left_s - reserve_s + self._clock.given("timbre"))
        descent = Descent(
            {
                "affines": (shift, recipe.affine_rate),
                **{name: (tensor, recipe.delta_rate) for name, tensor in parts.items()},
            },
            loss,
            held,
            Limits(seconds, self._plan.most_steps or 1_000_000, self._plan.checkpoint_s),
            self._folder / "timbre.safetensors",
            self._job,
            critic,
        )
        best = self._descend("timbre", descent, 0.22, 0.97, made)
        state = descent.state
        self._curve.facts |= {
            "timbre_steps": state.step,
            "step_s": round(state.spent_s / max(1, state.step), 3),
            "timbre_best": round(state.best, 4),
        }
        return made(best)

    # --- by ear ------------------------------------------------------------------------------------

    def _listened(self, start: KokoroVoice) -> _Impression | None:
        """How the weakest candidate sounds: it is there before the others, and tells how long listening takes."""
        mishears = self._plan.mishears
        if mishears is None:
            return None
        self._tell("listening to the start", 0.22)
        return self._impression_of(start, mishears, self._folder / "listened.json")

    def _impression_of(
        self, voice: KokoroVoice, mishears: Callable[[Speaker], float], file: Path
    ) -> _Impression:
        """The same, kept in `file`."""
        job = f"{self._job} {'' if self._plan.likes is None else 'liked'}"
        impression = _kept_impression(file, job)
        if impression is None:
            impression = self._impression(voice, mishears)
            _write(file, json.dumps({"job": job, **asdict(impression)}).encode())
            self._clock.tick()
        return impression

    def _impression(self, voice: KokoroVoice, mishears: Callable[[Speaker], float]) -> _Impression:
        began = time.monotonic()
        speaker = self._speaker(voice)
        misheard = mishears(speaker)
        liked = 0.0 if self._plan.likes is None else self._plan.likes(speaker)
        return _Impression(misheard, liked, time.monotonic() - began)

    def _heard(self, start: KokoroVoice, voice: KokoroVoice, weakest: _Impression | None) -> KokoroVoice:
        """The strongest candidate that is understood, and liked, about as well as the best one."""
        mishears = self._plan.mishears
        if weakest is None or mishears is None:
            return voice
        candidates = [_weaker(start, voice, strength) for strength in _STRENGTHS]
        tried: list[tuple[float, float]] = []
        for i, candidate in enumerate(candidates[:-1]):
            if tried and self._clock.left_s <= 0:
                break  # of weaker ones nothing is known but the weakest
            self._tell("listening to candidates", 0.97 + 0.03 * i / len(_STRENGTHS))
            impression = self._impression(candidate, mishears)
            tried.append((impression.misheard, impression.liked))
        heard: list[int] = [*range(len(tried)), len(candidates) - 1]
        tried.append((weakest.misheard, weakest.liked))
        self._curve.facts["candidates"] = [
            {"strength": _STRENGTHS[i], "misheard": round(m, 4), "liked": round(p, 3)}
            for i, (m, p) in zip(heard, tried, strict=True)
        ]
        return candidates[heard[strongest(tried)]]

    # --- telling -----------------------------------------------------------------------------------

    def _descend(
        self,
        phase: str,
        descent: Descent,
        begin: float,
        end: float,
        made: Callable[[Values], KokoroVoice],
    ) -> Values:
        def stepped(part: float) -> None:
            self._tell(f"learning {phase}", begin + (end - begin) * part)
            self._clock.note(phase, descent.state.spent_s, every_s=5.0)
            if time.monotonic() - self._sampled_at >= self._plan.sample_s:
                self._sampled_at = time.monotonic()
                _write(self._folder / CANDIDATE, made(descent.values()).pack())
                self._curve.facts["candidate_step"] = descent.state.step
                self._curve.write(self._folder)

        def looked(state: State, loss: float | None, held_out: float | None) -> None:
            self._clock.note(phase, state.spent_s)
            self._curve.add(Point(phase, state.step, round(state.spent_s, 1), loss, held_out))
            self._curve.write(self._folder)

        best = descent.run(stepped, looked)
        self._clock.note(phase, descent.state.spent_s)
        return best

    def _tell(self, stage: str, part: float) -> None:
        self._progress(stage, min(1.0, part), self._clock.left_s)

    def _notes(self, rapid: KokoroVoice, learnt: Sequence[_Learnt]) -> dict[str, Any]:
        kept = {name: value for name, value in rapid.notes.items() if name != "job"}
        seconds = sum(take.frames for take in learnt) * network.FRAME / network.RATE_HZ
        return {
            **kept,
            "kind": "professional",
            "speech_s": round(seconds, 1),
            "layers": list(self._recipe.layers),
            "rank": self._recipe.rank,
        }


_HELD_FRAMES = 80
_CRITIC_LEARNS = 100
"""Steps in which the critic learns and is not listened to."""


def _starts(
    sets: Sequence[list[Take]], near: Sequence[stock.StockVoice]
) -> list[tuple[list[Take], stock.StockVoice]]:
    """What rapid voices can be made of, no two alike: each set of takes with the nearest stock voice, then with the next."""
    return [(takes, voice) for voice in near for takes in sets]


def most_liked(tried: Sequence[tuple[float, float]]) -> int:
    """Which of the candidates is liked best of those that are understood: (part that is misheard, what listeners would say).

    Of those that are liked alike, as where nobody tells, the one that is understood best.
    """
    return max(_understood(tried, _PATIENT_START), key=lambda i: (tried[i][1], -tried[i][0]))


def _understood(tried: Sequence[tuple[float, float]], patient: float) -> list[int]:
    least = min(misheard for misheard, _ in tried)
    return [i for i, (misheard, _) in enumerate(tried) if misheard <= least + patient]


def strongest(tried: Sequence[tuple[float, float]]) -> int:
    """Which of the candidates, the strongest first, is taken: (part that is misheard, what listeners would say) of each."""
    understood = _understood(tried, _PATIENT_MISHEARING)
    best = max(tried[i][1] for i in understood)
    return next(i for i in understood if tried[i][1] >= best - _PATIENT_OPINION)


def prosody_loss(lesson: Lesson, lengths: Tensor, f0: Tensor, energy: Tensor, offset: float | None) -> Tensor:
    """How far durations (T,), F0 (2L,) in Hz and log energy (2L,) are from the real ones.

    Durations in frames, without the silence at the ends; pitch where both have one, in octaves; energy where the
    recording is not quiet: its noise is nobody's way of speaking. Without `offset` energy stays as it was everywhere.
    """
    real = lesson.durations.to(lengths.dtype)
    inner = slice(1, -1)
    # A pause as long as the recording holds once is no habit.
    apart = lengths[inner] - real[inner].clamp(max=_LONGEST_FRAMES)
    if lesson.tail > 1:
        # The silence behind the last sound was cut off, and is from what is said: longer is no fault there.
        ends = len(apart) - (lesson.tail - 1)
        apart = torch.cat([apart[:ends], apart[ends:].clamp(max=0)])
    loss = apart.abs().mean() + 0.5 * apart.sum().abs() / len(real)
    both = (lesson.f0 > 0) & (f0.detach() > _VOICED_HZ)
    if int(both.sum()) > 0:
        loss = loss + 8.0 * (torch.log2(f0[both]) - torch.log2(lesson.f0[both])).abs().mean()
    # Without pitch, and where it is quiet, the curves stay what they were: nothing is to be learnt of them there,
    # and what moves along by chance is heard as buzzing and noise.
    voiceless = lesson.predicted_f0 < network.VOICED_HZ
    if int(voiceless.sum()) > 0:
        loss = loss + (f0 - lesson.predicted_f0)[voiceless].abs().mean() / _VOICED_HZ
    apart = energy - lesson.predicted_energy
    if offset is not None:
        loud = lesson.energy > torch.quantile(lesson.energy, 0.3)
        apart = torch.where(loud, energy - (lesson.energy + offset), apart)
    return loss + 0.5 * apart.abs().mean()


_LONGEST_FRAMES, _VOICED_HZ = 24.0, 40.0


def _rate(learnt: Sequence[Lesson], otherwise: float) -> float:
    """How fast the speaker is against the voice that was compared, sounds alone: pauses would bias it."""
    read = sum(float(lesson.read_durations[2:-2].sum()) for lesson in learnt)
    real = sum(float(lesson.durations[2:-2].clamp(max=_LONGEST_FRAMES).sum()) for lesson in learnt)
    return float(np.clip(otherwise * read / real, 0.7, 1.4)) if real > 0 else otherwise


_FEWEST_PAUSES = 8


def pause_ratio(pauses: Sequence[Pause]) -> float:
    """How long the speaker's pauses between pieces are against the usual ones; 1 where there are too few to tell."""
    told = [pause for pause in pauses if pause.usual_s > 0]
    if len(told) < _FEWEST_PAUSES:
        return 1.0
    # Speaking makes the pause, and then leaves some silence before the next sound.
    ratios = [max(0.0, pause.real_s - speak.LEAD_S) / pause.usual_s for pause in told]
    return float(np.clip(np.median(ratios), 0.5, 3.0))


def _low_rank(
    net: Kokoro, names: Sequence[tuple[str, int]], rank: int, rng: np.random.Generator
) -> dict[str, Tensor]:
    """Thin convolutions that add nothing yet: `down/NAME` drawn, `up/NAME` zero."""
    parts = {}
    for name, k in names:
        weight = net.get_parameter(f"{name}.weight")
        c_out, c_in = int(weight.shape[0]), int(weight.shape[1])
        down = rng.normal(size=(rank, c_in, k)) / np.sqrt(c_in * k)
        parts[f"down/{name}"] = torch.from_numpy(down.astype(np.float32)).requires_grad_(True)
        parts[f"up/{name}"] = torch.zeros(c_out, rank, requires_grad=True)
    return parts


def _deltas(parts: dict[str, Tensor]) -> Deltas:
    names = [name.removeprefix("down/") for name in parts if name.startswith("down/")]
    return {name: LowRank(parts[f"down/{name}"], parts[f"up/{name}"]) for name in names}


def _pairs(values: Values) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    names = [name.removeprefix("down/") for name in values if name.startswith("down/")]
    return {name: (values[f"down/{name}"], values[f"up/{name}"]) for name in names}


def _with_prosody(voice: KokoroVoice, now: Values) -> KokoroVoice:
    return replace(voice, prosody=voice.prosody + now["style"], deltas={**voice.deltas, **_pairs(now)})


def _weaker(start: KokoroVoice, voice: KokoroVoice, strength: float) -> KokoroVoice:
    """Between two voices of one prosody: 0 is `start`, 1 is `voice`."""
    if strength == 1.0:
        return voice
    added = {
        name: (down, up * strength) for name, (down, up) in voice.deltas.items() if name not in start.deltas
    }
    return replace(
        voice,
        affines=start.affines + strength * (voice.affines - start.affines),
        deltas={**start.deltas, **(added if strength > 0 else {})},
    )


class _Clock:
    """Wall seconds that were worked, over all tries of one job."""

    def __init__(self, file: Path, job: str, budget_s: float) -> None:
        self._file, self._job, self._budget_s = file, job, budget_s
        self._notes: dict[str, float] = {}
        try:
            kept = json.loads(file.read_text())
            before = float(kept["spent_s"]) if kept["job"] == job else 0.0
            self._notes = dict(kept["notes"]) if kept["job"] == job else {}
        except (OSError, ValueError, KeyError, TypeError):
            before = 0.0
        self._start = time.monotonic() - before
        self._ticked_s = before

    @property
    def spent_s(self) -> float:
        return time.monotonic() - self._start

    @property
    def left_s(self) -> float:
        return max(0.0, self._budget_s - self.spent_s)

    def given(self, phase: str) -> float:
        """What a phase has used of the budget in earlier tries."""
        return self._notes.get(phase, 0.0)

    def note(self, phase: str, spent_s: float, *, every_s: float = 0.0) -> None:
        self._notes[phase] = spent_s
        if self.spent_s - self._ticked_s >= every_s:
            self.tick()

    def tick(self) -> None:
        """Write down what was spent."""
        self._ticked_s = self.spent_s
        _write(
            self._file,
            json.dumps({"job": self._job, "spent_s": self.spent_s, "notes": self._notes}).encode(),
        )


def _fingerprint(ready: Sequence[_Ready], seed: int, recipe: Recipe) -> str:
    digest = hashlib.sha256(json.dumps([seed, asdict(recipe), symbols.__name__]).encode())
    for one in ready:
        digest.update(one.wave.samples.tobytes())
        digest.update(one.text.encode())
    return digest.hexdigest()


def _kept(file: Path, job: str) -> KokoroVoice | None:
    try:
        voice = unpack(file.read_bytes())
    except (OSError, BadArtifact):
        return None
    return voice if voice.notes.get("job") == job else None


def _kept_impression(file: Path, job: str) -> _Impression | None:
    try:
        kept = json.loads(file.read_text())
        numbers = [float(kept[name]) for name in ("misheard", "liked", "seconds")]
        return _Impression(*numbers) if kept["job"] == job else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _times(file: Path, job: str) -> Times | None:
    try:
        with np.load(file, allow_pickle=False) as kept:
            if str(kept["job"]) != job:
                return None
            return Times(kept["durations"], kept["f0"], float(kept["apart"]))
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _samples(file: Path, job: str) -> NDArray[np.float32] | None:
    try:
        with np.load(file, allow_pickle=False) as kept:
            return None if str(kept["job"]) != job else kept["samples"].astype(np.float32) / 32767
    except (OSError, ValueError, KeyError, EOFError):
        return None


def _keep_times(file: Path, job: str, times: Times) -> None:
    _keep(file, job, durations=times.durations, f0=times.f0, apart=times.apart)


def _keep(file: Path, job: str, **values: Any) -> None:
    aside = file.with_suffix(".part")
    with aside.open("wb") as sink:
        np.savez(sink, job=np.array(job), **values)
    aside.replace(file)


def _write(file: Path, content: bytes) -> None:
    aside = file.with_name(file.name + ".part")
    aside.write_bytes(content)
    aside.replace(file)
