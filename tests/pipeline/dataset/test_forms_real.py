"""Forms A to F of one person's real speech, by the real models: the same recordings, the same words."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile
from sending import tarred, zipped

import real_speech
from sayso.audio.waveform import Waveform
from sayso.outbound import Fetched
from sayso.pipeline.dataset import texts
from sayso.pipeline.dataset.preparer import ChildPreparer
from sayso.pipeline.dataset.preparing import Manifest
from sayso.pipeline.dataset.unpack import unpack

pytestmark = pytest.mark.real

SPEAKER, COUNT = "pro_kathleen_en_f_24k/test", 8
GAP_S = 0.8

Said = list[tuple[str, str, Waveform]]


@pytest.fixture(scope="module")
def said() -> Said:
    """Name, text and sound of recordings that are long enough for words to be sure."""
    found = [(one.file.stem, one.text, one.wave()) for one in real_speech.utterances(SPEAKER)]
    return sorted(one for one in found if one[2].duration_s > 3.0)[:COUNT]


@pytest.fixture(scope="module")
def manifests(said: Said, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, tuple[Manifest, Path]]:
    """What comes of each form, and the folder of its sound."""
    preparer = ChildPreparer("kokoro", real_speech.models_dir(), 2)
    found = {}
    for form, data in packed(said).items():
        folder = tmp_path_factory.mktemp(form)
        file = folder / "download"
        file.write_bytes(data)
        fetched = Fetched(file, len(data), "talk.wav")
        unpack(fetched.path, folder, name=fetched.name)
        found[form] = preparer.prepare(folder, "en", lambda *_: None), folder
    preparer.close()
    return found


def wav(*parts: np.ndarray, rate_hz: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.concatenate(parts), rate_hz, format="WAV", subtype="PCM_16")
    return file.getvalue()


def packed(said: Said) -> dict[str, bytes]:
    rate_hz = said[0][2].rate_hz
    gap = np.zeros(round(GAP_S * rate_hz), np.float32)
    long = [piece for _, _, wave in said for piece in (wave.samples, gap)]
    sounds = {name: wav(wave.samples, rate_hz=rate_hz) for name, _, wave in said}
    words = {name: text for name, text, _ in said}
    plain = "".join(f"{name}|{text}|{text}\n" for name, text in words.items())
    headed = "file\ttext\n" + "".join(f"{name}.wav\t{text}\n" for name, text in words.items())

    def of(template: str, things: Mapping[str, bytes | str]) -> dict[str, bytes | str]:
        return {template.format(name): thing for name, thing in things.items()}

    return {
        "A": wav(*long, rate_hz=rate_hz),
        "B": zipped(of("{}.wav", sounds) | of("{}.txt", words)),
        "C": tarred({"metadata.csv": plain} | of("wavs/{}.wav", sounds)),
        "D": tarred({"list.tsv": headed} | of("clips/{}.wav", sounds), "xz"),
        "E": tarred(of("wav48/p1/{}.wav", sounds) | of("txt/p1/{}.txt", words), "bz2"),
        "F": zipped(of("{}.wav", sounds)),
    }


def sound(manifest: Manifest, folder: Path) -> list[np.ndarray]:
    return [soundfile.read(folder / one.file, dtype="float32")[0] for one in manifest.utterances]


def test_each_form_is_told_by_what_is_in_it(manifests: Mapping[str, tuple[Manifest, Path]]) -> None:
    assert {form: manifest.form for form, (manifest, _) in manifests.items()} == {
        form: form for form in "ABCDEF"
    }
    assert not [remark for manifest, _ in manifests.values() for remark in manifest.remarks]


@pytest.mark.parametrize("form", "BCDEF")
def test_recordings_stay_whole_and_unchanged(
    form: str, said: Said, manifests: Mapping[str, tuple[Manifest, Path]]
) -> None:
    manifest, folder = manifests[form]
    assert [one.name for one in manifest.utterances] == [name for name, _, _ in said]
    for samples, (_, _, wave) in zip(sound(manifest, folder), said, strict=True):
        assert len(samples) == len(wave.samples)
        assert np.abs(samples - wave.samples).max() < 1e-4  # 16 bits


def test_one_long_recording_loses_no_speech(
    said: Said, manifests: Mapping[str, tuple[Manifest, Path]]
) -> None:
    manifest, folder = manifests["A"]
    rate_hz = said[0][2].rate_hz
    long, _ = soundfile.read(io.BytesIO(packed(said)["A"]), dtype="float32")
    left = long.copy()
    for one, samples in zip(manifest.utterances, sound(manifest, folder), strict=True):
        first = round(one.start_s * rate_hz)
        assert np.abs(samples - long[first : first + len(samples)]).max() < 1e-4
        left[first : first + len(samples)] = 0.0
    assert np.square(left).sum() < 0.01 * np.square(long).sum()
    assert all(one.duration_s <= 12.0 for one in manifest.utterances)


def test_texts_that_came_along_are_kept_and_others_are_heard(
    said: Said, manifests: Mapping[str, tuple[Manifest, Path]]
) -> None:
    given = [text for _, text, _ in said]
    for form in "BCDE":
        utterances = manifests[form][0].utterances
        assert [one.text for one in utterances] == given
        assert {one.text_source for one in utterances} == {"given"}
        assert min(one.agreement or 0.0 for one in utterances) > 0.6
    for form in "AF":
        utterances = manifests[form][0].utterances
        assert {one.text_source for one in utterances} == {"heard"}
        heard = " ".join(one.text for one in utterances)
        assert texts.agreement(" ".join(given), heard, "en") > 0.9
