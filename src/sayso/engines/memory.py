"""How the memory of a process that speaks stays small."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3
"""Names of glibc's malloc.h for mallopt."""
_LARGE_BYTES = 4 << 20
_ARENAS = 2
_SETTINGS = {
    # Read by torch: large pages.
    "THP_MEM_ALLOC_ENABLE": "1",
    # Read by oneDNN, which keeps code and room for each shape that it ever saw. No sentence is as long as another: a
    # thousand of them cost 200 MB, and none came back.
    "ONEDNN_PRIMITIVE_CACHE_CAPACITY": "128",
}
_set: set[str] = set()
"""Which of them were set by us."""


def keep_small() -> None:
    """Have large blocks come from the system and go back to it at once, and threads share their small ones.

    Left alone, glibc keeps what a long sentence needed, once for each thread that ever spoke: 700 MB become 1.9 GB.
    Blocks that are mapped anew have to be cleared by the system, page by page; asking for large pages makes that
    cheap again. To be called before torch allocates for the first time. Where the C library cannot, nothing.
    """
    for name, value in _SETTINGS.items():
        if name not in os.environ:
            os.environ[name] = value
            _set.add(name)
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_ARENA_MAX, _ARENAS)


def of_children() -> dict[str, str]:
    """The environment of a child process, which decides for itself: a training sees the same shapes again and again."""
    return {name: value for name, value in os.environ.items() if name not in _set}


def give_back() -> None:
    """Return to the system what was used and freed. Where the C library cannot, nothing."""
    gc.collect()
    trim()


def trim() -> None:
    """The same, but for what only Python's collector finds: a few milliseconds."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
