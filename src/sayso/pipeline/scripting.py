"""A request's text -> the script that is spoken: one place behind every speech route and the clip workflow."""

from __future__ import annotations

from sayso.domain.term import Dictionary
from sayso.errors import BadRequest, TooLarge
from sayso.text.reading import read_script
from sayso.text.script import Script
from sayso.text.terms import with_terms

_MARKUP = 20
"""Characters of markup for each that is spoken: more is no text."""


def script_of(
    text: str,
    most_characters: int,
    *,
    field: str = "text",
    own: Dictionary | None = None,
) -> Script:
    """What to say for `text`, plain or SSML, of at most `most_characters` without markup.

    `own` is the account's own dictionary; what the text itself says of a word wins over it.

    Raises BadRequest (with line and column where markup is wrong), NotOffered for elements that are not spoken, and
    TooLarge; all of them name `field`.
    """
    if not text.strip():
        raise BadRequest(f"{field} is missing: send some text", {field: "is required"})
    if len(text) > most_characters * _MARKUP + 10_000:
        # Long before it is read: markup is cheap to send and dear to parse.
        raise TooLarge(
            f"{field} has {len(text)} characters with its markup, far more than its {most_characters} may need",
            {field: f"at most {most_characters} characters, and less markup"},
        )
    script = read_script(text, field)
    if len(script.text) > most_characters:
        raise TooLarge(
            f"{field} has {len(script.text)} characters, at most {most_characters} are taken: shorten it",
            {field: f"at most {most_characters} characters"},
        )
    if not script.is_speakable():
        raise BadRequest(
            f"{field} has nothing to say: expected at least one letter or digit",
            {field: "has nothing speakable"},
        )
    return script if own is None else with_terms(script, own.terms, own.sounds)
