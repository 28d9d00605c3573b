"""Where members are unpacked to: numbered files, within bounds on count, size and ratio."""

from __future__ import annotations

from pathlib import Path
from typing import IO

from sayso.errors import BadDataset, TooLarge
from sayso.pipeline.dataset import names
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.members import Member

_BLOCK_BYTES = 256 * 1024


class Sink:
    """Takes the members of one archive, one after the other."""

    def __init__(self, folder: Path, packed_bytes: int, limits: DatasetLimits) -> None:
        self.members: list[Member] = []
        self._folder, self._limits = folder, limits
        self._most_by_ratio = limits.ratio_free_bytes + limits.max_ratio * packed_bytes
        self._names: set[str] = set()
        self._total = 0

    def wants(self, raw_name: str) -> str | None:
        """The judged name of a member that is to be taken; None for what is passed over. Raises BadDataset, TooLarge."""
        name = names.judged(raw_name)
        if len(self._names) >= self._limits.max_members:
            raise TooLarge(
                f"the archive has more than {self._limits.max_members} members; send the recordings of one speaker only"
            )
        if name in self._names:
            raise BadDataset(f"the archive has two members {names.shown(name)}; give each a name of its own")
        self._names.add(name)
        return None if not name or names.is_junk(name) else name

    def check_size(self, name: str, size_bytes: int) -> None:
        """Refuse a member by the size that the archive tells, before anything is unpacked."""
        if size_bytes > self._limits.max_member_bytes:
            raise TooLarge(
                f"the archive's member {names.shown(name)} has {size_bytes} bytes, at most "
                f"{self._limits.max_member_bytes} are taken; cut it into parts"
            )

    def take(self, name: str, size_bytes: int, source: IO[bytes]) -> None:
        """Unpack one member, which must turn out as large as the archive says."""
        self.check_size(name, size_bytes)
        file, written = f"{len(self.members):05}", 0
        with (self._folder / file).open("wb") as target:
            while block := source.read(_BLOCK_BYTES):
                written += len(block)
                self._total += len(block)
                if written > size_bytes:
                    self._lies(name, size_bytes)
                if self._total > self._limits.max_unpacked_bytes:
                    raise TooLarge(
                        f"the archive unpacks to more than {self._limits.max_unpacked_bytes} bytes at its member "
                        f"{names.shown(name)}; send less, or FLAC instead of WAV"
                    )
                if self._total > self._most_by_ratio:
                    raise BadDataset(
                        f"the archive unpacks to more than {self._limits.max_ratio} times its size at its member "
                        f"{names.shown(name)}, as no recordings of speech do; take that member out"
                    )
                target.write(block)
        if written != size_bytes:
            self._lies(name, size_bytes)
        self.members.append(Member(name, file, written))

    @staticmethod
    def _lies(name: str, size_bytes: int) -> None:
        raise BadDataset(
            f"the archive's member {names.shown(name)} is not the {size_bytes} bytes that the archive says; "
            "the archive is broken or made to harm: pack it again"
        )
