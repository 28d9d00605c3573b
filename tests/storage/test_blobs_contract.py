"""Every store keeps the same promises."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sayso.errors import BadSettings, NotFound
from sayso.storage.blobs import Blobs, open_blobs


@pytest.fixture(params=["file", "memory", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    if request.param == "file":
        yield open_blobs((tmp_path / "blobs").as_uri())
    elif request.param == "memory":
        yield open_blobs("memory://")
    else:
        yield from _s3(request.getfixturevalue("monkeypatch"))


def _s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Blobs]:
    pytest.importorskip("flask", reason="moto's server needs flask")
    boto3 = pytest.importorskip("boto3")
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3", region_name="us-east-1", endpoint_url=f"http://{host}:{port}").create_bucket(
        Bucket="voices"
    )
    yield open_blobs("s3://voices/some/prefix")
    server.stop()


def test_what_was_put_is_read_whole_and_in_parts(blobs: Blobs) -> None:
    data = bytes(range(256)) * 3000
    key = blobs.put(data)
    assert key == hashlib.sha256(data).hexdigest()
    assert blobs.read(key) == data
    assert blobs.size(key) == len(data)
    assert b"".join(blobs.open(key)) == data
    assert b"".join(blobs.open(key, 10, 300_000)) == data[10:300_000]
    assert b"".join(blobs.open(key, len(data), None)) == b""


def test_a_file_is_put_like_its_bytes(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "voice").write_bytes(b"voice")
    assert blobs.put(tmp_path / "voice") == blobs.put(b"voice")


def test_a_deleted_blob_is_gone_and_deleting_twice_is_no_error(blobs: Blobs) -> None:
    key = blobs.put(b"short")
    assert blobs.exists(key)
    blobs.delete(key)
    blobs.delete(key)
    assert not blobs.exists(key)
    for ask in (blobs.read, blobs.size, blobs.open):
        with pytest.raises(NotFound):
            ask(key)


@pytest.mark.parametrize("key", ["", "..", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "/x"])
def test_what_is_no_hash_is_no_key(blobs: Blobs, key: str) -> None:
    with pytest.raises(NotFound):
        blobs.read(key)


def test_a_store_that_answers_passes_the_check(blobs: Blobs) -> None:
    blobs.check()


@pytest.mark.parametrize("url", ["", "blobs", "ftp://there", "file://", "s3://", "http://there"])
def test_other_urls_are_bad_settings(url: str) -> None:
    with pytest.raises(BadSettings, match="SAYSO_STORAGE_URL"):
        open_blobs(url)


def test_a_folder_with_a_space_in_its_name_is_that_folder(tmp_path: Path) -> None:
    key = open_blobs((tmp_path / "my voices").as_uri()).put(b"sound")

    assert [path.name for path in tmp_path.iterdir()] == ["my voices"]
    assert (tmp_path / "my voices" / key[:2] / key[2:]).is_file()
