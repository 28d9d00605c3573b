"""Writes a script from left to right."""

from __future__ import annotations

from sayso.text.script import PLAIN, Break, Manner, Reading, Script, Stretch


class ScriptWriter:
    """Gathers text, manners, readings and breaks. White space is collapsed when `collapses`."""

    def __init__(self, *, collapses: bool = False) -> None:
        self._collapses = collapses
        self._parts: list[str] = []
        self._length = 0
        self._manners: list[Stretch] = []
        self._readings: list[Reading] = []
        self._breaks: list[Break] = []

    def say(self, text: str, manner: Manner = PLAIN) -> None:
        """Text that the front end reads."""
        if self._collapses:
            body = " ".join(text.split())
            if text[:1].isspace():
                self._space()
            if body:
                self._add(body, manner)
                if text[-1:].isspace():
                    self._space()
            return
        self._add(text, manner)

    def read_as(
        self, text: str, words: tuple[str, ...], manner: Manner = PLAIN, *, phonemes: str = ""
    ) -> None:
        """Text for which something else is said."""
        text = text.strip()
        start = self._length
        self._add(text, manner)
        self._readings.append(Reading(start, self._length, words, phonemes))

    def pause(self, pause_s: float) -> None:
        """Exactly so much silence; pauses in a row add up."""
        self._space()
        last = self._last_break()
        if last is not None:
            pause_s += 0.0 if last.ends_sentence else last.pause_s
            self._breaks.pop()
        self._breaks.append(Break(self._length, pause_s))

    def end_sentence(self, pause_s: float) -> None:
        """The end, or the beginning, of a sentence or paragraph; of several in one place the longest pause counts."""
        self._space()
        last = self._last_break()
        if last is not None:
            if not last.ends_sentence:
                return
            pause_s = max(pause_s, last.pause_s)
            self._breaks.pop()
        elif not any(part.strip() for part in self._parts):
            return
        self._breaks.append(Break(self._length, pause_s, ends_sentence=True))

    def script(self, seed: int | None = None) -> Script:
        """All of it."""
        text = "".join(self._parts)
        breaks = self._breaks
        if breaks and breaks[-1].ends_sentence and not text[breaks[-1].at :].strip():
            breaks = breaks[:-1]
        return Script(text, tuple(self._manners), tuple(self._readings), tuple(breaks), seed)

    def _last_break(self) -> Break | None:
        """The break that stands right here, with no more than white space since."""
        if self._breaks and self._breaks[-1].at == self._length:
            return self._breaks[-1]
        return None

    def _space(self) -> None:
        if self._parts and not self._parts[-1][-1:].isspace():
            self._parts.append(" ")
            self._length += 1

    def _add(self, text: str, manner: Manner) -> None:
        if not text:
            return
        start = self._length
        self._parts.append(text)
        self._length += len(text)
        if manner == PLAIN:
            return
        last = self._manners[-1] if self._manners else None
        if last is not None and last.manner == manner and last.end >= start - 1:
            self._manners[-1] = Stretch(last.start, self._length, manner)
        else:
            self._manners.append(Stretch(start, self._length, manner))
