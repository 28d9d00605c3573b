"""A sound file that is written piece by piece: however long it is, only a piece is in memory."""

from __future__ import annotations

from typing import BinaryIO

import numpy as np
import soundfile

from sayso.audio import codec
from sayso.audio.waveform import Samples


class FileEncoder:
    """Writes a mono file as `codec.encode` makes it of the whole. Not for two threads."""

    def __init__(self, file: BinaryIO, *, container: str, precision: str, rate_hz: int) -> None:
        """`file` is empty, can be written, read and sought in, and stays open. Raises BadRequest as `codec.encode` does."""
        self._file, self._precision, self._rate_hz = file, precision, rate_hz
        self._samples = self._bytes = 0
        self._sound: soundfile.SoundFile | None = None
        if container == "wav":
            # The sizes in the head are not known yet; the head is as long with any.
            file.write(codec.wav_header(rate_hz, precision, 0))
            return
        form, subtype, options = codec.file_form(container, precision)
        codec.check_rate(form, rate_hz)
        self._sound = soundfile.SoundFile(
            file, "w", samplerate=rate_hz, channels=1, format=form, subtype=subtype, **options
        )

    @property
    def duration_s(self) -> float:
        """Length of what was pushed."""
        return self._samples / self._rate_hz

    def push(self, samples: Samples) -> None:
        """Write samples (n,); those beyond ±1.0 are clipped."""
        self._samples += len(samples)
        if self._sound is not None:
            self._sound.write(np.clip(samples, -1.0, 1.0))
        else:
            self._bytes += self._file.write(codec.pcm(samples, self._precision))

    def finish(self) -> None:
        """Write what tells the length; afterwards the encoder is used up."""
        if self._sound is not None:
            self._sound.close()
            return
        # RIFF chunks are padded to an even length; the pad is not part of the chunk's size.
        self._file.write(b"\0" * (self._bytes % 2))
        self._file.seek(0)
        self._file.write(codec.wav_header(self._rate_hz, self._precision, self._samples))
        self._file.seek(0, 2)
