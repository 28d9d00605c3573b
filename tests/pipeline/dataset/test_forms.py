"""Forms A to F are told by their content, with the texts as they were given; each fault has its own sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from sending import laid_by_hand, sound

from sayso.errors import BadDataset
from sayso.pipeline import phone
from sayso.pipeline.dataset.reading import Dataset, read_dataset

WAV = sound(0.3)
FLAC = sound(0.3, form="FLAC")
Entries = Mapping[str, bytes | str]


def read(folder: Path, entries: Entries) -> Dataset:
    return read_dataset(laid_by_hand(folder, entries))


def told(dataset: Dataset) -> list[tuple[str, str | None]]:
    return [(utterance.name, utterance.text) for utterance in dataset.utterances]


TEXTS = [("one", "Hello, you."), ("two", "What's „this“?")]
FORMS: dict[str, tuple[str, Entries]] = {
    "B beside": ("B", {"set/one.wav": WAV, "set/one.txt": "Hello, you.\n", "set/two.wav": WAV, "set/two.txt": "What's „this“?"}),
    "B apart": ("B", {"wav/one.flac": FLAC, "wav/two.flac": FLAC, "txt/one.txt": "Hello, you.", "txt/two.lab": "What's „this“?"}),
    "B with marks": ("B", {"one.wav": WAV, "one.txt": b"\xef\xbb\xbfHello, you.", "two.wav": WAV, "two.txt": "What's „this“?".encode("utf-16")}),
    "C": ("C", {"metadata.csv": "one|Hello, you.\ntwo|What's „this“?\n", "wavs/one.wav": WAV, "wavs/two.wav": WAV}),
    "C normalised": ("C", {"LJ/metadata.csv": "one|1|Hello, you.\ntwo|What's „this“?|\n", "LJ/wavs/one.wav": WAV, "LJ/wavs/two.wav": WAV}),
    "C with suffix": ("C", {"metadata.txt": "one.wav|Hello, you.\nwavs/two.wav|What's „this“?", "wavs/one.wav": WAV, "wavs/two.wav": WAV}),
    "C other name": ("C", {"train.txt": "audio/one.wav|Hello, you.\naudio/two.wav|What's „this“?", "audio/one.wav": WAV, "audio/two.wav": WAV}),
    "D comma": ("D", {"data.csv": 'file,text\none.wav,"Hello, you."\ntwo.wav,What\'s „this“?\n', "one.wav": WAV, "two.wav": WAV}),
    "D semicolon": ("D", {"data.csv": "text;path\nHello, you.;clips/one.wav\nWhat's „this“?;clips/two.wav", "clips/one.wav": WAV, "clips/two.wav": WAV}),
    "D Common Voice": ("D", {"cv/validated.tsv": "client_id\tpath\tsentence\nx\tone.mp3\tHello, you.\nx\ttwo.mp3\tWhat's „this“?", "cv/clips/one.mp3": WAV, "cv/clips/two.mp3": WAV}),
    "D Coqui": ("D", {"metadata.csv": "audio_file|text|speaker_name\nwavs/one.wav|Hello, you.|me\nwavs/two.wav|What's „this“?|me", "wavs/one.wav": WAV, "wavs/two.wav": WAV}),
    "D foreign paths": ("D", {"l.csv": 'Path,Text\nC:\\rec\\one.wav,"Hello, you."\n/home/me/two.wav,What\'s „this“?', "a/one.wav": WAV, "a/two.wav": WAV}),
    "D converted": ("D", {"l.csv": 'file,text\none.wav,"Hello, you."\ntwo.wav,What\'s „this“?', "one.flac": FLAC, "two.flac": FLAC}),
    "D JSON lines": ("D", {"metadata.jsonl": '{"file_name": "clips/one.wav", "text": "Hello, you."}\n{"text": "What\'s „this“?", "file_name": "clips/two.wav"}\n', "clips/one.wav": WAV, "clips/two.wav": WAV}),
    "D NeMo": ("D", {"manifest.json": '{"audio_filepath": "/data/one.wav", "duration": 0.3, "text": "Hello, you."}\n{"audio_filepath": "/data/two.wav", "duration": 0.3, "text": "What\'s „this“?"}', "one.wav": WAV, "two.wav": WAV}),
    "D JSON array": ("D", {"list.json": '[\n {"path": "one.wav", "sentence": "Hello, you."},\n {"path": "two.wav", "sentence": "What\'s „this“?"}\n]', "config.json": '{"sampling_rate": 22050}', "one.wav": WAV, "two.wav": WAV}),
    "E": ("E", {"V/wav48/p1/one.wav": WAV, "V/wav48/p1/two.wav": WAV, "V/txt/p1/one.txt": "Hello, you.", "V/txt/p1/two.txt": "What's „this“?"}),
    "E microphones": ("E", {"wav48_silence_trimmed/p1/one_mic1.flac": FLAC, "wav48_silence_trimmed/p1/one_mic2.flac": FLAC, "wav48_silence_trimmed/p1/two_mic1.flac": FLAC, "txt/p1/one.txt": "Hello, you.", "txt/p1/two.txt": "What's „this“?"}),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_names_and_texts(tmp_path: Path, form: str) -> None:
    letter, entries = FORMS[form]
    dataset = read(tmp_path, entries)
    assert dataset.form == letter
    assert [(name.removesuffix("_mic1"), text) for name, text in told(dataset)] == TEXTS
    assert {remark.code for remark in dataset.remarks} <= {"second_microphone"}


def test_a_text_may_hold_what_only_looks_like_the_end_of_a_line(tmp_path: Path) -> None:
    entries = {"a.wav": WAV, "m.csv": 'file,text\ra.wav,"One\u2028two\x85three,\nfour."\r\n'}
    dataset = read(tmp_path, entries)
    assert told(dataset) == [("a", "One\u2028two\x85three,\nfour.")]
    assert not dataset.remarks


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[" * 100_000,
        '{"a": 1}',
        "[1, 2]",
        "3",
        "null",
        '[{"file": 3, "text": "x"}]',
        '["one.wav"]',
        "[]",
    ],
)
def test_json_that_is_no_list_is_passed_over(tmp_path: Path, content: str) -> None:
    dataset = read(tmp_path, {"one.wav": WAV, "x.json": content})
    assert told(dataset) == [("one", None)]
    assert not dataset.remarks


def test_recordings_alone_are_form_f_in_their_order(tmp_path: Path) -> None:
    dataset = read(tmp_path, {"10.wav": WAV, "2.wav": FLAC, "README.txt": "of me"})
    assert (dataset.form, told(dataset)) == ("F", [("2", None), ("10", None)])
    assert not dataset.remarks


def test_one_recording_is_form_a(tmp_path: Path) -> None:
    dataset = read(tmp_path, {"My talk.wav": WAV})
    assert (dataset.form, told(dataset)) == ("A", [("My talk", None)])


def test_names_are_made_unique(tmp_path: Path) -> None:
    dataset = read(tmp_path, {"a/x.wav": WAV, "b/X.wav": WAV, "c/x.flac": FLAC})
    assert [name for name, _ in told(dataset)] == ["x", "X-2", "x-3"]


GONE_ON_WITH: dict[str, tuple[Entries, str, str]] = {
    "no text": ({"one.wav": WAV, "one.txt": "x", "two.wav": WAV}, "no_text", "'two.wav' has no text; what is heard"),
    "empty text": ({"one.wav": WAV, "one.txt": " \n"}, "text_empty", "'one.txt' has no text for 'one.wav'"),
    "text of another encoding": ({"one.wav": WAV, "one.txt": b"gr\xfcn"}, "text_unreadable", "'one.txt' is not UTF-8"),
    "text too long": ({"one.wav": WAV, "one.txt": "x" * 70_000}, "text_unreadable", "70000 bytes, at most 65536"),
    "missing file": ({"metadata.csv": "one|x\ntwo|y", "wavs/one.wav": WAV}, "file_missing", "line 2 of 'metadata.csv' names 'two'"),
    "not listed": ({"metadata.csv": "one|x", "wavs/one.wav": WAV, "wavs/two.wav": WAV}, "not_in_list", "'wavs/two.wav' is not in the list"),
    "listed twice": ({"metadata.csv": "one|x\none|y", "wavs/one.wav": WAV}, "listed_twice", "line 2 .* another text"),
    "row without text": ({"metadata.csv": "one|\ntwo|y", "one.wav": WAV, "two.wav": WAV}, "text_empty", "line 1 of 'metadata.csv' has no text"),
    "document": ({"one.wav": WAV, "x.pdf": b"%PDF-1.7 \x00"}, "not_audio", "'x.pdf' is a PDF"),
    "other sound": ({"one.wav": WAV, "x.aiff": b"FORM\x00\x00\x00\x00AIFF"}, "not_audio", "'x.aiff' is AIFF.*send WAV"),
    "nested": ({"one.wav": WAV, "more.zip": b"PK\x03\x04xxxx"}, "nested_archive", "'more.zip' is an archive in the archive"),
    "second list": ({"a.csv": "file,text\none.wav,x", "b.csv": "file,seconds\none.wav,3", "one.wav": WAV}, "bad_list", "'b.csv' has no column for the text"),
}  # fmt: skip


@pytest.mark.parametrize("case", GONE_ON_WITH)
def test_what_is_amiss_is_a_remark_and_the_rest_goes_on(tmp_path: Path, case: str) -> None:
    import re

    entries, code, says = GONE_ON_WITH[case]
    dataset = read(tmp_path, entries)
    assert "one" in {utterance.name for utterance in dataset.utterances}
    (remark,) = dataset.remarks
    assert remark.code == code
    assert re.search(says, remark.message), remark.message


REFUSED: dict[str, tuple[Entries, str]] = {
    "nothing": ({}, "the archive is empty"),
    "no sound": ({"a.txt": "hello"}, r"no recording in the archive, only text \('a.txt'\)"),
    "only documents": ({"a.pdf": b"%PDF-1.7", "b.pdf": b"%PDF-1.7"}, r"'a.pdf' is a PDF .*\(and 1 more\)"),
    "only an archive": ({"a.zip": b"PK\x03\x04"}, "'a.zip' is an archive in the archive"),
    "no text column": ({"m.csv": "file,seconds\none.wav,3", "one.wav": WAV}, "'m.csv' has no column for the text: its header has file, seconds"),
    "no file column": ({"m.csv": "text,seconds\nhello,3", "one.wav": WAV}, "'m.csv' has no column for the file"),
    "one column": ({"m.csv": "file\none.wav", "one.wav": WAV}, "'m.csv' has one column only, 'file'"),
    "list in Latin 1": ({"m.csv": b"file,text\none.wav,gr\xfcn", "one.wav": WAV}, "'m.csv' is not UTF-8"),
    "tabs, no header": ({"m.csv": "one\thello\ntwo\tyou", "one.wav": WAV, "two.wav": WAV}, "no header and tabs between"),
    "commas, no header": ({"metadata.csv": "one.wav,hello", "one.wav": WAV}, "no header and commas between"),
    "semicolons, no header": ({"metadata.csv": "one;hello", "one.wav": WAV}, "no header and semicolons between"),
    "no texts": ({"m.csv": "one.wav\ntwo.wav", "one.wav": WAV, "two.wav": WAV}, "names files without their texts"),
    "empty list": ({"metadata.csv": " \n", "one.wav": WAV}, "'metadata.csv' is empty"),
    "header only": ({"metadata.csv": "file,text\n", "one.wav": WAV}, "has a header but no rows"),
    "a mark never closed": ({"m.csv": 'file,text\none.wav,"Hello\ntwo.wav,you', "one.wav": WAV, "two.wav": WAV}, "a quotation mark before its line 3 that swallows the row of 'two.wav'"),
    "a mark closed too late": ({"m.csv": 'text,file\n"Hello,one.wav\nyou,two.wav\n"x",three.wav', "one.wav": WAV, "two.wav": WAV, "three.wav": WAV}, "swallows the row of 'two.wav'"),
    "JSON lines without texts": ({"metadata.jsonl": '{"file_name": "one.wav", "split": "train"}', "one.wav": WAV}, "'metadata.jsonl' has no key for the text: its first object has file_name, split"),
    "two speakers in JSON lines": ({"m.jsonl": '{"file": "a.wav", "text": "x", "speaker": "ann"}\n{"file": "b.wav", "text": "y", "speaker": "bob"}', "a.wav": WAV, "b.wav": WAV}, "2 speakers"),
    "all missing": ({"metadata.csv": "one|x\ntwo|y", "three.wav": WAV}, "none of the 2 files .*the first is 'one'"),
    "no list at all": ({"metadata.csv": "lorem ipsum\ndolor", "one.wav": WAV}, "neither a header that is known"),
    "two speakers in a list": ({"m.csv": "file,text,speaker\na.wav,x,ann\nb.wav,y,bob\nc.wav,z,ann", "a.wav": WAV, "b.wav": WAV, "c.wav": WAV}, r"2 speakers \('ann' with 2, 'bob' with 1\)"),
    "two speakers in folders": ({"wav48/p1/a.wav": WAV, "wav48/p2/b.wav": WAV, "txt/p1/a.txt": "x", "txt/p2/b.txt": "y"}, "2 speakers"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_every_fault_that_leaves_nothing_has_its_sentence(tmp_path: Path, case: str) -> None:
    entries, says = REFUSED[case]
    with pytest.raises(BadDataset, match=says):
        read(tmp_path, entries)


def test_what_phones_record_needs_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    m4a = b"\x00\x00\x00\x20ftypM4A \x00\x00"
    monkeypatch.setattr(phone, "program", lambda: None)
    dataset = read(tmp_path / "some", {"one.wav": WAV, "two.m4a": m4a})
    assert [(remark.code, remark.member) for remark in dataset.remarks] == [("phone_format", "two.m4a")]
    with pytest.raises(BadDataset, match=r"is M4A .* installs sayso\[phone\] or the program ffmpeg"):
        read(tmp_path / "none", {"two.m4a": m4a})
