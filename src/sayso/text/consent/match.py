"""Is this the statement? What a recogniser heard, held against a statement with its names.

Nothing is accepted that is not explained. Every heard word must be a word of the statement in its place, a
part of a name that is like the expected one, a harmless word or phrase, or a repetition of what is said
anyway. Any other word asks for a person; one that turns the sense refuses. So the lists of such words need
not be complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sayso.text.consent import words as text_words
from sayso.text.consent.align import LONGEST_NAME, Place, align
from sayso.text.consent.reasons import Verdict, in_order, verdict
from sayso.text.consent.sound import alike, names_alike
from sayso.text.consent.statement import ANY_NAME, COMPANY, PLATFORM, Phrase, Statement
from sayso.text.consent.words import Word

SURE = 0.8
"""A word that is this much alike was said."""
LEAST_COVERAGE = 0.85
"""Less of the statement, and a person has to listen."""
NAME_SURE, NAME_UNSURE = 0.72, 0.55
"""A name that is this much alike may be the one, and the recogniser is asked; below the second it is another."""

MOST_WORDS = 300
"""Words at most; a minute of quick speech has 250."""
_MOST_CHARACTERS = 8_000
_TOO_LITTLE = 0.25  # coverage below which something else was said
_ENOUGH_FOR_NAMES = 0.5  # coverage from which names may have been misheard
_MOST_OF_NAME = 2  # words that may be what was made of a name's end
_MOST_LOST = 2  # key words that may be unclear before it is no longer the statement
_MOST_BETWEEN = 3  # unexplained words inside the statement, likewise
_LONGEST_FREE_NAME = 4
_LONGEST_SPEAKER_NAME = 3


@dataclass(frozen=True, slots=True)
class Match:
    """What was found; `reasons` empty means that the words are right."""

    coverage: float
    """0 to 1: how much of the statement was heard, in its order."""
    company_heard: str
    company_similarity: float | None
    """0 to 1; None if any company passes, or no name was heard."""
    platform_heard: str
    platform_similarity: float | None
    """0 to 1, to the likest of the spellings."""
    negations: tuple[str, ...]
    """Words that turn the sense: denials, other persons, conditions, questions; as they were heard."""
    missing: tuple[str, ...]
    """Clauses, and single words of the others, that were not heard."""
    extra: tuple[str, ...]
    """Words that nothing explains, without those of `negations`."""
    reasons: tuple[str, ...]
    """Codes of `reasons.REASONS`, the gravest first."""
    written: frozenset[str] = frozenset()
    """The places, "{company}" and "{platform}", where an expected name is written letter for letter."""

    @property
    def verdict(self) -> Verdict:
        """Of the words alone."""
        return verdict(self.reasons)


def match(
    heard: str,
    statement: Statement,
    *,
    company: str,
    platforms: Sequence[str],
    phrase: str = "",
) -> Match:
    """Hold `heard`, of any length and content, against `statement`.

    With `company` "" any name passes, but a name must be heard; likewise without `platforms`, which are accepted
    spellings of one name. `phrase` is a challenge that may be spoken before or after. Takes under a second
    whatever is given.
    """
    words = text_words.read(heard[:_MOST_CHARACTERS], splits_at_apostrophes=statement.splits_at_apostrophes)
    is_long = len(heard) > _MOST_CHARACTERS or len(words) > MOST_WORDS
    words = expanded(words[:MOST_WORDS], statement)
    return _Matching(statement, words, company, platforms, phrase, is_long).result()


@dataclass(frozen=True, slots=True)
class Gap:
    """Where an expected name should be and was not surely heard."""

    slot: str
    """"{company}" or "{platform}"."""
    start: int
    end: int
    """The words [start:end] lie between those of the statement that were heard before and after."""
    before: int
    """How many words of the statement right before the name were not heard, either."""
    is_last: bool
    """Nothing of the statement was heard behind it: where the name ends is not known."""
    is_there: bool
    """The name was heard, but not alone: all that was heard has to be it."""


def gaps(words: Sequence[Word], statement: Statement, *, company: str, platforms: Sequence[str]) -> list[Gap]:
    """What to ask the recogniser for once more. Nothing where something denies the statement."""
    if not words or len(words) > MOST_WORDS:
        return []
    return _Matching(statement, list(words), company, platforms, "", False).gaps()


def expanded(words: Sequence[Word], statement: Statement) -> list[Word]:
    """Words that stand for several, as those: "im" is "i", "am"."""
    found: list[Word] = []
    for word in words:
        pieces = statement.expansions.get(word.text)
        if pieces is None:
            found.append(word)
            continue
        found += [Word(piece) for piece in pieces[:-1]]
        found.append(Word(pieces[-1], word.ends, word.asks))
    return found


class _Matching:
    """One match while it is made."""

    def __init__(
        self,
        statement: Statement,
        words: list[Word],
        company: str,
        platforms: Sequence[str],
        phrase: str,
        is_long: bool,
    ) -> None:
        self._statement = statement
        self._words = words
        self._is_long = is_long
        self._expected = {
            slot: [name for name in map(self._name, text_words.spelt(given)) if name]
            for slot, given in ((COMPANY, [company]), (PLATFORM, platforms))
        }
        self._all_of = {  # legal forms as well
            COMPANY: frozenset(statement.words(company)),
            PLATFORM: frozenset(statement.words(" ".join(platforms))),
        }
        self._asking = [
            slot for slot, given in ((COMPANY, company), (PLATFORM, " ".join(platforms))) if "?" in given
        ]
        self._places = align(statement, words, self._expected)
        self._names = {part.text: index for index, part in enumerate(statement.parts) if part.is_name}
        self._light = {part.text for part in statement.parts if not part.is_key and not part.is_name}
        self._phrase = statement.words(phrase)
        self._similarity: dict[str, float | None] = {}
        for index in self._names.values():
            around = [i for i in (index - 1, index + 1) if 0 <= i < len(self._places)]
            if not any(self._places[i].is_heard for i in around):
                self._places[index] = Place(
                    0, 0, 0.0
                )  # any word will do for a name, so this one means nothing
        self._start, self._end = self._span()
        for slot in (COMPANY, PLATFORM):
            self._fit(slot)
        self._start, self._end = self._span()
        self._unexplained = self._look_around()

    def _span(self) -> tuple[int, int]:
        """From the first word of the statement to behind its last."""
        heard = [place for place in self._places if place.is_heard]
        return min((place.start for place in heard), default=0), max(
            (place.end for place in heard), default=0
        )

    # names

    def _name(self, name: str) -> Phrase:
        """The words that tell the name from others."""
        words = self._statement.words(name)
        told = tuple(word for word in words if word not in self._statement.legal_forms)
        return told or words

    def _fit(self, slot: str) -> None:
        """Choose the end of the name in `slot` so that it is likest to an expected one."""
        index = self._names[slot]
        place = self._places[index]
        self._similarity[slot] = None
        if not place.is_heard:
            return
        known = {word for name in self._expected[slot] for word in name}
        while place.end - place.start > 1 and self._is_hesitation(place.start, known):
            place = self._places[index] = Place(place.start + 1, place.end, 1.0)
        following = next((later.start for later in self._places[index + 1 :] if later.is_heard), None)
        # Where the next word of the statement is, the name ends; or else it has to be found out.
        is_open = index == len(self._places) - 1 or not self._places[index + 1].is_heard
        end = len(self._words) if following is None else following
        limit = min(end, place.start + LONGEST_NAME) if is_open else place.end
        if not self._expected[slot]:
            if is_open:
                self._places[index] = Place(place.start, self._free_end(place.start, limit), 1.0)
            return
        ends = range(place.start + 1, limit + 1) if is_open else (place.end,)
        # Written as it is, it ends there: "Sayso. I" sounds like "Sayso" as well.
        best, _, end = max(
            (self._alike(slot, place.start, end), self._is_written(slot, place.start, end), end)
            for end in ends
        )
        if is_open and best < NAME_SURE:
            # Another name: all of it is told, so that people see what was heard.
            end = max(end, self._free_end(place.start, limit))
        self._similarity[slot] = best
        self._places[index] = Place(place.start, end, 1.0)

    def _is_hesitation(self, at: int, known: set[str]) -> bool:
        word = self._words[at].text
        return (word,) in self._statement.fillers and word not in known | self._statement.legal_forms

    def _alike(self, slot: str, start: int, end: int) -> float:
        if self._is_written(slot, start, end):
            return 1.0
        heard = tuple(word.text for word in self._words[start:end])
        told = tuple(word for word in heard if word not in self._statement.legal_forms) or heard
        return max(max(names_alike(heard, name), names_alike(told, name)) for name in self._expected[slot])

    def _is_written(self, slot: str, start: int, end: int) -> bool:
        """Whether the words [start:end] are the letters of an expected name."""
        heard = self._statement.letters([word.text for word in self._words[start:end]])
        return any(heard == self._statement.letters(name) for name in self._expected[slot])

    def _is_right(self, slot: str) -> bool:
        """Whether the name that was heard is written as an expected one."""
        place = self._places[self._names[slot]]
        return self._is_written(slot, place.start, place.end)

    def _is_there_right(self, slot: str) -> bool:
        return self._places[self._names[slot]].is_heard and self._is_right(slot)

    def _belongs(self, slot: str, at: int) -> bool:
        """Whether the word `at` in the right name is a part of it: the name would be less alike without it."""
        similarity = self._similarity[slot]
        if similarity is None or similarity < NAME_SURE:
            return False
        if self._words[at].text in self._all_of[slot] and self._is_right(slot):
            return True
        place = self._places[self._names[slot]]
        rest = [self._words[i].text for i in range(place.start, place.end) if i != at]
        return max(names_alike(rest, name) for name in self._expected[slot]) < similarity

    def _free_end(self, start: int, limit: int) -> int:
        """Where a name ends of which nothing is known: with the sentence."""
        for at in range(start, limit):
            if at > start and self._harmless(at, len(self._words)):
                return at
            if self._words[at].ends:
                return at + 1
        return limit

    def gaps(self) -> list[Gap]:
        """The places of expected names that were not surely heard."""
        found: list[Gap] = []
        turning = self._turning()
        if "words_negated" in turning.values() or self._coverage() < _ENOUGH_FOR_NAMES:
            return found
        for slot in (COMPANY, PLATFORM):
            index = self._names[slot]
            earlier = [i for i in range(index) if self._places[i].is_heard]
            later = [i for i in range(index + 1, len(self._places)) if self._places[i].is_heard]
            if not self._expected[slot] or not earlier:
                continue
            before = index - 1 - earlier[-1]
            start = self._places[earlier[-1]].end
            end = self._places[later[0]].start if later else self._last_end(index, start)
            is_sure = not before and (self._similarity[slot] or 0.0) >= NAME_SURE
            if is_sure and later:
                # What follows the right name is no part of it: "Acme and Globex".
                end = self._places[index].end
            is_clear = (turning.keys() | self._unexplained).isdisjoint(range(start, end))
            if start < end and not (is_sure and is_clear and self._is_right(slot)):
                found.append(Gap(slot, start, end, before, not later, is_sure))
        return found

    def _last_end(self, index: int, start: int) -> int:
        """Where a name that ends the statement ends at the latest: what follows it is no part of it."""
        end = self._places[index].end
        if not self._places[index].is_heard:
            ends = (at + 1 for at in range(start, len(self._words)) if self._words[at].ends)
            return next(ends, len(self._words))
        # "Resemble and eye" is "Resemble AI" rather than "Resemble" and something else.
        turning = self._turning()
        known = end
        while end < len(self._words) and not self._words[end - 1].ends:
            is_filler = (self._words[end].text,) in self._statement.fillers
            if not (end in self._unexplained or is_filler) or end in turning:
                break
            end += 1
        return end if end - known <= _MOST_OF_NAME else known

    # what is beside the statement

    def _look_around(self) -> frozenset[int]:
        """Indexes of the words that nothing explains."""
        owned = [False] * len(self._words)
        for part, place in zip(self._statement.parts, self._places, strict=True):
            for at in range(place.start, place.end):
                owned[at] = part.is_name or place.alike >= SURE
        said = self._said()
        unexplained: set[int] = set()
        at = 0
        while at < len(owned):
            if owned[at]:
                at += 1
                continue
            end = at
            while end < len(owned) and not owned[end]:
                end += 1
            while at < end:
                step = self._harmless(at, end) or self._repeated(at, end, said)
                if not step:
                    unexplained.add(at)
                    step = 1
                at += step
        return frozenset(unexplained)

    def _harmless(self, at: int, end: int) -> int:
        """How many words from `at` on mean nothing."""
        longest = int(self._is_challenge(at))
        for phrase in self._statement.fillers:
            if len(phrase) > longest and self._is_said(phrase, at, end):
                longest = len(phrase)
        if self._start <= at < self._end:
            return longest
        for phrase in self._statement.harmless:
            longest = max(longest, self._phrase_length(phrase, at, end))
        return longest

    def _is_challenge(self, at: int) -> bool:
        """Whether the word may be one of the challenge: its own, or any digit if it is of digits."""
        word = self._words[at].text
        if not self._phrase or self._start <= at < self._end:
            return False
        if self._phrase[0].isdecimal():
            return word.isdecimal() or any(word in forms for forms in self._statement.digits)
        return any(alike(word, wanted) >= SURE for wanted in self._phrase)

    def _is_said(self, phrase: Phrase, at: int, end: int) -> bool:
        return at + len(phrase) <= end and all(
            self._words[at + i].text == word for i, word in enumerate(phrase)
        )

    def _phrase_length(self, phrase: Phrase, at: int, end: int) -> int:
        if ANY_NAME not in phrase:
            return len(phrase) if self._is_said(phrase, at, end) else 0
        where = phrase.index(ANY_NAME)
        before, after = phrase[:where], phrase[where + 1 :]
        if not self._is_said(before, at, end):
            return 0
        start = at + len(before)
        for stop in range(start, min(end, start + _LONGEST_SPEAKER_NAME)):
            if self._words[stop].text in self._statement.refusing_words:
                return 0
            is_whole = self._words[stop].ends or stop + 1 in (end, start + _LONGEST_SPEAKER_NAME)
            if self._is_said(after, stop + 1, end) if after else is_whole:
                return stop + 1 + len(after) - at
        return 0

    def _said(self) -> list[str]:
        """The statement as it was said, with the names that were heard; for finding repetitions."""
        said: list[str] = []
        for part, place in zip(self._statement.parts, self._places, strict=True):
            said += (
                [word.text for word in self._words[place.start : place.end]] if part.is_name else [part.text]
            )
        return said

    def _repeated(self, at: int, end: int, said: list[str]) -> int:
        """How many words from `at` on say again, or begin to say, a stretch of the statement."""
        words = self._words
        longest = 0
        for begin in range(len(said)):
            length = 0
            while (
                at + length < end
                and begin + length < len(said)
                and words[at + length].text == said[begin + length]
            ):
                length += 1
            if 0 < length < len(said) - begin and at + length < end:
                broken_off = words[at + length].text
                length += len(broken_off) > 1 and said[begin + length].startswith(broken_off)
            longest = max(longest, length)
        if longest >= 2:
            return longest
        word = words[at].text
        if word in self._statement.refusing_words:
            return 0
        neighbours = [words[i].text for i in (at - 1, at + 1) if 0 <= i < len(words)]
        if longest and (word in neighbours or word == said[0]):
            return 1
        # "I am aware of that recordings": a light word more in what was begun and is said again.
        is_outside = not self._start <= at < self._end
        if is_outside and word in self._light and len(neighbours) > 1 and set(neighbours) <= set(said):
            return 1
        # A word that was broken off: "rec, recordings".
        is_begun = at + 1 < len(words) and len(word) > 1 and words[at + 1].text.startswith(word)
        return 1 if is_begun and words[at + 1].text in said else 0

    # the verdict

    def result(self) -> Match:
        turning = self._turning()
        lost, poor = self._lost()
        coverage = self._coverage()
        reasons = set(turning.values())
        inside = [at for at in self._unexplained if self._start < at < self._end and at not in turning]
        beside = [at for at in self._unexplained if not self._start <= at < self._end and at not in turning]
        if not self._words:
            reasons = {"words_none"}
        elif coverage < _TOO_LITTLE:
            reasons.add("words_other")
        else:
            reasons |= self._missing_reasons(lost, poor, coverage)
            reasons |= self._name_reasons()
            if self._speaker_is_lost(lost | poor):
                reasons.add("not_first_person")
            if len(inside) > _MOST_BETWEEN:
                reasons.add("words_mixed")
            elif inside:
                reasons.add("words_unclear")
            if beside:
                reasons.add("words_beside")
            if self._is_asked():
                reasons.add("words_asked")
        if self._is_long:
            reasons.add("words_too_many")
        company, platform = (self._heard(slot) for slot in (COMPANY, PLATFORM))
        return Match(
            coverage=round(coverage, 3),
            company_heard=company,
            company_similarity=self._rounded(COMPANY),
            platform_heard=platform,
            platform_similarity=self._rounded(PLATFORM),
            negations=tuple(dict.fromkeys(self._words[at].text for at in sorted(turning))),
            missing=self._missing(lost | poor),
            extra=tuple(self._words[at].text for at in sorted(self._unexplained) if at not in turning),
            reasons=in_order(reasons),
            written=frozenset(slot for slot in (COMPANY, PLATFORM) if self._is_there_right(slot)),
        )

    def _is_asked(self) -> bool:
        """Whether a question mark stands in it, other than that of a name that has one."""
        named: set[int] = set()
        for slot in self._asking:
            place = self._places[self._names[slot]]
            named |= set(range(place.start, place.end))
        return any(self._words[at].asks for at in range(self._start, self._end) if at not in named)

    def _turning(self) -> dict[int, str]:
        """Index of each word that turns the sense -> reason."""
        codes = {
            "negation": "words_negated",
            "other": "not_first_person",
            "doubt": "words_doubtful",
            "question": "words_question",
        }
        suspects = set(self._unexplained)
        for slot in (COMPANY, PLATFORM):
            place = self._places[self._names[slot]]
            suspects |= {at for at in range(place.start, place.end) if not self._belongs(slot, at)}
        here = {word.text for word in self._words}
        found: dict[int, str] = {}
        for at, word in enumerate(self._words):
            joined = word.text + "".join(after.text for after in self._words[at + 1 : at + 2])
            if at in suspects and not self._statement.opposites.isdisjoint((word.text, joined)):
                found[at] = "words_negated"
        for kind, code in codes.items():
            for phrase in self._statement.refusing[kind]:
                if not here.issuperset(phrase):
                    continue
                for at in range(len(self._words) - len(phrase) + 1):
                    if self._is_said(phrase, at, len(self._words)):
                        for index in suspects.intersection(range(at, at + len(phrase))):
                            found.setdefault(index, code)
        return found

    def _lost(self) -> tuple[set[int], set[int]]:
        """Indexes of the key parts that were not heard at all, and not surely."""
        lost, poor = set(), set()
        for index, (part, place) in enumerate(zip(self._statement.parts, self._places, strict=True)):
            if part.is_key and not place.is_heard:
                lost.add(index)
            elif part.is_key and not part.is_name and place.alike < SURE:
                poor.add(index)
        return lost, poor

    def _coverage(self) -> float:
        return sum(place.alike for place in self._places if place.is_heard) / len(self._places)

    def _missing_reasons(self, lost: set[int], poor: set[int], coverage: float) -> set[str]:
        parts = self._statement.parts
        keys = [index for index, part in enumerate(parts) if part.is_key]
        gone = {
            parts[index].clause
            for index in lost
            if all(other in lost for other in keys if parts[other].clause == parts[index].clause)
        }
        reasons: set[str] = set()
        if gone or len(lost | poor) > _MOST_LOST or any(parts[index].is_name for index in lost):
            last_heard = max((index for index in keys if index not in lost and index not in poor), default=-1)
            is_tail = all(index > last_heard for index in lost | poor)
            ends_there = self._end == len(self._words)
            reasons.add("words_cut_off" if is_tail and ends_there else "words_missing")
        elif lost or poor or coverage < LEAST_COVERAGE:
            reasons.add("words_unclear")
        return reasons

    def _speaker_is_lost(self, lost: set[int]) -> bool:
        """ "I am" became "Anna is", or each "my" something else."""
        parts = self._statement.parts
        gone = [index for index in lost if parts[index].is_speaker]
        return len(gone) > 1 and len(lost) <= len(gone) + _MOST_LOST and bool(self._unexplained)

    def _name_reasons(self) -> set[str]:
        reasons: set[str] = set()
        for slot, wrong, unclear in (
            (COMPANY, "wrong_company", "company_unclear"),
            (PLATFORM, "wrong_platform", "platform_unclear"),
        ):
            similarity = self._similarity[slot]
            if similarity is not None:
                if similarity < NAME_UNSURE:
                    reasons.add(wrong)
                elif not self._is_right(slot):
                    # "Quantico" is as like "Quantiva" as what the recogniser writes for names that it does not know.
                    reasons.add(unclear)
            elif not self._is_name_plain(slot):
                reasons.add(unclear)
        return reasons

    def _is_name_plain(self, slot: str) -> bool:
        """Whether a name of which nothing is known looks like one: short, no words of the statement."""
        place = self._places[self._names[slot]]
        own = {part.text for part in self._statement.parts} - self._statement.joining
        heard = [word.text for word in self._words[place.start : place.end]]
        return len(heard) <= _LONGEST_FREE_NAME and not own.intersection(heard)

    # telling

    def _heard(self, slot: str) -> str:
        place = self._places[self._names[slot]]
        return " ".join(word.text for word in self._words[place.start : place.end])

    def _rounded(self, slot: str) -> float | None:
        similarity = self._similarity[slot]
        return None if similarity is None else round(similarity, 3)

    def _missing(self, lost: set[int]) -> tuple[str, ...]:
        """Clauses that are missing for the greater part, and the single words of others."""
        missing: list[str] = []
        for number, clause in enumerate(self._statement.clauses):
            keys = [
                i for i, part in enumerate(self._statement.parts) if part.clause == number and part.is_key
            ]
            gone = [i for i in keys if i in lost]
            if gone and 2 * len(gone) > len(keys):
                missing.append(clause.rstrip(".,"))
            else:
                missing += [self._statement.parts[i].text for i in gone]
        return tuple(missing)
