"""How long to keep trying."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from sayso.domain.delivery import LONGEST_WAIT_S, complaint, endpoint_of, retry_after_s, wait_s
from sayso.services import Limits
from sayso.settings import Settings

NOW = datetime(2026, 1, 15, 10, 30, tzinfo=UTC)


def test_the_usual_schedule_grows_and_lasts_longer_than_a_day() -> None:
    delays = Limits().webhook_delays_s
    assert delays == Settings.model_fields["webhook_delays_s"].default
    assert list(delays) == sorted(delays)
    assert sum(delays) > 86_400


def test_waits_follow_the_schedule_with_some_luck_and_then_end() -> None:
    assert [wait_s((1.0, 10.0), failures) for failures in (1, 2, 3)] == [1.0, 10.0, None]
    assert wait_s((10.0,), 1, luck=1.0) == pytest.approx(12.0)
    assert wait_s((), 1) is None


def test_a_receiver_may_ask_for_longer_but_not_for_less_nor_for_ever() -> None:
    assert wait_s((10.0,), 1, asked_s=60.0) == 60.0
    assert wait_s((10.0,), 1, asked_s=1.0) == 10.0
    assert wait_s((10.0,), 1, asked_s=1e9) == LONGEST_WAIT_S
    assert wait_s((10.0,), 2, asked_s=60.0) is None


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("120", 120.0),
        (" 5 ", 5.0),
        ("-5", None),
        ("soon", None),
        ("9" * 40, None),
        (format_datetime(NOW + timedelta(minutes=2), usegmt=True), 120.0),
        (format_datetime(NOW - timedelta(minutes=2), usegmt=True), 0.0),
        ("Thu, 99 Foo 2026 00:00:00 GMT", None),
    ],
)
def test_both_forms_of_retry_after_are_read(header: str | None, seconds: float | None) -> None:
    assert retry_after_s(header, NOW) == seconds


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success(status: int) -> None:
    assert complaint(status) is None


@pytest.mark.parametrize(
    ("status", "word"), [(301, "redirect"), (304, "redirect"), (410, "gone"), (404, "404")]
)
def test_the_rest_is_told_in_words(status: int, word: str) -> None:
    assert word in str(complaint(status))


def test_an_endpoint_is_host_and_port_and_no_secret() -> None:
    assert endpoint_of("https://Hooks.Example.com/a/secret?key=x") == "hooks.example.com:443"
    assert endpoint_of("http://10.0.0.1:81/x") == "10.0.0.1:81"
    assert endpoint_of("http://[::1]/x") == "[::1]:80"
