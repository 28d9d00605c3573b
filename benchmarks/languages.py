"""Is speech in another language told from English, and is any English speaker taken for another?

    python benchmarks/languages.py --speech DIR [--cache FILE] [--minutes N] [--json FILE]

Every file of every collection in DIR, by the product's ear and the product's rule (sayso/pipeline/language.py): each file alone, and
each speaker by the longest five of their files, as before a professional training. lang_XX_* are in the language XX, all others in English.
With --cache what was heard is kept; with --minutes it stops after so long, and goes on the next time.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import common
import people
from sayso.engines.whisper import WhisperEar
from sayso.pipeline.language import LEARNT, looked_at, other_language

Found = tuple[tuple[str, float], ...]


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.add_argument(
        "--cache", type=Path, metavar="FILE", help="what was heard, a line each; read and added to"
    )
    parser.add_argument(
        "--minutes", type=float, default=1e9, metavar="N", help="stop listening after so long"
    )
    options = parser.parse_args()
    report = common.Report("languages: is another language told from English?", options)
    ear = _Kept(WhisperEar(options.models, options.threads), options.cache, 60 * options.minutes)
    tables = sorted(options.speech.rglob("metadata.tsv"))
    rows = []
    for folder in [table.parent for table in tables]:
        speakers = people.collection(folder)
        row = _row(folder.relative_to(options.speech).as_posix(), speakers, ear)
        if row is None:
            continue
        rows.append(row)
        print(f"  {row}", flush=True)
    report.table(
        "Files and speakers",
        rows,
        "likeliest: the language that the ear finds likeliest in a file, and how many files; refused: by the product's rule, files "
        "each taken alone, speakers by their longest five; English: its probability, mean over the files, least and most.",
    )
    if ear.is_over:
        report.keep("incomplete", True)
        print("\nNot all files were heard: run it again with the same --cache.")
    report.close()


class _Kept:
    """The ear's answers, from the cache where it has them."""

    def __init__(self, ear: WhisperEar, cache: Path | None, most_s: float) -> None:
        self._ear, self._cache, self._until = ear, cache, time.monotonic() + most_s
        self._known: dict[str, Found] = {}
        if cache is not None and cache.is_file():
            for line in cache.read_text("utf-8").splitlines():
                name, found = json.loads(line)
                self._known[name] = tuple((code, probability) for code, probability in found)

    @property
    def is_over(self) -> bool:
        """Whether there is no time to hear another."""
        return time.monotonic() > self._until

    def of(self, recording: people.Recording) -> Found | None:
        """What is spoken in it; None where it was not heard yet and there is no time left."""
        name = str(recording.file)
        if name not in self._known:
            if self.is_over:
                return None
            self._known[name] = self._ear.languages(looked_at([recording.wave()])[0])
            if self._cache is not None:
                with self._cache.open("a", encoding="utf-8") as sink:
                    sink.write(json.dumps([name, self._known[name]]) + "\n")
        return self._known[name]


def _row(name: str, speakers: dict[str, list[people.Recording]], ear: _Kept) -> dict[str, object] | None:
    heard: dict[str, list[tuple[float, Found]]] = {}
    for speaker, recordings in speakers.items():
        for recording in recordings:
            found = ear.of(recording)
            if found:
                heard.setdefault(speaker, []).append((recording.wave().duration_s, found))
    every = [found for files in heard.values() for _, found in files]
    if not every:
        return None
    english = [dict(found).get(LEARNT, 0.0) for found in every]
    longest = [sorted(files, key=lambda file: -file[0])[:5] for files in heard.values()]
    refused = [other_language([found for _, found in files]) for files in longest]
    likeliest = Counter(found[0][0] for found in every).most_common()
    return {
        "collection": name,
        "files": len(every),
        "likeliest": ", ".join(f"{code} {count}" for code, count in likeliest),
        "files refused": sum(other_language([found]) is not None for found in every),
        "speakers": len(heard),
        "speakers refused": ", ".join(f"{other[0]} {other[1]:.2f}" for other in refused if other) or 0,
        "English": f"{sum(english) / len(english):.3f} ({min(english):.3f} to {max(english):.3f})",
    }


if __name__ == "__main__":
    main()
