"""The embedded engine, all of it seen through the VoiceEngine protocol."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sayso.engines import weights as pinned
from sayso.engines.base import Progress, Take
from sayso.engines.kokoro import adapt, stock, weights
from sayso.engines.kokoro.network import Kokoro
from sayso.engines.kokoro.speak import KokoroSpeaker
from sayso.engines.kokoro.voice import KokoroVoice, unpack
from sayso.engines.likeness import SpeakerEncoder
from sayso.errors import NotFound

WEIGHTS = "kokoro/kokoro.safetensors"


class KokoroEngine:
    """See `sayso.engines.base.VoiceEngine`. One resident network; a voice is a small set of inputs."""

    name = "kokoro"

    def __init__(self, models_dir: Path, threads: int) -> None:
        """`threads`: cores the network may use for one piece of speech."""
        self._models_dir = models_dir
        self._threads = threads
        self._encoder = SpeakerEncoder(models_dir)
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._net: Kokoro | None = None

    def clone(self, takes: Sequence[Take], folder: Path, seed: int, progress: Progress) -> Path:
        """See VoiceEngine."""
        with self._turn:
            voice = adapt.rapid(self._network(), self._encoder, takes, seed, progress)
        path = folder / "voice.kokoro"
        aside = path.with_suffix(".part")
        aside.write_bytes(voice.pack())
        aside.replace(path)
        return path

    def load(self, artifact: bytes) -> KokoroSpeaker:
        """See VoiceEngine."""
        return self.speaker(unpack(artifact))

    def readers(self) -> Sequence[str]:
        """See VoiceEngine."""
        return stock.READERS

    def reader(self, name: str) -> KokoroSpeaker:
        """See VoiceEngine."""
        if name not in stock.READERS:
            raise NotFound(f"there is no reader {name!r}; there are {', '.join(stock.READERS)}")
        voice = stock.voices()[name]
        return self.speaker(KokoroVoice(self.affines(voice.timbre), voice.prosody, stock.SYMBOLS))

    def warm(self) -> None:
        """See VoiceEngine. Speaks a word, so that nothing is left to set up."""
        for _ in self.reader(stock.READERS[0]).speak("Ready."):
            pass

    def speaker(self, voice: KokoroVoice) -> KokoroSpeaker:
        """A speaker of any voice."""
        return KokoroSpeaker(self._network(), voice, self._turn)

    @torch.inference_mode()
    def affines(self, timbre: NDArray[np.float32]) -> NDArray[np.float32]:
        """Timbre style (128,) -> gains and offsets of the decoder (37396,)."""
        return self._network().decoder.affines(torch.from_numpy(timbre)[None])[0].numpy()

    def _network(self) -> Kokoro:
        with self._lock:
            if self._net is None:
                torch.set_num_threads(self._threads)
                # The first who asks may only be speaking: weights made in inference mode could never adapt.
                with torch.inference_mode(False):
                    self._net = Kokoro.from_weights(weights.load(pinned.path(self._models_dir, WEIGHTS)))
            return self._net
