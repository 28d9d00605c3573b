"""Is the one recording of another speaker among twenty found, and is nobody else accused?

Each set is nineteen recordings of one speaker and one of another of the same sex; all pairs of speakers
are tried. Recordings are cut to 3 to 6 s. Clean, and with noise at 5 to 20 dB (pink, babble, recorded).
Also: two speakers in one file of two minutes, the second one for 15 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

import common
import mixtures
import people
from sayso.audio.resample import resample
from sayso.audio.spans import Span
from sayso.audio.waveform import Waveform
from sayso.engines.vad import spans_of
from sayso.errors import BadAudio
from sayso.pipeline.analysis.measure import Tools
from sayso.pipeline.analysis.speakers import LINE, WINDOW_LINE, company, strangers

RATE_HZ = mixtures.RATE_HZ
FITTED_ON = ("rapid_libri6spk_mp3", "rapid_vctk2spk_16k")
REPORTED_ON = (
    "rapid_libri5spk_16k",
    "impostors_libri8spk_16k",
    "pro_kathleen_en_f_24k/test",
    "pro_libri26_en_m_16k/test",
)
_SEX = {"26": "M"}
_OWN, _SETS = 19, 6


def main() -> None:
    parser = common.parser(__doc__ or "", speech_is_needed=True)
    parser.add_argument("--fit", action="store_true", help="use the speakers that the lines were set on")
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="read embeddings from here, write them here"
    )
    options = parser.parse_args()
    report = common.Report("strangers", options)
    tools = Tools.at(options.models)
    pieces = cut(options.speech, FITTED_ON if options.fit else REPORTED_ON)
    kitchen = mixtures.Kitchen(options.speech, is_fitting=options.fit)
    print(f"\n{ {speaker: len(waves) for speaker, waves in pieces.items()} }")
    embedded = vectors(pieces, kitchen, tools, options.keep)
    report.table(
        "One stranger among twenty",
        [row(kind, embedded[kind], pieces) for kind in embedded],
        f"The line is {LINE}.",
    )
    report.table("Two speakers in one file", long_files(pieces, tools), f"The line is {WINDOW_LINE}.")
    report.close()


def cut(speech: Path, names: tuple[str, ...]) -> dict[str, list[Waveform]]:
    """Speaker -> pieces of 3 to 6 s at 16 kHz."""
    found: dict[str, list[Waveform]] = {}
    rng = np.random.default_rng(5)
    for name in names:
        for speaker, recordings in people.collection(speech / name).items():
            for recording in recordings:
                wave = resample(recording.wave(), RATE_HZ)
                at = 0.0
                while wave.duration_s - at >= 3.0 and len(found.get(speaker, ())) < 24:
                    length_s = min(rng.uniform(3.0, 6.0), wave.duration_s - at)
                    found.setdefault(speaker, []).append(wave.cut(at, at + length_s))
                    at += length_s
    return found


def vectors(
    pieces: dict[str, list[Waveform]], kitchen: mixtures.Kitchen, tools: Tools, keep: Path | None
) -> dict[str, dict[str, np.ndarray]]:
    """Condition -> speaker -> embeddings (n, d); NaN where there is too little speech."""
    if keep is not None and keep.is_file():
        with np.load(keep) as stored:
            kept = {key: stored[key] for key in stored.files}
        kinds = sorted({key.split("|")[0] for key in kept})
        return {
            kind: {key.split("|")[1]: kept[key] for key in kept if key.split("|")[0] == kind}
            for kind in kinds
        }
    found: dict[str, dict[str, list[np.ndarray]]] = {}
    rng = np.random.default_rng(7)
    for speaker, waves in pieces.items():
        for wave in waves:
            noisy = kitchen.with_noise(wave, rng, 5.0, 20.0)
            clean = resample(tools.enhancer.enhance(noisy).wave, RATE_HZ)
            for kind, heard in (("clean", wave), ("noise, as it is", noisy), ("noise, enhanced", clean)):
                found.setdefault(kind, {}).setdefault(speaker, []).append(_embed(heard, tools))
    stacked = {kind: {who: np.stack(rows) for who, rows in by.items()} for kind, by in found.items()}
    if keep is not None:
        np.savez(keep, **{f"{kind}|{who}": rows for kind, by in stacked.items() for who, rows in by.items()})
    return stacked


def _embed(wave: Waveform, tools: Tools) -> np.ndarray:
    try:
        return tools.encoder.embed(wave)
    except BadAudio:
        return np.full(192, np.nan, np.float32)


def row(kind: str, embedded: dict[str, np.ndarray], pieces: dict[str, list[Waveform]]) -> dict[str, object]:
    """Recall and precision over all sets, and how far apart the two kinds lie."""
    hits = strangers_seen = accused = lowest = 0
    own: list[float] = []
    other: list[float] = []
    for group, odd in sets(embedded, pieces):
        found = company(group, [4.0] * len(group))
        strangers_seen += 1
        hits += found.is_odd[odd]
        accused += sum(found.is_odd)
        similarity = np.array(found.similarity)
        lowest += int(similarity.argmin() == odd)
        other.append(float(similarity[odd]))
        own += np.delete(similarity, odd).tolist()
    return {
        "recordings": kind,
        "sets": strangers_seen,
        "recall": hits / strangers_seen,
        "precision": hits / max(1, accused),
        "stranger lowest": lowest / strangers_seen,
        "own, lowest 0.1 %": float(np.quantile(own, 0.001)),
        "own, lowest 1 %": float(np.quantile(own, 0.01)),
        "strangers, highest 1 %": float(np.quantile(other, 0.99)),
    }


def sets(
    embedded: dict[str, np.ndarray], pieces: dict[str, list[Waveform]]
) -> Iterator[tuple[list[np.ndarray], int]]:
    """Every speaker with enough recordings beside every other of the same sex, several draws of each."""
    rng = np.random.default_rng(11)
    sex = {who: _sex(who, waves) for who, waves in pieces.items()}
    for who, rows in embedded.items():
        rows = rows[np.isfinite(rows).all(axis=1)]
        if len(rows) < 8:
            continue
        for guest, theirs in embedded.items():
            theirs = theirs[np.isfinite(theirs).all(axis=1)]
            if guest == who or sex[guest] != sex[who] or not len(theirs):
                continue
            for _ in range(_SETS):
                chosen = rng.choice(len(rows), min(_OWN, len(rows)), replace=False)
                group = [*rows[chosen], theirs[rng.integers(len(theirs))]]
                yield group, len(group) - 1


def _sex(who: str, waves: list[Waveform]) -> str:
    known = people._SEX.get(who) or _SEX.get(who)
    return known or ("F" if people.median_pitch_hz(waves[:6]) > people._HIGH_VOICE_HZ else "M")


def long_files(pieces: dict[str, list[Waveform]], tools: Tools) -> list[dict[str, object]]:
    """Two minutes of one speaker with 15 s of another in the middle, and two minutes of one alone."""
    rng = np.random.default_rng(13)
    named = alone = files = 0
    overlap: list[float] = []
    many = [who for who, waves in pieces.items() if len(waves) >= 15]
    for who in many:
        own = np.concatenate([wave.samples for wave in pieces[who]])[: 100 * RATE_HZ]
        for guest in rng.permutation([other for other in many if other != who])[:1]:
            theirs = np.concatenate([wave.samples for wave in pieces[guest]])[: 15 * RATE_HZ]
            at = int(rng.uniform(0.2, 0.8) * len(own))
            found = _strangers(np.concatenate((own[:at], theirs, own[at:])), tools)
            start, end = at / RATE_HZ, at / RATE_HZ + 15.0
            inside = sum(max(0.0, min(span.end_s, end) - max(span.start_s, start)) for span in found)
            outside = sum(span.duration_s for span in found) - inside
            files += 1
            named += bool(found)
            overlap.append(inside / max(15.0, 15.0 + outside))
        alone += bool(_strangers(own, tools))
    return [
        {
            "files with two": files,
            "second speaker found": named / max(1, files),
            "of its time named": float(np.mean(overlap)),
            "files of one": len(many),
            "falsely accused": alone / max(1, len(many)),
        }
    ]


def _strangers(samples: np.ndarray, tools: Tools) -> tuple[Span, ...]:
    wave = Waveform(samples.astype(np.float32), RATE_HZ)
    return strangers(wave, spans_of(tools.detector.probabilities(wave), wave.duration_s), tools.encoder)


if __name__ == "__main__":
    main()
