"""A request's text -> the script that is spoken: one place behind every speech route and the clip workflow."""

from __future__ import annotations

from sayso.domain.term import Dictionary
from sayso.errors import BadRequest, TooLarge
from sayso.text.english.sayable import foreign_word, is_sayable
from sayso.text.english.unspoken import unspoken
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

    Raises BadRequest (with line and column where markup is wrong; and for text that cannot be spoken), NotOffered for
    elements that are not spoken, and TooLarge; all of them name `field`.
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
    if own is not None:
        script = with_terms(script, own.terms, own.sounds)
    _check_sayable(script, field)
    return script


def _check_sayable(script: Script, field: str) -> None:
    """What a voice would pass over in silence is refused, for the listener could not know what is missing."""
    given = [(reading.start, reading.end) for reading in script.readings]
    foreign = foreign_word(script.text, [*given, *unspoken(script.text)])
    if foreign is not None:
        fact = f"has {foreign.text!r} in {foreign.script}, and only English can be spoken"
        raise BadRequest(f"{field} {fact}: take it out or spell it in Latin letters", {field: fact})
    if not given and not is_sayable(script.text):
        raise BadRequest(
            f"{field} has nothing that can be spoken: expected at least one word in Latin letters, or a number",
            {field: "has nothing speakable"},
        )
