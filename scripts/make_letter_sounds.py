"""Train the letter-to-sound model that guesses unknown words: data/letter_sounds.xz.

    python scripts/make_letter_sounds.py path/to/cmudict.dict

Letters and phones of every dictionary word are aligned in pairs (one or two letters with up to two phones)
by expectation maximisation; an n-gram model with interpolated Kneser-Ney smoothing is counted over those
pairs and pruned to size. Only CMUdict goes in. Standard library only, some minutes on one core, and the
same input gives the same bytes.
"""

from __future__ import annotations

import lzma
import math
import random
import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from make_lexicon import DATA, read_cmudict

Pair = tuple[str, tuple[str, ...]]
"""Letters and the phones they stand for, e.g. ("ph", ("F",)) or ("e", ())."""

ORDER = 7
SHAPES = [(1, 1), (1, 0), (2, 1), (1, 2), (2, 2)]
"""(letters, phones) of the pairs that alignment may use."""
END = 0
"""Symbol after the last pair of a word; also the history before its first."""


def _arcs(word: str, phones: Sequence[str], i: int, j: int) -> Iterator[tuple[int, int, Pair]]:
    for letters, sounds in SHAPES:
        if i + letters <= len(word) and j + sounds <= len(phones):
            yield i + letters, j + sounds, (word[i : i + letters], tuple(phones[j : j + sounds]))


def _prior(pair: Pair) -> float:
    """Two letters with two phones is a last resort, or everything would be such."""
    return {(1, 1): 1.0, (1, 0): 0.3, (2, 1): 0.3, (1, 2): 0.05, (2, 2): 0.001}[len(pair[0]), len(pair[1])]


def _expect(word: str, phones: Sequence[str], weights: dict[Pair, float], counts: dict[Pair, float]) -> None:
    """Add the expected use of every pair in all alignments of one word."""
    n, m = len(word), len(phones)
    ahead = [[0.0] * (m + 1) for _ in range(n + 1)]
    ahead[0][0] = 1.0
    uses: list[tuple[float, int, int, Pair]] = []
    for i in range(n):
        for j in range(m + 1):
            here = ahead[i][j]
            if here:
                for k, after, pair in _arcs(word, phones, i, j):
                    weight = weights.get(pair, 0.0)
                    if weight:
                        ahead[k][after] += here * weight
                        uses.append((here * weight, k, after, pair))
    total = ahead[n][m]
    if not total:
        return
    behind = [[0.0] * (m + 1) for _ in range(n + 1)]
    behind[n][m] = 1.0
    for i in range(n - 1, -1, -1):
        for j in range(m, -1, -1):
            behind[i][j] = sum(
                weights.get(pair, 0.0) * behind[k][after] for k, after, pair in _arcs(word, phones, i, j)
            )
    for weight, k, after, pair in uses:
        use = weight * behind[k][after] / total
        if use:
            counts[pair] += use


def _learn_pairs(entries: Sequence[tuple[str, Sequence[str]]], rounds: int) -> dict[Pair, float]:
    weights: dict[Pair, float] = {}
    for word, phones in entries:
        for i in range(len(word)):
            for j in range(len(phones) + 1):
                for _, _, pair in _arcs(word, phones, i, j):
                    weights[pair] = _prior(pair)
    for _ in range(rounds):
        counts: dict[Pair, float] = defaultdict(float)
        for word, phones in entries:
            _expect(word, phones, weights, counts)
        total = sum(counts.values())
        weights = {
            pair: count / total * _prior(pair) ** 0.3 for pair, count in counts.items() if count > 0.01
        }
    return weights


def _best_pairs(word: str, phones: Sequence[str], weights: dict[Pair, float]) -> list[Pair] | None:
    """The likeliest alignment of one word, or None."""
    best: dict[tuple[int, int], tuple[float, tuple[int, int], Pair | None]] = {(0, 0): (0.0, (0, 0), None)}
    for i in range(len(word)):
        for j in range(len(phones) + 1):
            if (i, j) in best:
                score = best[i, j][0]
                for k, after, pair in _arcs(word, phones, i, j):
                    weight = weights.get(pair)
                    if weight and ((k, after) not in best or best[k, after][0] < score + math.log(weight)):
                        best[k, after] = (score + math.log(weight), (i, j), pair)
    place = (len(word), len(phones))
    if place not in best:
        return None
    pairs: list[Pair] = []
    while place != (0, 0):
        _, place, pair = best[place]
        assert pair is not None
        pairs.append(pair)
    return pairs[::-1]


def align(entries: dict[str, list[str]]) -> list[list[Pair]]:
    """Every word of letters only as pairs; the few that cannot be aligned are left out."""
    plain = [
        (word.replace("'", ""), phones)
        for word, phones in sorted(entries.items())
        if word.replace("'", "").isalpha()
    ]
    sample = random.Random(1).sample(plain, min(len(plain), 25_000))
    weights = _learn_pairs(sample, rounds=6)
    found = (_best_pairs(word, phones, weights) for word, phones in plain)
    return [pairs for pairs in found if pairs is not None]


History = tuple[int, ...]


def _count(sequences: Sequence[Sequence[int]]) -> list[Counter[History]]:
    """Counts of every n-gram up to ORDER, with one END before and after each sequence."""
    counts: list[Counter[History]] = [Counter() for _ in range(ORDER + 1)]
    for sequence in sequences:
        padded = (END, *sequence, END)
        for n in range(1, ORDER + 1):
            for start in range(len(padded) - n + 1):
                if n > 1 or start:
                    counts[n][padded[start : start + n]] += 1
    return counts


def _smoothed(counts: list[Counter[History]]) -> list[dict[History, float]]:
    """Interpolated Kneser-Ney: P(last | rest) of every n-gram seen. Lower orders count distinct left neighbours."""
    kinds: list[Counter[History]] = [Counter() for _ in range(ORDER + 1)]
    for n in range(ORDER, 0, -1):
        for gram, count in counts[n].items():
            # What begins a word has no left neighbour to count.
            kinds[n][gram] = count if n == ORDER or (n > 1 and gram[0] == END) else kinds[n][gram]
            if n > 1:
                kinds[n - 1][gram[1:]] += 1
    probabilities: list[dict[History, float]] = [{} for _ in range(ORDER + 1)]
    vocabulary = len(counts[1])
    for n in range(1, ORDER + 1):
        frequency = Counter(min(count, 4) for count in kinds[n].values())
        y = frequency[1] / (frequency[1] + 2 * frequency[2])
        discounts = [0.0] + [
            max(0.1, k - (k + 1) * y * frequency[k + 1] / max(frequency[k], 1)) for k in (1, 2, 3)
        ]
        totals: Counter[History] = Counter()
        freed: dict[History, float] = defaultdict(float)
        for gram, count in kinds[n].items():
            totals[gram[:-1]] += count
            freed[gram[:-1]] += discounts[min(count, 3)]
        for gram, count in kinds[n].items():
            history = gram[:-1]
            lower = probabilities[n - 1][gram[1:]] if n > 1 else 1.0 / vocabulary
            own = max(0.0, count - discounts[min(count, 3)])
            probabilities[n][gram] = (own + freed[history] * lower) / totals[history]
    return probabilities


def _pruned(
    probabilities: list[dict[History, float]], counts: list[Counter[History]], least_gain: float
) -> list[dict[History, float]]:
    """Leave out n-grams that the shorter history predicts nearly as well."""
    kept: list[dict[History, float]] = [{} for _ in range(ORDER + 1)]
    needed: set[History] = set()
    for n in range(ORDER, 0, -1):
        for gram, probability in probabilities[n].items():
            gain = (
                math.inf
                if n <= 2
                else counts[n][gram] * abs(math.log(probability / probabilities[n - 1][gram[1:]]))
            )
            if gain > least_gain or gram in needed:
                kept[n][gram] = probability
                if n > 1:
                    needed.add(gram[:-1])
                    needed.add(gram[1:])
    return kept


def _backoffs(kept: list[dict[History, float]]) -> dict[History, float]:
    """What each history passes on to the next shorter one for symbols it was not seen with."""
    own: dict[History, float] = defaultdict(float)
    lower: dict[History, float] = defaultdict(float)
    for n in range(2, ORDER + 1):
        for gram, probability in kept[n].items():
            own[gram[:-1]] += probability
            lower[gram[:-1]] += kept[n - 1][gram[1:]]
    return {history: max(1e-4, 1 - own[history]) / max(1e-4, 1 - lower[history]) for history in own}


def _byte(probability: float) -> int:
    """A natural logarithm in 1/16 steps, shifted so that backoffs above one fit: -13.9 to 2."""
    return max(0, min(255, round(16 * (math.log(probability) + 13.9))))


def pack(pairs: list[Pair], kept: list[dict[History, float]], backoffs: dict[History, float]) -> bytes:
    """The file: a text line per pair, then the levels of a trie in sorted order, each as columns of numbers."""
    head = "\n".join(f"{letters} {' '.join(phones)}" for letters, phones in pairs).encode()
    body = [len(head).to_bytes(4, "little"), head, bytes([ORDER])]
    for n in range(1, ORDER + 1):
        grams = sorted(kept[n])
        children = Counter(gram[:-1] for gram in kept[n + 1]) if n < ORDER else Counter()
        columns = [
            array("H", [gram[-1] for gram in grams]),
            array("B", [_byte(kept[n][gram]) for gram in grams]),
        ]
        if n < ORDER:
            columns.append(array("B", [_byte(backoffs.get(gram, 1.0)) for gram in grams]))
            columns.append(array("H", [children[gram] for gram in grams]))
        body.append(len(grams).to_bytes(4, "little"))
        body += [column.tobytes() for column in columns]
    return lzma.compress(b"".join(body), preset=9 | lzma.PRESET_EXTREME, check=lzma.CHECK_CRC32)


def train(
    entries: dict[str, list[str]], least_gain: float = 1.0, aligned: list[list[Pair]] | None = None
) -> bytes:
    """The packed model of `entries` (word -> ARPAbet phones)."""
    aligned = align(entries) if aligned is None else aligned
    used = Counter(pair for word in aligned for pair in word)
    # A pair seen once or twice is an odd name, not a rule.
    pairs = sorted(pair for pair, count in used.items() if count > 2)
    numbers = {pair: i + 1 for i, pair in enumerate(pairs)}
    sequences = [
        [numbers[pair] for pair in word] for word in aligned if all(pair in numbers for pair in word)
    ]
    counts = _count(sequences)
    counts[1][(END,)] += 0
    kept = _pruned(_smoothed(counts), counts, least_gain)
    packed = pack(pairs, kept, _backoffs(kept))
    print(
        f"{len(sequences)} words, {len(pairs)} pairs, {[len(level) for level in kept[1:]]} n-grams, {len(packed)} bytes",
        file=sys.stderr,
    )
    return packed


if __name__ == "__main__":
    DATA.joinpath("letter_sounds.xz").write_bytes(train(read_cmudict(Path(sys.argv[1]))))
