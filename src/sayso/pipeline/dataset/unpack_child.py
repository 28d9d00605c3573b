"""The unpacking child: `python -m sayso.pipeline.dataset.unpack_child OPTIONS`."""

from __future__ import annotations

import json
import lzma
import struct
import sys
import zipfile
import zlib
from pathlib import Path
from typing import Any

from sayso.engines.base import Progress
from sayso.errors import BadDataset, TooLarge, Unavailable
from sayso.pipeline import child_loop
from sayso.pipeline.confine import confine
from sayso.pipeline.dataset import members
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.sink import Sink
from sayso.pipeline.dataset.tars import unpack_tar
from sayso.pipeline.dataset.zips import unpack_zip

_REST_BYTES = 16 * 1024 * 1024
"""For the list of members, should it ever be larger than one."""


def main() -> None:
    """Work until the input ends."""
    options = json.loads(sys.argv[1])

    def prepare() -> tuple[child_loop.Work, Any]:
        limits = DatasetLimits(**options["limits"])
        confine(
            memory_bytes=limits.unpack_memory_bytes,
            cpu_s=limits.unpack_cpu_s,
            file_bytes=max(limits.max_member_bytes, _REST_BYTES),
        )
        return lambda job, progress: open_archive(job, limits, progress), lambda: None

    child_loop.serve(options["nice"], prepare)


def open_archive(job: child_loop.Job, limits: DatasetLimits, progress: Progress) -> dict[str, Any]:
    """Unpack `job["path"]`, of `job["kind"]`, into `job["folder"]`. Raises BadDataset, TooLarge, Unavailable."""
    path, folder, kind = Path(job["path"]), Path(job["folder"]), job["kind"]
    sink = Sink(folder, path.stat().st_size, limits)
    try:
        if kind == "zip":
            unpack_zip(path, sink, progress)
        else:
            unpack_tar(path, kind.partition(".")[2], sink, progress)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        struct.error,
        NotImplementedError,
        UnicodeError,
        IndexError,
        EOFError,
    ) as error:
        raise BadDataset(
            "the archive is broken or cut short; pack it again, and see that it is sent whole"
        ) from error
    except MemoryError as error:
        raise TooLarge(
            "the archive takes more memory to unpack than one may use; pack it again with ordinary settings"
        ) from error
    except OSError as error:
        raise Unavailable(
            f"the archive cannot be unpacked here ({error.strerror}): the operator has to make room, then try again"
        ) from error
    members.write(folder, sink.members)
    return {"members": len(sink.members)}


if __name__ == "__main__":
    main()
