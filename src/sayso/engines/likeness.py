"""How alike two speakers are: the GE2E speaker encoder of Resemblyzer, its weights without its code.

Three LSTM layers over a mel power spectrogram, a linear layer, a ReLU, unit length. It sees 1.6 s at a
time; a recording is the mean of what it says about overlapping windows. It tells people apart, and it
cannot tell a clone from its speaker: rapid adaptation has this very encoder in its loss.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sayso.audio import spans
from sayso.audio.level import rms_dbfs
from sayso.audio.mel import filterbank, mel_power
from sayso.audio.resample import resample
from sayso.audio.waveform import Samples, Waveform
from sayso.engines import weights
from sayso.engines.vad import SpeechDetector
from sayso.errors import BadArtifact, BadAudio

if TYPE_CHECKING:
    import onnxruntime
    import torch
    from onnx import ModelProto

RATE_HZ = 16_000
N_MELS = 40
HOP, N_FFT = 160, 400
WINDOW_FRAMES = 160
"""Frames of one window: 1.6 s."""
SIZE = 256
"""Length of an embedding, and of each LSTM layer."""

WEIGHTS = "ge2e/ge2e.safetensors"
GRAPH = "ge2e/ge2e.onnx"
"""The same numbers for whoever wants embeddings and no gradients: it needs no torch."""

_STEP_FRAMES = 77  # 1.3 windows a second, as the published figures have it
_MIN_COVERAGE = 0.75  # a last window with less sound than this is left out
_QUIET_DBFS = -30.0  # quieter recordings are raised to this: the encoder is not blind to level
_MIN_SPEECH_S = 0.5
_LAYERS = 3
_BLOCK = 32  # windows at a time: memory stays the same however long the speech


class SpeakerEncoder:
    """Speech -> a unit vector. Loads at the first call; safe to use from several threads."""

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir
        self._detector = SpeechDetector(models_dir)
        self._lock = threading.Lock()
        self._session: onnxruntime.InferenceSession | None = None
        self._network: tuple[torch.nn.LSTM, torch.nn.Linear] | None = None

    def embed(self, wave: Waveform) -> NDArray[np.float32]:
        """Shape (256,), float32, unit length, no negative value. `wave` of any rate.

        Pauses are cut out first. Raises BadAudio where less than 0.5 s of speech is found.
        """
        wave = resample(wave, RATE_HZ)
        speech = spans.join(wave, spans.bridge(self._detector.spans(wave), 0.2))
        if speech.duration_s < _MIN_SPEECH_S:
            raise BadAudio(
                f"{speech.duration_s:.1f} s of speech were found, at least {_MIN_SPEECH_S} s are needed "
                "to know the speaker; send a longer recording"
            )
        return self.embed_speech(speech)

    def embed_speech(self, speech: Waveform) -> NDArray[np.float32]:
        """Like `embed`, for a waveform at 16 kHz whose pauses are already cut out."""
        gain = 10.0 ** (max(0.0, _QUIET_DBFS - rms_dbfs(speech)) / 20.0)
        windows = windows_of((speech.samples * gain).astype(np.float32))
        session = self._graph()
        total = np.zeros(SIZE, np.float32)
        for at in range(0, len(windows), _BLOCK):
            total += session.run(None, {"mels": windows[at : at + _BLOCK]})[0].sum(axis=0)
        mean: NDArray[np.float32] = total / np.float32(np.linalg.norm(total))
        return mean

    def embed_tensor(self, samples: torch.Tensor) -> torch.Tensor:
        """(n,) at 16 kHz, 1.6 s or more -> unit vector (256,) through which gradients flow. For losses."""
        import torch

        lstm, linear = self._loaded()
        loudness = samples.square().mean().sqrt() + 1e-9
        samples = samples * (10 ** (_QUIET_DBFS / 20) / loudness)
        window = torch.hann_window(N_FFT)
        spectrum = torch.stft(
            samples[None], N_FFT, HOP, window=window, pad_mode="constant", return_complex=True
        )
        bank = torch.from_numpy(filterbank(RATE_HZ, N_FFT, N_MELS))
        mel = (bank @ (spectrum.real.square() + spectrum.imag.square()))[0].T
        mel = torch.nn.functional.pad(mel, (0, 0, 0, max(0, WINDOW_FRAMES - len(mel))))
        windows = mel.unfold(0, WINDOW_FRAMES, _STEP_FRAMES).transpose(1, 2)
        _, (hidden, _) = lstm(windows)
        unit = torch.nn.functional.normalize(torch.relu(linear(hidden[-1])), dim=1)
        mean: torch.Tensor = torch.nn.functional.normalize(unit.mean(0), dim=0)
        return mean

    def _graph(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._session is None:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = options.inter_op_num_threads = 1
                options.log_severity_level = 3
                file = weights.path(self._models_dir, GRAPH)
                self._session = onnxruntime.InferenceSession(
                    str(file), options, providers=["CPUExecutionProvider"]
                )
            return self._session

    def _loaded(self) -> tuple[torch.nn.LSTM, torch.nn.Linear]:
        with self._lock:
            if self._network is None:
                import torch
                from safetensors.torch import load_file

                # Whoever asks first may be in inference mode, whose tensors are of no use outside it.
                with torch.inference_mode(False):
                    state = load_file(str(weights.path(self._models_dir, WEIGHTS)))
                    lstm = torch.nn.LSTM(N_MELS, SIZE, num_layers=3, batch_first=True)
                    linear = torch.nn.Linear(SIZE, SIZE)
                for name, module in (("lstm.", lstm), ("linear.", linear)):
                    module.load_state_dict(
                        {
                            key.removeprefix(name): value
                            for key, value in state.items()
                            if key.startswith(name)
                        }
                    )
                self._network = (lstm.eval().requires_grad_(False), linear.eval().requires_grad_(False))
            return self._network


def windows_of(samples: Samples) -> NDArray[np.float32]:
    """Mel power (windows, 160, 40) of `samples` (n,) at 16 kHz; at least one window, zero-padded."""
    frames = -(-(len(samples) + 1) // HOP)
    starts = list(range(0, max(1, frames - WINDOW_FRAMES + _STEP_FRAMES + 1), _STEP_FRAMES))
    covered = (len(samples) - starts[-1] * HOP) / (WINDOW_FRAMES * HOP)
    if len(starts) > 1 and covered < _MIN_COVERAGE:
        starts.pop()
    end = (starts[-1] + WINDOW_FRAMES) * HOP
    padded = np.pad(samples, (0, max(0, end - len(samples))))
    mel = mel_power(padded, RATE_HZ, n_fft=N_FFT, hop=HOP, n_mels=N_MELS, pad="constant").T
    return np.stack([mel[start : start + WINDOW_FRAMES] for start in starts])


def convert(pickle_file: Path, out_file: Path) -> None:
    """Take the weights out of the published checkpoint; same input, same bytes.

    The checkpoint is a pickle: torch reads it with an unpickler that builds tensors and nothing else,
    once, when the weights are fetched.
    """
    from pickle import UnpicklingError

    import torch
    from safetensors.torch import save

    try:
        state = torch.load(pickle_file, map_location="cpu", weights_only=True)["model_state"]
        wanted = {
            name: state[name].contiguous() for name in sorted(state) if name.startswith(("lstm.", "linear."))
        }
    except (UnpicklingError, KeyError, RuntimeError, ValueError, AttributeError) as problem:
        raise BadArtifact(
            "this is not the speaker encoder's checkpoint: it holds more than tensors"
        ) from problem
    out_file.write_bytes(save(wanted, metadata={"format": "sayso-ge2e-1"}))


def convert_to_graph(tensors_file: Path, out_file: Path) -> None:
    """Write what `convert` made as an ONNX graph; same input, same bytes."""
    from safetensors.numpy import load_file

    try:
        graph = build_graph(load_file(str(tensors_file)))
    except KeyError as problem:
        raise BadArtifact(f"{tensors_file.name} lacks a tensor of the speaker encoder") from problem
    out_file.write_bytes(graph.SerializeToString(deterministic=True))


def build_graph(state: Mapping[str, NDArray[np.float32]]) -> ModelProto:
    """The graph: `mels` (windows, frames, 40) -> `embedding` (windows, 256), each of unit length."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [helper.make_node("Transpose", ["mels"], ["x0"], perm=[1, 0, 2])]
    constants = []

    def constant(name: str, values: NDArray[np.float32]) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def gates(values: NDArray[np.float32]) -> NDArray[np.float32]:
        """From torch's order (in, forget, cell, out) to that of ONNX (in, out, forget, cell)."""
        enter, forget, cell, out = np.split(values, 4)
        return np.concatenate((enter, out, forget, cell))

    for layer in range(_LAYERS):
        given, recurrent = (gates(state[f"lstm.weight_{kind}_l{layer}"]) for kind in ("ih", "hh"))
        bias = np.concatenate([gates(state[f"lstm.bias_{kind}_l{layer}"]) for kind in ("ih", "hh")])
        inputs = [
            f"x{layer}",
            constant(f"w{layer}", given[None]),
            constant(f"r{layer}", recurrent[None]),
            constant(f"b{layer}", bias[None]),
        ]
        nodes.append(helper.make_node("LSTM", inputs, [f"all{layer}", f"last{layer}"], hidden_size=SIZE))
        nodes.append(helper.make_node("Squeeze", [f"all{layer}", "one"], [f"x{layer + 1}"]))
    constants.append(numpy_helper.from_array(np.array([1], np.int64), "one"))
    constants.append(numpy_helper.from_array(np.array([0], np.int64), "zero"))
    nodes += [
        helper.make_node("Squeeze", [f"last{_LAYERS - 1}", "zero"], ["hidden"]),
        helper.make_node(
            "Gemm",
            ["hidden", constant("weight", state["linear.weight"]), constant("bias", state["linear.bias"])],
            ["linear"],
            transB=1,
        ),
        helper.make_node("Relu", ["linear"], ["raw"]),
        helper.make_node("LpNormalization", ["raw"], ["embedding"], axis=1),
    ]
    floats = TensorProto.FLOAT
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "ge2e",
            [helper.make_tensor_value_info("mels", floats, ["windows", "frames", N_MELS])],
            [helper.make_tensor_value_info("embedding", floats, ["windows", SIZE])],
            constants,
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
        producer_name="sayso",
    )
    onnx.checker.check_model(model, full_check=True)
    return model
