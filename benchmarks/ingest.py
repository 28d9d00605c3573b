"""How long a dataset takes from its address to a manifest, in every form, and in how much memory.

One professional speaker's recordings are packed in forms A to F, served from this machine, fetched, unpacked, cut and heard.
A and F have no texts: their words are compared with the given ones.
"""

from __future__ import annotations

import csv
import functools
import io
import itertools
import re
import resource
import tarfile
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import soundfile

import common
import words
from sayso.outbound import Outbound
from sayso.pipeline.dataset.preparer import ChildPreparer
from sayso.pipeline.dataset.unpack import unpack

FORMS = "ABCDEF"
_GAP_S = 0.8


@dataclass(frozen=True)
class Recording:
    name: str
    text: str
    file: Path


def processor_s() -> float:
    """Of this process and its children that have ended: what a busy machine does not stretch much."""
    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def recordings(folder: Path) -> list[Recording]:
    with (folder / "metadata.tsv").open(encoding="utf-8") as lines:
        found = [
            Recording(row["id"], row["text"], next((folder / "wavs").glob(row["id"] + ".*")))
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]
    # In the order in which an archive is read, so that texts can be compared as one.
    return sorted(
        found,
        key=lambda recording: [
            int(part) if part.isdigit() else part for part in re.split(r"(\d+)", recording.name)
        ],
    )


def packed(form: str, of: list[Recording], file: Path) -> None:
    """One speaker's recordings in one form; the packing differs from form to form."""
    if form == "A":
        gap, parts = None, []
        for recording in of:
            samples, rate_hz = soundfile.read(recording.file, dtype="float32")
            gap = np.zeros(round(_GAP_S * rate_hz), np.float32) if gap is None else gap
            parts += [samples, gap]
        soundfile.write(file, np.concatenate(parts), rate_hz, format="WAV", subtype="PCM_16")
        return
    rows = {
        "C": "\n".join(f"{r.name}|{r.text}|{r.text}" for r in of),
        "D": "file\ttext\n" + "\n".join(f"{r.file.name}\t{r.text}" for r in of),
    }
    entries: list[tuple[str, Path | str]] = [("metadata.csv", rows[form])] if form in rows else []
    for recording in of:
        name = {"C": "wavs/{}", "D": "clips/{}", "E": "wav48/p1/{}"}.get(form, "{}")
        entries.append((name.format(recording.file.name), recording.file))
        if form in "BE":
            entries.append((("txt/p1/" if form == "E" else "") + f"{recording.name}.txt", recording.text))
    if form in "BDF":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, what in entries:
                archive.writestr(name, what.read_bytes() if isinstance(what, Path) else what)
        return
    with tarfile.open(file, {"C": "w:gz", "E": "w"}[form]) as tar:
        for name, what in entries:
            data = what.read_bytes() if isinstance(what, Path) else what.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.set_defaults(speakers="pro_kathleen_en_f_24k/train")
    parser.add_argument("--forms", default=FORMS, help="which of the forms (default: %(default)s)")
    parser.add_argument("--count", type=int, help="only so many recordings")
    options = parser.parse_args()
    of = recordings(options.speech / options.speakers)[: options.count]
    report = common.Report("Ingest: from an address to utterances with texts", options)
    rows = []
    preparer = ChildPreparer("kokoro", options.models, options.threads)
    for form in options.forms:
        with tempfile.TemporaryDirectory() as made:
            root = Path(made)
            (root / "served").mkdir()
            packed(form, of, root / "served" / "dataset")
            size_mb = (root / "served" / "dataset").stat().st_size / 1e6
            build = root / "build"
            build.mkdir()
            peak, times, cpu_s = common.Peak(), [time.monotonic()], processor_s()
            with served(root / "served") as base:
                fetched = Outbound(["127.0.0.0/8"]).fetch(f"{base}/dataset", build)
            times.append(time.monotonic())
            unpack(fetched.path, build)
            times.append(time.monotonic())
            manifest = preparer.prepare(build, "en", lambda *_: None)
            times.append(time.monotonic())
            fetch_s, unpack_s, prepare_s = (b - a for a, b in itertools.pairwise(times))
            sound_s = sum(one.duration_s for one in manifest.utterances)
            wrong, right = (
                words.normal(" ".join(one.text for one in texts)) for texts in (manifest.utterances, of)
            )
            agreements = [u.agreement for u in manifest.utterances if u.agreement is not None]
            rows.append(
                {
                    "form": manifest.form,
                    "MB": size_mb,
                    "utterances": len(manifest.utterances),
                    "sound s": sound_s,
                    "longest s": max(u.duration_s for u in manifest.utterances),
                    "fetch s": fetch_s,
                    "unpack s": unpack_s,
                    "prepare s": prepare_s,
                    "processor s": processor_s() - cpu_s,
                    "times real time": sound_s / (times[-1] - times[0]),
                    "peak MB": peak.close(),
                    "WER %": 100 * words.distance(right, wrong) / len(right),
                    "least agreement": min(agreements) if agreements else None,
                    "remarks": len(manifest.remarks),
                }
            )
    preparer.close()
    report.table(
        f"{options.speakers}, {len(of)} recordings",
        rows,
        "Peak MB: all child processes together. WER: of the texts in the manifest against the given ones; what is given stays as it is.",
    )
    report.close()


if __name__ == "__main__":
    main()
