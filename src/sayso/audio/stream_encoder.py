"""Sound that is encoded while it is made."""

from __future__ import annotations

import io

import numpy as np
import soundfile

from sayso.audio import codec
from sayso.audio.waveform import Samples
from sayso.errors import BadRequest

RAW = "raw"
"""A container that is none: bare samples."""


class StreamEncoder:
    """Encodes a mono stream piece by piece. Not for two threads.

    MP3 is bare frames, without the leading frame that tells the length: streams that follow each other can be
    decoded as one. The sizes in a WAV's head are unknown. A FLAC comes whole at the end, for readers want the
    length that stands in its head.
    """

    def __init__(self, container: str, precision: str, rate_hz: int) -> None:
        """`container`: wav, mp3, flac, ogg (Opus) or `RAW`; precision and rate as `codec.encode` takes them."""
        self._container, self._precision, self._rate_hz = container, precision, rate_hz
        self._begun = False
        self._whole = io.BytesIO() if container == "flac" else None
        self._sink = _Sink(drops_first=container == "mp3")
        self._file: soundfile.SoundFile | None = None
        if container not in ("wav", RAW):
            form, subtype, options = codec.file_form(container, precision)
            try:
                self._file = soundfile.SoundFile(
                    self._whole or self._sink,
                    "w",
                    samplerate=rate_hz,
                    channels=1,
                    format=form,
                    subtype=subtype,
                    **options,
                )
            except soundfile.LibsndfileError as error:
                raise BadRequest(f"{container} cannot have {rate_hz} Hz; use 24000 or 48000") from error

    def push(self, samples: Samples) -> bytes:
        """Take samples (n,); returns the bytes that are ready, perhaps none."""
        if self._file is None:
            head = b""
            if self._container == "wav" and not self._begun:
                head = codec.wav_header(self._rate_hz, self._precision, None)
            self._begun = True
            return head + codec.pcm(samples, self._precision)
        self._file.write(np.clip(samples, -1.0, 1.0))
        return self._sink.take()

    def finish(self) -> bytes:
        """The last bytes; afterwards the encoder is used up."""
        if self._file is None:
            return b"" if self._begun else self.push(np.zeros(0, np.float32))
        self._file.close()
        return self._sink.take() if self._whole is None else self._whole.getvalue()


class _Sink:
    """A file that can only grow: what is written over what has gone already is lost."""

    def __init__(self, *, drops_first: bool) -> None:
        self._held = bytearray()
        self._at = self._size = 0
        self._drops = drops_first

    def write(self, data: bytes) -> int:
        size = len(data)
        if self._at == self._size:
            if not self._drops:
                self._held += data
            self._drops = False
            self._size += size
        self._at += size
        return size

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, _: int = -1) -> bytes:
        return b""

    def take(self) -> bytes:
        ready = bytes(self._held)
        self._held.clear()
        return ready
