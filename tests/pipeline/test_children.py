"""The child processes: whatever a file or a training does to them, the server goes on."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from sayso.errors import BadAudio, TooLarge, TooLittleSpeech, Unavailable
from sayso.pipeline import ingest
from sayso.pipeline.decoding import ChildDecoder, DecodeLimits
from sayso.pipeline.json_child import LOADING, ChildDied
from sayso.pipeline.trainer import ChildTrainer
from serving import humming

LIMITS = DecodeLimits(max_s=60, max_channels=8, max_samples=10_000_000)


@pytest.fixture(scope="module")
def decoder() -> Iterator[ChildDecoder]:
    decoder = ChildDecoder(LIMITS, size=1)
    yield decoder
    decoder.close()


def test_sound_comes_through_unchanged(decoder: ChildDecoder) -> None:
    wave = decoder.decode(humming(0.5))
    expected, rate_hz = soundfile.read(io.BytesIO(humming(0.5)), dtype="float32")
    assert (wave.rate_hz, rate_hz) == (24_000, 24_000)
    assert np.array_equal(wave.samples, expected)


def test_refusals_come_through_as_what_they_are(decoder: ChildDecoder) -> None:
    with pytest.raises(BadAudio, match="PDF"):
        decoder.decode(b"%PDF-1.7")
    silence = io.BytesIO()
    soundfile.write(silence, np.full(8_000 * 100, 0.001), 8_000, format="FLAC")
    with pytest.raises(TooLarge):
        decoder.decode(silence.getvalue())


def test_a_child_that_died_while_idle_is_replaced_and_no_file_is_blamed() -> None:
    before = set(psutil.Process().children())
    decoder = ChildDecoder(LIMITS, size=1)
    decoder.decode(humming(0.2))
    (own,) = set(psutil.Process().children()) - before
    own.kill()
    _wait_until(lambda: own.status() == psutil.STATUS_ZOMBIE)
    assert decoder.decode(humming(0.2)).rate_hz == 24_000
    decoder.close()


def _wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_decoding_that_takes_too_long_is_ended() -> None:
    decoder = ChildDecoder(DecodeLimits(60, 8, 10_000_000, timeout_s=0.01), size=1)
    with pytest.raises(BadAudio, match="too long"):
        decoder.decode(humming(0.2))
    decoder.close()


def test_a_child_may_use_only_so_much_memory() -> None:
    decoder = ChildDecoder(DecodeLimits(60, 8, 10_000_000, memory_bytes=1_000_000), size=1)
    with pytest.raises((TooLarge, BadAudio)):
        decoder.decode(humming(20.0))
    decoder.close()


def test_a_closed_decoder_says_so() -> None:
    decoder = ChildDecoder(LIMITS)
    decoder.close()
    with pytest.raises(Unavailable):
        decoder.decode(humming(0.2))


@pytest.fixture
def trainer(tmp_path: Path) -> Iterator[ChildTrainer]:
    trainer = ChildTrainer("tone", tmp_path, 1, step_s=0.3)
    yield trainer
    trainer.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A build's folder with three recordings in it."""
    folder = tmp_path / "build"
    flac = io.BytesIO()
    samples, rate_hz = soundfile.read(io.BytesIO(humming(5.0)))
    soundfile.write(flac, samples, rate_hz, format="FLAC", subtype="PCM_24")
    ingest.write_inputs(folder, [ingest.Upload(flac.getvalue(), "la")] * 3)
    return folder


def _quiet(stage: str, fraction: float, left_s: float | None) -> None:
    """Nobody listens."""


def test_a_voice_is_learnt_in_a_warm_child_of_lower_priority(trainer: ChildTrainer, folder: Path) -> None:
    stages = set()
    trainer.listen(folder, lambda stage, *_: stages.add(stage))
    pid = trainer.pid
    assert pid is not None
    assert psutil.Process(pid).nice() == min(19, psutil.Process().nice() + 10)
    path = trainer.train(folder, 1, lambda stage, *_: stages.add(stage))
    assert path.read_bytes().startswith(b"SAYSOTON")
    assert stages - {LOADING} == {"listening", "adapting"}
    assert trainer.pid == pid, "the same child"


def test_a_job_that_comes_before_the_child_is_warm_says_that_models_load(
    trainer: ChildTrainer, folder: Path
) -> None:
    told: list[tuple[str, float, float | None]] = []
    trainer.listen(folder, lambda *progress: told.append(progress))
    assert told[0] == (LOADING, 0.0, None)
    told.clear()
    trainer.listen(folder, lambda *progress: told.append(progress))
    assert LOADING not in {stage for stage, *_ in told}, "the child is warm by now"


def test_an_error_in_the_child_is_told_in_plain_words_and_does_not_end_it(
    trainer: ChildTrainer, folder: Path
) -> None:
    trainer.listen(folder, _quiet)
    (folder / "engine").write_text("a file where a folder should be")
    pid = trainer.pid
    with pytest.raises(Unavailable, match=r"something of ours broke .*FileExistsError") as told:
        trainer.train(folder, 1, _quiet)
    assert not isinstance(told.value, ChildDied)
    assert str(folder) not in str(told.value)
    assert trainer.pid == pid


def test_refusals_of_a_stage_come_through(trainer: ChildTrainer, tmp_path: Path) -> None:
    silence = io.BytesIO()
    soundfile.write(silence, np.full(16_000, 0.01), 16_000, format="FLAC")
    ingest.write_inputs(tmp_path / "b", [ingest.Upload(silence.getvalue(), None)])
    with pytest.raises(TooLittleSpeech):
        trainer.listen(tmp_path / "b", _quiet)


def test_a_child_that_dies_in_the_middle_is_told_and_replaced(trainer: ChildTrainer, folder: Path) -> None:
    def kill(*_: object) -> None:
        os.kill(int(trainer.pid or 0), signal.SIGKILL)

    with pytest.raises(ChildDied):
        trainer.listen(folder, kill)
    trainer.listen(folder, _quiet)


def test_a_job_nobody_wants_any_more_is_ended(trainer: ChildTrainer, folder: Path) -> None:
    def enough(*_: object) -> None:
        raise KeyError("deleted")

    with pytest.raises(KeyError):
        trainer.listen(folder, enough)
    assert trainer.pid is None


def test_closing_ends_a_job_under_way(trainer: ChildTrainer, folder: Path) -> None:
    threading.Timer(0.5, trainer.close).start()

    def listen_for_ever() -> None:
        while True:
            trainer.listen(folder, _quiet)

    with pytest.raises(ChildDied):
        listen_for_ever()


@pytest.mark.parametrize("module", ["decode_child", "training_child"])
def test_a_child_dies_with_its_parent(module: str, tmp_path: Path) -> None:
    options = '{"engine": "tone", "models_dir": "%s", "threads": 1, "step_s": 0, "nice": 1}' % tmp_path  # noqa: UP031
    parent = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-m', 'sayso.pipeline.{module}', {options!r}],"
        " stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        child = psutil.Process(int(process.stdout.readline()))
        time.sleep(0.3)
        process.kill()
    child.wait(timeout=20)
