"""Voices for measurements of speed where nobody wants to wait for a build, and the engine as the server has it.

A stock reader packed as a rapid voice is computed exactly as a clone is: the same gains and offsets, other numbers.
A professional voice is the rapid one with deltas of the shape that training makes, small and drawn at random: its speed
is that of a trained voice, its sound is next to that of the rapid one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import people
from sayso.audio import codec
from sayso.audio.waveform import Waveform
from sayso.engines.base import Take, VoiceEngine
from sayso.engines.registry import EngineOptions, make_ear, make_engine, make_marker
from sentences import BY_WORDS

if TYPE_CHECKING:
    from sayso.engines.kokoro.network import Kokoro

RAPID, PROFESSIONAL = "rapid.kokoro", "professional.kokoro"
_SMALL = 1e-3


def speaking_engine(name: str, models: Path, threads: int, *, marks: bool = True) -> VoiceEngine:
    """An engine that marks all it says and keeps only what speaking needs, as in the server."""
    from sayso.engines.marked import MarkedEngine

    options = EngineOptions(models, threads, speaks_only=True)
    engine, marker = make_engine(name, options), make_marker(name, options)
    return engine if marker is None or not marks else MarkedEngine(engine, marker)


def write(options: argparse.Namespace, folder: Path) -> str:
    """Write a RAPID and a PROFESSIONAL voice to `folder`; says what they are.

    The rapid one is the clone of a speaker where --speech is given, else a stock reader's stand-in. In a process of
    its own, which gives the memory back.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_write, (options, folder))


def write_many(models: Path, folder: Path, count: int) -> None:
    """Write `count` rapid voices, all different, to `folder`: 0000.kokoro and so on."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        pool.apply(_write_many, (models, folder, count))


def _write(options: argparse.Namespace, folder: Path) -> str:
    from sayso.engines.kokoro.voice import unpack

    if options.engine != "kokoro":
        made = _of_reader(options)
        (folder / RAPID).write_bytes(made)
        (folder / PROFESSIONAL).write_bytes(made)
        return f"both: a clone of what a reader of the engine {options.engine} reads"
    if options.speech is None:
        what = "a stock reader packed as a rapid voice"
        (folder / RAPID).write_bytes(_stock(options.models, 0))
    else:
        speaker, recordings = _cloned(options)
        what = f"the clone of {speaker}"
        (folder / RAPID).write_bytes(_clone(options, recordings))
    voice = unpack((folder / RAPID).read_bytes())
    (folder / PROFESSIONAL).write_bytes(replace(voice, deltas=_deltas(options.models)).pack())
    return f"rapid: {what}; professional: the same with random deltas of the shape that training makes"


def _of_reader(options: argparse.Namespace) -> bytes:
    """To see that a program runs: a voice of any engine that has a reader."""
    engine = make_engine(options.engine, EngineOptions(options.models, options.threads))
    reader = engine.reader(engine.readers()[0])
    takes = []
    for text in BY_WORDS[40]:
        samples = np.concatenate([piece.wave.samples for piece in reader.speak(text)])
        takes.append(Take(Waveform(samples, reader.rate_hz), text))
    with tempfile.TemporaryDirectory() as folder:
        return engine.clone(takes, Path(folder), 1, lambda *_: None).read_bytes()


def _cloned(options: argparse.Namespace) -> tuple[str, list[people.Recording]]:
    speakers = people.collection(options.speech / options.speakers)
    only = getattr(options, "only", None)
    return next(iter(people.chosen(speakers, [only] if only else None).items()))


def _clone(options: argparse.Namespace, recordings: list[people.Recording]) -> bytes:
    from sayso.pipeline import ingest

    engine_options = EngineOptions(options.models, options.threads)
    given = [
        ingest.Given(codec.decode(one.file.read_bytes()), None) for one in recordings[: people.REFERENCES]
    ]
    takes = ingest.choose(given, make_ear(options.engine, engine_options), "en", lambda *_: None)
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(options.engine, engine_options)
        return engine.clone(takes, Path(folder), 1, lambda *_: None).read_bytes()


def _write_many(models: Path, folder: Path, count: int) -> None:
    net = _network(models)
    for number in range(count):
        (folder / f"{number:04}.kokoro").write_bytes(_stock(models, number, net))


def _network(models: Path) -> Kokoro:
    from sayso.engines import weights as pinned
    from sayso.engines.kokoro import weights
    from sayso.engines.kokoro.engine import WEIGHTS
    from sayso.engines.kokoro.network import Kokoro

    return Kokoro.from_weights(weights.load(pinned.path(models, WEIGHTS)))


def _stock(models: Path, number: int, net: Kokoro | None = None) -> bytes:
    """Reader `number` as a rapid voice; after the last reader, something between two stock voices."""
    import torch

    from sayso.engines.kokoro import stock
    from sayso.engines.kokoro.voice import KokoroVoice

    if number < len(stock.READERS):
        styles = stock.voices()[stock.READERS[number]].styles
    else:
        english = [voice for voice in stock.voices().values() if voice.speaks_english]
        rng = np.random.default_rng(number)
        one, other = (english[int(i)] for i in rng.choice(len(english), 2, replace=False))
        part = np.float32(rng.uniform(0.2, 0.8))
        styles = part * one.styles + (1 - part) * other.styles
    with torch.inference_mode():
        timbre = torch.from_numpy(styles[stock.TIMBRE_ROW, :128])[None]
        affines = (net or _network(models)).decoder.affines(timbre)[0].numpy()
    return KokoroVoice(affines, styles[:, 128:], stock.SYMBOLS).pack()


def _deltas(models: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Deltas where, and of the rank that, training learns them."""
    from sayso.engines.kokoro.professional import Recipe

    net, recipe, rng = _network(models), Recipe(), np.random.default_rng(0)
    wanted = [
        (f"predictor.{head}.{i}.conv{n}", recipe.prosody_rank, 3)
        for head in ("F0", "N")
        for i in range(3)
        for n in (1, 2)
    ]
    wanted += [("predictor.duration", recipe.prosody_rank, 1)]
    wanted += [(f"{layer}.conv{n}", recipe.rank, 3) for layer in recipe.layers for n in (1, 2)]
    made = {}
    for name, rank, k in wanted:
        c_out, c_in = net.get_parameter(f"{name}.weight").shape[:2]
        down = rng.normal(size=(rank, c_in, k)) / np.sqrt(c_in * k)
        made[name] = (down.astype(np.float32), (_SMALL * rng.normal(size=(c_out, rank))).astype(np.float32))
    return made
