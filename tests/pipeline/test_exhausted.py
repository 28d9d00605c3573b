"""A machine that ran out of something is told apart from a fault of ours."""

from __future__ import annotations

import errno
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sayso.pipeline import child_loop
from sayso.pipeline.exhausted import exhausted


def test_a_full_disk_reaches_the_parent_as_one(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")

    def work(job: child_loop.Job, progress: object) -> dict[str, object]:
        with full.open("wb") as file:
            file.write(b"x" * 100_000)
        return {}

    sink = io.BytesIO()
    child_loop._answer({}, work, sink)
    told = json.loads(sink.getvalue())
    assert told["error"] == "Unavailable"
    assert told["message"].startswith("the disk of the server is full")


def _more_than_there_is() -> None:
    np.ones(1 << 60, np.uint8)


def _more_than_there_is_for_torch() -> None:
    import torch

    torch.empty(1 << 60, dtype=torch.uint8)


@pytest.mark.parametrize("take", [_more_than_there_is, _more_than_there_is_for_torch])
def test_too_little_memory_reaches_the_parent_as_such(take: Callable[[], None]) -> None:
    def work(job: child_loop.Job, progress: object) -> dict[str, object]:
        take()
        return {}

    sink = io.BytesIO()
    child_loop._answer({}, work, sink)
    told = json.loads(sink.getvalue())
    assert told["error"] == "Unavailable"
    assert told["message"].startswith("the server has too little memory for this")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EDQUOT, "quota"), "disk"),
        (MemoryError(), "memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"), "memory"),
    ],
)
def test_what_ran_out_is_named(error: Exception, words: str) -> None:
    assert words in str(exhausted(error))


@pytest.mark.parametrize("error", [OSError(errno.ENOENT, "gone"), RuntimeError("shapes"), KeyError("x")])
def test_what_is_our_own_fault_is_not(error: Exception) -> None:
    assert exhausted(error) is None
