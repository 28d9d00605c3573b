"""What the real network says stays what it said: golden speech by tolerance, plain and by SSML.

speech.npz holds the spectra of the reference implementation (plain torch in float32). The tolerance leaves room for
bfloat16 and for what another processor rounds; other words, another reader and a wrong element are far outside of it.
`SAYSO_KERNELS=none SAYSO_GOLDEN=write pytest -m real tests/golden/test_speech.py` writes it anew.
"""

import itertools
import os
import re
from pathlib import Path

import numpy as np
import pytest

import real_speech
from golden_sound import Floats, log_mel, warped_distance_db
from sayso.audio.level import rms_dbfs
from sayso.audio.waveform import Waveform
from sayso.engines.base import Speaker
from sayso.text.reading import read_script

pytestmark = pytest.mark.real

FILE = Path(__file__).parent / "speech.npz"
_STEP_DB = 0.25
"""Of the spectra on disk."""
_MOST_DB, _MOST_LONGER, _MOST_LOUDER_DB = 2.5, 0.03, 0.6

SAYINGS = {
    # name: text, its words as Whisper base writes them
    "plain": ("The old ferry leaves at noon, and nobody minds the rain.", "the old ferry leaves at noon and nobody minds the rain"),
    "question": ("Did you remember to bring the blue lantern?", "did you remember to bring the blue lantern"),
    "slow": ('<speak><prosody rate="80%">The garden gate was open.</prosody></speak>', "the garden gate was open"),
    "high": ('<speak><prosody pitch="+3st">The garden gate was open.</prosody></speak>', "the garden gate was open"),
    "soft": ('<speak><prosody volume="-9dB">The garden gate was open.</prosody></speak>', "the garden gate was open"),
    "strong": ('<speak>The <emphasis level="strong">garden</emphasis> gate was open.</speak>', "the garden gate was open"),
    "break": ('<speak>The garden gate<break time="700ms"/> was open.</speak>', "the garden gate was open"),
    "instead": ('<speak>The <sub alias="garden gate">G. G.</sub> was open.</speak>', "the garden gate was open"),
    "sounds": ('<speak>The <phoneme alphabet="ipa" ph="ˈɡɑɹdən">thing</phoneme> gate was open.</speak>', "the garden gate was open"),
}  # fmt: skip


@pytest.fixture(scope="module")
def reader() -> Speaker:
    from sayso.engines.kokoro.engine import KokoroEngine

    return KokoroEngine(real_speech.models_dir(), 2).reader("af_heart")


def said(reader: Speaker, text: str) -> Waveform:
    pieces = [piece.wave.samples for piece in reader.speak(read_script(text), seed=1)]
    return Waveform(np.concatenate(pieces), reader.rate_hz)


def golden(name: str) -> tuple[Floats, float, float]:
    """Spectrum, seconds, dBFS."""
    with np.load(FILE) as file:
        seconds, level_dbfs = file[f"{name}.numbers"]
        return -file[f"{name}.mel"].astype(np.float32) * _STEP_DB, float(seconds), float(level_dbfs)


@pytest.mark.skipif(
    os.environ.get("SAYSO_GOLDEN") != "write", reason="SAYSO_GOLDEN=write makes the file anew"
)
def test_write(reader: Speaker) -> None:
    arrays: dict[str, np.ndarray] = {}
    for name, (text, _) in SAYINGS.items():
        wave = said(reader, text)
        arrays[f"{name}.mel"] = np.round(-log_mel(wave) / _STEP_DB).astype(np.uint8)
        arrays[f"{name}.numbers"] = np.array([wave.duration_s, rms_dbfs(wave)], np.float32)
    np.savez_compressed(FILE, **arrays)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SAYINGS)
def test_it_is_said_as_it_was(reader: Speaker, name: str) -> None:
    spectrum, seconds, level_dbfs = golden(name)
    wave = said(reader, SAYINGS[name][0])
    assert wave.duration_s == pytest.approx(seconds, rel=_MOST_LONGER)
    assert rms_dbfs(wave) == pytest.approx(level_dbfs, abs=_MOST_LOUDER_DB)
    assert warped_distance_db(log_mel(wave), spectrum) < _MOST_DB


def test_the_words_are_heard(reader: Speaker) -> None:
    from sayso.engines.whisper import WhisperEar

    ear, misheard = WhisperEar(real_speech.models_dir(), 2), {}
    for name, (text, words) in SAYINGS.items():
        heard = re.findall(r"[a-z]+", ear.hear(said(reader, text), "en").text.lower())
        if heard != words.split():
            misheard[name] = heard
    # The recogniser may err once; a wrong element would not stay alone.
    assert len(misheard) <= 1, misheard


def test_another_saying_is_outside_of_the_tolerance() -> None:
    """Every two sayings differ in length, level or spectrum: a test that could not fail would not tell."""
    alike = {"strong", "instead", "sounds"}
    """One sentence, said in the same manner or nearly so."""
    known = {name: golden(name) for name in SAYINGS}
    for one, other in itertools.combinations(SAYINGS, 2):
        (spectrum, seconds, level_dbfs), (its_spectrum, its_seconds, its_level_dbfs) = (
            known[one],
            known[other],
        )
        assert (
            {one, other} <= alike
            or abs(seconds - its_seconds) > _MOST_LONGER * its_seconds
            or abs(level_dbfs - its_level_dbfs) > _MOST_LOUDER_DB
            or warped_distance_db(spectrum, its_spectrum) > _MOST_DB
        ), (one, other)
