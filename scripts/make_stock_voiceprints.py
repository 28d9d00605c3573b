"""Make src/sayso/engines/stock_voiceprints.npz: what CAM++ makes of a sentence by each English stock voice.

    python scripts/make_stock_voiceprints.py MODELS_DIR

Takes about two minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from sayso.audio.waveform import Waveform
from sayso.engines import stock_voiceprints
from sayso.engines.kokoro import stock
from sayso.engines.kokoro.engine import KokoroEngine
from sayso.engines.kokoro.voice import KokoroVoice
from sayso.engines.voiceprint import MODEL, VoiceprintEncoder

TEXT = "The juice of lemons makes fine punch, and four hours of steady work faced us before the evening came."


def main(models_dir: Path) -> None:
    engine, encoder = KokoroEngine(models_dir, threads=2), VoiceprintEncoder(models_dir)
    names, vectors, pitches = [], [], []
    for name, voice in stock.voices().items():
        if not voice.speaks_english or name == "af_nicole":  # who whispers
            continue
        speaker = engine.speaker(KokoroVoice(engine.affines(voice.timbre), voice.prosody, stock.SYMBOLS))
        wave = Waveform(np.concatenate([s.wave.samples for s in speaker.speak(TEXT)]), speaker.rate_hz)
        names.append(name)
        vectors.append(encoder.embed(wave).astype(np.float16))
        pitches.append(voice.pitch_hz)
        print(name, flush=True)
    target = Path(stock_voiceprints.__file__).with_suffix(".npz")
    np.savez_compressed(
        target, model=MODEL, names=names, vectors=np.stack(vectors), pitch_hz=np.array(pitches, np.float32)
    )
    print(f"{target}: {target.stat().st_size} bytes, {len(names)} voices")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
