"""Every error has a status, is drawn in the picture, and stays inside the envelope."""

import pytest

import sayso.api.app  # noqa: F401  (brings in every module that may define errors)
from sayso import errors
from sayso.api.errors import STATUS, is_synthesis


def descendants(kind: type[errors.SaysoError]) -> list[type[errors.SaysoError]]:
    """The class and all below it."""
    return [kind, *(below for child in kind.__subclasses__() for below in descendants(child))]


@pytest.mark.parametrize(
    # What lives elsewhere, e.g. between the trainer and its child, is there only if another test brought it.
    "error",
    [e for e in descendants(errors.SaysoError) if e.__module__.startswith(("sayso.errors", "sayso.api"))],
)
def test_every_error_has_an_http_status_of_its_own(error: type[errors.SaysoError]) -> None:
    assert error in STATUS, f"{error.__name__} needs a line in sayso.api.errors.STATUS"
    assert 400 <= STATUS[error] < 600


@pytest.mark.parametrize(
    "error", [e for e in descendants(errors.SaysoError) if e.__module__ == "sayso.errors"]
)
def test_every_error_is_drawn_in_the_picture(error: type[errors.SaysoError]) -> None:
    assert errors.__doc__ is not None
    assert error.__name__ in errors.__doc__


def test_only_the_synthesis_routes_fail_in_the_form_of_the_synthesis_server() -> None:
    assert is_synthesis("/stream")
    assert is_synthesis("/syn/synthesize")
    assert not is_synthesis("/api/v2/voices")
    assert not is_synthesis("/api/v2/projects/p/stream")
