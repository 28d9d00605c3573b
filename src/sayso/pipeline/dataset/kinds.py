"""What a file is, by its content and never by its name."""

from __future__ import annotations

import bz2
import contextlib
import lzma
import zlib
from pathlib import Path

from sayso.audio import codec

HEAD_BYTES = 4_096

ARCHIVES = ("zip", "tar", "tar.gz", "tar.bz2", "tar.xz")
PHONE = {
    "M4A (AAC in MP4)": "mov",
    "MP4": "mov",
    "3GP": "mov",
    "a video (QuickTime)": "mov",
    "WebM": "matroska",
    "Matroska": "matroska",
    "AAC": "aac",
    "AMR": "amr",
}
"""What phones record: `codec.sniff`'s name for it -> the ffmpeg demuxer that reads it."""


def head(path: Path) -> bytes:
    """The first bytes of a file, enough to tell what it is."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def archive(data: bytes) -> str:
    """One of `ARCHIVES`, or empty; `data` is a file's head."""
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if _is_tar(data):
        return "tar"
    inside, packing = b"", ""
    # Only the first bytes of the inside are made: a bomb has no room here.
    with contextlib.suppress(zlib.error, OSError, EOFError, lzma.LZMAError, ValueError):
        if data.startswith(b"\x1f\x8b"):
            packing, inside = "tar.gz", zlib.decompressobj(31).decompress(data, 1_024)
        elif data.startswith(b"BZh"):
            # A block of bzip2 comes whole or not at all; what is inside shows only when it is unpacked.
            packing, inside = "tar.bz2", b""
            bz2.BZ2Decompressor().decompress(data, 1)
            return packing
        elif data.startswith(b"\xfd7zXZ\x00"):
            packing = "tar.xz"
            inside = lzma.LZMADecompressor(memlimit=256 * 1024 * 1024).decompress(data, 1_024)
    if packing == "tar.xz" and not inside:
        return packing
    return packing if _is_tar(inside) else ""


def audio(data: bytes) -> str:
    """The name of the format of sound that is read, phones' included, or empty; `data` is a file's head."""
    kind = codec.sniff(data)
    if kind == "MP3" and data.startswith((b"\xff\xfe", b"\xfe\xff")) and _is_utf16(data):
        return ""  # the mark of UTF-16 is the sign of a kind of MPEG sound that nobody uses
    return kind if kind in codec.READS or kind in PHONE else ""


def is_text(data: bytes) -> bool:
    """Whether it may be read as text at all; `data` is a file's head."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _is_utf16(data)
    # Pages and XML are text, and no list: they are passed over where texts are looked for.
    plain = codec.sniff(data) in ("", "JSON", "an XML file", "an HTML page")
    return plain and not any(byte < 9 for byte in data)


def other(data: bytes) -> str:
    """What else the file is, in words for people."""
    if data.startswith(b"BZh"):
        return "a BZIP2 file"
    if data.startswith(b"\xfd7zXZ\x00"):
        return "an XZ file"
    if data.startswith(b"\x1f\x8b"):
        return "a GZIP file without a tar archive in it"
    return codec.sniff(data) or ("an empty file" if not data else "a file of unknown kind")


def is_archive(data: bytes) -> bool:
    """Whether it is any archive at all, of a kind that is opened or not."""
    return (
        bool(archive(data)) or codec.sniff(data).endswith("archive") or data.startswith((b"BZh", b"\xfd7zXZ"))
    )


def _is_utf16(data: bytes) -> bool:
    text = data[: len(data) // 2 * 2].decode("utf-16", "replace")
    return all(char.isprintable() or char.isspace() for char in text[:-1])


def _is_tar(data: bytes) -> bool:
    if data[257:262] == b"ustar":
        return True
    # The oldest form has no mark but a checksum: the sum of the header with the field itself as spaces.
    header = data[:512]
    if len(header) < 512 or not header.strip(b"\0"):
        return False
    with contextlib.suppress(ValueError):
        told = int(header[148:156].strip(b" \0") or b"x", 8)
        return told == sum(header[:148]) + 8 * 32 + sum(header[156:])
    return False
