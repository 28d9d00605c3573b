"""The embedded engine, all of it seen through the VoiceEngine protocol."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from sayso.engines import memory
from sayso.engines import weights as pinned
from sayso.engines.base import Progress, Take, TrainingPlan
from sayso.engines.kokoro import adapt, fused, professional, stock, weights
from sayso.engines.kokoro.lessons import Clean
from sayso.engines.kokoro.network import Kokoro
from sayso.engines.kokoro.speak import KokoroSpeaker
from sayso.engines.kokoro.voice import KokoroVoice, unpack
from sayso.engines.likeness import SpeakerEncoder
from sayso.engines.torch_thread import Here, Place, TorchThread
from sayso.errors import NotFound

WEIGHTS = "kokoro/kokoro.safetensors"


class KokoroEngine:
    """See `sayso.engines.base.VoiceEngine`. One resident network; a voice is a small set of inputs."""

    name = "kokoro"

    def __init__(self, models_dir: Path, threads: int, *, speaks_only: bool = False) -> None:
        """`threads`: cores the network may use for one piece of speech.

        `speaks_only` saves 200 MB once it is warm; a clone then loads a network of its own.
        """
        self._models_dir = models_dir
        self._threads = threads
        self._speaks_only = speaks_only
        self._encoder = SpeakerEncoder(models_dir)
        self._lock = threading.Lock()
        self._place: Place = TorchThread(threads, "sayso-voice") if speaks_only else Here()
        self._net: Kokoro | None = None

    def clone(self, takes: Sequence[Take], folder: Path, seed: int, progress: Progress) -> Path:
        """See VoiceEngine."""
        clean = self._cleaner()
        net = self._loaded() if self._speaks_only else self._network()
        voice = self._place.run(lambda: adapt.rapid(net, self._encoder, takes, seed, progress, clean=clean))
        return _kept(voice, folder)

    def train(
        self, takes: Sequence[Take], folder: Path, seed: int, plan: TrainingPlan, progress: Progress
    ) -> Path:
        """See VoiceEngine."""
        clean = self._cleaner()
        net = self._loaded() if self._speaks_only else self._network()
        # The network is this caller's for as long as it takes.
        place = Here()
        voice = professional.train(
            net,
            self._encoder,
            takes,
            folder,
            seed,
            plan,
            progress,
            lambda candidate: KokoroSpeaker(net, candidate, place),
            clean=clean,
        )
        return _kept(voice, folder)

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
        if self._speaks_only:
            net = self._network()
            self._place.run(lambda: fused.keep_packed_only(net))
            memory.give_back()

    def speaker(self, voice: KokoroVoice) -> KokoroSpeaker:
        """A speaker of any voice."""
        return KokoroSpeaker(self._network(), voice, self._place)

    def affines(self, timbre: NDArray[np.float32]) -> NDArray[np.float32]:
        """Timbre style (128,) -> gains and offsets of the decoder (37396,)."""
        decoder = self._network().decoder

        @torch.inference_mode()
        def found() -> NDArray[np.float32]:
            return decoder.affines(torch.from_numpy(timbre)[None])[0].numpy()

        return self._place.run(found)

    def _cleaner(self) -> Clean:
        # SciPy comes with it, which nobody needs who only speaks.
        from sayso.engines.enhance import Enhancer

        enhancer = Enhancer(self._models_dir)
        return lambda wave: enhancer.enhance(wave).wave

    def _network(self) -> Kokoro:
        with self._lock:
            if self._net is None:
                self._net = self._place.run(self._loaded)
            return self._net

    def _loaded(self) -> Kokoro:
        torch.set_num_threads(self._threads)
        return Kokoro.from_weights(weights.load(pinned.path(self._models_dir, WEIGHTS)))


def _kept(voice: KokoroVoice, folder: Path) -> Path:
    path = folder / "voice.kokoro"
    aside = path.with_suffix(".part")
    aside.write_bytes(voice.pack())
    aside.replace(path)
    return path
