"""Long text -> pieces an engine can say in one breath, with the pause that follows each.

Sentences are the natural pieces. Short neighbours are joined, because an engine speaks a lone "Yes." oddly;
long ones are cut at clause marks, then between words, and only a monstrous word is cut inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sayso.text.english import abbreviations
from sayso.text.english.wordset import wordset

PARAGRAPH_PAUSE_S = 0.6
SENTENCE_PAUSE_S = 0.3
CLAUSE_PAUSE_S = 0.12
WORD_PAUSE_S = 0.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text to be said in one go."""

    text: str
    """The original slice `[start:end]`, without white space at its ends."""
    start: int
    end: int
    pause_s: float
    """Silence after it, in seconds; 0.0 after the last piece and where a phrase was cut between words."""


def weight(text: str) -> int:
    """About how many phoneme symbols `text` becomes; meant to be a little too high, never to be far too low.

    Digits and signs are worth a word each, capitals in a row a letter's name each.
    """
    return (
        sum(
            _WEIGHTS.get(char, 9 if char.isdigit() else 4 if char.isupper() else 2 if ord(char) > 127 else 1)
            for char in text
        )
        + len(text) // 6
    )


_WEIGHTS = {
    "$": 8,
    "%": 8,
    "&": 4,
    "@": 4,
    "/": 6,
    "+": 6,
    "=": 8,
    "°": 8,
    "€": 8,
    "£": 8,
    "#": 8,
    "\\": 1,
    "-": 3,
    ":": 2,
}

_SENTENCE_END = re.compile(r"(?P<marks>[.!?…]+)(?P<closing>[\"'”’)\]»*_]*)(?=\s|$)|[。！？]+[」』”’]*")
_PARAGRAPH = re.compile(
    r"\n[ \t\r\f\v]*\n\s*|\n(?=[ \t]*(?:[-*•+]|\d{1,2}[.)]|#{1,6})[ \t])|(?<=\n)(?=#{1,6} )"
)
_CLAUSE_END = re.compile(r"[;:—–,][\"'”’)\]]*(?=\s)|[)\]](?=\s)|—|(?<=\s)[-–](?=\s)")
_SIGN = re.compile(r"[^\w\s](?=\w)")
_OPENING = "\"'“‘(["
_STARTERS = wordset(
    "the a an he she it we they i you this that these those there here but and so or if when while in on at as for after before "
    "then now what why how who where my your his her its our their yes no not all some many most one each every however meanwhile "
    "although because since until once do did does is are was were will would can could should may have has had let let's"
)
_SHORT_FORMS = frozenset(abbreviations.WORDS) | {"e.g", "i.e", "a.k.a", "ph.d"}


def split(
    text: str,
    *,
    budget: int = 480,
    shortest: int = 60,
    longest: int = 250,
    first_longest: int | None = None,
    measure: Callable[[str], int] = weight,
) -> list[Piece]:
    """Cut `text` into pieces, in order; together they hold every character but white space between pieces.

    `budget` is the most that `measure` may give for a piece (phoneme symbols; one character is always let
    through); `shortest` to `longest` is the length aimed at, in characters. `first_longest` lets the first piece
    be cut shorter, so that its sound is there sooner. Text of white space alone gives an empty list.
    """
    limits = _Limits(budget, longest, measure)
    spans: list[tuple[int, int, float]] = []
    for start, end in _paragraphs(text):
        before = len(spans)
        sentences = [
            span
            for sentence in _sentences(text, start, end)
            for span in _cut(text, *sentence, limits, SENTENCE_PAUSE_S)
        ]
        if not spans and first_longest is not None and sentences:
            first_start, first_end, pause_s = sentences[0]
            sentences[:1] = _first_cut(text, first_start, first_end, first_longest, pause_s)
            spans.append(sentences.pop(0))
        spans += _joined(text, sentences, shortest, limits)
        if len(spans) > before:
            spans[-1] = (*spans[-1][:2], PARAGRAPH_PAUSE_S)
    if spans:
        spans[-1] = (*spans[-1][:2], 0.0)
    return [Piece(text[start:end], start, end, pause_s) for start, end, pause_s in spans]


@dataclass(frozen=True, slots=True)
class _Limits:
    budget: int
    longest: int
    measure: Callable[[str], int]

    def hold(self, text: str) -> bool:
        return len(text) <= self.longest and self.measure(text) <= self.budget


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _between(text: str, start: int, end: int, cuts: Iterator[int]) -> Iterator[tuple[int, int]]:
    """The trimmed, not empty spans of `[start:end]` between the places `cuts`."""
    for cut in [*cuts, end]:
        span = _trimmed(text, start, cut)
        if span[0] < span[1]:
            yield span
        start = cut


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    return _between(text, 0, len(text), (match.end() for match in _PARAGRAPH.finditer(text)))


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    ends = (
        match.end() for match in _SENTENCE_END.finditer(text, start, end) if _is_end(text, match, start, end)
    )
    return _between(text, start, end, ends)


def _is_end(text: str, match: re.Match[str], start: int, end: int) -> bool:
    """Whether the marks at `match` end a sentence rather than an abbreviation, an initial or a quotation inside."""
    marks = match["marks"]
    if marks is None:
        return True
    following = text[match.end() : min(end, match.end() + 40)].lstrip().lstrip(_OPENING)
    if not following:
        return True
    if following[0].islower():
        return False
    if marks != ".":
        return True
    word = re.split(r"\s", text[max(start, match.start() - 30) : match.start()])[-1].lstrip(_OPENING)
    starter = re.match(r"[A-Za-z']*", following)
    begins = starter is not None and starter[0].lower() in _STARTERS
    lower = word.lower()
    if lower in abbreviations.TITLES:
        return lower in ("jr", "sr", "st") and begins
    if word.isdigit() and len(word) <= 2 and match.start() - len(word) == start:
        return False
    if lower in ("a.m", "p.m"):
        return True
    is_initial = len(word) == 1 and word.isupper()
    if is_initial or lower in _SHORT_FORMS or re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", word):
        # "No." may be an answer; "no. 5" is a number.
        return (
            begins and not (is_initial and word != "I" and starter is not None and len(starter[0]) < 2)
        ) or (lower == "no" and not following[0].isdigit())
    return True


def _cut(text: str, start: int, end: int, limits: _Limits, pause_s: float) -> list[tuple[int, int, float]]:
    """The span `[start:end]` whole if it is short enough, else in two or more parts, each short enough."""
    start, end = _trimmed(text, start, end)
    if start == end:
        return []
    if limits.hold(text[start:end]) or end - start == 1:
        return [(start, end, pause_s)]
    middle, mark_pause_s = _best_cut(text, start, end)
    return _cut(text, start, middle, limits, mark_pause_s) + _cut(text, middle, end, limits, pause_s)


def _best_cut(text: str, start: int, end: int) -> tuple[int, float]:
    """Where to cut: the clause mark nearest the middle unless it is far off, white space, a sign, anywhere."""
    middle = (start + end) / 2
    near, edge = (end - start) * 0.35, (end - start) * 0.05
    clauses = [m.end() for m in _CLAUSE_END.finditer(text, start, end) if start + edge < m.end() < end - edge]
    if clauses and abs((best := min(clauses, key=lambda at: abs(at - middle))) - middle) <= near:
        return best, CLAUSE_PAUSE_S
    spaces = [m.end() for m in re.compile(r"\s+").finditer(text, start, end)]
    if spaces:
        return min(spaces, key=lambda at: abs(at - middle)), WORD_PAUSE_S
    signs = [m.end() for m in _SIGN.finditer(text, start, end) if start + edge < m.end() < end - edge]
    return min(signs, key=lambda at: abs(at - middle), default=max(start + 1, int(middle))), WORD_PAUSE_S


def _first_cut(text: str, start: int, end: int, longest: int, pause_s: float) -> list[tuple[int, int, float]]:
    """The span in one or two parts, the first at most `longest` characters if a clause mark allows it."""
    if end - start <= longest:
        return [(start, end, pause_s)]
    clauses = [m.end() for m in _CLAUSE_END.finditer(text, start, end) if 8 <= m.end() - start <= longest]
    if not clauses:
        return [(start, end, pause_s)]
    first, rest = _trimmed(text, start, clauses[-1]), _trimmed(text, clauses[-1], end)
    if rest[0] == rest[1]:
        return [(start, end, pause_s)]
    return [(*first, CLAUSE_PAUSE_S), (*rest, pause_s)]


def _joined(
    text: str, spans: list[tuple[int, int, float]], shortest: int, limits: _Limits
) -> list[tuple[int, int, float]]:
    """Neighbours joined while one of them is short and both together are not too long."""
    joined: list[tuple[int, int, float]] = []
    for start, end, pause_s in spans:
        if joined:
            first_start, first_end, _ = joined[-1]
            is_short = min(first_end - first_start, end - start) < shortest
            if is_short and limits.hold(text[first_start:end]):
                joined[-1] = (first_start, end, pause_s)
                continue
        joined.append((start, end, pause_s))
    return joined
