"""The text of a request, plain or SSML -> the script that is spoken. Every speech route reads through here."""

from __future__ import annotations

import re

from sayso.errors import BadRequest, TooLarge
from sayso.text import pauses, ssml
from sayso.text.place import place
from sayso.text.script import Script
from sayso.text.script_writer import ScriptWriter

_MOST_CHARACTERS = 2_000_000
"""With all its markup. What is spoken has a limit of its own."""
_SSML = re.compile(r"[\s\ufeff]*(?:<\?xml\b|<!--|<!DOCTYPE\b|<speak\b)", re.IGNORECASE)


def is_ssml(text: str) -> bool:
    """Whether `text` is SSML as a whole: it begins with `<speak>`, perhaps after a byte order mark, an XML declaration or a comment."""
    return _SSML.match(text) is not None and re.search(r"<speak\b", text, re.IGNORECASE) is not None


def read_script(text: str, field: str = "text") -> Script:
    """The script of `text`.

    Text that begins with `<speak>` is SSML. Other text is spoken as it stands, with `<`, `&` and line breaks; elements
    of SSML in it that nobody writes by chance (`<break time="1s"/>`, `<sub alias=…>`) count all the same. Everywhere
    `[pause 0.5s]` is a pause.

    Raises BadRequest naming line and column, NotOffered for elements that are not spoken, TooLarge; with `field` as
    the name of what was wrong.
    """
    if len(text) > _MOST_CHARACTERS:
        raise TooLarge(
            f"{field} has {len(text)} characters with its markup, at most {_MOST_CHARACTERS} are read: shorten it",
            {field: f"at most {_MOST_CHARACTERS} characters with markup"},
        )
    if is_ssml(text):
        script = ssml.read(text, field)
    elif ssml.has_elements(text):
        script = ssml.read_fragment(text, field)
    else:
        script = _plain(text, field)
    together_s = sum(b.pause_s for b in script.breaks if not b.ends_sentence)
    if together_s > pauses.LONGEST_TOGETHER_S:
        fact = f"asks for {together_s:.0f} s of pauses, at most {pauses.LONGEST_TOGETHER_S:.0f} s are made"
        raise TooLarge(f"{field} {fact}: ask for fewer", {field: fact})
    return script


def _plain(text: str, field: str) -> Script:
    writer = ScriptWriter()
    try:
        for _, part in pauses.marked(text):
            if isinstance(part, str):
                writer.say(part)
            else:
                writer.pause(part)
    except pauses.BadPause as wrong:
        where = place(text, wrong.offset)
        raise BadRequest(
            f"{field} has a wrong pause at {where}: {wrong}", {field: f"wrong pause at {where}"}
        ) from wrong
    return writer.script()
