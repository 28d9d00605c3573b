"""Decodes strangers' audio in child processes: what crashes, hangs or swells there, stays there."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import struct
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from sayso import errors
from sayso.audio.waveform import Waveform
from sayso.errors import BadAudio, Unavailable
from sayso.pipeline import phone
from sayso.pipeline.dataset import kinds
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.sound import Sounds

HEAD = struct.Struct("<I")
"""Both ways: length of a JSON head, the head, then as many bytes as the head says."""

_THREAD_LIMITS = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """What one decoding may take."""

    max_s: float
    max_channels: int
    max_samples: int
    """Frames times channels."""
    timeout_s: float = 30.0
    """Wall time until the child is killed."""
    cpu_s: int = 30
    """Processor time until the system kills it."""
    memory_bytes: int = 2 * 1024**3
    """Address space beyond what the child needs when it is idle."""


class ChildDecoder:
    """A small pool of decoding children, started when first needed, replaced when they die.

    Safe from any thread; more callers than children wait for one.
    """

    def __init__(self, limits: DecodeLimits, *, size: int = 2) -> None:
        self._limits = limits
        self._free: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(size):
            self._free.put(None)
        self._children: set[_Child] = set()
        self._lock = threading.Lock()
        self._is_closed = False

    def decode(self, data: bytes) -> Waveform:
        """Mono audio of any format we read, at its own rate. Raises BadAudio, TooLarge, Unavailable.

        What phones record is read where there is an ffmpeg; see `sayso.pipeline.phone`.
        """
        kind = kinds.audio(data[: kinds.HEAD_BYTES])
        if kind in kinds.PHONE:
            return self._phone(data, kind)
        child = self._free.get()
        try:
            if child is not None and child.is_gone():
                # It died while it was idle: that is no file's fault.
                self._drop(child)
                child = None
            if child is None:
                child = self._start()
            try:
                return child.decode(data, self._limits)
            except _Died as died:
                self._drop(child)
                child = None
                raise BadAudio(
                    f"the file {died}: it is broken or not what it says it is; export it again"
                ) from died
        finally:
            self._free.put(child)

    def _phone(self, data: bytes, kind: str) -> Waveform:
        if phone.program() is None:
            raise BadAudio(f"the file is {kind}; {phone.REMEDY}")
        # Such files have their index at the end, and cannot be read from a pipe.
        with tempfile.TemporaryDirectory(prefix="sayso-") as folder:
            path = Path(folder) / "upload"
            path.write_bytes(data)
            with contextlib.closing(Sounds(DatasetLimits(max_recording_s=self._limits.max_s))) as sounds:
                rate_hz, _ = sounds.shape(path)
                wave = sounds.wave(path, rate_hz)
        if not wave.samples.any():
            raise BadAudio("the recording is digital silence, every sample is zero; check the microphone")
        return wave

    def warm(self) -> None:
        """Have one child ready, so that the first upload does not wait for it."""
        child = self._free.get()
        try:
            child = child or self._start()
        finally:
            self._free.put(child)

    def close(self) -> None:
        """Stop the children; a decoding under way fails."""
        with self._lock:
            self._is_closed = True
            children = list(self._children)
        for child in children:
            child.kill()

    def _start(self) -> _Child:
        with self._lock:
            if self._is_closed:
                raise Unavailable("the server is stopping: try again later")
            child = _Child()
            self._children.add(child)
        return child

    def _drop(self, child: _Child) -> None:
        child.kill()
        with self._lock:
            self._children.discard(child)


class _Died(Exception):
    """The child is no more; the text completes `the file ...`."""


class _Child:
    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "sayso.pipeline.decode_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_THREAD_LIMITS},
        )

    def decode(self, data: bytes, limits: DecodeLimits) -> Waveform:
        head = json.dumps(
            {
                "size": len(data),
                "max_s": limits.max_s,
                "max_channels": limits.max_channels,
                "max_samples": limits.max_samples,
                "cpu_s": limits.cpu_s,
                "memory_bytes": limits.memory_bytes,
            }
        ).encode()
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018
        rang = threading.Event()

        def ring() -> None:
            rang.set()
            self._process.kill()

        bell = threading.Timer(limits.timeout_s, ring)
        bell.daemon = True
        bell.start()
        try:
            self._process.stdin.write(HEAD.pack(len(head)) + head)
            self._process.stdin.write(data)
            self._process.stdin.flush()
            answer = json.loads(
                read_exactly(self._process.stdout, *HEAD.unpack(read_exactly(self._process.stdout, 4)))
            )
            samples = read_exactly(self._process.stdout, answer["size"])
        except (OSError, EOFError) as broken:
            fact = "took too long to decode" if rang.is_set() else "made the decoder fail"
            raise _Died(fact) from broken
        finally:
            bell.cancel()
        if "error" in answer:
            kind = getattr(errors, answer["error"], BadAudio)
            raise kind(answer["message"])
        return Waveform(np.frombuffer(samples, np.float32), answer["rate_hz"])

    def is_gone(self) -> bool:
        return self._process.poll() is not None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue


def read_exactly(pipe: IO[bytes], size: int) -> bytes:
    """`size` bytes. Raises EOFError when the other side is gone before."""
    data = pipe.read(size)
    if len(data) != size:
        raise EOFError("the other side is gone")
    return data
