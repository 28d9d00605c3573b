"""A script: what is to be said and how, whatever it was written in. The one thing that engines speak.

`sayso.text.reading.read_script` makes one of a request's text, plain or SSML, and refuses what is malformed. Every
route that speaks gets its script in one place, `sayso.pipeline.scripting.script_of`, called by the use case, and hands it
on unchanged:

    script = script_of(order.text, most_characters, field="data")   # refuses with the place: line and column
    synthesis.live(speaker, script, sound, seed=order.seed)         # or speaker.speak(script)

All offsets point into `Script.text`, which is the text without any markup: character limits count it, and marks
(times of words) and `Spoken.text` are slices of it. What the reader of another spelling or dictionary wants to change
(term substitutions, an account's own phonemes) is a further `Reading`: see `sayso.text.terms.with_terms`.

An engine asks for `Script.lines`, says each line with `readings` in place of its own reading of those stretches and
with the `manners` over it, and then is silent for `pause_s`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sayso.text.english.unspoken import unspoken

SLOWEST, FASTEST = 0.25, 4.0
LOWEST_RATIO, HIGHEST_RATIO = 0.5, 2.0
QUIETEST_DB, LOUDEST_DB = -96.0, 12.0
"""Outside of these, what several nested manners come to is cut off."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How something is said, beside how the voice would say it."""

    rate: float = 1.0
    """Times as fast, 0.25 to 4: durations are divided by it, pauses inside too."""
    pitch_ratio: float = 1.0
    """F0 is multiplied by it, 0.5 to 2: an octave down to an octave up."""
    gain_db: float = 0.0
    """Added to the level, -96 (silent) to 12 dB."""

    def within(self, outer: Manner) -> Manner:
        """This manner inside another one: both together."""
        return Manner(
            min(max(self.rate * outer.rate, SLOWEST), FASTEST),
            min(max(self.pitch_ratio * outer.pitch_ratio, LOWEST_RATIO), HIGHEST_RATIO),
            min(max(self.gain_db + outer.gain_db, QUIETEST_DB), LOUDEST_DB),
        )


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Characters `[start:end]` that are said in a manner of their own. Stretches are in order and apart."""

    start: int
    end: int
    manner: Manner


@dataclass(frozen=True, slots=True)
class Reading:
    """What is said for the characters `[start:end]`, in place of what the front end would make of them."""

    start: int
    end: int
    words: tuple[str, ...]
    """Spoken words as the normaliser spells them: lower case, a capital for a letter's name, "," for a pause."""
    phonemes: str = ""
    """The engine's phoneme symbols; when there are any, they are said and `words` only tell what is meant."""


@dataclass(frozen=True, slots=True)
class Break:
    """Silence before the character at `at` (the length of the text: after the last one)."""

    at: int
    pause_s: float
    ends_sentence: bool = False
    """A paragraph or sentence ends here: its last word falls, and the pause goes with the rate. Else it was asked for
    in seconds, and is exactly as long."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is said in one breath, and the silence after it. Offsets of readings and manners are those in `text`."""

    text: str
    """The slice `[start:end]` of the script's text; "" where there is only silence."""
    start: int
    end: int
    pause_s: float
    """Silence after it in seconds, rate considered."""
    is_exact: bool = False
    """Asked for in seconds: from the end of the last sound to the beginning of the next it is exactly that long."""
    ends_sentence: bool = False
    """Its last word ends a sentence, even without a mark."""
    readings: tuple[Reading, ...] = ()
    manners: tuple[Stretch, ...] = ()

    def manner_at(self, offset: int) -> Manner:
        """How the character at `offset` of `text` is said."""
        return next((s.manner for s in self.manners if s.start <= offset < s.end), PLAIN)


Cut = Callable[[str], Iterable[tuple[int, int, float]]]
"""Text -> (start, end, pause in seconds) of the pieces an engine says in one go, in order. The pause after the last is
ignored."""


@dataclass(frozen=True, slots=True)
class Script:
    """See the module. Stretches, readings and breaks are in order; readings do not overlap."""

    text: str
    manners: tuple[Stretch, ...] = ()
    readings: tuple[Reading, ...] = ()
    breaks: tuple[Break, ...] = ()
    seed: int | None = None
    """Asked for by the text itself (`<speak seed="7">`)."""

    def spoken_in(self, manner: Manner) -> Script:
        """All of it in `manner`, within which its own manners count. Pauses that were asked for stay as they are."""
        if manner == PLAIN:
            return self
        stretches: list[Stretch] = []
        at = 0
        for own in (*self.manners, Stretch(len(self.text), len(self.text), PLAIN)):
            if own.start > at:
                stretches.append(Stretch(at, own.start, manner))
            if own.end > own.start:
                stretches.append(Stretch(own.start, own.end, own.manner.within(manner)))
            at = own.end
        return replace(self, manners=tuple(stretches))

    def lines(self, cut: Cut) -> Iterator[Line]:
        """The script in lines, cut at the breaks and within them by `cut`, which never cuts inside a reading."""
        position = 0
        for after in (*self.breaks, None):
            end = len(self.text) if after is None else after.at
            lines = list(self._cut(position, end, cut))
            position = end
            if after is None:
                lines[-1:] = [replace(line, pause_s=0.0) for line in lines[-1:]]
            elif not lines:
                lines = [Line("", end, end, after.pause_s, not after.ends_sentence)]
            else:
                rate = lines[-1].manner_at(len(lines[-1].text) - 1).rate if after.ends_sentence else 1.0
                lines[-1] = replace(
                    lines[-1],
                    pause_s=after.pause_s / rate,
                    is_exact=not after.ends_sentence,
                    ends_sentence=after.ends_sentence,
                )
            yield from lines

    def _cut(self, start: int, end: int, cut: Cut) -> Iterator[Line]:
        parts: list[str] = []
        done = start
        for reading in self._readings_from(start, end):
            if reading.end <= end:
                # As many letters in its place: no cut falls between them, and no mark inside ends a sentence.
                parts += [self.text[done : reading.start], "x" * (reading.end - reading.start)]
                done = reading.end
        text = "".join(parts) + self.text[done:end]
        silent = [(start + first, start + last) for first, last in unspoken(text)]
        waiting: tuple[int, int, float] | None = None
        for begin, stop, pause_s in _cut_without(text, start, silent, cut):
            if waiting is not None:
                before = bisect_left(self.readings, begin, key=_start)
                if not before or self.readings[before - 1].end <= waiting[1]:
                    yield self._line(*waiting, silent)
                else:
                    # Cut for its length inside of a reading: what is said for it is whole or not said at all.
                    begin = waiting[0]
            waiting = begin, stop, pause_s
        if waiting is not None:
            yield self._line(*waiting, silent)

    def _readings_from(self, start: int, end: int) -> Sequence[Reading]:
        """Those that begin in `[start:end]`."""
        first = bisect_left(self.readings, start, key=_start)
        return self.readings[first : bisect_left(self.readings, end, first, key=_start)]

    def _line(self, start: int, end: int, pause_s: float, silent: Sequence[tuple[int, int]]) -> Line:
        manners = tuple(
            Stretch(max(0, s.start - start), min(end, s.end) - start, s.manner)
            for s in self.manners
            if s.start < end and s.end > start
        )
        silent = silent[bisect_left(silent, (start, 0)) : bisect_right(silent, (end, 0))]
        if silent and silent[-1][1] > end:
            silent = silent[:-1]
        said = [r for r in self._readings_from(start, end) if r.end <= end and not _is_inside(r, silent)]
        # The line may hold a part of a link alone, in which nobody would know its target.
        said += [Reading(first, last, ()) for first, last in silent]
        readings = tuple(
            replace(r, start=r.start - start, end=r.end - start)
            for r in sorted(said, key=lambda reading: reading.start)
        )
        line = Line(self.text[start:end], start, end, pause_s, readings=readings, manners=manners)
        return replace(line, pause_s=pause_s / line.manner_at(end - start - 1).rate)


def _start(reading: Reading) -> int:
    return reading.start


def _is_inside(reading: Reading, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether one of `spans`, which are in order and apart, holds all of `reading`."""
    after = bisect_right(spans, reading.start, key=lambda span: span[0])
    return after > 0 and reading.end <= spans[after - 1][1]


def _cut_without(
    text: str, start: int, silent: Sequence[tuple[int, int]], cut: Cut
) -> Iterator[tuple[int, int, float]]:
    """What `cut` makes of `text`, which begins at `start`, without its stretches `silent`: none is cut inside or counts.

    Spans are those of the script. A stretch goes with what is before it, or else with what follows.
    """
    places: list[int] = []
    at = start
    for first, last in (*silent, (start + len(text), 0)):
        places += range(at, first)
        at = last
    end_of, start_of = dict(silent), {last: first for first, last in silent}
    done = start
    for first, last, pause_s in cut("".join(text[place - start] for place in places) if silent else text):
        begin, stop = places[first], places[last - 1] + 1
        while begin in start_of and start_of[begin] >= done:
            begin = start_of[begin]
        while stop in end_of:
            stop = end_of[stop]
        yield begin, stop, pause_s
        done = stop


def script_of_text(text: str | Script) -> Script:
    """`text` as it is: every character is said as written. A script stays what it is."""
    return text if isinstance(text, Script) else Script(text)
