"""A dataset in child processes of lower priority: hearing keeps all cores busy for minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.preparing import Heard, Manifest, read_heard, read_manifest
from sayso.pipeline.dataset.unpack import unpack
from sayso.pipeline.json_child import JsonChild, Tell


class ChildPreparer:
    """One dataset at a time; others wait. The child goes when a dataset is done: its models are large."""

    def __init__(
        self,
        engine: str,
        models_dir: Path,
        threads: int,
        *,
        limits: DatasetLimits | None = None,
        step_s: float = 0.0,
        nice: int = 10,
    ) -> None:
        self._limits = limits or DatasetLimits()
        options = {
            "engine": engine,
            "models_dir": str(models_dir),
            "threads": threads,
            "limits": asdict(self._limits),
            "step_s": step_s,
            "nice": nice,
        }
        self._child = JsonChild("sayso.pipeline.dataset.prepare_child", options, "preparing")

    def unpack(self, path: Path, folder: Path, name: str, tell: Tell) -> Path:
        """See `sayso.pipeline.dataset.unpack.unpack`; in a child of its own, which needs no models."""
        return unpack(path, folder, self._limits, name=name, tell=tell)

    def prepare(
        self,
        folder: Path,
        language: str | None,
        tell: Tell,
        *,
        most_s: float | None = None,
        hears: bool = True,
    ) -> Manifest:
        """See `sayso.pipeline.dataset.preparing.prepare`; `language` may have a region (en-US).

        `most_s`: no more than so much of it is wanted. Without `hears` utterances have the texts that came with them, or
        none; only recordings that are cut and have a text are listened to, so that it can be shared out. Raises what that raises, and ChildDied: then call it again, it goes on where it was.
        """
        job = {"folder": str(folder), "language": _code(language), "most_s": most_s, "hears": hears}
        self._run(job, tell)
        return read_manifest(folder)

    def hear(
        self, folder: Path, given: Mapping[str, str | None], language: str | None, tell: Tell
    ) -> dict[str, Heard]:
        """See `sayso.pipeline.dataset.preparing.hear`. Raises ChildDied: then call it again, it goes on where it was."""
        self._run({"folder": str(folder), "language": _code(language), "given": dict(given)}, tell)
        return read_heard(folder)

    def _run(self, job: Mapping[str, object], tell: Tell) -> None:
        try:
            self._child.run(job, tell)
        finally:
            self._child.rest()

    @property
    def pid(self) -> int | None:
        """Process id of the child while it lives."""
        return self._child.pid

    def close(self) -> None:
        """Kill the child; a job under way raises ChildDied."""
        self._child.close()


def _code(language: str | None) -> str | None:
    """ISO 639-1, without the region."""
    return (language or "").partition("-")[0].lower() or None
