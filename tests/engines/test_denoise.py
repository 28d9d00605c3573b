"""The denoiser's own transform, and that noise goes while the voice stays."""

import itertools

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from real_speech import models_dir, utterances
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.engines.denoise import HOP, N_FFT, Denoiser, DenoiseStream, analysed, overlapped

STATES = {"conv_cache": [2, 1, 16, 16, 33], "tra_cache": [2, 3, 1, 1, 16], "inter_cache": [2, 1, 33, 16]}


@pytest.fixture(scope="module")
def untouched() -> onnxruntime.InferenceSession:
    """A network of the same form that changes nothing."""
    shapes = {"mix": [1, 257, 1, 2], **STATES}
    graph = helper.make_graph(
        [helper.make_node("Identity", [name], [f"{name}_out"]) for name in shapes],
        "nothing",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()],
        [
            helper.make_tensor_value_info(f"{name}_out", TensorProto.FLOAT, shape)
            for name, shape in shapes.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def noise(n: int) -> np.ndarray:
    return np.random.default_rng(n).standard_normal(n).astype(np.float32)


@pytest.mark.parametrize("n", [0, 1, 255, 256, 257, 512, 10_000])
def test_what_nothing_changes_comes_out_as_it_went_in(untouched, n):
    samples = noise(n)

    assert DenoiseStream(untouched).push(samples, last=True) == pytest.approx(samples, abs=1e-5)


def test_pieces_of_any_size_are_the_whole(untouched):
    samples, stream = noise(20_000), DenoiseStream(untouched)
    edges = [0, 0, 1, 300, 555, 556, 9_000, 9_001, 20_000]

    pieces = [stream.push(samples[a:b], b == 20_000) for a, b in itertools.pairwise(edges)]

    assert np.concatenate(pieces) == pytest.approx(samples, abs=1e-5)


def test_frames_that_overlap_add_up_to_the_samples():
    samples = noise(N_FFT + 9 * HOP)

    ready, tail = overlapped(analysed(samples, 10), np.zeros(N_FFT - HOP, np.float32))

    assert ready[HOP:] == pytest.approx(samples[HOP : 10 * HOP], abs=1e-5)
    assert tail.shape == (N_FFT - HOP,)


@pytest.fixture(scope="module")
def denoiser() -> Denoiser:
    return Denoiser(models_dir())


@pytest.mark.real
@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.3, 2.0])
def test_the_length_stays_whatever_the_rate(denoiser, rate_hz, seconds):
    wave = Waveform(noise(round(seconds * rate_hz)) * np.float32(0.01), rate_hz)

    cleaned = denoiser.clean(wave)

    assert cleaned.rate_hz == 16_000
    assert len(cleaned.samples) == round(len(wave.samples) * 16_000 / rate_hz)
    assert np.isfinite(cleaned.samples).all()


@pytest.mark.real
def test_noise_goes_and_the_voice_stays(denoiser):
    clean = resample(utterances()[0].wave().cut(0.0, 4.0), 16_000)
    added = noise(len(clean.samples)) * np.float32(np.sqrt(np.mean(clean.samples**2) / 10.0))

    result = denoiser.clean(Waveform(clean.samples + added, 16_000)).samples

    def snr_db(x: np.ndarray) -> float:
        return float(10 * np.log10(np.sum(clean.samples**2) / np.sum((x - clean.samples) ** 2)))

    assert snr_db(result) > snr_db(clean.samples + added) + 5.0
