"""What keeps the memory of a process small; how small is printed by benchmarks/scaling.py."""

from __future__ import annotations

import os
import subprocess
import sys

SHOW = """
import os
from sayso.engines import memory
memory.keep_small()
name = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
print(os.environ.get(name), memory.of_children().get(name))
"""


def shown(**settings: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ONEDNN")}
    run = subprocess.run(
        [sys.executable, "-c", SHOW], env=environment | settings, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_what_a_server_sets_for_itself_is_not_handed_to_its_children() -> None:
    assert shown() == "128 None"


def test_what_the_operator_set_is_left_alone() -> None:
    assert shown(ONEDNN_PRIMITIVE_CACHE_CAPACITY="77") == "77 77"
