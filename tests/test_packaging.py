"""What the program reads beside its code is in the wheel, and every pin has its licence named."""

import re
import tomllib
from pathlib import Path, PurePosixPath

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
