"""Zip archives of strangers."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

from sayso.engines.base import Progress
from sayso.errors import BadDataset
from sayso.pipeline.dataset import names
from sayso.pipeline.dataset.sink import Sink

_ENCRYPTED, _PATCHED, _STRONG, _UTF8, _MASKED = 0x1, 0x20, 0x40, 0x800, 0x2000
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
_LOCAL = struct.Struct("<4s5H3I2H")


def unpack_zip(path: Path, sink: Sink, progress: Progress) -> None:
    """Give the members of the zip file `path` to `sink`. Raises BadDataset, TooLarge."""
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        wanted = []
        for info in archive.infolist():
            name = sink.wants(_name(info))
            _judge(info)
            if name is not None and not info.is_dir():
                sink.check_size(name, info.file_size)
                wanted.append((name, info))
        _refuse_overlaps(file, archive.infolist(), archive.start_dir)
        whole, done = max(1, sum(info.file_size for _, info in wanted)), 0
        for name, info in wanted:
            try:
                with archive.open(info) as source:
                    sink.take(name, info.file_size, source)
            except (
                zipfile.BadZipFile,
                zlib.error,
                lzma.LZMAError,
                EOFError,
                ValueError,
                OverflowError,
                OSError,
            ) as error:
                if isinstance(error, OSError) and error.errno is not None:
                    raise  # of our disk, not of the archive
                raise BadDataset(
                    f"the archive's member {names.shown(name)} is damaged; pack the archive again"
                ) from error
            done += info.file_size
            progress("unpacking", done / whole, None)


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: what has no UTF-8 flag is read as code page 437 by zipfile, and seldom is."""
    if info.flag_bits & _UTF8:
        return info.orig_filename
    try:
        return names.from_bytes(info.orig_filename.encode("cp437"))
    except UnicodeEncodeError:
        return info.orig_filename


def _judge(info: zipfile.ZipInfo) -> None:
    name = names.shown(_name(info))
    if info.flag_bits & (_ENCRYPTED | _STRONG | _MASKED):
        raise BadDataset(
            f"the archive's member {name} is encrypted, and no password is known; pack it without one"
        )
    if info.flag_bits & _PATCHED or info.compress_type not in _METHODS:
        raise BadDataset(
            f"the archive's member {name} is packed by method {info.compress_type}, only plain, deflate, bzip2 and "
            "LZMA are read; pack it with ordinary settings"
        )
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        what = "a link" if kind == stat.S_IFLNK else "no ordinary file"
        raise BadDataset(f"the archive's member {name} is {what}; pack the recordings themselves")


def _refuse_overlaps(file: IO[bytes], infos: list[zipfile.ZipInfo], end: int) -> None:
    """Members that share bytes make a small file unpack to a vast one; honest archives lay them side by side."""
    before = None
    for info in sorted(infos, key=lambda info: info.header_offset):
        file.seek(info.header_offset)
        raw = file.read(_LOCAL.size)
        name = names.shown(_name(info))
        if len(raw) < _LOCAL.size or raw[:4] != b"PK\x03\x04":
            raise BadDataset(
                f"the archive's member {name} is not where the archive says; pack the archive again"
            )
        *_, name_size, extra_size = _LOCAL.unpack(raw)
        if before is not None and info.header_offset < before:
            raise BadDataset(
                f"the archive's member {name} lies within another one; the archive is made to harm: pack it again"
            )
        before = info.header_offset + _LOCAL.size + name_size + extra_size + info.compress_size
        if before > end:
            raise BadDataset(
                f"the archive's member {name} goes on beyond its place; the archive is broken: pack it again"
            )
