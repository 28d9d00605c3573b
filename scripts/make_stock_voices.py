"""Make src/sayso/engines/kokoro/stock.safetensors from the voice packs of the npm package kokoro-js 1.2.1.

    npm pack kokoro-js@1.2.1 && tar xzf kokoro-js-1.2.1.tgz
    python scripts/make_stock_voices.py package/voices MODELS_DIR

The packs are Apache-2.0 (hexgrad/Kokoro-82M). Takes about five minutes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from sayso.audio.waveform import Waveform
from sayso.engines.kokoro import pitch, stock
from sayso.engines.kokoro.engine import KokoroEngine
from sayso.engines.kokoro.voice import KokoroVoice
from sayso.engines.likeness import SpeakerEncoder

TEXT = "The juice of lemons makes fine punch, and four hours of steady work faced us before the evening came."


def main(packs: Path, models_dir: Path) -> None:
    engine, encoder = KokoroEngine(models_dir, threads=2), SpeakerEncoder(models_dir)
    names, styles, embeddings, pitches = [], [], [], []
    for file in sorted(packs.glob("*.bin")):
        rows = np.fromfile(file, "<f4").reshape(510, 256)[[n - 1 for n in stock.SYMBOLS]]
        speaker = engine.speaker(
            KokoroVoice(engine.affines(rows[stock.TIMBRE_ROW, :128]), rows[:, 128:], stock.SYMBOLS)
        )
        wave = Waveform(np.concatenate([s.wave.samples for s in speaker.speak(TEXT)]), speaker.rate_hz)
        f0 = pitch.track(wave.samples)
        names.append(file.stem)
        styles.append(rows.astype(np.float16))
        embeddings.append(encoder.embed(wave).astype(np.float16))
        pitches.append(np.median(f0[f0 > 0]).astype(np.float32))
        print(f"{file.stem}: {pitches[-1]:.0f} Hz", flush=True)
    target = Path(stock.__file__).with_name("stock.safetensors")
    target.write_bytes(
        save(
            {
                "names": np.frombuffer(" ".join(names).encode(), np.uint8),
                "styles": np.stack(styles),
                "embeddings": np.stack(embeddings),
                "pitch_hz": np.array(pitches),
            }
        )
    )
    print(f"{target}: {target.stat().st_size} bytes, {len(names)} voices")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
