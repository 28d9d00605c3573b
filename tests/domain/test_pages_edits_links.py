"""Small rules without I/O: pages, partial edits, signed links, the states of a voice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sayso.domain import link
from sayso.domain.edit import UNSET, changes
from sayso.domain.page import Page, PageRequest
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.errors import BadRequest, NotFound, WrongState

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEY = b"k" * 32
ADA = Voice("a", "acc", "Ada", VoiceType.RAPID, VoiceState.INITIALIZING, NOW, NOW)


@given(st.integers(0, 10_000), st.integers(1, 1000))
def test_pages_hold_everything_and_the_last_is_not_empty(total: int, size: int) -> None:
    pages = Page((), 1, size, total).pages
    assert pages * size >= total
    assert pages == 1 or (pages - 1) * size < total


@pytest.mark.parametrize(("number", "size"), [(0, 10), (-1, 10), (1, 0), (1, 1001)])
def test_pages_out_of_range_are_refused(number: int, size: int) -> None:
    with pytest.raises(BadRequest, match="page"):
        PageRequest(number, size)


def test_unmentioned_is_not_nothing() -> None:
    assert changes(a=UNSET, b=None, c=0) == {"b": None, "c": 0}


@given(st.text(max_size=30), st.integers(0, 3599))
def test_a_link_is_good_until_it_expires(name: str, later_s: int) -> None:
    from urllib.parse import unquote

    name = name.encode("utf-8", "replace").decode()
    path = link.sign(KEY, "0" * 64, name, NOW, 3600)
    parts = [unquote(part) for part in path.removeprefix("/media/").split("/")]
    assert link.check(KEY, parts, NOW + timedelta(seconds=later_s)) == ("0" * 64, name.replace("/", "_"))
    for bad_key, when in ((b"x" * 32, NOW), (KEY, NOW + timedelta(seconds=3600))):
        with pytest.raises(NotFound):
            link.check(bad_key, parts, when)


@given(st.lists(st.text(max_size=20), max_size=6))
def test_nonsense_is_no_link(parts: list[str]) -> None:
    with pytest.raises(NotFound):
        link.check(KEY, parts, NOW)


def test_a_voice_cannot_be_finished_without_a_build() -> None:
    with pytest.raises(WrongState, match="initializing, it cannot become finished"):
        ADA.to(VoiceState.FINISHED)
    assert ADA.to(VoiceState.RUNNING).to(VoiceState.FINISHED).to(VoiceState.RUNNING)
