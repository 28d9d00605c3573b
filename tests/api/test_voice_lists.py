"""What of the queries of a list counts here."""

import httpx
import pytest


def test_who_asks_for_pre_built_voices_gets_none(client: httpx.Client, speaker: str) -> None:
    def uuids(query: str) -> list[str]:
        answer = client.get(f"/api/v2/voices?page=1&page_size=1000{query}").json()
        assert answer["total_results"] == len(answer["items"])
        return [item["uuid"] for item in answer["items"]]

    assert uuids("&pre_built_resemble_voice=true") == []
    assert speaker in uuids("&pre_built_resemble_voice=false")
    # Nobody says these of a voice here, so they cannot leave one out.
    assert uuids("&gender=male&age=old&accents=x&use_case=y&tone_of_voice=z") == uuids("")


@pytest.mark.parametrize("flag", ["pre_built_resemble_voice", "sample_url", "filters", "advanced"])
def test_a_flag_that_is_neither_is_refused(client: httpx.Client, flag: str) -> None:
    answer = client.get(f"/api/v2/voices?{flag}=perhaps")
    assert answer.status_code == 400
    assert answer.json()["message"] == f'{flag} must be true or false, not "perhaps"'


def test_a_project_without_a_description_has_an_empty_one(client: httpx.Client) -> None:
    item = client.post("/api/v2/projects", json={"name": "x", "description": None}).json()["item"]
    assert item["description"] == ""
    assert client.delete(f"/api/v2/projects/{item['uuid']}").json()["success"]
