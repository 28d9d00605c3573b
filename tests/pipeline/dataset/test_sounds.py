"""Strangers' sound files, read through a child."""

from pathlib import Path

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
