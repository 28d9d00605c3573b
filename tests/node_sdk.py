"""The official Node SDK, installed once, outside the source tree."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGE, VERSION = "@resemble/node", "3.5.3"
CACHE = (
    Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "sayso-tests" / f"node-sdk-{VERSION}"
)


def modules() -> Path:
    """What NODE_PATH must name; a test that asks is skipped where node or its registry is not there."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node or npm is not installed")
    found = CACHE / "node_modules"
    if not (found / PACKAGE / "package.json").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [
            "npm",
            "install",
            "--prefix",
            str(CACHE),
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            f"{PACKAGE}@{VERSION}",
        ]
        installed = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if installed.returncode != 0:
            pytest.skip(f"npm cannot install {PACKAGE}: {installed.stderr[-300:]}")
    return found
