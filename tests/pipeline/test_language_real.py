"""The real ear tells German, Dutch, Italian and Russian speakers from English ones."""

from __future__ import annotations

import pytest

from real_speech import models_dir, utterances
from sayso.engines.whisper import WhisperEar
from sayso.errors import OtherLanguage
from sayso.pipeline.ingest import Given, choose
from sayso.pipeline.language import expect_english


@pytest.fixture(scope="module")
def ear() -> WhisperEar:
    return WhisperEar(models_dir(), 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "language"),
    [
        ("lang_de_kerstin_16k", "German"),
        ("lang_nl_flemishguy_24k", "Dutch"),
        ("lang_it_carlo_16k", "Italian"),
        ("lang_ru_ivrvoice_16k", "Russian"),
    ],
)
def test_a_speaker_of_another_language_is_refused_by_name(
    ear: WhisperEar, folder: str, language: str
) -> None:
    waves = [one.wave() for one in utterances(folder)]
    with pytest.raises(OtherLanguage, match=f"are in {language} "):
        expect_english(waves, ear)
    with pytest.raises(OtherLanguage, match=f"are in {language} "):
        choose([Given(wave, None) for wave in waves], ear, "en", lambda *_: None)


@pytest.mark.slow
def test_english_speakers_pass(ear: WhisperEar) -> None:
    everybody = [utterances(name) for name in ("rapid_libri5spk_16k", "impostors_libri8spk_16k")]
    by_speaker: dict[str, list[int]] = {}
    every = [one for found in everybody for one in found]
    for i, one in enumerate(every):
        by_speaker.setdefault(one.speaker, []).append(i)
    assert len(by_speaker) == 13
    for indices in by_speaker.values():
        expect_english([every[i].wave() for i in indices], ear)
