"""When letters and sounds are spoken: in clips, /synthesize and callbacks."""

from itertools import pairwise
from typing import Any

import httpx
import pytest

from serving import Callbacks

TEXT = "  One sentence, with 2 pauses.  And\n\nanother “one”! …"


def check(times: dict[str, Any], duration_s: float) -> None:
    assert "".join(times["graph_chars"]) == TEXT.strip()
    for kind in ("graph", "phon"):
        spans = times[f"{kind}_times"]
        assert len(spans) == len(times[f"{kind}_chars"]) > 0
        assert all(0 <= start <= end <= duration_s + 0.001 for start, end in spans)
        assert all(one[0] <= two[0] for one, two in pairwise(spans))


def test_synthesize_tells_them(client: httpx.Client, speaker: str) -> None:
    answer = client.post("/synthesize", json={"voice_uuid": speaker, "data": TEXT}).json()
    check(answer["audio_timestamps"], answer["duration"])
    # The tone engine says a character in 60 ms.
    at = answer["audio_timestamps"]["graph_chars"].index("s")
    assert answer["audio_timestamps"]["graph_times"][at] == pytest.approx([0.18, 0.24], abs=0.001)


def test_clips_tell_them_when_they_are_asked_to(client: httpx.Client, speaker: str, told: Callbacks) -> None:
    project = client.post("/api/v2/projects", json={"name": "timed"}).json()["item"]["uuid"]
    clips = f"/api/v2/projects/{project}/clips"
    body = {"voice_uuid": speaker, "body": TEXT}
    plain = client.post(clips, json=body).json()["item"]
    assert plain["timestamps"] == {"graph_chars": [], "graph_times": [], "phon_chars": [], "phon_times": []}
    timed = client.post(clips, json=body | {"include_timestamps": True}).json()["item"]
    check(timed["timestamps"], timed["duration"])
    assert client.get(f"{clips}/{timed['uuid']}").json()["item"]["timestamps"] == timed["timestamps"]

    later = body | {"include_timestamps": True, "callback_uri": told.url}
    uuid = client.post(clips, json=later).json()["item"]["uuid"]
    assert told.about(uuid)["audio_timestamps"] == timed["timestamps"]
    # A change keeps what was asked for.
    client.put(f"{clips}/{plain['uuid']}", json=later).raise_for_status()
    assert told.about(plain["uuid"])["audio_timestamps"] == timed["timestamps"]
    assert client.get(f"{clips}/{plain['uuid']}").json()["item"]["timestamps"] == timed["timestamps"]
