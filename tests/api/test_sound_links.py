"""Signed links: whole, in ranges, without a token, and useless when touched."""

import re

import httpx
import pytest

from serving import anyone


@pytest.fixture
def link(client: httpx.Client, speaker: str) -> str:
    item = client.get(f"/api/v2/voices/{speaker}/recordings").json()["items"][0]
    return str(item["audio_src"])


def test_a_link_needs_no_header_and_says_what_it_is(link: str) -> None:
    answer = anyone.get(link)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.headers["accept-ranges"] == "bytes"
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_head_tells_the_size_alone(link: str) -> None:
    answer = anyone.head(link)
    assert answer.status_code == 200
    assert answer.content == b""
    assert int(answer.headers["content-length"]) == len(anyone.get(link).content)


@pytest.mark.parametrize(
    ("header", "cut"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=10-19", slice(10, 20)),
        ("bytes=100-", slice(100, None)),
        ("bytes=-7", slice(-7, None)),
        ("bytes=5-999999999", slice(5, None)),
    ],
)
def test_a_range_is_that_part_of_the_file(link: str, header: str, cut: slice) -> None:
    whole = anyone.get(link).content
    answer = anyone.get(link, headers={"range": header})
    assert answer.status_code == 206
    assert answer.content == whole[cut]
    first, last, size = map(int, re.findall(r"[0-9]+", answer.headers["content-range"]))
    assert (first, last + 1, size) == (*cut.indices(len(whole))[:2], len(whole))


@pytest.mark.parametrize("header", ["bytes=999999999-", "bytes=-0"])
def test_a_range_outside_is_refused_with_the_size(link: str, header: str) -> None:
    size = len(anyone.get(link).content)
    answer = anyone.get(link, headers={"range": header})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{size}"
    assert answer.json()["success"] is False


@pytest.mark.parametrize("header", ["bytes=5-2", "lines=1-2", "bytes=0-1,3-4", "nonsense"])
def test_other_ranges_are_ignored(link: str, header: str) -> None:
    assert anyone.get(link, headers={"range": header}).status_code == 200


def test_a_link_that_was_touched_leads_nowhere(link: str) -> None:
    start, expires, key, signature, name = re.fullmatch(
        r"(.*/media)/([^/]+)/([^/]+)/([^/]+)/([^/]+)", link
    ).groups()  # type: ignore[union-attr]
    touched = [
        f"{start}/{int(expires) + 1}/{key}/{signature}/{name}",
        f"{start}/{expires}/{key[:-1]}x/{signature}/{name}",
        f"{start}/{expires}/{key}/{signature[:-1]}x/{name}",
        f"{start}/{expires}/{key}/{signature}/other.flac",
        f"{start}/{expires}/{key}/{signature}",
        f"{start}/{expires}/../{key}/{signature}/{name}",
        f"{start}/",
    ]
    for url in touched:
        assert anyone.get(url).status_code == 404, url
        assert anyone.get(url).json()["success"] is False


def test_links_start_with_what_the_client_called_the_server(client: httpx.Client, speaker: str) -> None:
    url = f"/api/v2/voices/{speaker}?sample_url=true"
    named = client.get(url, headers={"host": "sayso.example:8080"}).json()["item"]["sample_url"]
    assert named.startswith("http://sayso.example:8080/media/")
    odd = client.get(url, headers={"host": "evil.example/path?x="}).json()["item"]["sample_url"]
    assert odd.startswith("http://127.0.0.1:")
