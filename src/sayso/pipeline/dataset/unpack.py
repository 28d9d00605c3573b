"""A fetched file -> a folder of numbered members. Archives are opened in a child process with limits."""

from __future__ import annotations

import contextlib
import os
import shutil
from dataclasses import asdict
from pathlib import Path

from sayso.audio import codec
from sayso.errors import BadDataset
from sayso.pipeline.dataset import kinds, members, names
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.json_child import ChildDied, JsonChild, Tell

MEMBERS = "members"

_SEND = f"send one long recording ({', '.join(codec.READS)}), or a zip, tar.gz, tar.bz2 or tar.xz archive of recordings"


def unpack(
    path: Path, folder: Path, limits: DatasetLimits | None = None, *, name: str = "", tell: Tell | None = None
) -> Path:
    """Lay what `path` holds into `folder`/members, with a list of it; returns that folder. May run twice.

    A single file of sound becomes a dataset of one member, called `name`. `tell` hears of the progress.
    Raises BadDataset and TooLarge, with the name of the member at fault, and Unavailable; then nothing is left behind.
    """
    limits = limits or DatasetLimits()
    done, aside = folder / MEMBERS, folder / f"{MEMBERS}.part"
    if done.is_dir():
        return done
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        head = kinds.head(path)
        if kind := kinds.archive(head):
            _open(path, kind, aside, limits, tell)
        elif kinds.audio(head):
            _single(path, aside, name)
        else:
            raise BadDataset(f"the file is {kinds.other(head)}, which is no dataset; {_SEND}")
        aside.replace(done)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return done


def _open(path: Path, kind: str, folder: Path, limits: DatasetLimits, tell: Tell | None) -> None:
    child = JsonChild(
        "sayso.pipeline.dataset.unpack_child", {"nice": 10, "limits": asdict(limits)}, "unpacking"
    )
    try:
        child.run({"path": str(path), "folder": str(folder), "kind": kind}, tell or (lambda *_: None))
    except ChildDied as died:
        raise BadDataset(
            "the archive made the unpacking fail or last too long; pack it again with ordinary settings"
        ) from died
    finally:
        child.close()


def _single(path: Path, folder: Path, name: str) -> None:
    with contextlib.suppress(OSError):
        os.link(path, folder / "00000")
    if not (folder / "00000").exists():
        shutil.copyfile(path, folder / "00000")
    try:
        judged = names.judged(name.rpartition("/")[2])
    except BadDataset:
        judged = ""
    members.write(folder, [members.Member(judged or "recording", "00000", path.stat().st_size)])
