"""The Blobs protocol: put, open, delete, exists; keys are content hashes. And the one store we need.

The same bytes have the same key and are kept once, so deleting asks first whether a row still needs them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import obstore
import sqlalchemy as sa
from obstore.store import LocalStore, MemoryStore, ObjectStore, S3Store

from sayso.errors import BadSettings, NotFound, Unavailable
from sayso.storage import tables
from sayso.storage.db import DISK_FULL, Database, Transaction

_KEY = re.compile(r"[0-9a-f]{64}")
_CHUNK = 256 * 1024


class Blobs(Protocol):
    """Bytes kept by the SHA-256 of their content. Safe from any thread."""

    def put(self, data: bytes | Path) -> str:
        """Keep bytes, or those of a file; returns their key. Whole or not at all; twice is once."""

    def read(self, key: str) -> bytes:
        """All bytes. Raises NotFound."""

    def open(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to `end`, not included, in pieces. Raises NotFound at the call."""

    def size(self, key: str) -> int:
        """How many bytes. Raises NotFound."""

    def exists(self, key: str) -> bool:
        """Whether the bytes are kept."""

    def delete(self, key: str) -> None:
        """Forget the bytes; unknown keys are no error."""

    def check(self) -> None:
        """Raise unless the store answers."""


class ObjectBlobs:
    """Blobs in any object store: a folder, S3 and what speaks its protocol, or memory."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def put(self, data: bytes | Path) -> str:
        """See Blobs. Writes aside and renames, so nobody sees half a blob."""
        if isinstance(data, Path):
            with data.open("rb") as file:
                key = hashlib.file_digest(file, "sha256").hexdigest()
        else:
            key = hashlib.sha256(data).hexdigest()
        if not self.exists(key):
            try:
                obstore.put(self._store, _path(key), data)
            except obstore.exceptions.BaseError as error:
                # The store has no class of error for it.
                if "No space left" in str(error):
                    raise Unavailable(DISK_FULL) from error
                raise
        return key

    def read(self, key: str) -> bytes:
        """See Blobs."""
        try:
            return bytes(obstore.get(self._store, _path(key)).bytes())
        except FileNotFoundError as error:
            raise _missing(key) from error

    def open(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """See Blobs."""
        stop = self.size(key)
        stop = stop if end is None else min(end, stop)
        return self._pieces(key, start, stop)

    def _pieces(self, key: str, start: int, stop: int) -> Iterator[bytes]:
        while start < stop:
            piece = bytes(
                obstore.get_range(self._store, _path(key), start=start, end=min(start + _CHUNK, stop))
            )
            yield piece
            start += len(piece)

    def size(self, key: str) -> int:
        """See Blobs."""
        try:
            return int(obstore.head(self._store, _path(key))["size"])
        except FileNotFoundError as error:
            raise _missing(key) from error

    def exists(self, key: str) -> bool:
        """See Blobs."""
        try:
            obstore.head(self._store, _path(key))
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        """See Blobs."""
        try:
            obstore.delete(self._store, _path(key))
        except FileNotFoundError:
            return

    def check(self) -> None:
        """See Blobs. Asks for a blob that cannot exist: the answer is what counts."""
        self.exists("0" * 64)


def open_blobs(url: str) -> ObjectBlobs:
    """The store behind `file:///folder`, `s3://bucket/prefix` or `memory://`. Raises BadSettings.

    S3 takes its keys, region and endpoint from the AWS_ variables. A folder is made if it is missing.
    """
    parts = urlsplit(url)
    store: Any
    if parts.scheme == "file" and parts.path and parts.netloc in ("", "localhost"):
        folder = Path(unquote(parts.path))
        try:
            store = LocalStore(prefix=folder, mkdir=True)
        except OSError as error:
            raise BadSettings(
                f"SAYSO_STORAGE_URL: the folder {folder} cannot be made or read ({error}): choose another"
            ) from error
    elif parts.scheme == "s3" and parts.netloc:
        store = S3Store(parts.netloc, prefix=parts.path.strip("/") or None)
    elif parts.scheme == "memory":
        store = MemoryStore()
    else:
        raise BadSettings(f"SAYSO_STORAGE_URL is {url!r}; expected file:///FOLDER or s3://BUCKET/PREFIX")
    return ObjectBlobs(store)


@contextmanager
def kept(db: Database, blobs: Blobs, data: bytes | Path) -> Iterator[str]:
    """Put `data` and lend its key to the block that writes the row; an error there takes it back."""
    key = blobs.put(data)
    try:
        yield key
    except BaseException:
        release(db, blobs, [key])
        raise


def still(blobs: Blobs, key: str | None, data: bytes | Path) -> None:
    """Make sure, inside the transaction that refers to `key`, that nobody deleted it since it was put."""
    if key is not None and not blobs.exists(key):
        blobs.put(data)


def release(db: Database, blobs: Blobs, keys: Iterable[str | None]) -> None:
    """Delete those blobs that no row refers to any more; None is skipped.

    Deleting happens inside a writing transaction: on SQLite nobody can come to refer to a blob between
    the look and the deletion, and `still` covers who put it just before.
    """
    wanted = {key for key in keys if key is not None}
    if not wanted:
        return
    with db.begin() as tx:
        for key in wanted:
            if not _is_needed(tx, key):
                blobs.delete(key)


def _is_needed(tx: Transaction, key: str) -> bool:
    return any(
        tx.execute(sa.select(column).where(column == key).limit(1)).first() is not None
        for column in tables.BLOB_COLUMNS
    )


def _path(key: str) -> str:
    # Keys reach us in URLs: anything but a hash must not become a path.
    if not _KEY.fullmatch(key):
        raise _missing(key)
    # Two levels: a folder of a million files is slow to list everywhere.
    return f"{key[:2]}/{key[2:]}"


def _missing(key: str) -> NotFound:
    return NotFound(f"the sound {key[:12]} is not kept here any more")
