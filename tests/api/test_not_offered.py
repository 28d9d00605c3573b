"""What the API has elsewhere is refused by name, and listed."""

from pathlib import Path

import httpx
import pytest

from sayso.api.not_offered import NOT_OFFERED

WIRE = Path(__file__).parents[2] / "docs" / "wire.md"


@pytest.mark.parametrize("path", NOT_OFFERED)
def test_it_is_refused_whatever_is_asked_of_it(client: httpx.Client, path: str) -> None:
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, f"/api/v2/{path}".replace("{uuid}", "55592656"))
        assert answer.status_code == 501, (method, path)
        assert answer.json()["success"] is False
    assert client.get(f"/api/v2/{path}/and/more".replace("{uuid}", "55592656")).status_code == 501


def test_the_list_of_it_is_in_the_documentation() -> None:
    text = WIRE.read_text()
    for path, what in NOT_OFFERED.items():
        assert f"| `{path}` | {what} |" in text
