"""What the commands that work on the data folder share."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sayso.services import Services


@contextmanager
def local_services() -> Iterator[Services]:
    """The data folder, opened beside whatever server may be running on it."""
    from sayso.bootstrap import close, open_services
    from sayso.settings import load_settings

    logging.basicConfig(level=logging.ERROR)
    services = open_services(load_settings(), run_worker=False, warm=False)
    try:
        yield services
    finally:
        close(services)
