"""Tar archives of strangers, plain or packed by gzip, bzip2 or xz."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
from pathlib import Path
from typing import IO, Any, Self, cast

from sayso.engines.base import Progress
from sayso.errors import BadDataset
from sayso.pipeline.dataset import names
from sayso.pipeline.dataset.sink import Sink

_BLOCK_BYTES, _MOST_PADDING_BLOCKS = 64 * 1024, 16


class _Info(tarfile.TarInfo):
    """Remembers whether the archive's end mark was seen: tarfile takes a cut archive for a short one."""

    ended = False

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined] # not in typeshed
            _Info.ended = True
            raise


def unpack_tar(path: Path, packing: str, sink: Sink, progress: Progress) -> None:
    """Give the members of the tar file `path` to `sink`; `packing` is gz, bz2, xz or empty. Raises BadDataset, TooLarge."""
    whole = max(1, path.stat().st_size)
    _Info.ended = False
    last = ""
    with path.open("rb") as file, _unpacked(file, packing) as stream:
        try:
            # Strictly forward: what is read is unpacked once and never held.
            with tarfile.open(
                fileobj=stream, mode="r|", tarinfo=_Info, encoding="utf-8", errors="surrogateescape"
            ) as archive:
                for info in archive:
                    last = _name(info)
                    _take(archive, info, sink)
                    archive.members = []  # type: ignore[attr-defined] # a list that only grows
                    progress("unpacking", min(0.99, file.tell() / whole), None)
            # What is behind the end mark is padding; only at its end is the checksum of the packing.
            for _ in range(_MOST_PADDING_BLOCKS):
                if not stream.read(_BLOCK_BYTES):
                    break
        except (tarfile.TarError, EOFError, lzma.LZMAError, OSError, ValueError, OverflowError) as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # of our disk, not of the archive
            raise BadDataset(_broken(last)) from error
    if not _Info.ended:
        raise BadDataset(_broken(last))


def _take(archive: tarfile.TarFile, info: tarfile.TarInfo, sink: Sink) -> None:
    name = sink.wants(_name(info))
    if info.isdir():
        return
    if info.issym() or info.islnk():
        raise BadDataset(
            f"the archive's member {names.shown(_name(info))} is a link; pack the recordings themselves (tar -h)"
        )
    if not info.isreg() or info.issparse():
        raise BadDataset(
            f"the archive's member {names.shown(_name(info))} is no ordinary file; pack the recordings only"
        )
    if name is None:
        return
    sink.check_size(name, info.size)
    source = archive.extractfile(info)
    assert source is not None  # noqa: S101 - it is a regular file
    sink.take(name, info.size, source)


def _name(info: tarfile.TarInfo) -> str:
    try:
        return names.from_bytes(info.name.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        return info.name


def _unpacked(file: IO[bytes], packing: str) -> Any:
    match packing:
        case "gz":
            return gzip.GzipFile(fileobj=file)
        case "bz2":
            return bz2.BZ2File(file)
        case "xz":
            return lzma.LZMAFile(file)
        case _:
            return cast("Any", file)


def _broken(last: str) -> str:
    where = f"after its member {names.shown(last)}" if last else "at its start"
    return f"the archive is broken or cut short {where}; pack it again, and see that it is sent whole"
