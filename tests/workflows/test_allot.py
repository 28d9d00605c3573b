"""How long a professional training may last, of what is promised for the whole."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from sayso.services import Services
from sayso.workflows import durable
from sayso.workflows.train_voice import allot


@pytest.mark.parametrize(
    ("promised_s", "ago_s", "given_s"),
    [
        (2_400.0, 0.0, 2_325.0),
        (2_400.0, 200.0, 2_125.0),
        # The program was down for a day: most of a training all the same.
        (2_400.0, 86_400.0, 960.0),
        (60.0, 0.0, 24.0),
        # A clock that was set back promises no more than the whole.
        (2_400.0, -500.0, 2_400.0),
    ],
)
def test_what_came_before_and_what_comes_after_is_taken_off(
    services: Services, monkeypatch: pytest.MonkeyPatch, promised_s: float, ago_s: float, given_s: float
) -> None:
    now = 1_800_000_000.0
    monkeypatch.setattr(time, "time", lambda: now)
    limits = replace(services.limits, professional_s=promised_s)
    monkeypatch.setattr(durable, "services", lambda: replace(services, limits=limits))
    assert allot(now - ago_s) == {"ok": pytest.approx(given_s)}
