"""The watermark: its front end, its edges, and with the real weights whether it is found again."""

import io

import numpy as np
import pytest
import soundfile
import torch

from real_speech import models_dir, utterances
from sayso.audio import codec
from sayso.audio.resample import resample
from sayso.audio.waveform import Samples, Waveform
from sayso.engines.base import Speaker
from sayso.engines.marked import MarkedEngine
from sayso.engines.tone import ToneEngine
from sayso.engines.watermark import MARKED, Finding, Watermark, network, spectrum
from sayso.errors import BadArtifact

RATES_HZ = (8_000, 16_000, 24_000, 32_000, 48_000)


def noise(seconds: float, rate_hz: int) -> Samples:
    return 0.1 * np.random.default_rng(1).standard_normal(round(seconds * rate_hz)).astype(np.float32)


# --- the front end --------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_samples_come_back_from_their_spectra_up_to_two_kilohertz(rate_hz):
    t = np.arange(rate_hz) / rate_hz
    tone = (0.3 * np.sin(2 * np.pi * 440 * t)).astype(np.float32)

    back = spectrum.samples_of(spectrum.spectra(torch.from_numpy(tone), rate_hz), len(tone), rate_hz).numpy()

    inside = slice(rate_hz // 10, -rate_hz // 10)
    np.testing.assert_allclose(back[inside], tone[inside], atol=2e-3)
    assert back[0] == back[-1] == 0, "it fades in and out"


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_levels_do_not_depend_on_the_rate(rate_hz):
    """The same tone has the level that the network was trained to see, 512 at 32 kHz for full scale."""
    t = np.arange(rate_hz) / rate_hz
    tone = torch.from_numpy(np.sin(2 * np.pi * 1_000 * t).astype(np.float32))

    levels = spectrum.levels(spectrum.spectra(tone, rate_hz), rate_hz)

    assert levels.shape == (94, 128)
    assert int(levels[50].argmax()) == 64
    assert spectrum.decibels(float(levels[50, 64])) - 180 == pytest.approx(20 * np.log10(512), abs=0.02)


def test_digital_silence_has_no_level():
    assert not spectrum.levels(spectrum.spectra(torch.zeros(24_000), 24_000), 24_000).any()


@pytest.mark.parametrize(
    ("rate_hz", "does"), [(24_000, True), (22_050, False), (44_100, False), (4_000, False)]
)
def test_rates_at_which_window_and_hop_are_whole_numbers_fit(rate_hz, does):
    assert spectrum.fits(rate_hz) is does


def test_the_stack_is_the_published_convolutions():
    torch.manual_seed(0)
    sizes = [(128, 256, 1), *[(256, 256, 7)] * 5, (256, 128, 1)]
    layers = [torch.nn.Conv1d(i, o, k, padding=k // 2) for i, o, k in sizes]
    tensors = {}
    for i, layer in enumerate(layers):
        weight = layer.weight.permute(2, 1, 0)
        tensors[f"{i}.weight"] = weight.reshape(-1, weight.shape[2]).contiguous()
        tensors[f"{i}.bias"] = layer.bias
    levels = torch.rand(40, 128)

    with torch.inference_mode():
        hidden = levels.T[None]
        for i, layer in enumerate(layers):
            hidden = layer(hidden)
            hidden = torch.nn.functional.leaky_relu(hidden) if i < 6 else hidden
        ours = network.Stack(tensors)(levels)

    torch.testing.assert_close(ours, hidden[0].T, atol=1e-5, rtol=1e-4)


def test_a_checkpoint_that_holds_more_than_tensors_is_refused(tmp_path):
    torch.save({"model": object}, tmp_path / "evil.pt")

    with pytest.raises(BadArtifact, match="more than tensors"):
        network.convert(tmp_path / "evil.pt", tmp_path / "out")


def test_without_weights_it_says_what_to_do_and_marks_nothing(tmp_path):
    wave = Waveform(noise(1.0, 24_000), 24_000)

    for use in (Watermark(tmp_path).mark, Watermark(tmp_path).confidence, Watermark(tmp_path).find):
        with pytest.raises(BadArtifact, match="sayso models fetch"):
            use(wave)


def test_from_the_line_on_it_is_ours():
    assert Finding(MARKED, 0, 3, 1.0).is_marked
    assert not Finding(MARKED - 0.01, 0, 3, 1.0).is_marked


# --- an engine that marks -------------------------------------------------------------------------


class Whistle:
    """A mark that everyone hears: a tone at a quarter of the rate."""

    def __init__(self) -> None:
        self.is_warm = False

    def mark(self, wave: Waveform) -> Waveform:
        whistle = 0.01 * np.cos(np.pi / 2 * np.arange(len(wave.samples)))
        return Waveform(wave.samples + whistle.astype(np.float32), wave.rate_hz)

    def warm(self) -> None:
        self.is_warm = True


def test_all_that_a_marking_engine_says_is_marked(tmp_path):
    whistle = Whistle()
    plain, marking = ToneEngine(), MarkedEngine(ToneEngine(), whistle)
    text = "One sentence. And another."

    def said(speaker: Speaker) -> list[Samples]:
        return [piece.wave.samples for piece in speaker.speak(text, seed=3)]

    from sayso.engines.tone import pack

    artifact = pack(120.0, 1)
    for unmarked, marked in (
        (said(plain.reader("hum")), said(marking.reader("hum"))),
        (said(plain.load(artifact)), said(marking.load(artifact))),
    ):
        assert len(marked) == len(unmarked) == 2
        for piece, original in zip(marked, unmarked, strict=True):
            expected = whistle.mark(Waveform(original, 24_000)).samples
            np.testing.assert_array_equal(piece, expected)
    assert marking.readers() == plain.readers()
    assert marking.name == plain.name
    marking.warm()
    assert whistle.is_warm


# --- with the real weights ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def watermark() -> Watermark:
    return Watermark(models_dir())


@pytest.fixture(scope="module")
def pieces() -> list[Waveform]:
    """What a stock reader says, unmarked, piece by piece."""
    from sayso.engines.kokoro.engine import KokoroEngine

    reader = KokoroEngine(models_dir(), 2).reader("af_heart")
    text = "The morning light came slowly over the hills. She put the letter back into the blue drawer."
    return [piece.wave for piece in reader.speak(text)]


@pytest.fixture(scope="module")
def unmarked(pieces: list[Waveform]) -> Waveform:
    return Waveform(np.concatenate([piece.samples for piece in pieces]), 24_000)


@pytest.fixture(scope="module")
def marked(watermark: Watermark, pieces: list[Waveform]) -> Waveform:
    """Marked piece by piece, as a stream is."""
    return Waveform(np.concatenate([watermark.mark(piece).samples for piece in pieces]), 24_000)


@pytest.mark.real
def test_marked_speech_is_found_and_unmarked_is_not(watermark, marked, unmarked):
    assert watermark.confidence(marked) > 0.98
    assert watermark.confidence(unmarked) < 0.5


@pytest.mark.real
def test_pieces_are_as_well_marked_as_the_whole(watermark, marked, unmarked):
    assert watermark.confidence(marked) == pytest.approx(
        watermark.confidence(watermark.mark(unmarked)), abs=0.02
    )


@pytest.mark.real
def test_pieces_join_without_a_click(watermark, pieces):
    """What is added begins and ends with nothing, and is smooth in between."""
    for piece in pieces:
        added = watermark.mark(piece).samples - piece.samples
        assert np.abs(added[[0, -1]]).max() < 1e-6
        # Up to 2 kHz a signal at 24 kHz moves by at most about half its peak from sample to sample.
        assert np.abs(np.diff(added)).max() < 0.55 * np.abs(added).max()


@pytest.mark.real
def test_only_the_sound_below_two_kilohertz_changes(watermark, unmarked):
    added = watermark.mark(unmarked).samples - unmarked.samples
    power = np.abs(np.fft.rfft(added)) ** 2
    frequencies = np.fft.rfftfreq(len(added), 1 / 24_000)

    assert power[frequencies > 2_200].sum() < 1e-4 * power.sum()


@pytest.mark.real
@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 22_050, 44_100, 48_000])
def test_every_rate_is_marked_and_keeps_its_length(watermark, unmarked, rate_hz):
    wave = resample(unmarked, rate_hz)

    once_more = watermark.mark(wave)

    assert (once_more.rate_hz, len(once_more.samples)) == (rate_hz, len(wave.samples))
    assert watermark.confidence(once_more) > MARKED


@pytest.mark.real
@pytest.mark.parametrize("n", [0, 1, 700, 1_535, 1_536, 1_600, 2_400])
def test_scraps_keep_their_length_and_frighten_nobody(watermark, n):
    scrap = Waveform(noise(0.1, 24_000)[:n], 24_000)

    assert len(watermark.mark(scrap).samples) == n
    assert watermark.confidence(scrap) == 0.0


@pytest.mark.real
def test_silence_stays_silence_and_is_not_ours(watermark):
    silence = Waveform(np.zeros(48_000, np.float32), 24_000)

    assert not watermark.mark(silence).samples.any()
    assert watermark.confidence(silence) == 0.0


def _lossy(wave: Waveform, container: str, subtype: str) -> Waveform:
    file = io.BytesIO()
    soundfile.write(file, np.clip(wave.samples, -1, 1), wave.rate_hz, format=container, subtype=subtype)
    return codec.decode(file.getvalue())


ON_THE_WAY = {
    "mp3": lambda wave: _lossy(wave, "MP3", "MPEG_LAYER_III"),
    "opus": lambda wave: _lossy(wave, "OGG", "OPUS"),
    "phone": lambda wave: codec.decode(
        codec.encode(resample(wave, 8_000), container="wav", precision="MULAW")
    ),
    "trimmed": lambda wave: wave.cut(1.3, 4.6),
    "after silence": lambda wave: Waveform(np.pad(wave.samples, (120_000, 24_000)), wave.rate_hz),
    "quieter": lambda wave: Waveform(0.05 * wave.samples, wave.rate_hz),
    "5 % faster": lambda wave: Waveform(resample(wave, 22_857).samples, 24_000),
    "5 % slower": lambda wave: Waveform(resample(wave, 25_263).samples, 24_000),
}


@pytest.mark.real
@pytest.mark.parametrize("way", ON_THE_WAY)
def test_the_mark_survives_its_way(watermark, marked, way):
    assert watermark.confidence(ON_THE_WAY[way](marked)) >= MARKED


@pytest.mark.real
def test_a_marked_stretch_in_a_long_recording_is_found_where_it_is(watermark, marked, unmarked):
    before = np.tile(unmarked.samples, 4)
    wave = Waveform(np.concatenate([before, marked.samples, unmarked.samples]), 24_000)

    found = watermark.find(wave)

    assert found.is_marked
    assert found.start_s >= len(before) / 24_000 - 0.6
    assert found.end_s <= (len(before) + len(marked.samples)) / 24_000 + 0.6


@pytest.mark.real
def test_human_speech_is_not_taken_for_ours_until_it_is_marked(watermark):
    for said in utterances()[::10]:
        wave = said.wave()
        assert watermark.confidence(wave) < MARKED
        assert watermark.confidence(watermark.mark(wave)) >= MARKED
