"""Archives that mean harm are refused with the member at fault; others come out as they went in."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import lzma
import os
import re
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.errors import BadDataset, SaysoError, TooLarge
from sayso.pipeline.dataset import kinds, members, names
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.unpack import unpack
from sayso.pipeline.dataset.unpack_child import open_archive
from serving import humming

LIMITS = DatasetLimits(
    max_unpacked_bytes=5_000_000,
    max_members=50,
    max_member_bytes=4_000_000,
    max_ratio=20,
    ratio_free_bytes=100_000,
)
GOOD = {"a/one.wav": b"RIFFxxxx", "a/one.txt": "Grüße".encode(), "b/two.wav": b"x" * 1_000}


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def tarred(entries: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def odd_tar(**fields: Any) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("good.wav")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
        info = tarfile.TarInfo("odd.wav")
        for key, value in fields.items():
            setattr(info, key, value)
        archive.addfile(info)
    return file.getvalue()


def opened(folder: Path, data: bytes, limits: DatasetLimits = LIMITS) -> dict[str, bytes]:
    """What comes out, in this process: where the child's bounds do not matter."""
    path, target = folder / "archive", folder / "out"
    path.write_bytes(data)
    target.mkdir()
    job = {"path": str(path), "folder": str(target), "kind": kinds.archive(data[: kinds.HEAD_BYTES])}
    open_archive(job, limits, lambda *_: None)
    return {member.name: (target / member.file).read_bytes() for member in members.read(target)}


def refused(
    folder: Path, data: bytes, says: str, kind: type[SaysoError] = BadDataset, limits: DatasetLimits = LIMITS
) -> None:
    with pytest.raises(kind) as told:
        opened(folder, data, limits)
    assert re.search(says, str(told.value)), str(told.value)
    assert type(told.value) is kind
    assert not [file for file in folder.rglob("*") if "evil" in file.name]
    assert sorted(file.name for file in folder.iterdir()) == ["archive", "out"]


PACKINGS: dict[str, Callable[[], bytes]] = {
    "zip": lambda: zipped(GOOD),
    "zip stored": lambda: zipped(GOOD, zipfile.ZIP_STORED),
    "zip bzip2": lambda: zipped(GOOD, zipfile.ZIP_BZIP2),
    "zip lzma": lambda: zipped(GOOD, zipfile.ZIP_LZMA),
    "tar": lambda: tarred(GOOD),
    "tar ustar": lambda: tarred(GOOD, tarfile.USTAR_FORMAT),
    "tar gnu": lambda: tarred(GOOD, tarfile.GNU_FORMAT),
    "tar.gz": lambda: gzip.compress(tarred(GOOD)),
    "tar.bz2": lambda: bz2.compress(tarred(GOOD)),
    "tar.xz": lambda: lzma.compress(tarred(GOOD)),
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_every_packing_gives_the_same_members(tmp_path: Path, packing: str) -> None:
    assert opened(tmp_path, PACKINGS[packing]()) == GOOD


def test_what_systems_leave_behind_is_passed_over(tmp_path: Path) -> None:
    junk = ["__MACOSX/a/._one.wav", ".DS_Store", "a/._one.wav", "a/Thumbs.db", ".git/config"]
    assert opened(tmp_path, zipped({**GOOD, **dict.fromkeys(junk, b"x")})) == GOOD


def test_backslashes_separate_and_cases_may_collide(tmp_path: Path) -> None:
    found = opened(tmp_path, tarred({"set\\one.wav": b"1", "SET/one.wav": b"2"}))
    assert found == {"set/one.wav": b"1", "SET/one.wav": b"2"}


def test_names_of_other_encodings_are_read(tmp_path: Path) -> None:
    data = zipped({"m_ller.wav": b"1", "gr_ _n.wav": b"2"})
    data = data.replace(b"m_ller", "mül".encode() + b"er").replace(b"gr_ _n", b"gr\xfc \xdfn")
    assert list(opened(tmp_path, data)) == ["müler.wav", "grü ßn.wav"]


def test_a_name_of_control_characters_does_nothing(tmp_path: Path) -> None:
    assert list(opened(tmp_path, tarred({"a\x1b[31m\u202etxt.wav": b"1"}))) == ["a?[31m?txt.wav"]


# --- hostile names ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("../evil.wav", r"'\.\./evil\.wav' leads out"),
        ("a/../../evil.wav", "evil.wav' leads out"),
        ("a\\..\\..\\evil.wav", "leads out"),
        ("/etc/evil.wav", "'/etc/evil.wav' has an absolute name"),
        ("\\\\host\\evil.wav", "absolute name"),
        ("C:\\evil.wav", "absolute name"),
        ("c:evil.wav", "absolute name"),
        ("evil/" * 40 + "x.wav", "in 41 folders"),
        ("e" * 1_100, "of 1100 characters"),
    ],
)
@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_a_name_that_leads_away_is_refused(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes], name: str, says: str
) -> None:
    refused(tmp_path, pack({"good.wav": b"x", name: b"evil"}), says)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["one.wav", "./one.wav", "x\\..wav"])
def test_two_members_of_one_name_are_refused(tmp_path: Path, second: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("one.wav", "x/..wav", second):
            archive.writestr(name, b"x")
    refused(tmp_path, file.getvalue(), "two members '")


ODD = st.text(st.sampled_from("ab./\\:C~ \0\n\u202eé\u0301字\ud800"), max_size=40)


@given(ODD)
def test_a_judged_name_never_leads_away(name: str) -> None:
    try:
        judged = names.judged(name)
    except BadDataset:
        return
    assert not judged.startswith("/")
    assert ".." not in judged.split("/")
    assert all(part not in ("", ".") for part in judged.split("/")) or judged == ""
    assert os.path.normpath(f"root/{judged}").startswith("root")
    assert names.judged(judged) == judged


@given(st.binary(max_size=40))
def test_any_bytes_are_some_name(raw: bytes) -> None:
    assert isinstance(names.from_bytes(raw), str)


@given(st.lists(ODD.map(lambda text: text * 9), max_size=20))
def test_unique_names_differ_in_any_case_and_are_short(wanted: list[str]) -> None:
    taken: set[str] = set()
    found = [names.unique(name, taken) for name in wanted]
    assert len({name.casefold() for name in found}) == len(wanted)
    assert all(1 <= len(name) <= 256 for name in found)


# --- hostile members ----------------------------------------------------------------------------


def with_mode(mode: int) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("odd.wav")
        info.create_system = 3
        info.external_attr = mode << 16
        archive.writestr(info, "/etc/passwd")
    return file.getvalue()


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        (stat.S_IFLNK | 0o777, "is a link"),
        (stat.S_IFIFO | 0o644, "is no ordinary file"),
        (stat.S_IFCHR | 0o644, "is no ordinary file"),
    ],
)
def test_links_and_devices_in_a_zip(tmp_path: Path, mode: int, says: str) -> None:
    refused(tmp_path, with_mode(mode), f"'odd.wav' {says}")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}, "'odd.wav' is a link"),
        ({"type": tarfile.LNKTYPE, "linkname": "good.wav"}, "'odd.wav' is a link"),
        ({"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}, "'odd.wav' is no ordinary file"),
        ({"type": tarfile.BLKTYPE}, "'odd.wav' is no ordinary file"),
        ({"type": tarfile.FIFOTYPE}, "'odd.wav' is no ordinary file"),
        ({"type": b"Z"}, "'odd.wav' is no ordinary file"),
    ],
    ids=["symlink", "hard link", "char device", "block device", "fifo", "unknown"],
)
def test_links_and_devices_in_a_tar(tmp_path: Path, fields: dict[str, Any], says: str) -> None:
    refused(tmp_path, odd_tar(**fields), says)


def test_an_encrypted_zip(tmp_path: Path) -> None:
    data = bytearray(zipped({"secret.wav": b"x" * 100}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    refused(tmp_path, bytes(data), "'secret.wav' is encrypted")


def test_a_zip_packed_by_an_unknown_method(tmp_path: Path) -> None:
    data = bytearray(zipped({"new.wav": b"x" * 100}))
    for mark, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(mark) + at] = 93
    refused(tmp_path, bytes(data), "'new.wav' is packed by method 93")


# --- bombs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", ["zip", "tar.gz", "tar.bz2", "tar.xz"])
def test_a_bomb_by_ratio(tmp_path: Path, pack: str) -> None:
    entries = {"good.wav": os.urandom(100), "bomb.wav": bytes(3_900_000)}
    data = {
        "zip": lambda: zipped(entries),
        "tar.gz": lambda: gzip.compress(tarred(entries)),
        "tar.bz2": lambda: bz2.compress(tarred(entries)),
        "tar.xz": lambda: lzma.compress(tarred(entries)),
    }[pack]()
    refused(tmp_path, data, "more than 20 times its size at its member 'bomb.wav'")


@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_a_bomb_by_count(tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes]) -> None:
    data = pack({f"{i}.wav": b"" for i in range(51)})
    refused(tmp_path, data, "more than 50 members", TooLarge)


@pytest.mark.parametrize("pack", [zipped, tarred], ids=["zip", "tar"])
def test_a_bomb_of_empty_folders_counts_too(
    tmp_path: Path, pack: Callable[[dict[str, bytes]], bytes]
) -> None:
    data = pack({f".hidden{i}/": b"" for i in range(51)})
    refused(tmp_path, data, "more than 50 members", TooLarge)


def test_too_much_in_all_and_in_one(tmp_path: Path) -> None:
    entries = {f"{i}.wav": os.urandom(1_000_000) for i in range(6)}
    refused(tmp_path, tarred(entries), "more than 5000000 bytes at its member '5.wav'", TooLarge)
    (tmp_path / "two").mkdir()
    one = zipped({"big.wav": os.urandom(4_000_001)})
    refused(tmp_path / "two", one, "'big.wav' has 4000001 bytes", TooLarge)


def test_a_bomb_by_overlap(tmp_path: Path) -> None:
    """Every entry of the directory points at the same bytes."""
    whole = zipped({"one.wav": b"x" * 1_000})
    end = whole.index(b"PK\x05\x06")
    start = whole.index(b"PK\x01\x02")
    entry = whole[start:end]
    directory = b"".join(entry.replace(b"one.wav", b"%03d.wav" % i) for i in range(30))
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 30, 30, len(directory), start, 0)
    refused(tmp_path, whole[:start] + directory + tail, r"'001\.wav' lies within another")


def test_a_zip_in_a_zip_is_left_alone(tmp_path: Path) -> None:
    inner = zipped({"x.wav": b"x"})
    assert opened(tmp_path, zipped({"inner.zip": inner})) == {"inner.zip": inner}


@pytest.mark.parametrize("size", [10, 2_000])
def test_a_zip_that_lies_about_sizes(tmp_path: Path, size: int) -> None:
    data = bytearray(zipped({"liar.wav": b"x" * 1_000}))
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(mark) + at, size)
    refused(tmp_path, bytes(data), "'liar.wav' is (damaged|not the)")


def test_a_zip_with_a_wrong_checksum(tmp_path: Path) -> None:
    data = bytearray(zipped({"torn.wav": b"x" * 1_000}, zipfile.ZIP_STORED))
    data[data.index(b"xxxx") + 5] ^= 1
    refused(tmp_path, bytes(data), "'torn.wav' is damaged")


def test_a_zip_whose_directory_points_elsewhere(tmp_path: Path) -> None:
    data = bytearray(zipped({"lost.wav": b"x" * 1_000}))
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 42, 7)
    refused(tmp_path, bytes(data), "'lost.wav' is not where")


def test_a_zip_member_that_goes_on_into_the_directory(tmp_path: Path) -> None:
    data = bytearray(zipped({"long.wav": b"x" * 1_000}))
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 20, 5_000)
    refused(tmp_path, bytes(data), "'long.wav' goes on beyond")


def test_zip64_that_is_none(tmp_path: Path) -> None:
    data = bytearray(zipped({"big.wav": b"x" * 1_000}))
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, 0xFFFFFFFF)
    refused(tmp_path, bytes(data), "broken|damaged|has 4294967295 bytes", TooLarge)


def test_a_zip64_that_is_one(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive, archive.open("big.wav", "w", force_zip64=True) as member:
        member.write(b"hello")
    assert opened(tmp_path, file.getvalue()) == {"big.wav": b"hello"}


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.99])
@pytest.mark.parametrize("packing", PACKINGS)
def test_an_archive_cut_short(tmp_path: Path, packing: str, kept: float) -> None:
    whole = PACKINGS[packing]()
    if packing in ("tar", "tar ustar", "tar gnu"):
        # An archive of tar ends in many zeros that nobody misses.
        whole = whole.rstrip(b"\0")
    refused(tmp_path, whole[: int(len(whole) * kept)], "broken or cut short|is damaged|not where")


@pytest.mark.parametrize("packing", PACKINGS)
def test_noise_in_an_archive_breaks_nothing_else(tmp_path: Path, packing: str) -> None:
    import random

    dice = random.Random(7)
    whole = PACKINGS[packing]()
    for i in range(40):
        data = bytearray(whole)
        for _ in range(5):
            data[dice.randrange(6, len(data))] = dice.randrange(256)
        folder = tmp_path / str(i)
        folder.mkdir()
        # Anything but one of our own errors fails the test.
        with contextlib.suppress(SaysoError):
            opened(folder, bytes(data))


def test_a_tar_whose_header_asks_for_the_moon(tmp_path: Path) -> None:
    data = bytearray(tarred({"moon.wav": b"x"}, tarfile.GNU_FORMAT))
    info = tarfile.TarInfo("moon.wav")
    info.size = 8 * 1024**3 - 1
    data[:512] = info.tobuf(tarfile.GNU_FORMAT)
    refused(tmp_path, bytes(data), "'moon.wav' has 8589934591 bytes", TooLarge)


# --- through the child --------------------------------------------------------------------------


def test_unpacking_in_the_child_tells_its_progress_and_runs_twice(tmp_path: Path) -> None:
    archive = tmp_path / "download"
    archive.write_bytes(gzip.compress(tarred(GOOD)))
    told: list[float] = []
    folder = unpack(archive, tmp_path / "w", LIMITS, tell=lambda *heard: told.append(heard[1]))
    assert [member.name for member in members.read(folder)] == list(GOOD)
    assert told
    archive.unlink()
    assert unpack(archive, tmp_path / "w", LIMITS) == folder


@pytest.mark.parametrize(
    ("data", "says", "kind"),
    [
        (zipped({"good.wav": b"x", "../evil.wav": b"x"}), "leads out", BadDataset),
        (b"<!DOCTYPE html><html>Sign in</html>", "is an HTML page, which is no dataset; send", BadDataset),
        (b"%PDF-1.7", "is a PDF", BadDataset),
        (b"Rar!\x1a\x07\x00", "is a RAR archive", BadDataset),
        (b"7z\xbc\xaf\x27\x1c", "is a 7z archive", BadDataset),
        (b"", "is an empty file", BadDataset),
        (gzip.compress(b"no tar"), "a GZIP file without a tar archive", BadDataset),
        (bz2.compress(b"no tar" * 500), "broken or cut short at its start", BadDataset),
        (b"\x00" * 5_000, "of unknown kind", BadDataset),
    ],
    ids=["traversal", "html", "pdf", "rar", "7z", "empty", "gzip", "bzip2", "zeros"],
)
def test_a_refusal_leaves_nothing_behind(
    tmp_path: Path, data: bytes, says: str, kind: type[SaysoError]
) -> None:
    archive, folder = tmp_path / "download", tmp_path / "w"
    archive.write_bytes(data)
    with pytest.raises(kind, match=says):
        unpack(archive, folder, LIMITS)
    assert not list(folder.iterdir())


def test_memory_and_time_of_the_child_are_bounded(tmp_path: Path) -> None:
    archive = tmp_path / "download"
    # A header that is a megabyte-long lie: tarfile would read all of it into memory.
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 300_000_000
    with archive.open("wb") as file:
        file.write(info.tobuf(tarfile.USTAR_FORMAT))
        file.truncate(300_100_000)
    with pytest.raises((TooLarge, BadDataset)):
        unpack(archive, tmp_path / "w", replace(LIMITS, unpack_memory_bytes=100_000_000))
    assert not list((tmp_path / "w").iterdir())


def test_a_single_recording_is_a_dataset_of_one(tmp_path: Path) -> None:
    (tmp_path / "download").write_bytes(humming(0.5))
    folder = unpack(tmp_path / "download", tmp_path / "w", name="My voice.wav")
    (member,) = members.read(folder)
    assert member.name == "My voice.wav"
    assert (folder / member.file).read_bytes() == humming(0.5)
