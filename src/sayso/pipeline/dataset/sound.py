"""Strangers' sound files, read block by block: decoded by children that can do no harm."""

from __future__ import annotations

import contextlib
import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

from sayso import errors
from sayso.audio.waveform import Samples, Waveform
from sayso.errors import BadAudio, TooLarge
from sayso.pipeline import phone
from sayso.pipeline.dataset import kinds
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.sound_child import SIZE

_ERROR = 0xFFFFFFFF
_MOST_BLOCK_BYTES = 64 * 1024 * 1024
_BLOCK_SAMPLES = 65_536
_MEMORY_BYTES, _CPU_S = 1024**3, 7_200
_HELD_S = 20.0
_SILENT_S = 120.0
"""A decoder that gives nothing for so long, while somebody waits for it, is ended."""


class Sounds:
    """Opens one file after the other. One user at a time; `close` it.

    `is_wanted` is asked once a second, in another thread. Where it says no, what is being read breaks off with BadAudio.
    """

    def __init__(self, limits: DatasetLimits, is_wanted: Callable[[], bool] = lambda: True) -> None:
        self._limits, self._is_wanted = limits, is_wanted
        self._child: subprocess.Popen[bytes] | None = None
        self._held: tuple[Path, list[Samples]] | None = None
        """The short recording that was measured last: a program of its own for each reading takes longer than it."""

    def shape(self, path: Path) -> tuple[int, float]:
        """Rate in Hz and length in seconds of the file. Raises BadAudio, TooLarge."""
        kind = kinds.audio(kinds.head(path))
        if kind in kinds.PHONE:
            with contextlib.closing(self._phone(path, kinds.PHONE[kind])) as stream:
                rate_hz, _ = next(stream)
                samples, held = 0, []
                for block in stream:
                    samples += len(block)
                    if samples <= _HELD_S * rate_hz:
                        held.append(block)
            self._held = (path, held) if samples <= _HELD_S * rate_hz else None
            if samples == 0:
                raise BadAudio(f"the {kind} file holds no sound; record something")
            return int(rate_hz), samples / rate_hz
        with contextlib.closing(self._decoded(path, blocks=False)) as stream:
            rate_hz, frames = next(stream)
            # To its end, or the child would be taken for one that is in the middle of something.
            for _ in stream:
                pass
        return int(rate_hz), frames / rate_hz

    def blocks(self, path: Path, until: int | None = None) -> Iterator[Samples]:
        """The file as mono samples at its own rate, in blocks (n,), the last one that of sample `until`.

        Take them to the end: a child that is broken off is ended, and a new one takes longer to start than most files
        take. Raises BadAudio, TooLarge.
        """
        if self._held is not None and self._held[0] == path:
            yield from self._held[1]
            return
        kind = kinds.audio(kinds.head(path))
        stream = (
            self._phone(path, kinds.PHONE[kind]) if kind in kinds.PHONE else self._decoded(path, until=until)
        )
        with contextlib.closing(stream):
            next(stream)
            given = 0
            for block in stream:
                yield block
                given += len(block)
                if kind in kinds.PHONE and until is not None and given >= until:
                    return

    def wave(self, path: Path, rate_hz: int) -> Waveform:
        """A short file as a whole."""
        found = list(self.blocks(path))
        return Waveform(np.concatenate(found) if found else np.zeros(0, np.float32), rate_hz)

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        if child is not None:
            _end(child)

    def _decoded(
        self, path: Path, *, blocks: bool = True, until: int | None = None
    ) -> Generator[Any, None, None]:
        """First (rate, frames), then the blocks."""
        child = self._alive()
        job = {
            "path": str(path),
            "blocks": blocks,
            "until": until,
            "max_s": self._limits.max_recording_s,
            "max_channels": self._limits.max_channels,
        }
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018
        is_whole = False
        try:
            with _watched(child, self._is_wanted) as paused:
                child.stdin.write(json.dumps(job).encode() + b"\n")
                child.stdin.flush()
                head = _message(child.stdout, _size(child.stdout))
                with paused():
                    yield head["rate_hz"], head["frames"]
                while size := _size(child.stdout):
                    if size == _ERROR:
                        _message(child.stdout, size)
                    block = np.frombuffer(_exactly(child.stdout, size), np.float32)
                    with paused():
                        yield block
                _message(child.stdout, _size(child.stdout))
            is_whole = True
        except errors.Rejected:
            is_whole = True
            raise
        except (OSError, EOFError, ValueError, struct.error) as broken:
            raise BadAudio(
                "the file made the decoder fail: it is broken or not what it says it is; export it again"
            ) from broken
        finally:
            if not is_whole:
                # What it would still say belongs to nobody.
                self.close()

    def _phone(self, path: Path, demuxer: str) -> Generator[Any, None, None]:
        """First (rate, -1), then the blocks."""
        if phone.program() is None:
            raise BadAudio(f"the file is of a kind that phones record; {phone.REMEDY}")
        most_s = self._limits.max_recording_s
        process = subprocess.Popen(
            phone.command(path, demuxer, most_s + 1.0, memory_bytes=_MEMORY_BYTES, cpu_s=_CPU_S),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        assert process.stdout is not None  # noqa: S101
        samples = 0
        try:
            with _watched(process, self._is_wanted) as paused:
                rate_hz = phone.rate_of(process.stdout)
                with paused():
                    yield rate_hz, None
                while raw := process.stdout.read(4 * _BLOCK_SAMPLES):
                    block = np.frombuffer(raw[: len(raw) // 4 * 4], np.float32)
                    samples += len(block)
                    if samples > most_s * rate_hz:
                        raise TooLarge(
                            f"the recording is longer than {most_s:.0f} s, the most we take; cut it into parts"
                        )
                    with paused():
                        yield np.clip(np.nan_to_num(block), -1.0, 1.0)
                if process.wait() != 0:
                    raise EOFError
        except (OSError, EOFError, struct.error) as broken:
            raise BadAudio(
                "the file is broken, cut short, or holds no sound that ffmpeg reads; send it as WAV"
            ) from broken
        finally:
            _end(process)

    def _alive(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            options = json.dumps({"memory_bytes": _MEMORY_BYTES, "cpu_s": _CPU_S})
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "sayso.pipeline.dataset.sound_child", options],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
        return self._child


@contextlib.contextmanager
def _watched(
    process: subprocess.Popen[bytes], is_wanted: Callable[[], bool]
) -> Iterator[Callable[[], contextlib.AbstractContextManager[None]]]:
    """Ends the process when it is waited for `_SILENT_S`, or not wanted any more.

    What it gives is put around what others do with a block: the time they take is not the decoder's silence.
    """
    done = threading.Event()
    since: float | None = time.monotonic()

    def watch() -> None:
        while not done.wait(1.0):
            began = since
            if (began is not None and time.monotonic() - began > _SILENT_S) or not is_wanted():
                process.kill()
                return

    @contextlib.contextmanager
    def paused() -> Iterator[None]:
        nonlocal since
        since = None
        try:
            yield
        finally:
            since = time.monotonic()

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield paused
    finally:
        done.set()


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _size(pipe: IO[bytes]) -> int:
    return int(SIZE.unpack(_exactly(pipe, SIZE.size))[0])


def _message(pipe: IO[bytes], size: int) -> dict[str, Any]:
    """A head or tail. Raises what it tells."""
    is_error = size == _ERROR
    message: dict[str, Any] = json.loads(_exactly(pipe, _size(pipe) if is_error else size))
    if is_error:
        raise getattr(errors, message["error"], BadAudio)(message["message"])
    return message


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    if size > _MOST_BLOCK_BYTES:
        raise EOFError("the child talks nonsense")
    data = pipe.read(size)
    if len(data) != size:
        raise EOFError("the child is gone")
    return data
