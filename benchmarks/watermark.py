"""What does the watermark do to the sound, what survives of it, who is mistaken for us, and what does it cost?

    python benchmarks/watermark.py [--speech DIR] [--readers 8] [--people 12] [--words 12] [--json FILE]

Stock readers say pairs of sentences, marked piece by piece as a stream is; with --speech the first seconds of human
recordings are marked and unmarked, too. PESQ needs the package `pesq` (pip install '.[benchmarks]').

LICENCE WARNING: `pesq` contains the reference code of ITU-T P.862. The ITU's terms allow it for evaluating and forbid
COMMERCIAL USE without a licence of the patents' and the code's owners. It is no part of sayso, nothing in `src` imports it
and none may. Without it the column stays empty.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import soundfile
import torch
from scipy.signal import fftconvolve

import common
import words
from sayso.audio.mel import mel_power
from sayso.audio.resample import resample
from sayso.audio.waveform import Samples, Waveform
from sayso.engines.registry import EngineOptions, make_ear, make_engine
from sayso.engines.watermark import MARKED, Watermark
from sayso.engines.watermark.marking import STRENGTH
from sentences import SENTENCES

STRENGTHS = (1.0, 0.8, 0.65, 0.5, 0.35)
_LONGEST_S = 8.0
_SEED = 7

Way = Callable[[Waveform], Waveform]


@dataclass(frozen=True, slots=True)
class Item:
    """One clip: its pieces as the engine yields them, without the mark."""

    kind: str
    text: str
    pieces: tuple[Waveform, ...]

    def unmarked(self) -> Waveform:
        return _joined(self.pieces)

    def marked(self, watermark: Watermark) -> Waveform:
        return _joined([watermark.mark(piece) for piece in self.pieces])


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=False)
    parser.add_argument(
        "--readers", type=int, default=8, metavar="N", help="clips of stock readers (default: 8)"
    )
    parser.add_argument("--people", type=int, default=12, metavar="N", help="human recordings (default: 12)")
    parser.add_argument(
        "--words", type=int, default=12, metavar="N", help="sentences heard by Whisper (default: 12)"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    report = common.Report("watermark: what does the mark do, and what does it survive?", options)
    items = [*_readers(options), *_people(options)]
    cost(report, options, items)
    survival(report, options, items)
    strengths(report, options, items)
    heard(report, options, items)
    report.close()


# --- what is marked -------------------------------------------------------------------------------


def _readers(options: argparse.Namespace) -> list[Item]:
    engine = make_engine(options.engine, EngineOptions(options.models, options.threads))
    names = engine.readers()
    items = []
    for i in range(options.readers):
        text = " ".join(SENTENCES[(2 * i + j) % len(SENTENCES)] for j in range(2))
        pieces = tuple(piece.wave for piece in engine.reader(names[i % len(names)]).speak(text))
        items.append(Item("readers", text, pieces))
    return items


def _people(options: argparse.Namespace) -> list[Item]:
    if options.speech is None:
        return []
    files = sorted((options.speech / options.speakers / "wavs").glob("*"))
    items = []
    for file in files[:: max(1, len(files) // max(1, options.people))][: options.people]:
        samples, rate_hz = soundfile.read(file, dtype="float32")
        items.append(Item("people", "", (Waveform(samples, rate_hz).cut(0.0, _LONGEST_S),)))
    return items


def _joined(pieces: Sequence[Waveform]) -> Waveform:
    return Waveform(np.concatenate([piece.samples for piece in pieces]), pieces[0].rate_hz)


# --- cost -----------------------------------------------------------------------------------------


def cost(report: common.Report, options: argparse.Namespace, items: Sequence[Item]) -> None:
    """Processor time of marking and of finding, on one thread and on all."""
    watermark = Watermark(options.models)
    watermark.warm()
    speech = _joined([piece for item in items if item.kind == "readers" for piece in item.pieces])
    rows = []
    for threads in sorted({1, options.threads}):
        torch.set_num_threads(threads)
        for seconds in (0.6, 1.0, 3.0, 6.0):
            piece = speech.cut(0.0, seconds)
            rows.append({"what": f"mark {seconds} s", "threads": threads, **_times(watermark.mark, piece)})
        rows.append(
            {
                "what": "find in 10 s, unmarked",
                "threads": threads,
                **_times(watermark.find, speech.cut(0, 10)),
            }
        )
    report.table("Cost", rows, "Least and middle of fifteen; milliseconds. CPU: of the whole process.")


def _times(work: Callable[[Waveform], object], wave: Waveform) -> dict[str, float]:
    work(wave)
    walls, cpus = [], []
    for _ in range(15):
        wall, cpu = time.perf_counter(), time.process_time()
        work(wave)
        walls.append(1_000 * (time.perf_counter() - wall))
        cpus.append(1_000 * (time.process_time() - cpu))
    return {
        "wall, least": min(walls),
        "wall, middle": float(np.median(walls)),
        "CPU, least": min(cpus),
        "CPU ms per s": min(cpus) / wave.duration_s,
    }


# --- what survives --------------------------------------------------------------------------------


def survival(report: common.Report, options: argparse.Namespace, items: Sequence[Item]) -> None:
    """How often the mark is found, and how often there was none."""
    watermark = Watermark(options.models)
    rows = []
    for kind in sorted({item.kind for item in items}, reverse=True):
        own = [item for item in items if item.kind == kind]
        for name, way in _ways().items():
            marked = [watermark.confidence(way(item.marked(watermark))) for item in own]
            unmarked = [watermark.confidence(way(item.unmarked())) for item in own]
            rows.append(
                {
                    "sound": kind,
                    "clips": len(own),
                    "condition": name,
                    "marked found %": _percent(marked),
                    "least confidence": min(marked),
                    "unmarked taken for ours %": _percent(unmarked),
                    "highest confidence": max(unmarked),
                }
            )
    report.table(f"Detection at strength {STRENGTH:g}, line {MARKED:g}", rows)


def _percent(confidences: Sequence[float]) -> float:
    return 100.0 * float(np.mean([confidence >= MARKED for confidence in confidences]))


def _ways() -> dict[str, Way]:
    return {
        "clean": lambda wave: wave,
        "8 kHz, mu-law": lambda wave: _file(resample(wave, 8_000), "WAV", "ULAW"),
        "mp3, 30 kbit/s": lambda wave: _file(wave, "MP3", "MPEG_LAYER_III", compression_level=0.9),
        "opus, 32 kbit/s": lambda wave: _file(wave, "OGG", "OPUS", compression_level=0.9),
        "2 s from the middle": lambda wave: wave.cut(wave.duration_s / 2 - 1, wave.duration_s / 2 + 1),
        "echo, 0.5 s": _echo,
        "white noise, 20 dB": lambda wave: _noisy(wave, 20, 0.0),
        "white noise, 10 dB": lambda wave: _noisy(wave, 10, 0.0),
        "pink noise, 20 dB": lambda wave: _noisy(wave, 20, 0.5),
        "pink noise, 10 dB": lambda wave: _noisy(wave, 10, 0.5),
        "to 44.1 kHz and back": lambda wave: resample(resample(wave, 44_100), wave.rate_hz),
        "5 % faster": lambda wave: Waveform(resample(wave, round(wave.rate_hz / 1.05)).samples, wave.rate_hz),
        "3 % slower": lambda wave: Waveform(resample(wave, round(wave.rate_hz / 0.97)).samples, wave.rate_hz),
    }


def _file(wave: Waveform, container: str, subtype: str, **how: object) -> Waveform:
    file = io.BytesIO()
    wave = resample(wave, 24_000) if subtype == "OPUS" else wave
    soundfile.write(
        file, np.clip(wave.samples, -1, 1), wave.rate_hz, format=container, subtype=subtype, **how
    )
    file.seek(0)
    samples, rate_hz = soundfile.read(file, dtype="float32")
    return Waveform(samples, rate_hz)


def _echo(wave: Waveform) -> Waveform:
    """A room of half a second: noise that falls by 60 dB, 6 dB below what arrives directly."""
    t = np.arange(round(0.5 * wave.rate_hz)) / wave.rate_hz
    tail = np.random.default_rng(_SEED).standard_normal(len(t)) * 10 ** (-3 * t / 0.5)
    room = 0.5 * tail / np.sqrt(np.square(tail).sum())
    room[0] += 1.0
    heard = fftconvolve(wave.samples, room)[: len(wave.samples)]
    return Waveform((heard / max(1.0, np.abs(heard).max())).astype(np.float32), wave.rate_hz)


def _noisy(wave: Waveform, ratio_db: float, slope: float) -> Waveform:
    """Noise whose amplitude falls with frequency to the power of `slope`: 0 is white, 0.5 is pink."""
    n = len(wave.samples)
    spectrum = np.fft.rfft(np.random.default_rng(_SEED).standard_normal(n))
    noise = np.fft.irfft(spectrum / np.maximum(1, np.arange(len(spectrum))) ** slope, n)
    power = np.square(wave.samples, dtype=np.float64).mean() / 10 ** (ratio_db / 10)
    noise *= np.sqrt(power / np.square(noise).mean())
    return Waveform((wave.samples + noise).astype(np.float32), wave.rate_hz)


# --- what it does to the sound --------------------------------------------------------------------


def strengths(report: common.Report, options: argparse.Namespace, items: Sequence[Item]) -> None:
    """Less of the mark: what the ear gains, and what the detector loses."""
    ways = {
        name: _ways()[name] for name in ("clean", "mp3, 30 kbit/s", "opus, 32 kbit/s", "white noise, 20 dB")
    }
    rows: list[dict[str, object]] = []
    for kind in sorted({item.kind for item in items}, reverse=True):
        # Half of them: PESQ takes longer than everything else.
        own = [item for item in items if item.kind == kind][::2]
        for strength in STRENGTHS:
            watermark = Watermark(options.models, strength)
            marked = [item.marked(watermark) for item in own]
            pairs = [(item.unmarked(), wave) for item, wave in zip(own, marked, strict=True)]
            found = {
                f"{name}, found %": _percent([watermark.confidence(way(wave)) for wave in marked])
                for name, way in ways.items()
            }
            rows.append(
                {
                    "sound": kind,
                    "clips": len(own),
                    "strength": strength,
                    "PESQ (wide band)": _mean(_pesq, pairs) if _has("pesq") else None,
                    "STOI": _mean(_stoi, pairs) if _has("pystoi") else None,
                    "SI-SDR dB": _mean(_si_sdr_db, pairs),
                    "log-mel dB": _mean(_log_mel_db, pairs),
                    **found,
                }
            )
    report.table("Strength: marked against unmarked", rows, _STRENGTH_NOTE)


_STRENGTH_NOTE = "PESQ: 4.64 is no difference. Log-mel: mean distance of 80 bands up to 8 kHz, within 50 dB of the loudest."


def _has(package: str) -> bool:
    return importlib.util.find_spec(package) is not None


def _mean(
    measure: Callable[[Waveform, Waveform], float], pairs: Sequence[tuple[Waveform, Waveform]]
) -> float:
    return float(np.mean([measure(before, after) for before, after in pairs]))


def _pesq(before: Waveform, after: Waveform) -> float:
    from pesq import pesq

    return float(pesq(16_000, resample(before, 16_000).samples, resample(after, 16_000).samples, "wb"))


def _stoi(before: Waveform, after: Waveform) -> float:
    from pystoi import stoi

    return float(stoi(before.samples, after.samples, before.rate_hz))


def _si_sdr_db(before: Waveform, after: Waveform) -> float:
    x, y = (wave.samples.astype(np.float64) for wave in (before, after))
    target = x * (x @ y) / (x @ x)
    return float(10 * np.log10((target @ target) / np.square(y - target).sum()))


def _log_mel_db(before: Waveform, after: Waveform) -> float:
    one, two = (_mel_db(resample(wave, 16_000).samples) for wave in (before, after))
    counts = one > one.max() - 50
    return float(np.abs(one - two)[counts].mean())


def _mel_db(samples: Samples) -> np.ndarray:  # type: ignore[type-arg]
    power = mel_power(samples, 16_000, n_fft=512, hop=160, n_mels=80, pad="constant")
    return 10 * np.log10(np.maximum(power, 1e-10))


def heard(report: common.Report, options: argparse.Namespace, items: Sequence[Item]) -> None:
    """Does Whisper understand marked speech as well?"""
    own = [item for item in items if item.kind == "readers"][: options.words // 2]
    if not own:
        return
    ear = make_ear(options.engine, EngineOptions(options.models, options.threads))
    watermark = Watermark(options.models)
    rows = []
    for name, waves in (
        ("unmarked", [item.unmarked() for item in own]),
        ("marked", [item.marked(watermark) for item in own]),
    ):
        total = words.compare("", "")
        for item, wave in zip(own, waves, strict=True):
            total += words.compare(item.text, ear.hear(wave, "en").text)
        rows.append({"readers": name, "words": total.of_words, "WER %": total.wer_percent})
    report.table("Word errors, as Whisper base hears them", rows)


if __name__ == "__main__":
    main()
