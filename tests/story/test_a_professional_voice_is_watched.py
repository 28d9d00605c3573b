"""A professional voice while it is trained and afterwards, over HTTP, as its owner watches it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import serving
from datasets import file_server, hum, zipped
from serving import anyone


def until(client: httpx.Client, uuid: str, is_so: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The voice as soon as `is_so`."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        voice = dict(client.get(f"/api/v2/voices/{uuid}").json()["item"])
        if is_so(voice):
            return voice
        time.sleep(0.1)
    raise AssertionError(f"it did not come to that: {voice}")


def has_learnt(voice: dict[str, Any]) -> bool:
    training = voice["training"] or {}
    return len(training.get("losses", ())) >= 2 and training["sample_url"] is not None


@pytest.mark.slow
def test_a_training_is_watched_heard_cancelled_and_done_again(tmp_path: Path) -> None:
    entries = {f"{n}.wav": hum(19.0, 150 + n / 16) for n in range(33)}
    with (
        serving.running(tmp_path, SAYSO_TONE_STEP_S="0.6") as server,
        server.client() as ada,
        file_server() as files,
    ):
        asked = {"name": "Ada", "dataset_url": files.put("set.zip", zipped(entries))}
        uuid = ada.post("/api/v2/voices", json=asked).json()["item"]["uuid"]

        # How far it is, how long it will take, what it has learnt, and a sentence by the voice as it is now.
        voice = until(ada, uuid, has_learnt)
        assert (voice["status"], voice["stage"]) == ("running", "learning timbre")
        assert 0 < voice["progress"] < 1
        assert voice["seconds_left"] > 0
        training = voice["training"]
        steps = [point["step"] for point in training["losses"]]
        assert steps == list(range(1, len(steps) + 1))
        assert {"phase", "spent_s", "loss", "held_out"} <= training["losses"][0].keys()
        assert 1 <= training["sample_step"] <= 8
        assert anyone.get(training["sample_url"]).content.startswith(b"RIFF")
        assert ada.get(f"/api/v2/voices/{uuid}/report").status_code == 404

        # It goes on, and tells so.
        later = until(ada, uuid, lambda now: len(now["training"]["losses"]) > len(steps))
        assert later["progress"] >= voice["progress"]

        # Enough of it.
        cancelled = ada.post(f"/api/v2/voices/{uuid}/cancel").json()
        assert cancelled["success"], cancelled
        assert ada.get(f"/api/v2/voices/{uuid}").json()["item"]["status"] != "running"
        again = ada.post(f"/api/v2/voices/{uuid}/cancel")
        assert (again.status_code, again.json()["success"]) == (409, False)

        # Or not: the same recordings, to the end.
        assert ada.post(f"/api/v2/voices/{uuid}/build", json={}).json()["success"]
        ended = until(ada, uuid, lambda now: now["status"] != "running")
        assert (ended["status"], ended["issue"]) == ("finished", None)

        # The report exists the moment the voice is finished, for programs and as one page that needs nothing else.
        payload = ada.get(f"/api/v2/voices/{uuid}/report").json()["item"]["payload"]
        assert [point["step"] for point in payload["training"]["points"]] == list(range(1, 9))
        page = ada.get(f"/api/v2/voices/{uuid}/report", params={"format": "html"})
        assert page.headers["content-type"].startswith("text/html")
        assert "<audio" in page.text
        assert "<svg" in page.text
        needed = re.findall(r"""(?:src|href)=["']?([^"'>]*)""", page.text)
        assert needed
        assert {link[:5] for link in needed if not link.startswith("#")} == {"data:"}
