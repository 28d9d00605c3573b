"""Voiceprints: the graph we make of the checkpoint, and people told apart by it."""

import numpy as np
import onnxruntime
import pytest
import torch
from torch.nn import functional as F

from real_speech import models_dir, utterances
from sayso.audio.spans import Span
from sayso.audio.waveform import Waveform
from sayso.engines.voiceprint import VoiceprintEncoder
from sayso.engines.voiceprint_graph import build, convert
from sayso.errors import BadArtifact, BadAudio

DILATIONS = (1, 2, 2)


def small_state() -> dict[str, torch.Tensor]:
    """A checkpoint of the same form with fewer and narrower layers."""
    rng = torch.Generator().manual_seed(1)
    state: dict[str, torch.Tensor] = {}

    def conv(name: str, *shape: int) -> None:
        state[f"{name}.weight"] = torch.randn(shape, generator=rng) / np.sqrt(np.prod(shape[1:]))

    def norm(name: str, n: int, *, gain: bool = True) -> None:
        state[f"{name}.running_mean"] = 0.1 * torch.randn(n, generator=rng)
        state[f"{name}.running_var"] = 0.5 + torch.rand(n, generator=rng)
        if gain:
            state[f"{name}.weight"] = 1.0 + 0.1 * torch.randn(n, generator=rng)
            state[f"{name}.bias"] = 0.1 * torch.randn(n, generator=rng)

    conv("head.conv1", 2, 1, 3, 3)
    norm("head.bn1", 2)
    for layer in ("layer1", "layer2"):
        for block in (0, 1):
            for n in (1, 2):
                conv(f"head.{layer}.{block}.conv{n}", 2, 2, 3, 3)
                norm(f"head.{layer}.{block}.bn{n}", 2)
        conv(f"head.{layer}.0.shortcut.0", 2, 2, 1, 1)
        norm(f"head.{layer}.0.shortcut.1", 2)
    conv("head.conv2", 2, 2, 3, 3)
    norm("head.bn2", 2)
    conv("xvector.tdnn.linear", 8, 20, 5)
    norm("xvector.tdnn.nonlinear.batchnorm", 8)
    width = 8
    for block in (1, 2, 3):
        for layer in (1, 2):
            name = f"xvector.block{block}.tdnnd{layer}"
            norm(f"{name}.nonlinear1.batchnorm", width)
            conv(f"{name}.linear1", 6, width, 1)
            norm(f"{name}.nonlinear2.batchnorm", 6)
            conv(f"{name}.cam_layer.linear_local", 4, 6, 3)
            for n, out, into in ((1, 3, 6), (2, 4, 3)):
                conv(f"{name}.cam_layer.linear{n}", out, into, 1)
                state[f"{name}.cam_layer.linear{n}.bias"] = 0.1 * torch.randn(out, generator=rng)
            width += 4
        norm(f"xvector.transit{block}.nonlinear.batchnorm", width)
        conv(f"xvector.transit{block}.linear", width // 2, width, 1)
        width //= 2
    norm("xvector.out_nonlinear.batchnorm", width)
    conv("xvector.dense.linear", 192, 2 * width, 1)
    norm("xvector.dense.nonlinear.batchnorm", 192, gain=False)
    return state


def as_published(state: dict[str, torch.Tensor], features: torch.Tensor) -> torch.Tensor:
    """The network step by step, nothing folded."""

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        mean, variance = state[f"{name}.running_mean"], state[f"{name}.running_var"]
        return F.batch_norm(x, mean, variance, state.get(f"{name}.weight"), state.get(f"{name}.bias"))

    x = features.transpose(1, 2)[:, None]
    x = F.relu(norm(F.conv2d(x, state["head.conv1.weight"], padding=1), "head.bn1"))
    for layer in ("layer1", "layer2"):
        for block in (0, 1):
            name, stride = f"head.{layer}.{block}", (1 if block else 2, 1)
            y = F.conv2d(x, state[f"{name}.conv1.weight"], stride=stride, padding=1)
            y = F.conv2d(F.relu(norm(y, f"{name}.bn1")), state[f"{name}.conv2.weight"], padding=1)
            if not block:
                x = F.conv2d(x, state[f"{name}.shortcut.0.weight"], stride=stride)
                x = norm(x, f"{name}.shortcut.1")
            x = F.relu(norm(y, f"{name}.bn2") + x)
    x = F.relu(norm(F.conv2d(x, state["head.conv2.weight"], stride=(2, 1), padding=1), "head.bn2"))
    x = F.conv1d(x.flatten(1, 2), state["xvector.tdnn.linear.weight"], stride=2, padding=2)
    x = F.relu(norm(x, "xvector.tdnn.nonlinear.batchnorm"))
    for block, dilation in enumerate(DILATIONS, 1):
        for layer in (1, 2):
            name = f"xvector.block{block}.tdnnd{layer}"
            h = F.conv1d(F.relu(norm(x, f"{name}.nonlinear1.batchnorm")), state[f"{name}.linear1.weight"])
            h = F.relu(norm(h, f"{name}.nonlinear2.batchnorm"))
            cam = f"{name}.cam_layer"
            y = F.conv1d(h, state[f"{cam}.linear_local.weight"], padding=dilation, dilation=dilation)
            seconds = F.avg_pool1d(h, 100, 100, ceil_mode=True).repeat_interleave(100, -1)
            mask = h.mean(-1, keepdim=True) + seconds[..., : h.shape[-1]]
            for n, then in ((1, F.relu), (2, torch.sigmoid)):
                weight, bias = state[f"{cam}.linear{n}.weight"], state[f"{cam}.linear{n}.bias"]
                mask = then(F.conv1d(mask, weight, bias))
            x = torch.cat([x, y * mask], 1)
        name = f"xvector.transit{block}"
        x = F.conv1d(F.relu(norm(x, f"{name}.nonlinear.batchnorm")), state[f"{name}.linear.weight"])
    x = F.relu(norm(x, "xvector.out_nonlinear.batchnorm"))
    x = torch.cat([x.mean(-1), x.std(-1)], 1)[..., None]
    return norm(
        F.conv1d(x, state["xvector.dense.linear.weight"])[..., 0], "xvector.dense.nonlinear.batchnorm"
    )


@pytest.mark.parametrize("frames", [9, 200, 201, 333])
def test_the_graph_computes_what_the_network_does(frames):
    state = small_state()
    features = np.random.default_rng(2).standard_normal((2, frames, 80)).astype(np.float32)

    graph = build({name: tensor.numpy() for name, tensor in state.items()})
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])

    expected = as_published(state, torch.from_numpy(features)).numpy()
    assert session.run(None, {"features": features})[0] == pytest.approx(expected, abs=2e-5)


def test_the_same_checkpoint_gives_the_same_bytes(tmp_path):
    torch.save(small_state(), tmp_path / "checkpoint.pt")

    for name in ("one.onnx", "two.onnx"):
        convert(tmp_path / "checkpoint.pt", tmp_path / name)

    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()


def test_another_checkpoint_is_refused(tmp_path):
    state = small_state()
    del state["xvector.tdnn.linear.weight"]
    torch.save(state, tmp_path / "checkpoint.pt")

    with pytest.raises(BadArtifact, match="checkpoint"):
        convert(tmp_path / "checkpoint.pt", tmp_path / "out.onnx")
    assert not (tmp_path / "out.onnx").exists()


@pytest.fixture(scope="module")
def encoder() -> VoiceprintEncoder:
    return VoiceprintEncoder(models_dir())


@pytest.mark.real
@pytest.mark.parametrize("seconds", [0.0, 0.3, 2.0])
def test_without_speech_there_is_no_voiceprint(encoder, seconds):
    with pytest.raises(BadAudio, match="of speech"):
        encoder.embed(Waveform(np.zeros(round(seconds * 16_000), np.float32), 16_000))


@pytest.mark.real
@pytest.mark.parametrize("seconds", [0.01, 0.5, 25.0])
def test_a_voiceprint_is_a_unit_vector_whatever_the_level(encoder, seconds):
    t = np.arange(round(seconds * 16_000)) / 16_000
    rng = np.random.default_rng(1)
    samples = 0.1 * np.sin(2 * np.pi * 150 * t) + 0.01 * rng.standard_normal(len(t))

    vector = encoder.embed_speech(Waveform(samples.astype(np.float32), 16_000))
    quiet = encoder.embed_speech(Waveform((0.01 * samples).astype(np.float32), 16_000))

    assert vector.shape == (192,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert float(vector @ quiet) > 0.9999


@pytest.mark.real
def test_a_long_recording_does_not_drown_in_memory(encoder):
    noise = np.random.default_rng(1).standard_normal(16_000 * 60).astype(np.float32)

    vectors = encoder.embed_parts(Waveform(noise, 16_000), [Span(0.0, 10.0), Span(50.0, 60.0)])

    assert vectors.shape == (2, 192)
    assert np.isfinite(vectors).all()


@pytest.mark.real
def test_people_are_told_apart_without_a_doubt(encoder):
    heard = [(u.speaker, encoder.embed(u.wave())) for u in utterances()[::4]]

    same = [float(x @ y) for a, x in heard for b, y in heard if a == b and x is not y]
    other = [float(x @ y) for a, x in heard for b, y in heard if a != b]
    assert min(same) > max(other) + 0.02
    assert np.mean(same) > np.mean(other) + 0.5
