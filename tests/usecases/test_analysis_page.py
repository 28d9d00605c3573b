"""The page of an analysis with its sound in it: whole, whatever its length and whatever is gone, and small in memory."""

from __future__ import annotations

import tracemalloc

import pytest

from pages import Read, analysed, another_sound
from sayso.domain.account import Caller
from sayso.domain.voice import Voice
from sayso.services import Services
from sayso.storage import recordings
from sayso.usecases.analyses import as_linked_page, as_page, get_analysis
from sayso.usecases.recordings import delete_recording


def page_of(services: Services, caller: Caller, voice: Voice) -> str:
    return "".join(as_page(services, get_analysis(services, caller, voice.id)))


@pytest.mark.parametrize(
    ("rate_hz", "heard_hz"),
    [(8_000, 16_000), (16_000, 16_000), (20_000, 22_050), (24_000, 24_000), (44_100, 24_000)],
)
def test_every_recording_is_in_it_and_nothing_is_elsewhere(
    services: Services, ada: Caller, rate_hz: int, heard_hz: int
) -> None:
    voice = analysed(services, ada, 4, 12.5, rate_hz=rate_hz, rejected=2)
    text = page_of(services, ada, voice)
    read = Read(text)
    # MP3 has silence of less than 0.1 s at its end.
    assert [(pytest.approx(12.5, abs=0.1), heard_hz)] * 4 == read.sounds
    assert all(address.startswith(("data:", "#")) for address in read.addresses), read.addresses
    assert not any(word in text for word in ("http:", "https:", "url(", "@import", "<script", "<link"))
    assert text.index("take 2") < text.index("take 3") < text.rindex("take 0"), "what is rejected comes first"
    assert "about 0.3 MB" in text
    assert text.endswith("</html>\n")


def test_recordings_that_are_gone_cost_their_player_only(services: Services, ada: Caller) -> None:
    voice = analysed(services, ada, 5, 2.0)
    with services.db.read() as tx:
        ids = [one.id for one in recordings.active(tx, voice.id)]
    another_sound(services, voice, 0, None)
    another_sound(services, voice, 1, b"fLaC and then something else")
    delete_recording(services, ada, voice.id, ids[2])
    text = page_of(services, ada, voice)
    assert text.count("<article") == 5
    assert len(Read(text).sounds) == 2
    assert (text.count("the recording was deleted"), text.count("could not be read")) == (2, 1)
    assert text.endswith("</html>\n")
    linked = as_linked_page(get_analysis(services, ada, voice.id), lambda _, name: f"http://here/{name}")
    assert (linked.count('src="http://here/'), linked.count("the recording was deleted")) == (4, 1)


def test_a_sound_that_breaks_off_is_said(services: Services, ada: Caller) -> None:
    voice = analysed(services, ada, 2, 30.0)
    whole = services.blobs.read(next(iter(get_analysis(services, ada, voice.id).audio_keys.values())))
    another_sound(services, voice, 0, whole[: len(whole) // 2])
    text = page_of(services, ada, voice)
    assert (len(Read(text).sounds), text.count("could not be read")) == (1, 1)


@pytest.mark.parametrize("minutes", [15, pytest.param(60, marks=pytest.mark.slow)])
def test_only_one_recording_is_in_memory_at_a_time(services: Services, ada: Caller, minutes: int) -> None:
    voice = analysed(services, ada, 4 * minutes, 15.0, is_silent=True)
    view = get_analysis(services, ada, voice.id)
    pieces = as_page(services, view)
    tracemalloc.start()
    try:
        size = len(next(pieces))
        players = 0
        for piece in pieces:
            size += len(piece)
            players += piece.count("<audio")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert players == 4 * minutes
    assert size > minutes * 320_000
    # A block of ten seconds is 0.64 MB, a player of 15 s 0.08 MB.
    assert peak < 2_500_000
