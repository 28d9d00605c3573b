"""Written text -> tokens with the words that are spoken for them.

The text is folded to one spelling, then read from left to right: at each place the first rule whose
pattern fits says which words are spoken. What no rule knows is passed over in silence (emoji, other scripts: see
`sayable`).

A spoken word is in lower case, or one capital letter that is said by its name ("B"), with `'s` when it is a
plural ("C D's"). A comma among the words is a short pause, as between the groups of a phone number.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from sayso.text.english import abbreviations as known
from sayso.text.english import figures, forms, wording
from sayso.text.english.fold import fold
from sayso.text.english.place import Place
from sayso.text.english.unspoken import unspoken
from sayso.text.english.web import SILENT
from sayso.text.script import Reading

PUNCTUATION = frozenset(';:,.!?—…"()“” ')
"""Everything that may stand in `trailing`."""


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of the text and what is said for it."""

    text: str
    """The original slice `[start:end]`."""
    start: int
    end: int
    spoken: tuple[str, ...]
    """At least one word; see the module's text for their spelling."""
    trailing: str
    """Marks and spaces up to the next token, from `PUNCTUATION`."""
    phonemes: str = ""
    """What is said whatever the words are, in the engine's symbols; "" where the words tell."""


_RULES = [*wording.FIRST, *forms.RULES, *figures.RULES, *wording.LAST]
_BULLET = re.compile(
    r"(?:^|(?<=\n))[ \t]*(?:[-*+•](?:[ \t]+\[[ xX]\])?|#{1,6}|>|\$(?= [a-z~./]))[ \t]+(?=\S)"
)
_NUMBERED = re.compile(r"(?:^|(?<=\n))[ \t]*\d{1,2}[.)](?= )[ \t]+(?=\S)")
_RULE_LINE = re.compile(
    r"(?:^|(?<=\n))[ \t]*(?:[-*_=]{3,}|```\w*|\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+(?:[ \t]*:?-{2,}:?)?)[ \t]*(?=\n|$)"
)
_FAST_WORD = re.compile(r"[a-z]+(?![\w'.@&/+#^°-]|://)")
_DASHES = re.compile(r"\s*(?:—|–|-{2,}| -(?= ))\s*")
_SHOUTS = re.compile(r"!!+1[1!]*(?!\w)")
"""Where the key for the mark was let go too early."""
_DOTS = re.compile(r"…|\.{2,}|(?:\. ){2,}\.")
_HIDDEN = "\ue000"
"""Stands for each character whose reading is given; folding leaves no such character in a text."""
_MARKS = {"[": "(", "]": ")", "{": "(", "}": ")"}


def _is_shouted(text: str) -> bool:
    """Most letters of several words are capitals."""
    letters = [c for c in text if c.isalpha()]
    return (
        len(text.split()) >= 3
        and len(letters) >= 12
        and sum(c.isupper() for c in letters) > 0.7 * len(letters)
    )


class _Reader:
    """Reads one text from left to right and gathers tokens."""

    def __init__(self, original: str, readings: Sequence[Reading], *, says_numbers: bool = False) -> None:
        """`says_numbers`: of items of a list, too."""
        self.original = original
        self._skipped = (_RULE_LINE, _BULLET) if says_numbers else (_RULE_LINE, _BULLET, _NUMBERED)
        folded = fold(original)
        self.text, self.offsets, self.ends = folded.text, folded.starts, folded.ends
        self.given: dict[int, tuple[int, Reading]] = {}
        self.phonemes: dict[int, str] = {}
        characters = list(self.text)
        for reading in readings:
            self._hide(reading, characters)
        self.silent = dict(unspoken("".join(characters)))
        for start, end in self.silent.items():
            characters[start:end] = SILENT * (end - start)
        self.text = "".join(characters)
        self.shouted = _is_shouted(self.text)
        self.found: list[tuple[int, int, list[str]]] = []
        self.marks: list[str] = []

    def _hide(self, reading: Reading, characters: list[str]) -> None:
        """Put something that no rule knows in the place of a text whose reading is given."""
        first, last = bisect_left(self.offsets, reading.start), bisect_left(self.offsets, reading.end)
        if first < last:
            self.given[first] = (last, reading)
            sign = _HIDDEN if reading.words else SILENT
            characters[first:last] = sign * (last - first)

    def read(self) -> list[Token]:
        position = 0
        while position < len(self.text):
            position = self._step(position)
        return [
            Token(
                self.original[start:end].rstrip(),
                start,
                start + len(self.original[start:end].rstrip()),
                tuple(words),
                tidy_marks(marks, last=i == len(self.found) - 1),
                self.phonemes.get(start, ""),
            )
            for i, ((start, end, words), marks) in enumerate(zip(self.found, self.marks, strict=True))
        ]

    def _say(self, start: int, end: int, words: list[str]) -> None:
        first, last = self.offsets[start], self.ends[end - 1]
        if self.found and first < self.found[-1][1]:
            # One written character gave two words (a fraction beside a letter): they share a token.
            first, _, earlier = self.found.pop()
            words = [*earlier, *words]
            self.marks.pop()
        self.found.append((first, last, words))
        self.marks.append("")

    def _say_given(self, position: int) -> int:
        end, reading = self.given[position]
        if reading.words:
            self._say(position, end, list(reading.words))
            if reading.phonemes:
                self.phonemes[self.offsets[position]] = reading.phonemes
        return end

    def _mark(self, mark: str) -> None:
        if self.marks:
            self.marks[-1] += mark

    def _step(self, position: int) -> int:
        text = self.text
        if position in self.silent:
            return self.silent[position]
        if position in self.given:
            return self._say_given(position)
        if (
            (fast := _FAST_WORD.match(text, position)) is not None
            and (position == 0 or not text[position - 1].isalnum())
            and fast[0] not in known.WITHOUT_DOT
            and fast[0] not in known.PHRASES
        ):
            self._say(position, fast.end(), [fast[0]])
            return fast.end()
        if (spaces := re.compile(r"\s+").match(text, position)) is not None and not _DASHES.match(
            text, position
        ):
            self._space(spaces[0], self.original[self.offsets[position] : self.ends[spaces.end() - 1]])
            return spaces.end()
        for skipped in self._skipped:
            if (match := skipped.match(text, position)) is not None and match.end() > position:
                return match.end()
        return self._word_or_mark(position)

    def _space(self, spaces: str, written: str) -> None:
        if "\n" in spaces and self.marks and not set(self.marks[-1]) & set(".,!?;:—…"):
            self._mark("." if spaces.count("\n") > 1 else ",")
        elif "\t" in written:
            self._mark(",")  # a column of a table
        self._mark(" ")

    def _word_or_mark(self, position: int) -> int:
        text = self.text
        if (match := _DASHES.match(text, position)) is not None and not self._is_minus(position, match):
            self._mark("— " if match[0][-1:].isspace() else "—")
            return match.end()
        if (match := _DOTS.match(text, position)) is not None:
            self._mark("…")
            return match.end()
        if (match := _SHOUTS.match(text, position)) is not None:
            self._mark("!")
            return match.end()
        before = self.text_before()
        place = Place(text, before, self.shouted)
        for pattern, rule in _RULES:
            match = pattern.match(text, position)
            if match is not None and match.end() > position and (words := rule(match, place)):
                is_sign = not any(c.isalnum() for c in match[0])
                if is_sign:
                    self._mark(" ")
                self._say(position, match.end(), words)
                if is_sign:
                    # a=b is three words.
                    self._mark(" ")
                if match[0].endswith(".") and self._ends_sentence(match):
                    self._mark(".")
                return match.end()
        self._symbol(text[position], position)
        return position + 1

    def _is_minus(self, position: int, match: re.Match[str]) -> bool:
        """A spaced hyphen between two numbers is a minus; an en dash between numbers belongs to a range."""
        text = self.text
        return (
            position > 0
            and text[position - 1] in "0123456789m"
            and match[0].startswith(" ")
            and text[match.end() : match.end() + 1].isdigit()
            and "—" not in match[0]
        )

    def text_before(self) -> str:
        if not self.found or self.marks[-1].strip(" "):
            return ""
        start, end, _ = self.found[-1]
        return self.original[start:end].rstrip(". ")

    def _ends_sentence(self, match: re.Match[str]) -> bool:
        """The dot of an abbreviation also ends the sentence at the end of the text or before a capital."""
        rest = self.text[match.end() :].lstrip("\"')”")
        if not rest.strip():
            return True
        name = match[0].rstrip(".").lower()
        is_name_part = (name in known.TITLES and name not in ("jr", "sr", "st", "dr")) or len(name) == 1
        if name in ("st", "dr") and self.found[-1][2][0] in ("saint", "doctor"):
            is_name_part = True
        return (
            not is_name_part
            and name not in known.WORDS
            and re.match(r"\s+[A-Z][a-z]+ [a-z]", rest) is not None
        )

    def _symbol(self, char: str, position: int) -> None:
        char = _MARKS.get(char, char)
        if char == "-" and self.found and self.text[position + 1 : position + 2].isalnum():
            # A hyphen joins: the parts of a compound are said without a break.
            start, _, words = self.found[-1]
            self.found[-1] = (start, self.ends[position], words)
        elif char == "/" and self.found and self.text[position + 1 : position + 2].isalnum():
            self._mark(" ")
        elif char in PUNCTUATION:
            self._mark(char)
        elif char in "_|":
            self._mark("," if char == "|" else " ")


def tidy_marks(marks: str, *, last: bool) -> str:
    """Marks and spaces without repeats: `!!!` is `!`, `. ,` is `.`; nothing after the last mark of a text."""
    kept: list[str] = []
    for mark in marks:
        previous = kept[-1] if kept else ""
        if mark == previous:
            continue
        if mark in ",;:" and any(m in ".!?…—,;:" for m in kept):
            continue
        if mark == "." and any(m in ".!?…" for m in kept):
            continue
        kept.append(mark)
    tidied = "".join(kept)
    if last:
        return tidied.rstrip(" (“")
    return tidied


def tokens(text: str, readings: Sequence[Reading] = ()) -> list[Token]:
    """Everything in `text` that is spoken, in order; `readings` say what is spoken for some of its stretches.

    Text of another script, emoji and ornaments give nothing; a text of nothing else gives an empty list.
    """
    # An item of a list that says nothing is no item: its number is what there is to say.
    return _Reader(text, readings).read() or _Reader(text, readings, says_numbers=True).read()


def spoken(text: str) -> str:
    """The words of `text` as one string, for people and tests: "$5" -> "five dollars"."""
    return " ".join(word for token in tokens(text) for word in token.spoken).replace(" ,", ",")
