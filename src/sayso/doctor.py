"""Is this machine fit for sayso, and if not, what is to be done?"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sayso.engines import weights
from sayso.errors import SaysoError
from sayso.settings import Settings

FINE, NOTE, BAD = 0, 1, 2

_GIGABYTE = 1e9
_MIN_DISK, _GOOD_DISK = 0.5 * _GIGABYTE, 3 * _GIGABYTE
_MIN_MEMORY, _GOOD_MEMORY = 2.5 * _GIGABYTE, 5 * _GIGABYTE


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    part: str
    fact: str
    severity: int = FINE
    """FINE, NOTE (works, but) or BAD."""
    remedy: str = ""
    """What to do about it."""


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at one part after the other; a failing part does not keep the rest from being seen."""
    yield Finding("python", f"{sys.version.split()[0]} at {sys.executable}")
    yield _home(settings)
    yield _disk(settings)
    yield _cores(settings)
    yield _memory()
    yield _kernels()
    yield from _weights(settings)
    yield _database(settings)


def _home(settings: Settings) -> Finding:
    folder = _existing(settings.home)
    if not os.access(folder, os.W_OK):
        return Finding(
            "data", f"{settings.home} cannot be written", BAD, "set SAYSO_HOME to a folder of yours"
        )
    new = "" if folder == settings.home else " (made at the first start)"
    return Finding("data", f"{settings.home}{new}")


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(_existing(settings.home)).free
    fact = f"{free / _GIGABYTE:.1f} GB free for {settings.home}"
    if free < _MIN_DISK:
        return Finding("disk", fact, BAD, "free some space, or set SAYSO_HOME to a larger disk")
    if free < _GOOD_DISK:
        return Finding("disk", fact, NOTE, "a recording of a minute takes 4 MB, the models 330 MB")
    return Finding("disk", fact)


def _cores(settings: Settings) -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    fact = f"{cores} usable, {settings.threads} used by the models"
    if settings.threads > cores:
        return Finding(
            "cores", fact, NOTE, f"set SAYSO_THREADS to {cores}: more only get in each other's way"
        )
    if cores < 2:
        return Finding("cores", fact, NOTE, "two cores or more are advised: one speaks while one listens")
    return Finding("cores", f"{fact}; {_arithmetic()}")


def _arithmetic() -> str:
    """What the processor has for fast matrices, as Linux tells it."""
    try:
        flags = (
            Path("/proc/cpuinfo").read_text("ascii", "replace").split("flags", 1)[1].split("\n", 1)[0].split()
        )
    except (OSError, IndexError):
        return "the processor does not tell what it can do"
    fast = [name for name in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16") if name in flags]
    return ", ".join(fast) or "no AVX2: speech will be slow"


def _memory() -> Finding:
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text("ascii").splitlines())
        free = int(lines["MemAvailable"].split()[0]) * 1024.0
    except (OSError, KeyError, ValueError):
        return Finding("memory", "the system does not tell how much there is", NOTE)
    fact = f"{free / _GIGABYTE:.1f} GB available"
    if free < _MIN_MEMORY:
        return Finding(
            "memory", fact, BAD, "building a voice takes 3 GB beside the server's 1 GB: stop other programs"
        )
    if free < _GOOD_MEMORY:
        return Finding("memory", fact, NOTE, "building a voice takes up to 3 GB beside the server's 1 GB")
    return Finding("memory", fact)


def _kernels() -> Finding:
    """The compiled part of the decoder: without it speech is made by plain torch."""
    from sayso.engines.kokoro.kernels.library import best

    found = best()
    if isinstance(found, str):
        return Finding(
            "kernels",
            f"{found}; speech is made without them, more slowly",
            NOTE,
            "install a C compiler (Debian, Ubuntu: apt install gcc libc6-dev) and install sayso again",
        )
    return Finding("kernels", f"compiled, {found.name} is used")


def _weights(settings: Settings) -> Iterator[Finding]:
    problems = weights.verify(settings.models_folder)
    there = [file for file in weights.manifest() if (settings.models_folder / file.name).exists()]
    if problems and not there:
        # One line, not one for each of them, for who has fetched nothing yet.
        fact = f"none of the {len(weights.manifest())} files are in {settings.models_folder} yet"
        yield Finding("weights", fact, BAD, "run `sayso models fetch`")
        return
    for problem in problems:
        yield Finding("weights", problem, BAD, "run `sayso models fetch`")
    if not problems:
        yield Finding("weights", f"all {len(weights.manifest())} files in {settings.models_folder} are right")


def _database(settings: Settings) -> Finding:
    """Only looks: neither makes a database nor changes the schema of one that is there."""
    from sayso.storage.db import Database

    url = settings.app_database_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return Finding("database", "none yet, it is made at the first start")
    try:
        database = Database(url)
        try:
            database.check()
        finally:
            database.close()
    except Exception as problem:  # noqa: BLE001 - whatever it is, the doctor reports it
        text = str(problem) if isinstance(problem, SaysoError) else f"{type(problem).__name__}: {problem}"
        first_line = text.splitlines()[0] if text else type(problem).__name__
        return Finding("database", first_line, BAD, "check SAYSO_DATABASE_URL, and that the database runs")
    return Finding("database", "answers")


def _existing(folder: Path) -> Path:
    """`folder`, or the nearest one above it that exists."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
