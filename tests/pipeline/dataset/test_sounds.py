"""Strangers' sound files, read through a child."""

import contextlib
import itertools
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from sayso.errors import BadAudio
from sayso.pipeline import phone
from sayso.pipeline.dataset import sound
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.sound import Sounds
from serving import humming


def test_one_child_reads_many_files(tmp_path: Path) -> None:
    """Starting one for each takes longer than reading it."""
    sounds = Sounds(DatasetLimits())
    pids = set()
    try:
        for n in range(3):
            file = tmp_path / f"{n}.wav"
            file.write_bytes(humming(1.0 + n))
            rate_hz, duration_s = sounds.shape(file)
            assert len(sounds.wave(file, rate_hz).samples) == round(duration_s * rate_hz)
            assert sounds._child is not None
            pids.add(sounds._child.pid)
    finally:
        sounds.close()
    assert len(pids) == 1


@pytest.mark.parametrize("form", ["wav", "m4a"])
def test_the_time_of_who_takes_the_blocks_is_not_the_decoders_silence(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is long where the detector is slow, or busy with other recordings."""
    file = tmp_path / "long.wav"
    file.write_bytes(humming(60.0))
    if form == "m4a":
        program = phone.program()
        if program is None:
            pytest.skip("no ffmpeg; pip install sayso[phone]")
        file, wav = tmp_path / "long.m4a", file
        subprocess.run([program, "-v", "error", "-i", wav, "-c:a", "aac", file], check=True)
    with contextlib.closing(Sounds(DatasetLimits())) as sounds:
        blocks = sounds.blocks(file)
        taken = len(next(blocks))
        monkeypatch.setattr(sound, "_SILENT_S", 0.5)
        time.sleep(2.5)  # it is looked after once a second
        monkeypatch.undo()
        taken += sum(len(block) for block in blocks)
        assert taken == pytest.approx(60.0 * sounds.shape(file)[0], rel=0.01)


@pytest.mark.parametrize("why", ["silent", "not wanted"])
def test_a_decoder_that_hangs_is_ended(tmp_path: Path, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "long.wav"
    file.write_bytes(humming(60.0))
    ended = threading.Event()
    with contextlib.closing(Sounds(DatasetLimits(), lambda: not ended.is_set())) as sounds:
        blocks = sounds.blocks(file)
        next(blocks)
        assert sounds._child is not None
        os.kill(sounds._child.pid, signal.SIGSTOP)
        if why == "silent":
            monkeypatch.setattr(sound, "_SILENT_S", 0.5)
        else:
            ended.set()
        began = time.monotonic()
        with pytest.raises(BadAudio, match="made the decoder fail"):
            list(blocks)
        assert time.monotonic() - began < 60.0
        monkeypatch.undo()
        ended.clear()
        assert len(list(itertools.islice(sounds.blocks(file), 3))) == 3, "another one is started"
