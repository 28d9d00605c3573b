"""The wire does not drift: recorded exchanges are played again and compared byte for byte.

`SAYSO_GOLDEN=write pytest tests/golden` writes them anew; read the difference before you commit it.
"""

import json
import os
import re
from pathlib import Path

import pytest
from exchanges import Player

from serving import Server

FILES = sorted(Path(__file__).parent.glob("*.json"))


def text(exchanges: list[dict[str, object]]) -> str:
    spread = json.dumps(exchanges, ensure_ascii=False, indent=1) + "\n"
    # Lists of letters and of their times on one line each, pairs first.
    for _ in range(2):
        spread = re.sub(r"\[\s+([^{}\s][^{}]{0,4000}?)\s+\](?=,?\n)", _on_one_line, spread)
    return spread


def _on_one_line(found: re.Match[str]) -> str:
    return found[0] if '": ' in found[1] else "[" + re.sub(r"\n\s+", " ", found[1]) + "]"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_exchange_is_still_the_same(server: Server, file: Path) -> None:
    with server.client(server.others["golden"]) as client:
        player = Player(client)
        played = [player.play(exchange) for exchange in json.loads(file.read_text())]
    if os.environ.get("SAYSO_GOLDEN") == "write":
        file.write_text(text(played))
    assert text(played) == file.read_text()


def test_there_are_exchanges() -> None:
    assert len(FILES) >= 5
