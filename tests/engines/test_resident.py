"""Voices stay loaded while they are used, are loaded once, and give way when there are too many."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sayso.engines.registry import EngineOptions, make_engine
from sayso.engines.resident import Speakers
from sayso.engines.tone import ToneEngine, pack
from sayso.errors import BadArtifact, NotFound


class Shelf:
    """Artifacts, and how often each was read."""

    def __init__(self) -> None:
        self.reads: list[str] = []
        self._lock = threading.Lock()

    def read(self, key: str) -> bytes:
        with self._lock:
            self.reads.append(key)
        time.sleep(0.02)
        if key == "missing":
            raise NotFound("not kept")
        return b"broken" if key == "broken" else pack(float(key), 1)


def test_a_voice_that_many_ask_for_at_once_is_loaded_once() -> None:
    shelf = Shelf()
    speakers = Speakers(ToneEngine(), shelf.read)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(speakers.get, ["100"] * 16))
    assert len({id(speaker) for speaker in found}) == 1
    assert shelf.reads == ["100"]


def test_the_least_recently_used_goes_first() -> None:
    shelf = Shelf()
    speakers = Speakers(ToneEngine(), shelf.read, max_count=2)
    for key in ("100", "200", "100", "300", "100", "200"):
        speakers.get(key)
    assert shelf.reads == ["100", "200", "300", "200"]


def test_large_voices_give_way_even_when_there_are_few() -> None:
    shelf = Shelf()
    speakers = Speakers(ToneEngine(), shelf.read, max_bytes=100)
    for key in ("100", "200", "100"):
        speakers.get(key)
    assert shelf.reads == ["100", "200", "100"]


@pytest.mark.parametrize(("key", "error"), [("missing", NotFound), ("broken", BadArtifact)])
def test_a_failure_is_told_and_not_kept(key: str, error: type[Exception]) -> None:
    shelf = Shelf()
    speakers = Speakers(ToneEngine(), shelf.read)
    for _ in range(2):
        with pytest.raises(error):
            speakers.get(key)
    assert shelf.reads == [key, key]


def test_the_state_tells_whether_the_engine_is_there() -> None:
    speakers = Speakers(ToneEngine(), Shelf().read)
    assert speakers.state != "ok"
    speakers.warm()
    assert speakers.state == "ok"


def test_an_engine_that_cannot_load_shows_no_paths_of_the_machine(tmp_path: Path) -> None:
    engine = make_engine("kokoro", EngineOptions(tmp_path / "nothing here", 1))
    speakers = Speakers(engine, Shelf().read)
    speakers.warm()
    assert "cannot load" in speakers.state
    assert "sayso doctor" in speakers.state
    assert str(tmp_path) not in speakers.state
