"""Is a whole chapter said well: every word once, at a steady level, in bounded memory?

    python benchmarks/chapters.py [--speech DIR] [--characters 20000] [--keep FILE.wav] [--json FILE]

One clip in the background over HTTP, of a story that was written for this (chapter.txt, 20,000 characters), by the clone of
the first speaker of --speech or else a stock reader packed as a rapid voice. Whisper base hears all of it; words that it did not hear, that it heard too
often and that it heard otherwise are told apart. The same story is heard sentence by sentence, too, said by the same voice:
what the ear errs there is the ear's, or the voice's, and not the length's.
"""

from __future__ import annotations

import argparse
import functools
import io
import tempfile
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import soundfile

import common
import server
import standins
import words
from listening import OUTBOUND, fill, ordered, stream, voices_of, watched
from sayso.audio.level import rms_dbfs
from sayso.audio.spans import loud_spans
from sayso.audio.waveform import Waveform
from sayso.engines.registry import EngineOptions, make_ear
from sentences import chapter

_LEVEL_S = 30.0
_GAP_S = 2.0
"""Longer silence than this is a hole: the story's longest pause is that between paragraphs."""


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=False)
    parser.add_argument("--only", metavar="SPEAKER", help="clone this speaker instead of the first")
    parser.add_argument("--characters", type=int, default=20_000, metavar="N", help="less of the story")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the sound here (WAV)")
    parser.add_argument("--not-alone", action="store_true", help="do not hear the sentences one by one")
    run(parser.parse_args())


def run(options: argparse.Namespace) -> None:
    """Measure and print."""
    report = common.Report("chapters: is a whole chapter said well?", options)
    said = chapter(options.characters)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        print(f"\nVoices: {standins.write(options, folder)}.")
        (folder / standins.PROFESSIONAL).unlink()
        filled = functools.partial(fill, folder=str(folder))
        with server.running(
            options.models, options.threads, options.engine, filled, SAYSO_OUTBOUND_ALLOW=OUTBOUND
        ) as started:
            uuid = voices_of(started)[0]
            started.settle()
            stream(started.client, uuid, said[:200])
            before = common.megabytes(started.pid) or 0.0
            with watched(started.pid) as most:
                saying, link = ordered(started.client, uuid, said)
            audio = started.client.get(link, headers={"authorization": ""}).content
            alone = [] if options.not_alone else _alone(started, uuid, said)
    samples, rate_hz = soundfile.read(io.BytesIO(audio), dtype="float32")
    wave = Waveform(np.asarray(samples, np.float32), rate_hz)
    if options.keep is not None:
        options.keep.write_bytes(audio)
    ear = make_ear(options.engine, EngineOptions(options.models, options.threads))
    heard = ear.hear(wave, "en").text
    rows = [{"heard": "the chapter, whole", **compared([(said, heard)])}]
    if alone:
        pairs = [(sentence, ear.hear(one, "en").text) for sentence, one in alone]
        rows.append({"heard": "the same sentences, each said alone", **compared(pairs)})
    report.table(
        "One clip",
        [
            {
                "characters": len(said),
                "minutes of speech": wave.duration_s / 60,
                "x real time": saying.audio_s / saying.wall_s,
                "server MB before": round(before),
                "most MB meanwhile": round(most()),
            }
        ],
    )
    report.table("Words, as Whisper base hears them", rows, _WORDS_NOTE)
    report.table("Level", [_level(wave)], _LEVEL_NOTE)
    report.keep("heard", heard)
    for one in differences(said, heard)[:40]:
        print(f"  {one}")
    report.close()


_WORDS_NOTE = (
    "Missing, extra: stretches of words that were not heard, or that were heard and are not in the text; longest: how "
    "many words the longest of them has. A sentence cut or said twice would show there. Other: heard as other words."
)
_LEVEL_NOTE = (
    f"Of what is loud, in windows of {_LEVEL_S:.0f} s; drift: the last quarter against the first. Longest silence: a pause "
    "between paragraphs, or a hole."
)


def _alone(started: server.Server, uuid: str, said: str) -> list[tuple[str, Waveform]]:
    from sayso.text.sentences import split

    found = []
    for piece in split(said):
        order = {"voice_uuid": uuid, "data": piece.text, "sample_rate": 24_000, "precision": "PCM_16"}
        content = started.client.post("/stream", json=order).content
        found.append(
            (piece.text, Waveform(np.frombuffer(content[44:], "<i2").astype(np.float32) / 32_768, 24_000))
        )
    return found


def compared(pairs: Sequence[tuple[str, str]]) -> Mapping[str, object]:
    """Columns of a table: errors, and stretches that are missing or too many."""
    wrong, missing, extra, other, longest = words.NONE, 0, 0, 0, 0
    for said, heard in pairs:
        wrong += words.compare(said, heard)
        a, b = words.normal(said), words.normal(heard)
        for what, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            missing += what == "delete"
            extra += what == "insert"
            other += what == "replace"
            if what in ("delete", "insert"):
                longest = max(longest, j - i, m - k)
    return {
        "words": wrong.of_words,
        "WER %": wrong.wer_percent,
        "missing": missing,
        "extra": extra,
        "other": other,
        "longest": longest,
    }


def differences(said: str, heard: str) -> list[str]:
    """What was heard otherwise, to be read."""
    a, b = words.normal(said), words.normal(heard)
    return [
        f"{' '.join(a[max(0, i - 2) : i])} [{' '.join(a[i:j])} -> {' '.join(b[k:m])}] {' '.join(a[j : j + 2])}"
        for what, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
        if what != "equal"
    ]


def _level(wave: Waveform) -> dict[str, object]:
    levels = []
    for start in np.arange(0.0, max(_LEVEL_S, wave.duration_s - _LEVEL_S / 2), _LEVEL_S):
        part = wave.cut(float(start), min(float(start) + _LEVEL_S, wave.duration_s))
        spans = loud_spans(part)
        if spans:
            loud = np.concatenate([part.cut(one.start_s, one.end_s).samples for one in spans])
            levels.append(rms_dbfs(Waveform(loud, wave.rate_hz)))
    quarter = max(1, len(levels) // 4)
    quiet = np.flatnonzero(np.abs(wave.samples) > 0.004)
    gap = float(np.diff(quiet).max()) / wave.rate_hz if len(quiet) > 1 else 0.0
    return {
        "windows": len(levels),
        "mean dBFS": float(np.mean(levels)),
        "std dB": float(np.std(levels)),
        "lowest dBFS": min(levels),
        "highest dBFS": max(levels),
        "drift dB": float(np.mean(levels[-quarter:]) - np.mean(levels[:quarter])),
        "longest silence s": gap,
        "hole": "yes" if gap > _GAP_S else "no",
    }


if __name__ == "__main__":
    main()
