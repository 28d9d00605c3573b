"""Where in a text something is wrong, for the people who wrote it."""

from __future__ import annotations


def place(text: str, offset: int) -> str:
    """`line 2, column 7` of the character at `offset`, both counted from one."""
    before = text[:offset]
    return f"line {before.count(chr(10)) + 1}, column {offset - before.rfind(chr(10))}"
