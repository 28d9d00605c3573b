"""From a download to a manifest: whole, cut, heard, gone on with after a crash, within memory."""

from __future__ import annotations

import io
import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from sending import RATE_HZ, laid_by_hand, laid_out, sound, talk, tarred

from sayso.audio.waveform import Waveform
from sayso.engines.base import Heard, HeardWord
from sayso.engines.tone import ToneDetector, ToneEar
from sayso.errors import BadAudio, BadDataset
from sayso.pipeline import phone
from sayso.pipeline.dataset import cutting, ending, texts
from sayso.pipeline.dataset.preparer import ChildPreparer
from sayso.pipeline.dataset.preparing import Manifest, prepare
from sayso.pipeline.decoding import ChildDecoder, DecodeLimits
from sayso.pipeline.json_child import ChildDied


def prepared(folder: Path, ear: object = None, **options: object) -> Manifest:
    return prepare(folder, ear or ToneEar(), ToneDetector(), "en", lambda *_: None, **options)  # type: ignore[arg-type]


SHORT = {"one": (2.0, 1.5), "two": (3.0,)}


@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG", "MP3"])
def test_every_format_gives_the_same_speech(tmp_path: Path, form: str) -> None:
    laid_by_hand(tmp_path, {f"{name}.{form.lower()}": sound(*s, form=form) for name, s in SHORT.items()})
    manifest = prepared(tmp_path)
    assert [(one.name, one.text_source, one.start_s) for one in manifest.utterances] == [
        ("one", "heard", 0.0),
        ("two", "heard", 0.0),
    ]
    assert [one.duration_s for one in manifest.utterances] == pytest.approx([4.6, 3.7], abs=0.1)
    assert all(one.text.startswith("la la") and one.rate_hz == RATE_HZ for one in manifest.utterances)
    samples, rate_hz = soundfile.read(tmp_path / manifest.utterances[0].file)
    assert rate_hz == RATE_HZ
    assert np.corrcoef(samples[:30_000], talk(*SHORT["one"])[:30_000])[0, 1] > 0.9 or form == "MP3"


def test_from_the_archive_through_the_children(tmp_path: Path) -> None:
    entries: dict[str, bytes | str] = {"metadata.csv": "one|la la la\ntwo|something else entirely"}
    entries |= {f"wavs/{name}.wav": sound(*seconds) for name, seconds in SHORT.items()}
    laid_out(tmp_path, tarred(entries, "xz"))
    told: list[str] = []
    preparer = ChildPreparer("tone", tmp_path, 2)
    manifest = preparer.prepare(tmp_path, "en-US", lambda stage, *_: told.append(stage))
    preparer.close()
    assert manifest.form == "C"
    assert [(one.text, one.text_source) for one in manifest.utterances] == [
        ("la la la", "given"),
        ("something else entirely", "given"),
    ]
    assert manifest.utterances[1].agreement == 0.0
    assert [remark.code for remark in manifest.remarks if remark.member == "wavs/two.wav"] == [
        "text_disagrees"
    ]
    assert {"cutting", "listening"} <= set(told)


def test_a_long_recording_is_cut_at_its_pauses(tmp_path: Path) -> None:
    lengths = (5.0, 4.0, 9.0, 2.0, 7.0, 0.4, 6.0)
    laid_by_hand(tmp_path, {"talk.wav": sound(*lengths, pause_s=1.2)})
    manifest = prepared(tmp_path)
    assert [one.name for one in manifest.utterances] == [f"talk-{i:04}" for i in range(1, 7)]
    assert all(1.0 <= one.duration_s <= 12.0 for one in manifest.utterances)
    whole = talk(*lengths, pause_s=1.2)
    for one in manifest.utterances:
        samples, _ = soundfile.read(tmp_path / one.file, dtype="float32")
        first = round(one.start_s * RATE_HZ)
        assert np.abs(samples - whole[first : first + len(samples)]).max() < 1e-4


def test_the_text_of_a_long_recording_is_shared_out(tmp_path: Path) -> None:
    class Ear:
        def hear(self, *_: object) -> Heard:
            said = next(left)
            return Heard(said, tuple(HeardWord(word, 0, 1, 0.9) for word in said.split()), "en", 1.0)

    laid_by_hand(
        tmp_path,
        {"t.wav": sound(8.0, 8.0, 8.0, pause_s=1.2), "t.txt": "It's one, two; three! Four... and five."},
    )
    left = iter(["its one two", "uh free for", "and five"])
    manifest = prepared(tmp_path, Ear())
    assert [one.text for one in manifest.utterances] == [
        "It's one, two; three! Four...",
        "uh free for",
        "and five.",
    ]
    assert [one.text_source for one in manifest.utterances] == ["given", "heard", "given"]


def test_a_text_that_must_be_shared_out_is_kept_where_nobody_else_is_heard(tmp_path: Path) -> None:
    class Counting(ToneEar):
        heard: list[float] = []  # noqa: RUF012

        def hear(self, wave: Waveform, *arguments: object) -> Heard:  # type: ignore[override]
            self.heard.append(wave.duration_s)
            return super().hear(wave, *arguments)  # type: ignore[arg-type]

    words = " ".join(["la"] * 72)
    long = sound(8.0, 8.0, 8.0, pause_s=1.2)
    laid_by_hand(tmp_path, {"a.wav": long, "a.txt": words, "b.wav": sound(3.0), "b.txt": "la", "c.wav": long})
    manifest = prepared(tmp_path, Counting(), hears=False)
    shared = [one for one in manifest.utterances if one.member == "a.wav"]
    assert " ".join(one.text for one in shared) == words
    assert {one.text_source for one in shared} == {"given"}
    assert all(one.agreement is not None and one.agreement > 0.9 for one in shared)
    assert [one.text for one in manifest.utterances if one.member != "a.wav"] == ["la", "", "", ""]
    assert len(Counting.heard) == 3, "only what was cut and has a text"


def test_a_silent_recording_goes_along_and_a_broken_one_does_not(tmp_path: Path) -> None:
    silent = sound()
    entries = {
        "good.wav": sound(2.0),
        "silent.wav": silent,
        "broken.flac": sound(2.0, form="FLAC")[:3_000] + b"x" * 50,
    }
    laid_by_hand(tmp_path, entries)
    manifest = prepared(tmp_path)
    assert [one.name for one in manifest.utterances] == ["good", "silent"]
    (remark,) = manifest.remarks
    assert (remark.code, remark.member) == ("unreadable", "broken.flac")
    assert "broken or cut short" in remark.message


def test_a_long_silent_recording_goes_along_by_its_beginning(tmp_path: Path) -> None:
    quiet = io.BytesIO()
    soundfile.write(quiet, np.random.default_rng(1).normal(0, 1e-4, 25 * RATE_HZ), RATE_HZ, format="WAV")
    laid_by_hand(tmp_path, {"good.wav": sound(2.0), "silent.wav": quiet.getvalue()})
    manifest = prepared(tmp_path)
    good, silent = manifest.utterances
    assert (good.name, silent.name, silent.duration_s, silent.start_s) == ("good", "silent", 20.0, 0.0)
    (remark,) = manifest.remarks
    assert (remark.code, remark.member) == ("no_speech", "silent.wav")
    assert "its first 20 s stand for it" in remark.message


def test_a_wav_that_ends_before_its_head_says_is_taken_and_said(tmp_path: Path) -> None:
    whole = sound(2.0, 2.0)
    at = whole.index(b"data") + 4
    streamed = whole[:at] + b"\xff\xff\xff\xff" + whole[at + 4 :]
    zero = whole[:at] + bytes(4) + whole[at + 4 :]
    entries = {
        "cut.wav": whole[: len(whole) // 2],
        "streamed.wav": streamed,
        "zero.wav": zero,
        "whole.wav": whole,
    }
    laid_by_hand(tmp_path, entries)
    manifest = prepared(tmp_path)
    assert {(remark.code, remark.member) for remark in manifest.remarks} >= {("cut_short", "cut.wav")}
    assert [remark.member for remark in manifest.remarks if remark.code == "cut_short"] == ["cut.wav"]
    lengths = {one.name: one.duration_s for one in manifest.utterances}
    assert lengths["cut"] == pytest.approx(lengths["whole"] / 2, abs=0.01)
    assert lengths["streamed"] == lengths["whole"]


@pytest.mark.parametrize("form", ["OGG", "MP3"])
def test_a_compressed_file_that_lacks_its_end_is_taken_and_said(tmp_path: Path, form: str) -> None:
    whole = sound(3.0, 3.0, form=form, seed=2)
    tagged = b"ID3\x04\x00\x00" + bytes([0, 0, 2, 0]) + bytes(256) + whole
    entries = {"whole": whole, "cut": whole[: len(whole) * 2 // 3]}
    if form == "MP3":
        entries |= {"tagged": tagged, "tagged and cut": tagged[: len(tagged) * 2 // 3]}
    laid_by_hand(tmp_path, {f"{name}.{form.lower()}": data for name, data in entries.items()})
    manifest = prepared(tmp_path)
    said = {remark.member.partition(".")[0] for remark in manifest.remarks if remark.code == "cut_short"}
    assert said == {name for name in entries if "cut" in name}
    lengths = {one.name: one.duration_s for one in manifest.utterances}
    assert lengths["cut"] < 0.8 * lengths["whole"]


@given(data=st.binary(max_size=400), start=st.sampled_from([b"OggS", b"ID3", b"\xff\xfb", b"RIFF....WAVE"]))
def test_the_end_of_any_file_can_be_looked_at(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: bytes
) -> None:
    path = tmp_path_factory.mktemp("ends") / "file"
    path.write_bytes(start + data)
    assert ending.is_cut_short(path) in (True, False)


def test_nothing_usable_is_refused(tmp_path: Path) -> None:
    laid_by_hand(tmp_path, {"broken.flac": b"fLaC" + b"x" * 500})
    with pytest.raises(BadDataset, match=r"nothing in the dataset can be used: 'broken\.flac' was left out"):
        prepared(tmp_path)


def test_a_killed_run_is_gone_on_with(tmp_path: Path) -> None:
    class Counting(ToneEar):
        heard = 0

        def hear(self, *arguments: object) -> Heard:  # type: ignore[override]
            Counting.heard += 1
            if Counting.heard == 2:
                raise KeyboardInterrupt
            return super().hear(*arguments)  # type: ignore[arg-type]

    laid_by_hand(tmp_path, {f"{i}.wav": sound(1.0, seed=i) for i in range(4)})
    with pytest.raises(KeyboardInterrupt):
        prepared(tmp_path, Counting())
    assert not (tmp_path / "manifest.json").exists()
    with (tmp_path / "cut.jsonl").open("ab") as journal:
        journal.write(b'{"key": "torn')
    (tmp_path / "members" / "00000").write_bytes(sound(1.0)[:5_000])  # what is done is not decoded again
    Counting.heard = 2
    manifest = prepared(tmp_path, Counting())
    assert len(manifest.utterances) == 4
    assert Counting.heard <= 5
    assert prepared(tmp_path, None) == manifest


def test_a_child_that_is_killed_is_gone_on_with(tmp_path: Path) -> None:
    # So many that it is surely not through when the signal arrives.
    laid_by_hand(tmp_path, {f"{i}.wav": sound(1.0, seed=i) for i in range(90)})
    preparer = ChildPreparer("tone", tmp_path, 1)

    def kill(stage: str, *_: object) -> None:
        if stage == "listening" and preparer.pid is not None:
            os.kill(preparer.pid, signal.SIGKILL)

    with pytest.raises(ChildDied):
        preparer.prepare(tmp_path, "en", kill)
    assert (tmp_path / "heard.jsonl").read_bytes().count(b"\n") >= 1
    assert len(preparer.prepare(tmp_path, "en", lambda *_: None).utterances) == 90
    preparer.close()


def test_a_dataset_beyond_its_hours_is_cut_off_and_said(tmp_path: Path) -> None:
    from sayso.pipeline.dataset.limits import DatasetLimits

    laid_by_hand(tmp_path, {f"{i}.wav": sound(1.0) for i in range(3)})
    manifest = prepared(tmp_path, limits=DatasetLimits(max_audio_s=2.0))
    assert [one.name for one in manifest.utterances] == ["0", "1"]
    assert [remark.code for remark in manifest.remarks] == ["left_out"]


def test_what_cutting_writes_is_bounded_and_what_is_left_out_said(tmp_path: Path) -> None:
    from sayso.pipeline.dataset.limits import DatasetLimits

    long = sound(*[8.0] * 5, pause_s=1.2)
    laid_by_hand(tmp_path, {"a.wav": sound(2.0), "long.wav": long, "z.wav": sound(2.0)})
    manifest = prepared(tmp_path, limits=DatasetLimits(max_cut_bytes=400_000))
    written = sum(path.stat().st_size for path in (tmp_path / "utterances").iterdir())
    assert 400_000 <= written < 800_000
    assert 2 <= len(manifest.utterances) < 6
    assert [remark.code for remark in manifest.remarks] == ["cut_off", "left_out"]
    assert "takes more than 0.4 MB" in manifest.remarks[1].message


def test_what_is_cut_off_within_a_recording_is_said_in_minutes(tmp_path: Path) -> None:
    from sayso.pipeline.dataset.limits import DatasetLimits

    laid_by_hand(tmp_path, {"long.wav": sound(*[8.0] * 5, pause_s=1.2)})
    manifest = prepared(tmp_path, limits=DatasetLimits(max_audio_s=12.0))
    assert len(manifest.utterances) == 2
    (remark,) = manifest.remarks
    assert remark.code == "cut_off"
    assert "0.4 minutes of 'long.wav' were left out: the dataset has more than 0.2 minutes" in remark.message


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0.05, 40), st.floats(0.05, 5)), min_size=1, max_size=12), st.integers(0, 9)
)
def test_cuts_are_in_order_short_and_lose_no_speech(shape: list[tuple[float, float]], seed: int) -> None:
    dice = np.random.default_rng(seed)
    speech = np.concatenate(
        [np.repeat([0.0, 1.0], [max(1, int(p / 0.032)), max(1, int(s / 0.032))]) for s, p in shape] + [[0.0]]
    ).astype(np.float32)
    level = np.where(speech > 0.5, -20.0, -60.0) + dice.normal(0, 3, len(speech))
    spans = cutting.cut_points(speech, level.astype(np.float32))
    assert all(0 < span.duration_s < 30 for span in spans)
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in itertools.pairwise(spans))
    covered = np.zeros(len(speech), bool)
    for span in spans:
        covered[int(span.start_s / 0.032 + 0.5) : int(span.end_s / 0.032 + 0.5)] = True
    edges = np.flatnonzero(np.diff(np.concatenate(([0], speech, [0]))))
    for first, last in edges.reshape(-1, 2):
        if (last - first) * 0.032 >= 0.25:
            assert covered[first:last].mean() > 0.9


@given(st.text("ab c.,", max_size=60), st.lists(st.text("ab c", max_size=20), min_size=1, max_size=5))
def test_a_text_that_is_shared_out_is_whole(text: str, heard: list[str]) -> None:
    parts = texts.shared_out(text, heard)
    assert len(parts) == len(heard)
    assert " ".join(parts).split() == text.split()


def test_numbers_agree_with_their_words() -> None:
    assert texts.agreement("In 1665, $5!", "in sixteen sixty five five dollars", "en") == 1.0
    assert texts.agreement("quite another thing", "what we heard", "en") < 0.4


# --- phones -------------------------------------------------------------------------------------

PHONES = {
    "m4a": ["-c:a", "aac", "-f", "ipod"],
    "3gp": ["-c:a", "aac", "-f", "3gp"],
    "mov": ["-c:a", "aac", "-f", "mov"],
    "webm": ["-c:a", "libopus", "-f", "webm"],
    "aac": ["-c:a", "aac", "-f", "adts"],
}


def recorded(folder: Path, kind: str, seconds: tuple[float, ...]) -> bytes:
    program = phone.program()
    if program is None:
        pytest.skip("no ffmpeg; pip install sayso[phone]")
    source, target = folder / "source.wav", folder / f"made.{kind}"
    source.write_bytes(sound(*seconds))
    command = [program, "-v", "error", "-y", "-i", source, *PHONES[kind], target]
    subprocess.run([str(part) for part in command], check=True)
    return target.read_bytes()


@pytest.mark.parametrize("kind", PHONES)
def test_what_phones_record_is_read(tmp_path: Path, kind: str) -> None:
    laid_by_hand(tmp_path / "w", {f"one.{kind}": recorded(tmp_path, kind, (2.0, 1.5)), "two.wav": sound(1.0)})
    manifest = prepared(tmp_path / "w")
    assert not manifest.remarks
    assert [one.name for one in manifest.utterances] == ["one", "two"]
    assert manifest.utterances[0].duration_s == pytest.approx(4.6, abs=0.2)


def test_an_upload_from_a_phone_is_decoded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    m4a = recorded(tmp_path, "m4a", (2.0,))
    decoder = ChildDecoder(DecodeLimits(max_s=60, max_channels=8, max_samples=10_000_000))
    assert decoder.decode(m4a).duration_s == pytest.approx(2.7, abs=0.2)
    monkeypatch.setattr(phone, "program", lambda: None)
    with pytest.raises(BadAudio, match=r"is M4A .* installs sayso\[phone\]"):
        decoder.decode(m4a)
    decoder.close()


def test_a_phone_recording_that_is_cut_short_or_points_elsewhere_is_left_out(tmp_path: Path) -> None:
    m4a = recorded(tmp_path, "m4a", (2.0,))
    playlist = b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n"
    entries = {
        "good.wav": sound(1.0),
        "cut.m4a": m4a[: len(m4a) // 3],
        "list.m4a": m4a[:32] + playlist * 20,
        "empty.webm": b"\x1a\x45\xdf\xa3webm" + bytes(200),
    }
    laid_by_hand(tmp_path / "w", entries)
    manifest = prepared(tmp_path / "w")
    assert [one.name for one in manifest.utterances] == ["good"]
    assert {remark.code for remark in manifest.remarks} == {"unreadable"}
    assert len(manifest.remarks) == 3


# --- memory -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_half_an_hour_in_one_file_takes_little_memory(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "long.wav", "w", 48_000, 2, "PCM_16") as file:
        minute = talk(*(6.0,) * 9, rate_hz=48_000, pause_s=0.6)
        for _ in range(30):
            file.write(np.stack([minute, minute], axis=1))
    laid_by_hand(tmp_path / "w", {"long.wav": b""})
    (tmp_path / "w" / "members" / "00000").unlink()
    (tmp_path / "long.wav").rename(tmp_path / "w" / "members" / "00000")
    code = (
        "import sys, json, resource, pathlib\n"
        "from sayso.engines.tone import ToneDetector, ToneEar\n"
        "from sayso.pipeline.dataset.preparing import prepare\n"
        "m = prepare(pathlib.Path(sys.argv[1]), ToneEar(), ToneDetector(), 'en', lambda *_: None)\n"
        "peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))\n"
        "print(json.dumps([len(m.utterances), peak]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "w")], capture_output=True, text=True, check=True
    )
    count, peak_kb = json.loads(done.stdout)
    assert count >= 150
    assert peak_kb < 400_000
