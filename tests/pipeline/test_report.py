"""The report of a voice: figures that say what they claim, a page that holds only what was escaped."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sayso.audio.waveform import Waveform
from sayso.engines.base import Take
from sayso.engines.registry import EngineOptions
from sayso.engines.stock_voiceprints import strangers
from sayso.engines.tone import ToneEar, ToneEngine, ToneSpans, ToneSpeaker, ToneVoiceprints, pack
from sayso.pipeline.report.advice import advice
from sayso.pipeline.report.coverage import SOUNDS, coverage
from sayso.pipeline.report.manner import manner
from sayso.pipeline.report.measure import Instruments, _heard, write_report
from sayso.pipeline.report.page import page
from sayso.pipeline.tools import make_instruments
from sayso.pipeline.training import write_takes
from sayso.text.misheard import compare

TEXTS = ("The first of all the takes.", "And here is another one to learn from.", "Is this the third?")


def said(text: str, pitch_hz: float) -> Waveform:
    samples = [piece.wave.samples for piece in ToneSpeaker(pitch_hz).speak(text)]
    return Waveform(np.concatenate(samples), 24_000)


def report(folder: Path, voice_hz: float, kind: str = "rapid") -> dict[str, Any]:
    write_takes(folder, [Take(said(text, 150.0), text) for text in TEXTS])
    (folder / "artifact").write_bytes(pack(voice_hz, 1))
    tools = Instruments(ToneEar(), ToneVoiceprints(), None, {"hum.bin": "ab" * 32})
    quiet = lambda *_: None  # noqa: E731
    file = write_report(folder, folder / "artifact", kind, ToneEngine(), tools, quiet)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def test_a_voice_like_its_speaker_is_near_and_another_is_far(tmp_path: Path) -> None:
    found = report(tmp_path, 150.0)
    near, figures = found["figures"]["likeness"], found["figures"]
    far = report(tmp_path, 300.0)["figures"]["likeness"]
    assert near["voice"] > 0.95
    assert far["voice"] < 0.3
    assert near["same_speaker"] == pytest.approx(near["voice"], abs=0.1)
    assert (figures["words"]["wer"], figures["words"]["wrong"]) == (0.0, [])
    assert figures["manner"]["voice"]["pitch_hz"] == pytest.approx(150.0, rel=0.03)
    assert set(found["sounds"]) == {"voice 1", "voice 2", "speaker 1", "speaker 2"}
    assert figures["advice"]


def test_a_professional_report_has_its_training_and_its_stability(tmp_path: Path) -> None:
    figures = report(tmp_path, 150.0, "professional")["figures"]
    assert figures["stability"]["seeds"]["seed"] == [0, 1, 2]
    assert len(figures["stability"]["texts"]["word_errors"]) == 10
    assert figures["training"] == {"points": [], "facts": {}}
    assert figures["words"]["words"] > 80


def test_a_voice_that_is_the_same_from_text_to_text_and_seed_to_seed_is_told_to_be(tmp_path: Path) -> None:
    found = report(tmp_path, 150.0)["figures"]["stability"]
    for told, count in ((found["texts"], 3), (found["seeds"], 2)):
        assert told["word_errors"] == [0] * count
        assert told["pitch_hz"] == pytest.approx([150.0] * count, rel=0.03)
        assert min(told["likeness"]) > 0.9
        assert len(told["words_per_minute"]) == count
    assert found["seeds"]["seed"] == [0, 1]


def test_errors_are_counted_in_the_text_in_which_they_were_heard() -> None:
    waves = [said(text, 150.0) for text in ("One two three.", "A wrong one.", "Seven eight nine.")]
    found = _heard(["One two three.", "Four five six.", "Seven eight nine."], waves, ToneEar())
    assert [one.word_errors for one in found] == [0, 3, 0]


def test_weights_and_versions_are_named_with_their_hashes(tmp_path: Path) -> None:
    figures = report(tmp_path, 150.0)["figures"]
    assert figures["weights"] == {"hum.bin": "ab" * 32}
    assert figures["artifact"]["sha256"] == hashlib.sha256(pack(150.0, 1)).hexdigest()
    real = make_instruments("kokoro", EngineOptions(Path("nowhere"), 1), ToneEar()).weights
    assert {
        "kokoro/kokoro.safetensors",
        "whisper-base/model.bin",
        "campplus/campplus.onnx",
        "dnsmos/p808.onnx",
    } <= set(real)
    assert all(len(sha256) == 64 for sha256 in real.values())


def test_more_minutes_and_questions_are_asked_for_in_one_sentence() -> None:
    figures = {
        "voice_type": "professional",
        "recordings": {"takes": 100, "speech_s": 720.0},
        "coverage": {"missing": (), "questions": 1},
        "quality": {"voice": None, "recordings": None},
        "words": {"wer": 0.0},
        "likeness": None,
        "manner": {"voice": {"pitch_spread": 3.0}, "speaker": {"pitch_spread": 3.0}},
    }
    assert advice(figures) == ["Record 3 more minutes, with questions among them: hardly any are there."]
    figures["recordings"] = {"takes": 100, "speech_s": 900.0}
    assert advice(figures) == ["Record a few questions: hardly any are among the recordings."]


def test_the_curve_on_the_page_falls_where_the_loss_falls(tmp_path: Path) -> None:
    found = report(tmp_path, 150.0, "professional")
    points = [
        {"phase": "timbre", "step": step, "spent_s": 1.0, "loss": None, "held_out": loss}
        for step, loss in ((0, 2.0), (10, 1.5), (20, 1.0))
    ]
    figures = {**found["figures"], "training": {"points": points, "facts": {}}}
    payload = {**figures, "voice_uuid": "55592656", "build": 1, "made_at": "now"}
    [line] = re.findall(r"<polyline class=curve points='([^']+)'", page(payload, found["sounds"], "Ada"))
    heights = [float(point.split(",")[1]) for point in line.split()]
    assert heights == [20.0, 70.0, 120.0], "y grows downwards"


def test_the_page_holds_no_markup_of_strangers(tmp_path: Path) -> None:
    found = report(tmp_path, 150.0)
    figures = found["figures"]
    figures["words"]["wrong"] = [{"said": "<script>", "heard": "</q>"}]
    payload = {**figures, "voice_uuid": "55592656", "build": 1, "made_at": "now"}
    text = page(payload, found["sounds"], "The voice <b>Ada</b>")
    assert "<script" not in text
    assert "<b>Ada" not in text
    assert text.count("data:audio/flac;base64,") == 4
    assert "http" not in text.replace("http-equiv", "")


def test_words_that_went_wrong_are_paired() -> None:
    found = compare("The grey boat, it came home late.", "the gray goat came home very late")
    assert (found.word_errors, found.words) == (3, 7)
    assert found.pairs == (("boat it", "goat"), ("", "very"))
    assert compare("All right.", "all right").word_errors == 0


def test_sounds_that_are_missing_are_named_by_words() -> None:
    found = coverage(["A cat sat.", "Did a cat sit?"])
    assert "measure" in found.missing
    assert "cat" not in found.missing
    assert (found.questions, found.sounds) == (1, len(SOUNDS))
    assert coverage(SOUNDS.values()).missing == ()


def test_pauses_are_counted_within_speech_alone() -> None:
    gap = np.zeros(12_000, np.float32)
    parts = [said("one two three four", 150.0).samples[: 24_000 * 17 // 20], gap] * 3
    spoken = [(Waveform(np.concatenate([gap, *parts]), 24_000), "one two three four " * 3)]
    found = manner(spoken, ToneSpans())
    assert found.pauses_per_minute is not None
    assert found.pause_part == pytest.approx(1.0 / 3.55, abs=0.08)
    assert manner([], ToneSpans()).pitch_hz is None


def test_strangers_are_of_the_same_network() -> None:
    assert strangers("another", 150.0) == []
    vectors = strangers("campplus-zh-en-advanced-1", 120.0)
    assert len(vectors) == 6
    assert all(np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-3) for vector in vectors)
