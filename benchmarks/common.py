"""What all benchmarks share: options, the machine they ran on, tables, and the same figures as JSON."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped,unused-ignore]

_ROOT = Path(__file__).parents[1]
_FLAGS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16")
_PACKAGES = ("torch", "numpy", "ctranslate2", "onnxruntime", "soxr")

Row = Mapping[str, object]


def parser(description: str, *, speech_is_needed: bool) -> argparse.ArgumentParser:
    """A parser with the options that every benchmark has."""
    made = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument(
        "--speech",
        type=Path,
        required=speech_is_needed,
        metavar="DIR",
        help="folder of human speech: one folder a collection, each with a metadata.tsv (see README.md)",
    )
    made.add_argument(
        "--speakers",
        default="rapid_libri5spk_16k",
        metavar="NAME",
        help="the collection below DIR whose speakers are cloned (default: %(default)s)",
    )
    made.add_argument(
        "--threads", type=int, default=2, help="cores the models may use (default: %(default)s)"
    )
    made.add_argument(
        "--models",
        type=Path,
        default=_models(),
        metavar="DIR",
        help="folder of the weights (default: %(default)s)",
    )
    made.add_argument("--engine", default="kokoro", help="voice engine (default: %(default)s)")
    made.add_argument("--json", type=Path, metavar="FILE", help="write the figures here too")
    return made


def _models() -> Path:
    return Path(os.environ.get("SAYSO_MODELS_DIR") or _ROOT / "sayso-data" / "models")


def machine(threads: int) -> dict[str, str]:
    """Where and with what the figures came about."""
    return {
        "machine": f"{_processor()}, {_cores()} cores seen, {_memory_gb():.0f} GB, {platform.system()} {platform.machine()}",
        "instructions": (" ".join(_flags()) or "unknown") + _kernels(),
        "threads": str(threads),
        "load at start": f"{os.getloadavg()[0]:.2f}"
        + (" (the machine was busy)" if os.getloadavg()[0] > 0.5 else ""),
        "versions": ", ".join(
            [f"sayso {_version('sayso')} at {_revision()}", f"Python {platform.python_version()}"]
            + [f"{name} {_version(name)}" for name in _PACKAGES]
        ),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _kernels() -> str:
    """What the operator of this run has chosen instead of the best that there is."""
    chosen = os.environ.get("SAYSO_KERNELS")
    return f"; SAYSO_KERNELS={chosen}" if chosen else ""


class Report:
    """Prints tables as they come about and keeps them for --json."""

    def __init__(self, title: str, options: argparse.Namespace) -> None:
        self._file: Path | None = options.json
        self._figures: dict[str, Any] = {"benchmark": title, **machine(options.threads)}
        self._began = time.monotonic()
        self._ticks = _ticks()
        print(f"{title}\n")
        for name, value in self._figures.items():
            if name != "benchmark":
                print(f"{name}: {value}")

    def table(self, name: str, rows: Sequence[Row], *notes: str) -> None:
        """Print `rows`, all with the same keys, below `name`, and `notes` below them."""
        self._figures[name] = [dict(row) for row in rows]
        print(f"\n{name}\n\n{markdown(rows)}", flush=True)
        for note in notes:
            print(f"\n{note}", flush=True)

    def keep(self, name: str, value: object) -> None:
        """Something that is too long to print."""
        self._figures[name] = value

    def close(self) -> None:
        """Write the JSON file, if one is wanted."""
        self._figures["took_s"] = round(time.monotonic() - self._began, 1)
        print(f"\nThe benchmark took {self._figures['took_s']:.0f} s.")
        taken, whole = (after - before for after, before in zip(_ticks(), self._ticks, strict=True))
        if whole:
            self._figures["taken by other machines"] = round(taken / whole, 3)
            print(
                f"Of the processors' time meanwhile {taken / whole:.0%} went to other machines on the same host."
            )
        if self._file is not None:
            self._file.write_text(json.dumps(self._figures, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _ticks() -> tuple[int, int]:
    """Ticks of all processors since the start: those that a host gave to other machines ("steal"), and all.

    Zeros where Linux does not count them.
    """
    try:
        first = Path("/proc/stat").read_text("ascii").partition("\n")[0].split()[1:9]
    except OSError:
        return 0, 0
    return int(first[7]), sum(map(int, first))


class Peak:
    """The most memory that a process and its children held, looked at twice a second."""

    def __init__(self, pid: int | None = None, but: str = "") -> None:
        """Of the process `pid`, or this one; children with `but` in their command are left out."""
        self.mb = self.all_mb = 0.0
        """Of the children, resident; with their parent, each page that they share counted once. MB."""
        self._process, self._but = psutil.Process(pid), but
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self) -> float:
        """Stop looking; the most that the children held, MB."""
        self._done.set()
        self._thread.join()
        return self.mb

    def _watch(self) -> None:
        while not self._done.wait(0.5):
            total, together = 0.0, _own_mb(self._process)
            for child in self._process.children(recursive=True):
                try:
                    if not self._but or self._but not in " ".join(child.cmdline()):
                        total += child.memory_info().rss / 1e6
                        together += _own_mb(child)
                except psutil.Error:
                    continue
            self.mb = max(self.mb, total)
            self.all_mb = max(self.all_mb, together)


def _own_mb(process: psutil.Process) -> float:
    """What a process holds, MB: of pages that it shares with others its part, where the system tells (Linux)."""
    try:
        found = process.memory_full_info()
    except psutil.AccessDenied:
        found = process.memory_info()
    return float(getattr(found, "pss", found.rss)) / 1e6


def markdown(rows: Sequence[Row]) -> str:
    """A table that reads well both as text and in a README; numbers stand to the right."""
    if not rows:
        return "(nothing)"
    heads = list(rows[0])
    cells = [[_cell(row.get(head)) for head in heads] for row in rows]
    widths = [max(len(head), *(len(line[i]) for line in cells)) for i, head in enumerate(heads)]
    numeric = [all(isinstance(row.get(head), int | float | None) for row in rows) for head in heads]

    def line(texts: Sequence[str]) -> str:
        padded = (
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(texts, widths, numeric, strict=True)
        )
        return "| " + " | ".join(padded) + " |"

    rule = "|".join(
        "-" * (width + 1) + (":" if right else "-") for width, right in zip(widths, numeric, strict=True)
    )
    return "\n".join([line(heads), f"|{rule}|", *(line(texts) for texts in cells)])


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return (
            f"{value:.0f}" if abs(value) >= 1_000 else f"{value:.3g}" if abs(value) >= 100 else f"{value:.2f}"
        )
    return str(value)


def mean_row(rows: Sequence[Row], label: str) -> dict[str, object]:
    """The mean of every column of numbers; the others are empty, the first one says `label`."""
    heads = list(rows[0])
    mean: dict[str, object] = {}
    for head in heads:
        numbers = [value for row in rows if isinstance(value := row[head], int | float)]
        mean[head] = sum(numbers) / len(numbers) if len(numbers) == len(rows) else None
    mean[heads[0]] = label
    return mean


def megabytes(pid: int, field: str = "VmRSS") -> float | None:
    """Memory of a process in MB: VmRSS now, VmHWM its peak so far. None where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return None
    lines = [line for line in status.splitlines() if line.startswith(f"{field}:")]
    return round(int(lines[0].split()[1]) * 1024 / 1e6, 1) if lines else None


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


def _revision() -> str:
    """The commit that is checked out, and whether it is what runs."""
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        return commit + (" with changes" if _git("status", "--porcelain", "--", "src") else "")
    except (OSError, subprocess.CalledProcessError):
        return "an unknown revision"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _cpuinfo(field: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(field)), "")


def _processor() -> str:
    return _cpuinfo("model name") or platform.processor() or "unknown processor"


def _flags() -> list[str]:
    has = set(_cpuinfo("flags").split())
    return [flag for flag in _FLAGS if flag in has]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
