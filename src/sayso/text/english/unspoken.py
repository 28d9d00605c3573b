"""What of a text is written for machines and never said: the targets of Markdown's links, the rest of a long address."""

from __future__ import annotations

import re

from sayso.text.english.web import ADDRESS_WITH_PATH, LONGEST_ADDRESS

_LABEL = r"(?:[^\[\]\n]|\n(?![ \t]*\n)|\[[^\[\]\n]*\])*"
_TARGET = r"(?:<[^<>\n]*>|(?:[^()\s]|\([^()\s]*\))*)"
_TITLE = r"(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|“[^“”\n]*”))?"
_LINK = re.compile(rf"!?\[(?P<label>{_LABEL})\]\({_TARGET}{_TITLE}[ \t]*\)")


def unspoken(text: str) -> list[tuple[int, int]]:
    """The stretches (start, end) of `text`, in order and apart. What stands between two of a link is its label."""
    links = _of_links(text, 0, len(text)) if "](" in text else []
    rests: list[tuple[int, int]] = []
    start = 0
    for first, last in (*links, (len(text), 0)):
        # An address that is a label ends with it; one that is a target is none any more.
        rests += [
            (match.end("host"), match.end())
            for match in ADDRESS_WITH_PATH.finditer(text, start, first)
            if match.end() - match.start() > LONGEST_ADDRESS and match.end("host") < match.end()
        ]
        start = last
    return sorted([*links, *rests])


def _of_links(text: str, start: int, end: int) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for match in _LINK.finditer(text, start, end):
        first, last = match.span("label")
        found += [(match.start(), first), *_of_links(text, first, last), (last, match.end())]
    return found
