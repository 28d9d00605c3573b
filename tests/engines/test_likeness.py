"""How alike two speakers are."""

from itertools import combinations

import numpy as np
import onnxruntime
import pytest
import torch

from real_speech import models_dir, utterances
from sayso.audio.waveform import Waveform
from sayso.engines.likeness import SpeakerEncoder, build_graph, windows_of
from sayso.errors import BadAudio


@pytest.mark.parametrize(("seconds", "windows"), [(0.5, 1), (1.6, 1), (1.9, 1), (2.4, 2), (10.0, 12)])
def test_a_recording_is_seen_in_windows_of_a_second_and_a_half(seconds, windows):
    samples = np.random.default_rng(1).standard_normal(round(seconds * 16_000)).astype(np.float32)

    assert windows_of(samples).shape == (windows, 160, 40)


@pytest.mark.parametrize("n", [1, 5])
def test_the_graph_computes_what_torch_does(n):
    torch.manual_seed(1)
    lstm, linear = torch.nn.LSTM(40, 256, num_layers=3, batch_first=True), torch.nn.Linear(256, 256)
    state = {f"lstm.{name}": tensor.numpy() for name, tensor in lstm.state_dict().items()}
    state |= {f"linear.{name}": tensor.numpy() for name, tensor in linear.state_dict().items()}
    windows = 3.0 * np.random.default_rng(2).standard_normal((n, 20, 40)).astype(np.float32)

    model = build_graph(state).SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])

    hidden = lstm(torch.from_numpy(windows))[1][0][-1]
    expected = torch.nn.functional.normalize(torch.relu(linear(hidden)), dim=1).detach().numpy()
    assert session.run(None, {"mels": windows})[0] == pytest.approx(expected, abs=1e-5)


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    return SpeakerEncoder(models_dir())


@pytest.mark.real
def test_without_speech_there_is_no_speaker(encoder):
    with pytest.raises(BadAudio, match="of speech"):
        encoder.embed(Waveform(np.zeros(32_000, np.float32), 16_000))


@pytest.mark.real
def test_an_embedding_is_a_unit_vector_and_always_the_same(encoder):
    t = np.arange(32_000) / 16_000
    wave = Waveform((0.1 * np.sin(2 * np.pi * 150 * t)).astype(np.float32), 16_000)

    vector = encoder.embed_speech(wave)

    assert vector.shape == (256,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
    assert (vector >= 0).all()
    assert (vector == encoder.embed_speech(wave)).all()


@pytest.mark.real
def test_an_embedding_is_the_one_that_the_loss_sees(encoder):
    rng = np.random.default_rng(3)
    buzz = np.sign(np.sin(2 * np.pi * 140 * np.arange(80_000) / 16_000)) + 0.3 * rng.standard_normal(80_000)
    samples = (buzz * 10 ** (-30 / 20) / np.sqrt(np.mean(buzz**2))).astype(np.float32)[: 160 * (77 * 4 + 159)]

    ours = encoder.embed_speech(Waveform(samples, 16_000))

    assert float(ours @ encoder.embed_tensor(torch.from_numpy(samples)).numpy()) > 0.9999


@pytest.mark.real
def test_people_are_told_apart(encoder):
    heard = [(u.speaker, encoder.embed(u.wave())) for u in utterances()[::4]]

    pairs = [(a == b, float(x @ y)) for (a, x), (b, y) in combinations(heard, 2)]
    same = [cosine for is_same, cosine in pairs if is_same]
    other = [cosine for is_same, cosine in pairs if not is_same]
    assert np.mean(same) > np.mean(other) + 0.25  # 0.86 and 0.53 where it was written
    assert np.median(same) > max(other)
