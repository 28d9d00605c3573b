"""Finds rows that wait for a workflow which was never started, or died, and sees to them."""

from __future__ import annotations

from sayso.services import Services
from sayso.workflows import check_consent, make_clip, runs


def sweep(services: Services) -> None:
    """Look at everything that waits. Cheap when nothing does."""
    services.trainer.rest()
    services.long_trainer.rest()
    runs.sweep(services)
    check_consent.sweep(services)
    make_clip.sweep(services)
    # Last: what cannot be removed holds up nothing that waits.
    runs.remove_left(services)
