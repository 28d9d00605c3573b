"""Make src/sayso/engines/kokoro/aligner.safetensors: the network that hears which symbol is being said.

    python scripts/make_aligner.py MODELS_DIR WORK_DIR

The engine reads made-up sentences in mixtures of its English stock voices and tells how long each symbol lasts;
their sound is bent and made worse, and the network learns from it. No human speech. The readings are kept in
WORK_DIR; `--part 0/2` makes only half of them, so that two processes can share that. All seeded; the
figures in docs/lab/professional.md say how long it took. HELD_OUT voices are never heard.
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save
from torch import Tensor
from torch.nn import functional as F

from sayso.engines import weights as pinned
from sayso.engines.kokoro import aligner, network, speak, stock, symbols, weights
from sayso.engines.kokoro.engine import WEIGHTS
from sayso.engines.kokoro.network import Kokoro
from sayso.text.english.phonemes import join, phonemize

HELD_OUT = ("af_sky", "am_liam", "bf_lily", "bm_fable")
HELD_OUT_TEXTS = (
    "Before the harbor froze, two fishermen had pulled their nets out of the water.",
    "Could you tell me which of these keys belongs to the cellar, please?",
)
"""Never trained on, either."""
READERS = {"af": "af_heart", "am": "am_michael", "bf": "bf_emma", "bm": "bm_george"}
"""Who reads for DTW."""
_BATCH = 4
_RATE = 2e-3

_NAMES = "Alice Robert Margaret Thomas Elena George Harriet Oliver Ruth Walter Priya Chen "
_NOUNS = (
    "dog river window teacher garden machine letter bridge kitchen summer doctor mountain question paper "
    "music yard thing ship church village voice engine judge orange pleasure vision beach jury zoo youth cloth feather "
    "thumb path bird nurse boy coin noise house cow cloud goat road sheep fish leaf book cup watch hedge garage loop "
)
_VERBS = (
    "watched carried finished opened measured thought bought asked joined showed found wished treasured "
    "judged pulled pushed heard learned threw used viewed touched breathed voiced zoomed warned loved washed picked "
)
_KINDS = (
    "old quiet green heavy usual strange young thick smooth early large cheap yellow huge brave careful "
    "pure royal loud poor thin wooden further good foolish "
)
_FORMS = (
    "The {k} {n} {v} the {n}, and the {n} {v} it again.",
    "{p} {v} a {k} {n} near the {n}.",
    "Why has {p} {v} the {n} with such a {k} {n}?",
    "When they {v} the {n}, {p} said that it was too {k} for a {n}.",
    "I never {v} any {n} of yours; you would have {v} this {k} one.",
    "Oh, what a {k} {n}!",
    "It was {k}, {k} and rather {k}.",
    "She had {v} both the {n} and the {n} before {p} could have {v} them.",
    "There is nothing {k} about {x} or {x}.",
    "{x}, {x} and {x} are words that {p} {v} - at least, so I was told.",
    "Do you think that the {n} of {x} should be {v}?",
    "In the {n} we {v} their {k} {n} for an hour, which is more than {p} ever did.",
    "Yes.",
    "He {v} her {n} at the {k} {n} on Thursday morning: a {x}.",
    "If only the {n} were as {k} as the {x} that he {v}!",
    "As far as {p} knows, each {n} in this {n} has to be {v} by the {x}.",
)


def sentence(rng: np.random.Generator) -> str:
    """A grammatical one with little sense, some of its words out of the whole dictionary."""
    words = {
        "n": _NOUNS.split(),
        "v": _VERBS.split(),
        "k": _KINDS.split(),
        "p": _NAMES.split(),
        "x": _dictionary(),
    }
    text = _FORMS[rng.integers(len(_FORMS))]
    while (at := text.find("{")) >= 0:
        of = words[text[at + 1]]
        text = text[:at] + of[rng.integers(len(of))] + text[at + 3 :]
    return text


_words: list[str] = []


def _dictionary() -> list[str]:
    if not _words:
        packed = resources.files("sayso.text.english").joinpath("data/lexicon.txt.gz").read_bytes()
        lines = zlib.decompress(packed, wbits=31).decode().splitlines()
        _words.extend(
            w for w in (line.partition("\t")[0] for line in lines) if w.isalpha() and 4 <= len(w) <= 11
        )
    return _words


@torch.inference_mode()
def reading(
    net: Kokoro,
    text: str,
    timbre: NDArray[np.float32],
    prosody: NDArray[np.float32],
    rate: float,
    pitch: float,
    seed: int,
) -> tuple[NDArray[np.float32], list[int], NDArray[np.int64]]:
    """Samples (600 L,), symbols, and the frames each symbol lasts."""
    ids = symbols.ids(join(phonemize(text)))[: network.MAX_PHONEMES + 2]
    hidden, read = net.read(torch.tensor([ids]))
    style = torch.from_numpy(prosody.copy())[None]
    encoded = net.predictor.encode(hidden, style)
    frames = speak.whole_frames(net.predictor.durations(encoded)[0] / rate)
    f0, energy = net.predictor.curves(network.spread(encoded, frames), style)
    asr = network.spread(read.transpose(1, 2), frames).transpose(1, 2)
    affines = net.decoder.affines(torch.from_numpy(timbre.copy())[None])
    said = net.decoder(asr, f0 * pitch, energy, affines, speak.source_noise(int(frames.sum()), seed))
    return said[0].numpy(), ids, frames.numpy()


def network_of(models_dir: Path) -> Kokoro:
    """Kokoro, with one thread."""
    torch.set_num_threads(1)
    return Kokoro.from_weights(weights.load(pinned.path(models_dir, WEIGHTS)))


def _read_all(models_dir: Path, folder: Path, count: int, part: int, parts: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    if all((folder / f"{i:05}.npz").exists() for i in range(part, count, parts)):
        return
    net = network_of(models_dir)
    voices = [v for v in stock.voices().values() if v.speaks_english and v.name not in HELD_OUT]
    for i in range(part, count, parts):
        file = folder / f"{i:05}.npz"
        if file.exists():
            continue
        rng = np.random.default_rng([17, i])
        a, b, c = (voices[k] for k in rng.integers(len(voices), size=3))
        # Half of them in a timbre between two voices: more speakers than there are voices.
        mix = float(rng.uniform()) if rng.uniform() < 0.5 else 1.0
        samples, ids, frames = reading(
            net,
            sentence(rng),
            mix * a.timbre + (1 - mix) * b.timbre,
            (a if mix == 1.0 else c).prosody[int(rng.integers(2, 5))],
            float(rng.uniform(0.75, 1.3)),
            float(rng.uniform(0.85, 1.2)),
            i,
        )
        _keep(file, samples, ids, frames)


def _keep(file: Path, samples: NDArray[np.float32], ids: Sequence[int], frames: NDArray[np.int64]) -> None:
    aside = file.with_suffix(".part.npz")
    np.savez(aside, samples=samples.astype(np.float16), ids=ids, frames=frames)
    aside.replace(file)


def read_held_out(models_dir: Path, folder: Path) -> None:
    """For benchmarks/alignment.py; beside each the same words by a voice for DTW to compare with."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [(v, i, f"{v}_{i}") for v in HELD_OUT for i in range(len(HELD_OUT_TEXTS))]
    wanted += [(READERS[v[:2]], i, f"{v}_{i}_read") for v in HELD_OUT for i in range(len(HELD_OUT_TEXTS))]
    wanted = [(v, i, name) for v, i, name in wanted if not (folder / f"{name}.npz").exists()]
    if not wanted:
        return
    net = network_of(models_dir)
    for name, i, of in wanted:
        voice = stock.voices()[name]
        rate = 1.0 if of.endswith("read") else 0.85 + 0.1 * ((i + len(name)) % 4)
        _keep(
            folder / f"{of}.npz",
            *reading(net, HELD_OUT_TEXTS[i], voice.timbre, voice.prosody[stock.TIMBRE_ROW], rate, 1.0, i),
        )


def worse(
    x: NDArray[np.float32], ends: NDArray[np.float64], ids: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """A reading as it might have been recorded, with the samples at which its symbols then end."""
    # Pauses where the engine would make none.
    if rng.uniform() < 0.4:
        places = [k for k in np.flatnonzero((ids == 16) | ((ids > 0) & (ids < 6))) if rng.uniform() < 0.15]
        for k in places:
            middle, n = int((ends[k - 1] + ends[k]) / 2), int(rng.uniform(0.05, 0.4) * 24_000)
            fade = min(240, middle, len(x) - middle)
            ramp = np.linspace(1, 0, fade, dtype=np.float32)
            head, tail = x[:middle].copy(), x[middle:].copy()
            head[middle - fade :] *= ramp
            tail[:fade] *= ramp[::-1]
            x = np.concatenate([head, np.zeros(n, np.float32), tail])
            ends = np.concatenate([ends[:k], ends[k:] + n])
    # More or less silence at the ends, which never begin at a border of frames.
    lead, tail_n = int(rng.uniform(-0.15, 0.4) * 24_000), int(rng.uniform(-0.15, 0.4) * 24_000)
    lead, tail_n = max(lead, -int(0.7 * ends[0])), max(tail_n, -int(0.7 * (ends[-1] - ends[-2])))
    x = np.pad(x, (lead, 0)) if lead > 0 else x[-lead:]
    ends = ends + lead
    x = np.pad(x, (0, tail_n)) if tail_n > 0 else x[: len(x) + tail_n]
    ends[-1] = len(x)
    # Shorter and longer throats.
    if rng.uniform() < 0.6:
        factor = float(rng.uniform(0.86, 1.16))
        n = int(len(x) * factor)
        x = np.interp(np.arange(n) / factor, np.arange(len(x)), x).astype(np.float32)
        ends = ends * factor
    # Rooms, microphones, lines and noise, all in one spectrum.
    size = 1 << (len(x) + 9_600).bit_length()
    spectrum = np.fft.rfft(x.astype(np.float32), size)
    hz = np.linspace(0, 12_000, len(spectrum), dtype=np.float32)
    gain_db = np.interp(hz, np.geomspace(60, 12_000, 8), rng.uniform(-9, 9, 8)) * rng.uniform()
    gain = (10 ** (gain_db / 20)).astype(np.float32)
    if rng.uniform() < 0.5:
        gain *= hz < rng.choice([3_600, 5_500, 7_000, 8_000, 8_000])
    if rng.uniform() < 0.2:
        gain *= hz > rng.uniform(60, 300)
    if rng.uniform() < 0.45:
        n = 9_600
        room = rng.standard_normal(n, np.float32) * 10 ** (-3 * np.arange(n) / 24_000 / rng.uniform(0.1, 0.6))
        room *= rng.uniform(0.05, 0.8) / np.linalg.norm(room)
        room[0] += 1
        spectrum = spectrum * np.fft.rfft(room.astype(np.float32), size)
    spectrum = spectrum * gain
    noise = rng.standard_normal(2 * len(spectrum), np.float32).view(np.complex64)
    noise *= (100 + hz) ** -rng.uniform(0, 0.8)
    snr_db = rng.uniform(8, 30) if rng.uniform() < 0.4 else rng.uniform(30, 70)
    # The noise fills the whole, the speech only its part of it.
    loudness = np.linalg.norm(spectrum) / np.linalg.norm(noise) * (size / len(x)) ** 0.5
    spectrum = spectrum + noise * loudness * 10 ** (-snr_db / 20)
    return np.fft.irfft(spectrum, size)[: len(x)].astype(np.float32), ends


Example = tuple[Tensor, Tensor, Tensor]
"""Spectra (2L, 80), symbols (T,), the place among them of each moment (L,)."""


def _example(file: Path, seed: Sequence[int]) -> Example:
    with np.load(file) as kept:
        x, ids, frames = kept["samples"].astype(np.float32), kept["ids"], kept["frames"]
    x, ends = worse(x, np.cumsum(frames) * 600.0, ids, np.random.default_rng(seed))
    L = len(x) // 600
    spectra = aligner.spectra(torch.from_numpy(x[: 600 * L]))
    places = np.minimum(np.searchsorted(ends, 600 * np.arange(L) + 300, "right"), len(ids) - 1)
    return spectra.T.contiguous(), torch.from_numpy(ids), torch.from_numpy(places)


def _losses(listener: aligner.Listener, batch: Sequence[Example], rng: np.random.Generator) -> list[Tensor]:
    """Cross entropy by sound and by place."""
    spectra, ids, places = (
        torch.nn.utils.rnn.pad_sequence([x[kind] for x in batch], batch_first=True, padding_value=fill)
        for kind, fill in ((0, 0.0), (1, 0), (2, -1))
    )
    for one in spectra:
        low = int(rng.integers(80))
        one[:, low : low + int(rng.integers(0, 12))] = 0
    by_sound, by_place = listener(spectra.transpose(1, 2), ids)
    sizes = torch.tensor([len(x[1]) for x in batch])
    beyond = torch.arange(ids.shape[1])[None] >= sizes[:, None]
    by_place = by_place.masked_fill(beyond[:, :, None], -1e9)
    spoken = ids.gather(1, places.clamp(min=0)).masked_fill(places < 0, -1)
    pairs = ((by_sound, spoken), (by_place, places))
    return [F.cross_entropy(of, wanted, ignore_index=-1) for of, wanted in pairs]


def _train(folder: Path, count: int, versions: int, epochs: int) -> None:
    target = Path(aligner.__file__).with_name(aligner.WEIGHTS)
    torch.manual_seed(1)
    began = time.monotonic()
    examples = [_example(folder / f"{i:05}.npz", (2, i, k)) for k in range(versions) for i in range(count)]
    listener = aligner.Listener()
    seconds = sum(len(x[2]) for x in examples) / 40
    print(f"{seconds:.0f} s in {versions} versions, made in {time.monotonic() - began:.0f} s")
    print(f"{sum(p.numel() for p in listener.parameters())} parameters", flush=True)
    # Batches of one length waste nothing.
    examples.sort(key=lambda x: len(x[2]))
    batches = [examples[i : i + _BATCH] for i in range(0, len(examples), _BATCH)]
    optimiser = torch.optim.AdamW(listener.parameters(), weight_decay=0.02)
    steps = epochs * len(batches)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, steps, pct_start=0.1)
    rng = np.random.default_rng(3)
    for epoch in range(epochs):
        seen = []
        for i in rng.permutation(len(batches)):
            losses = _losses(listener, batches[i], rng)
            optimiser.zero_grad()
            torch.stack(losses).sum().backward()
            torch.nn.utils.clip_grad_norm_(listener.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            seen.append([float(x.detach()) for x in losses])
        means = np.mean(seen, 0)
        took_s = time.monotonic() - began
        print(
            f"epoch {epoch + 1}/{epochs}: by sound {means[0]:.3f}, by place {means[1]:.3f}, {took_s:.0f} s",
            flush=True,
        )
        state = {name: x.detach().numpy().astype(np.float16) for name, x in listener.state_dict().items()}
        target.write_bytes(save(state))
    print(f"{target}: {target.stat().st_size} bytes")


def main() -> None:
    """See above."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--readings", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--versions", type=int, default=4, help="of each reading")
    parser.add_argument("--part", default="", metavar="I/N", help="only make these readings")
    options = parser.parse_args()
    part, parts = map(int, options.part.split("/")) if options.part else (0, 1)
    _read_all(options.models, options.work, options.readings, part, parts)
    if not options.part:
        _train(options.work, options.readings, options.versions, options.epochs)


if __name__ == "__main__":
    main()
