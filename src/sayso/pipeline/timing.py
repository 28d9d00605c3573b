"""From the words and sounds of single pieces to the times of all letters and sounds of a recording."""

from __future__ import annotations

from sayso.domain.timing import Mark, Times
from sayso.engines.base import Spoken
from sayso.text.lettering import letter_times

_FAR = 400
"""Characters a word may lie ahead of the one before, where its piece is not found: more would be another occurrence."""


class Timeline:
    """Collects pieces in order; knows where in the text it is."""

    def __init__(self, text: str) -> None:
        """`text`: what is spoken, as it was written."""
        self._text = text
        self._at = 0
        self._span = 0, 0
        """Where the words of the present piece are looked for."""
        self._said = 0
        """The end of the last piece that was found."""
        self._letters: list[Mark] = []
        self._sounds: list[Mark] = []
        self._end_s = 0.0

    def add(self, piece: Spoken, at_s: float) -> Times:
        """Take `piece`, which begins at `at_s`; returns what it adds."""
        self._span = self._span_of(piece.text)
        known = len(self._letters), len(self._sounds)
        sounds = [Mark(mark.text, mark.start_s + at_s, mark.end_s + at_s) for mark in piece.sounds]
        if self._sounds and sounds:
            self._sounds.append(Mark(" ", self._sounds[-1].end_s, sounds[0].start_s))
        self._sounds += sounds
        next_sound = 0
        for mark in piece.marks:
            start_s, end_s = mark.start_s + at_s, mark.end_s + at_s
            own: list[tuple[str, float, float]] = []
            while next_sound < len(sounds) and sounds[next_sound].start_s < end_s - 1e-6:
                sound = sounds[next_sound]
                if sound.text[-1:].isalpha() or len(sound.text) > 1:
                    own.append((sound.text, sound.start_s, sound.end_s))
                next_sound += 1
            self._word(mark.text, start_s, end_s, own)
        return Times(tuple(self._letters[known[0] :]), tuple(self._sounds[known[1] :]))

    def rest(self, end_s: float) -> Times:
        """What was not spoken at the end of the text; it lasts until `end_s`."""
        known = len(self._letters)
        self._fill(len(self._text), max(end_s, self._end_s))
        return Times(tuple(self._letters[known:]))

    def finish(self, end_s: float) -> Times:
        """All of it; what was not spoken at the end of the text lasts until `end_s`."""
        self.rest(end_s)
        return Times(tuple(self._letters), tuple(self._sounds))

    def _span_of(self, piece: str) -> tuple[int, int]:
        """Start and end of `piece`, which comes after the last one, however much between them is not spoken."""
        found = self._text.find(piece, max(self._at, self._said)) if piece else -1
        if found >= 0:
            self._said = found + len(piece)
            return found, self._said
        return self._at, min(len(self._text), self._at + _FAR + len(piece))

    def _word(self, word: str, start_s: float, end_s: float, own: list[tuple[str, float, float]]) -> None:
        found = self._text.find(word, max(self._at, self._span[0]), self._span[1])
        if found < 0:
            # Not as it is written: what is written there is filled in before the next word that is.
            return
        self._fill(found, start_s)
        self._at = found + len(word)
        times = letter_times(word, start_s, end_s, own)
        self._letters += [Mark(letter, *time) for letter, time in zip(word, times, strict=True)]
        self._end_s = max(self._end_s, end_s)

    def _fill(self, until: int, end_s: float) -> None:
        """What stands between two words lasts from the end of one to the start of the other."""
        between = self._text[self._at : until]
        for letter, (start_s, stop_s) in zip(
            between, letter_times(between, self._end_s, end_s, ()), strict=True
        ):
            self._letters.append(Mark(letter, start_s, stop_s))
        self._at = until
        self._end_s = max(self._end_s, end_s)
