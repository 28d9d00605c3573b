"""Bounds that a child process sets on itself before it touches a stranger's file."""

from __future__ import annotations

import os
import resource


def confine(*, memory_bytes: int, cpu_s: int, file_bytes: int) -> None:
    """From now on: so much more address space and processor time, and no file written larger than `file_bytes`.

    For good: nothing can raise them again. Beyond the memory there is MemoryError; beyond the time the system ends
    the process.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent_s = int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (spent_s + cpu_s, spent_s + cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_AS, (address_space_bytes() + memory_bytes,) * 2)


def address_space_bytes() -> int:
    """Address space in use; a generous guess where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - one line of a kernel file
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 2 * 1024**3
