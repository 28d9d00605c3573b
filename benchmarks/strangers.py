"""Is the one recording of another speaker among twenty found, and is nobody else accused?

Each set is nineteen recordings of one speaker and one of another of the same sex; all pairs of speakers
are tried. Recordings are cut to 3 to 6 s. Clean, and with noise at 5 to 20 dB (pink, babble, recorded).
Also: two speakers in one file of two minutes, the second one for 15 s: as an upload, and as a dataset that is cut at pauses.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import common
import mixtures
import people
from sayso.audio import codec
from sayso.audio.resample import resample
from sayso.audio.spans import Span
from sayso.audio.waveform import Waveform
from sayso.engines.vad import spans_of
from sayso.errors import BadAudio
from sayso.pipeline.analysis.measure import Tools
from sayso.pipeline.analysis.speakers import LEAST_S, LINE, WINDOW_LINE, company, strangers
from sayso.pipeline.dataset import members, preparing
from sayso.pipeline.dataset.unpack import MEMBERS

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
    report.table(
        "Two speakers in one file",
        long_files(pieces, tools),
        f"The line is {WINDOW_LINE} for 4 s of an upload, {LINE} for a piece.",
    )
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
    """A hundred seconds of one speaker, with and without 15 s of another in the middle: as an upload, which stays whole, and as
    a dataset in form A, which is cut at pauses first; each pair of neighbours in a random order."""
    rng = np.random.default_rng(13)
    many = [str(who) for who in rng.permutation([who for who, waves in pieces.items() if len(waves) >= 15])]
    found: dict[str, list[tuple[float, float]]] = {"whole": [], "cut at pauses": []}
    accused = dict.fromkeys(found, 0)
    for who, guest in zip(many, [*many[1:], many[0]], strict=True):
        own = np.concatenate([wave.samples for wave in pieces[who]])[: 100 * RATE_HZ]
        theirs = np.concatenate([wave.samples for wave in pieces[guest]])[: 15 * RATE_HZ]
        at = int(rng.uniform(0.2, 0.8) * len(own))
        start, end = at / RATE_HZ, at / RATE_HZ + 15.0
        both = Waveform(np.concatenate((own[:at], theirs, own[at:])).astype(np.float32), RATE_HZ)
        alone = Waveform(own.astype(np.float32), RATE_HZ)
        for way, look in (("whole", _strangers), ("cut at pauses", _strange_pieces)):
            accused[way] += bool(look(alone, tools))
            named = look(both, tools)
            inside = sum(max(0.0, min(span.end_s, end) - max(span.start_s, start)) for span in named)
            found[way].append((inside, sum(span.duration_s for span in named) - inside))
    return [
        {
            "file": way,
            "files with two": len(times),
            "second speaker found": sum(inside > 0.0 for inside, _ in times) / len(times),
            "of the 15 s named": float(np.mean([inside / 15.0 for inside, _ in times])),
            "seconds of the first named": float(np.mean([outside for _, outside in times])),
            "files of one": len(times),
            "falsely accused": accused[way] / len(times),
        }
        for way, times in found.items()
    ]


def _strangers(wave: Waveform, tools: Tools) -> tuple[Span, ...]:
    return strangers(wave, spans_of(tools.detector.probabilities(wave), wave.duration_s), tools.encoder)


def _strange_pieces(wave: Waveform, tools: Tools) -> tuple[Span, ...]:
    """What of a form A dataset the analysis says is another speaker's."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        inside = folder / MEMBERS
        inside.mkdir()
        file = codec.encode_flac(wave)
        (inside / "00000").write_bytes(file)
        members.write(inside, [members.Member("long.flac", "00000", len(file))])
        pieces = preparing.prepare(folder, None, tools.detector, None, lambda *_: None).utterances
        vectors: list[np.ndarray] = []
        spans: list[Span] = []
        for piece in pieces:
            sound = codec.decode((folder / piece.file).read_bytes())
            speech = spans_of(tools.detector.probabilities(sound), sound.duration_s)
            speech_s = sum(span.duration_s for span in speech)
            if speech_s >= LEAST_S:
                vectors.append(tools.encoder.embed(sound))
                spans.append(Span(piece.start_s, piece.start_s + piece.duration_s))
    odd = company(vectors, [span.duration_s for span in spans]).is_odd
    return tuple(span for span, is_odd in zip(spans, odd, strict=True) if is_odd)


if __name__ == "__main__":
    main()
