"""The analysis with the real models: on stock readers, and on human speech where there is some."""

import numpy as np
import pytest

from real_speech import models_dir, utterances
from sayso.audio.distortion import si_sdr_db
from sayso.audio.resample import resample
from sayso.audio.waveform import Waveform
from sayso.domain.quality import Grade, Harm
from sayso.domain.verdict import Outcome
from sayso.engines.dnsmos import OpinionModel
from sayso.engines.enhance import RATE_HZ, Enhancer
from sayso.engines.registry import EngineOptions, make_engine
from sayso.engines.watermark import Watermark
from sayso.pipeline.analysis.analyse import analyse
from sayso.pipeline.analysis.item import Item
from sayso.pipeline.analysis.measure import Tools

pytestmark = pytest.mark.real

TEXTS = (
    "The boat came back to the harbour before it was dark, and nobody was hurt.",
    "She put the letter on the table and did not say a single word about it.",
    "Every morning he walks along the river, whatever the weather may be like.",
)


@pytest.fixture(scope="module")
def tools() -> Tools:
    return Tools.at(models_dir())


def spoken(name: str, text: str) -> Waveform:
    engine = make_engine("kokoro", EngineOptions(models_dir(), 1))
    pieces = list(engine.reader(name).speak(text))
    return Waveform(np.concatenate([piece.wave.samples for piece in pieces]), pieces[0].wave.rate_hz)


@pytest.fixture(scope="module")
def readings() -> list[Waveform]:
    return [spoken("af_heart", text) for text in TEXTS]


def quiet(*_: object) -> None:
    """Nobody watches."""


def noisy(wave: Waveform, snr_db: float) -> Waveform:
    noise = np.random.default_rng(0).standard_normal(len(wave.samples))
    noise *= np.sqrt(np.mean(wave.samples**2)) * 10 ** (-snr_db / 20)
    return Waveform((wave.samples + noise).astype(np.float32), wave.rate_hz)


def test_the_enhancer_takes_noise_out_and_stays_in_step(readings):
    enhancer, clean = Enhancer(models_dir()), resample(readings[0], RATE_HZ)
    spoilt = noisy(clean, 5.0)

    found = enhancer.enhance(spoilt)

    assert len(found.wave.samples) == len(clean.samples)
    assert si_sdr_db(clean, found.wave) > si_sdr_db(clean, spoilt) + 6.0
    assert found.local_snr_db.mean() < enhancer.enhance(clean).local_snr_db.mean() - 8.0


def test_the_enhancer_cuts_long_sound_without_a_seam(readings):
    enhancer = Enhancer(models_dir())
    once = resample(readings[0], RATE_HZ)
    long = Waveform(np.tile(noisy(once, 10.0).samples, 7), RATE_HZ)  # longer than a block
    whole, tail = enhancer.enhance(long), enhancer.enhance(long.cut(10.0, long.duration_s))

    a, b = whole.wave.cut(14.0, 26.0), tail.wave.cut(4.0, 16.0)

    assert si_sdr_db(a, b) > 25.0


def test_nothing_and_a_moment_can_be_enhanced():
    enhancer = Enhancer(models_dir())
    for n in (0, 1, 479, 481):
        assert len(enhancer.enhance(Waveform(np.zeros(n, np.float32), RATE_HZ)).wave.samples) == n


def test_listeners_would_mind_noise(readings):
    model = OpinionModel(models_dir())

    assert model.opinion(readings[0]).overall > model.opinion(noisy(readings[0], 5.0)).overall + 0.5
    assert model.opinion(Waveform(np.zeros(0, np.float32), 16_000)) is None


def test_exactly_what_was_planted_is_rejected(tools, readings, tmp_path):
    loud = readings[0].samples / np.abs(readings[0].samples).max() * 6.0
    rate_hz = readings[0].rate_hz
    hiss = np.random.default_rng(1).standard_normal(rate_hz * 4) * 1e-3
    items = [Item(f"good {i}", wave, text=TEXTS[i]) for i, wave in enumerate(readings)]
    items += [
        Item("stranger", spoken("am_michael", TEXTS[0])),
        Item("silent", Waveform(hiss.astype(np.float32), rate_hz)),
        Item("clipped", Waveform(np.clip(loud, -1.0, 1.0).astype(np.float32), rate_hz)),
    ]

    found = analyse(items, tools, quiet, least_s=10.0, folder=tmp_path)
    again = analyse(items, tools, quiet, least_s=10.0, folder=tmp_path)

    assert [report.id for report in found.rejected] == ["stranger", "silent", "clipped"]
    assert found.outcome is Outcome.ISSUE
    assert [r.reasons[0].code for r in found.rejected] == [
        Harm.OTHER_SPEAKER, Harm.SILENT, Harm.RUINED_BY_CLIPPING,
    ]  # fmt: skip
    assert again == found
    assert len((tmp_path / "analysis.jsonl").read_text().split()) > 0


def test_without_the_stranger_the_rest_is_left_out_and_the_set_goes_on(tools, readings):
    items = [Item(f"good {i}", wave) for i, wave in enumerate(readings)]
    items.append(Item("silent", Waveform(np.zeros(48_000, np.float32), 24_000)))

    found = analyse(items, tools, quiet, least_s=10.0)

    assert found.outcome is Outcome.REMARKS
    assert [r.id for r in found.rejected] == ["silent"]
    assert found.issue is None


def test_what_can_be_repaired_is_repaired_on_a_copy(tools, readings, tmp_path):
    wave = readings[1]
    still = np.zeros(wave.rate_hz * 3, np.float32)
    crooked = np.concatenate((still, wave.samples * 0.05, still)) + np.float32(0.02)

    found = analyse(
        [Item("crooked", Waveform(crooked, wave.rate_hz))], tools, quiet, least_s=1.0, folder=tmp_path
    )

    report = found.recordings[0]
    assert report.grade is Grade.REPAIRED
    assert {reason.code for reason in report.reasons} >= {Harm.OFFSET, Harm.LONG_SILENCE, Harm.TOO_QUIET}
    assert (tmp_path / report.repaired_file).is_file()
    assert len(report.repairs) == 3


def test_a_file_that_is_none_is_rejected_and_the_others_are_not(tools, readings, tmp_path):
    broken = tmp_path / "broken.flac"
    broken.write_bytes(b"fLaC and nothing more")

    found = analyse(
        [Item("broken", broken), Item("gone", tmp_path / "gone"), Item("good", readings[0])],
        tools,
        quiet,
        least_s=1.0,
    )

    assert [r.reasons[0].code for r in found.rejected] == [Harm.UNREADABLE] * 2
    assert found.recordings[2].is_active


def test_scores_fall_with_noise(tools, readings):
    items = [Item(str(snr), noisy(readings[2], snr)) for snr in (40.0, 20.0, 10.0, 0.0)]

    scores = [r.score for r in analyse(items, tools, quiet, least_s=1.0).recordings]

    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.85
    assert scores[-1] < 0.4


def test_a_human_stranger_among_ten_is_named(tools):
    everybody = utterances()
    own = [u for u in everybody if u.speaker == "2414"][:9]
    guest = next(u for u in everybody if u.speaker == "1688")
    items = [Item(u.file.stem, u.wave().cut(0.0, 6.0), text=None) for u in [*own, guest]]

    found = analyse(items, tools, quiet, least_s=10.0)

    assert [r.id for r in found.rejected] == [guest.file.stem]
    assert found.recordings[-1].is_outlier


def test_what_a_program_said_is_taken_out_of_a_dataset(tools, readings):
    watermark = Watermark(models_dir())
    items = [Item(f"{i}", wave if i else watermark.mark(wave)) for i, wave in enumerate(readings)]

    found = analyse(items, tools, quiet, least_s=5.0)

    assert [report.id for report in found.rejected] == ["0"]
    assert [reason.code for reason in found.rejected[0].reasons] == [Harm.MADE]
    assert found.outcome is Outcome.REMARKS
    assert found.remarks[0] == "Left out: “0” (made by a program)."
