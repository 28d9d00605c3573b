"""Where in what was heard the statement is: its words one after another, names in between, other words around."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sayso.text.consent.sound import alike
from sayso.text.consent.statement import Part, Phrase, Statement
from sayso.text.consent.words import Word

LONGEST_NAME = 6
"""Words of a name at most."""
LEAST_ALIKE = 0.5
"""Less alike words are not taken for one another, not even as misheard."""

_LEAST_ALIKE_LIGHT = 0.75
"""Words that may be lost without harm have to be this much alike."""

_MOST_JOINED = 3  # "a where" for "aware"; a recogniser seldom makes more words of one
_KEY, _LIGHT = 2.0, 1.0
_LOST = 0.3  # of a word's worth, if it was not heard
_LATER = 1e-3  # what breaks off lacks its end: of two ways that are as good, the one that lost later parts
_BETWEEN = 0.4  # for a word that the statement does not have
_NAME, _NAME_FOLLOWS, _NO_NAME = 0.3, 0.3, 0.3
_RIGHT_NAME = 1.0
_SURELY_NAME = 0.85
_NAME_WORD, _NAME_PAUSE, _NAME_IS_STATEMENT = 0.25, 0.1, 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part of the statement was heard: the words [start:end]. None if start == end."""

    start: int
    end: int
    alike: float
    """0 to 1; 1 for a name."""

    @property
    def is_heard(self) -> bool:
        """Something was."""
        return self.end > self.start


def _likeness(part: Part, heard: str, is_refusing: bool) -> float:
    """0 to 1: how surely `heard` is this word of the statement."""
    if heard == part.text or heard in part.forms:
        return 1.0
    if is_refusing or abs(len(heard) - len(part.text)) > max(2, len(part.text) / 2):
        return 0.0
    return alike(heard, part.text)


def _joins(statement: Statement, words: Sequence[Word], end: int) -> list[tuple[str, bool]]:
    """The last one, two and three words before `end` in one, and whether they must not be heard."""
    joins: list[tuple[str, bool]] = []
    for start in range(end - 1, max(-1, end - 1 - _MOST_JOINED), -1):
        heard = [word.text for word in words[start:end]]
        joined = "".join(heard)
        is_refusing = joined in statement.opposites or not statement.refusing_words.isdisjoint(
            (*heard, joined)
        )
        joins.append((joined, is_refusing))
    return joins


def align(statement: Statement, words: Sequence[Word], names: Mapping[str, Sequence[Phrase]]) -> list[Place]:
    """A place for every part of the statement, in order; the best of all ways there are.

    `names` are those expected at "{company}" and "{platform}". Takes time proportional to the number of words.
    """
    parts, n = statement.parts, len(words)
    expected = frozenset(word for phrases in names.values() for phrase in phrases for word in phrase)
    own = frozenset(part.text for part in parts) - statement.joining - expected
    joins = [_joins(statement, words, end) for end in range(n + 1)]
    letters = {slot: {statement.letters(phrase) for phrase in phrases} for slot, phrases in names.items()}

    # best[j]: of the parts so far, among the words before j. One step of `came` a part and word.
    best = [0.0] * (n + 1)
    rows = [best]
    came: list[list[tuple[int, int, float]]] = [[(-1, -1, 0.0)] * (n + 1)]
    for i, part in enumerate(parts):
        weight = _KEY if part.is_key else _LIGHT
        is_name = part.is_name
        before = rows[i]
        known: dict[str, float] = {}
        longest = 1 + max(map(len, (part.text, *part.forms)))  # of several words in one
        # What stands beside a name is never taken with a piece of it: "by", "E" of "E-Mobile" is no "bye".
        is_beside_name = any(one.is_name for one in parts[max(0, i - 1) : i + 2])
        row = [0.0] * (n + 1)
        steps: list[tuple[int, int, float]] = []
        for j in range(n + 1):
            lost = (_NO_NAME if is_name else weight * _LOST) - i * _LATER
            top, step = before[j] - lost, (i, j, 0.0)
            if j and i < len(parts) - 1 and row[j - 1] - _BETWEEN > top:
                top, step = row[j - 1] - _BETWEEN, (i + 1, j - 1, 0.0)
            if is_name:
                cost = 0.0
                for start in range(j - 1, max(-1, j - 1 - LONGEST_NAME), -1):
                    word = words[start]
                    if start < j - 1:
                        cost += _NAME_WORD + (_NAME_PAUSE if word.ends else 0.0)
                    if word.text in own:
                        cost += _NAME_IS_STATEMENT
                    # Behind its "by", rather than where "by" was not heard.
                    follows = _NAME_FOLLOWS if came[i][start][2] else 0.0
                    is_right = _is_name(words[start:j], letters[part.text], statement)
                    score = before[start] + _NAME + follows - cost + (_RIGHT_NAME if is_right else 0.0)
                    if score > top:
                        top, step = score, (i, start, 1.0)
            else:
                for more, (heard, is_refusing) in enumerate(joins[j]):
                    if more and (len(heard) > longest or is_beside_name):
                        break
                    if more:
                        # A word in pieces has its letters: "2", "to" and "t", "to" only sound like "to".
                        found = float(heard == part.text or heard in part.forms)
                    elif (kept := known.get(heard)) is None:
                        least = LEAST_ALIKE if part.is_key else _LEAST_ALIKE_LIGHT
                        found = _likeness(part, heard, is_refusing)
                        found = known[heard] = found if found >= least else 0.0
                    else:
                        found = kept
                    start = j - 1 - more
                    if found and before[start] + weight * (2 * found - 1) > top:
                        top, step = before[start] + weight * (2 * found - 1), (i, start, found)
                if j and i and _joined(parts[i - 1], part, words[j - 1].text):
                    both = (_KEY if parts[i - 1].is_key else _LIGHT) + weight
                    if rows[i - 1][j - 1] + both > top:
                        top, step = rows[i - 1][j - 1] + both, (i - 1, j - 1, 1.0)
            row[j] = top
            steps.append(step)
        rows.append(row)
        came.append(steps)
    return _traced(rows, came, len(parts), n)


def _is_name(words: Sequence[Word], names: Collection[str], statement: Statement) -> bool:
    """Whether `words` are surely one of `names`, which are letters."""
    heard = statement.letters([word.text for word in words])
    return any(
        3 * abs(len(heard) - len(name)) <= len(name) and alike(heard, name) >= _SURELY_NAME for name in names
    )


def _joined(first: Part, second: Part, heard: str) -> bool:
    """Whether one word was heard for two of the statement."""
    return not first.is_name and first.clause == second.clause and heard == first.text + second.text


def _traced(
    rows: Sequence[Sequence[float]], came: Sequence[Sequence[tuple[int, int, float]]], parts: int, n: int
) -> list[Place]:
    last = rows[parts]
    j = max(range(n + 1), key=lambda at: last[at])
    i = parts
    places = [Place(0, 0, 0.0)] * parts
    while i:
        to_i, to_j, found = came[i][j]
        if to_i == i:
            j = to_j
            continue
        for part in range(to_i, i):
            places[part] = Place(to_j, j, found)
        i, j = to_i, to_j
    return places
