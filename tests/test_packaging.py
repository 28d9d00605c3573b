"""What the program reads beside its code is in the wheel, and every pin has its licence named."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NOT_SHIPPED = {".mako", ".h"}
"""Only for those who write a migration, or compile."""


def test_every_file_beside_the_code_is_package_data():
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["sayso"]
    package = ROOT / "src/sayso"
    left_out = [
        file.relative_to(package).as_posix()
        for file in package.rglob("*")
        if file.is_file()
        and file.suffix not in {".py", ".pyc", ".so", *NOT_SHIPPED}
        and not any(PurePosixPath(file.name).match(pattern.removeprefix("**/")) for pattern in patterns)
    ]

    assert not left_out


def test_every_library_stands_in_the_notice():
    notice = (ROOT / "NOTICE").read_text("utf-8")
    pinned = [re.split(r"[=<>\[ ]", line)[0] for line in PROJECT["project"]["dependencies"]]

    assert not [name for name in pinned if not re.search(rf"^{re.escape(name)}\s", notice, re.M)]


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize("by_environment", [False, True])
def test_the_demo_gets_its_words_as_they_were_typed(tmp_path, by_environment):
    text, folder = 'It\'s "9:30"; $5 and $(HOME) are  100 %.', "/some where/a$b"
    program = tmp_path / "sayso"
    program.write_text('#!/bin/sh\nprintf "[%s]" "$@"\n')
    program.chmod(0o755)
    given = {"TEXT": text, "SPEECH": folder}
    words = [] if by_environment else [f"{name}={value}" for name, value in given.items()]

    done = subprocess.run(
        # Nothing is set up: `-o` takes what `setup` makes for old.
        ["make", "-s", "-o", "setup", f"BIN={tmp_path}", "demo", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **(given if by_environment else {})},
        capture_output=True,
        text=True,
    )

    assert done.stdout == f"[demo][--speech][{folder}][--text][{text}]", done.stderr
