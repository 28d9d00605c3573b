"""Members -> pieces, several members at a time; a long one has all cores, too.

What comes of it is what comes of one member after the other: this thread alone writes the journal, in the order of the
members, and what a member may take is known before it is cut (`room`).
"""

from __future__ import annotations

import contextlib
import itertools
import queue
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from sayso.audio import codec
from sayso.audio.spans import Span
from sayso.audio.waveform import Samples, Waveform
from sayso.engines.base import Detector, Progress
from sayso.errors import BadDataset, Rejected
from sayso.pipeline.dataset import cutting, ending, names, readings
from sayso.pipeline.dataset.crew import Crew
from sayso.pipeline.dataset.journal import Journal
from sayso.pipeline.dataset.limits import DatasetLimits
from sayso.pipeline.dataset.pieces import SOUND, Piece
from sayso.pipeline.dataset.reading import Dataset, Remark, Utterance
from sayso.pipeline.dataset.room import Ended, Room, at_most
from sayso.pipeline.dataset.sound import Sounds

_CUT = "cut.jsonl"
_MOST_MEMBERS = 8
"""At a time: each has a decoding child, of 35 MB. Decoding is the least of the work; what is more, all cores do."""
_MOST_PARTS, _MOST_CODED = 16, 4
"""At a time: minutes in the detector, which take memory, and pieces that are packed. A piece takes milliseconds, so it does
not queue behind the minutes of other members."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """What came of one member."""

    pieces: Sequence[Piece] = ()
    size_bytes: int = 0
    beyond_s: float = 0.0
    """Speech that was left out after them."""
    flac: bytes | None = None
    """The only piece of a short member, which is not written yet: it is only taken when its turn comes."""
    refused: Rejected | None = None


class Cutter:
    """Decodes members and cuts them, on as many cores as `at_once` says."""

    def __init__(self, folder: Path, detector: Detector, limits: DatasetLimits, at_once: int = 1) -> None:
        self._folder, self._detector, self._limits = folder, detector, limits
        self._members = min(at_once, _MOST_MEMBERS)
        # One that waits for each in work: results of short ones are kept until their turn, so no more.
        self._ahead = 2 * self._members if at_once > 1 else 1
        self._room = Room(limits)
        self._crew, self._coders = Crew(min(at_once, _MOST_PARTS)), Crew(min(at_once, _MOST_CODED))
        self._sounds: queue.LifoQueue[Sounds] = queue.LifoQueue()

    def run(self, dataset: Dataset, progress: Progress) -> tuple[list[Piece], list[Remark]]:
        """All pieces and remarks, in the order of the members. Once. Raises BadDataset when there is no piece."""
        (self._folder / SOUND).mkdir(exist_ok=True)
        journal = Journal(self._folder / _CUT)
        self._sweep(journal)
        pieces: list[Piece] = []
        remarks: list[Remark] = []
        whole = max(1, sum(utterance.path.stat().st_size for utterance in dataset.utterances))
        done = 0
        with journal, contextlib.closing(self._entries(dataset.utterances, journal)) as entries:
            for utterance, entry in entries:
                pieces += [Piece(**piece) for piece in entry["pieces"]]
                remarks += [Remark(**remark) for remark in entry["remarks"]]
                done += utterance.path.stat().st_size
                progress("cutting", done / whole, None)
        if not pieces:
            raise BadDataset(
                f"nothing in the dataset can be used: {remarks[0].message}"
                if remarks
                else "nothing in the dataset can be used; send recordings of speech"
            )
        return pieces, remarks

    def _sweep(self, journal: Journal) -> None:
        """Remove the pieces of members that a killed run had in work: they are cut again."""
        kept = {piece["file"] for entry in journal.found.values() for piece in entry["pieces"]}
        for path in (self._folder / SOUND).iterdir():
            if f"{SOUND}/{path.name}" not in kept:
                path.unlink()

    def _entries(
        self, utterances: Sequence[Utterance], journal: Journal
    ) -> Generator[tuple[Utterance, dict[str, Any]], None, None]:
        """Each member's line of the journal, in their order; some members behind it are in work meanwhile."""
        waiting: deque[tuple[Utterance, Future[_Cut] | None]] = deque()
        left = enumerate(utterances)
        for _ in range(self._members):
            self._sounds.put(Sounds(self._limits, lambda: not self._room.is_ended))
        pool = ThreadPoolExecutor(self._members, "cut")
        try:
            for turn in itertools.count():
                for number, utterance in itertools.islice(left, self._ahead - len(waiting)):
                    known = journal.found.get(utterance.path.name)
                    is_work = known is None and not self._room.is_over
                    if not is_work:
                        self._room.says(number, *self._taken(known))
                    future = pool.submit(self._cut, number, utterance) if is_work else None
                    waiting.append((utterance, future))
                if not waiting:
                    return
                utterance, future = waiting.popleft()
                entry = journal.found.get(utterance.path.name)
                if entry is None:
                    entry = self._entry(utterance, future)
                    journal.add(utterance.path.name, entry)
                else:
                    self._room.wrote(self._taken(entry)[1])
                self._room.took(turn, sum(piece["duration_s"] for piece in entry["pieces"]))
                yield utterance, entry
        finally:
            # Decoders that are in work are ended, too; what their members make of that, nobody asks.
            self._room.end()
            pool.shutdown(cancel_futures=True)
            self._crew.close()
            self._coders.close()
            while not self._sounds.empty():
                self._sounds.get().close()

    def _taken(self, entry: dict[str, Any] | None) -> tuple[float, int]:
        """Seconds and bytes of a line of the journal."""
        pieces = entry["pieces"] if entry else []
        return sum(piece["duration_s"] for piece in pieces), sum(
            (self._folder / piece["file"]).stat().st_size for piece in pieces
        )

    def _entry(self, utterance: Utterance, future: Future[_Cut] | None) -> dict[str, Any]:
        """The line of the member whose turn it is."""
        shown = names.shown(utterance.member)
        remarks: list[Remark] = []
        cut = _Cut()
        if self._room.is_over or future is None:
            message = f"{shown} was left out: {self._more_than()}; send the best of it"
            remarks.append(Remark("left_out", utterance.member, message))
        elif (cut := future.result()).refused is not None:
            remarks.append(Remark("unreadable", utterance.member, f"{shown} was left out: {cut.refused}"))
        else:
            if cut.flac is not None:
                (self._folder / cut.pieces[0].file).write_bytes(cut.flac)
            self._room.wrote(cut.size_bytes)
            if cut.beyond_s > 0.0:
                message = f"{cut.beyond_s / 60:.1f} minutes of {shown} were left out: {self._more_than()}; send the best of it"
                remarks.append(Remark("cut_off", utterance.member, message))
            if not cut.pieces:
                message = f"{shown} was left out: there is no sound in it"
                remarks.append(Remark("unreadable", utterance.member, message))
            elif cut.pieces[0].is_silent:
                message = f"no speech was found in {shown}; its first {cut.pieces[0].duration_s:.0f} s stand for it, listen to it"
                remarks.append(Remark("no_speech", utterance.member, message))
            elif ending.is_cut_short(utterance.path):
                message = f"{shown} ends before it says it does, and was taken as far as it goes; see that it is sent whole"
                remarks.append(Remark("cut_short", utterance.member, message))
        return {
            "pieces": [asdict(piece) for piece in cut.pieces],
            "remarks": [asdict(remark) for remark in remarks],
        }

    def _more_than(self) -> str:
        if self._room.is_full:
            most_mb = self._limits.max_cut_bytes / 1e6
            return f"cut into pieces, the dataset takes more than {most_mb:.3g} MB, which is the most"
        most_s = self._limits.max_audio_s
        most = f"{most_s / 3_600:.3g} h" if most_s >= 3_600 else f"{most_s / 60:.3g} minutes"
        return f"the dataset has more than {most} of sound, which are taken"

    # --- in the threads of the members ----------------------------------------------------------

    def _cut(self, number: int, utterance: Utterance) -> _Cut:
        sounds = self._sounds.get()
        try:
            rate_hz, duration_s = sounds.shape(utterance.path)
            if duration_s <= cutting.WHOLE_S:
                return self._short(number, utterance, sounds.wave(utterance.path, rate_hz))
            return self._long(number, utterance, sounds, rate_hz, duration_s)
        except Rejected as refused:
            self._room.says(number, 0.0, 0)
            return _Cut(refused=refused)
        finally:
            self._sounds.put(sounds)

    def _short(self, number: int, utterance: Utterance, wave: Waveform, *, is_silent: bool = False) -> _Cut:
        """One that stays whole, or the beginning of a silent one. It takes what it takes, if anything is left."""
        flac = codec.encode_flac(wave)
        self._room.says(number, wave.duration_s, len(flac))
        piece = replace(_piece(utterance, 0, 0.0, len(wave.samples), wave.rate_hz), is_silent=is_silent)
        return _Cut([piece], len(flac), flac=flac)

    def _long(
        self, number: int, utterance: Utterance, sounds: Sounds, rate_hz: int, duration_s: float
    ) -> _Cut:
        self._room.says(number, *at_most(rate_hz, duration_s))
        # Before the first reading: what may be left out is not read in vain, while those before it need the cores.
        room = self._room.left(number)
        if room.is_nothing:
            return _Cut()
        blocks = self._while_wanted(sounds.blocks(utterance.path))
        spans = readings.spans(blocks, rate_hz, self._detector, self._crew)
        if not spans:
            # As a shorter one that is silent: it is the analysis that says so.
            beginning = [Span(0.0, cutting.WHOLE_S)]
            blocks = self._blocks(sounds, utterance, rate_hz, beginning)
            ((_, wave),) = readings.waves(blocks, rate_hz, beginning)
            return self._short(number, utterance, wave, is_silent=True) if len(wave.samples) else _Cut()
        ends_s = list(itertools.accumulate(span.duration_s for span in spans))
        whole_s = ends_s[-1]
        spans = [span for span, end_s in zip(spans, ends_s, strict=True) if end_s - span.duration_s < room.s]
        beyond_s = whole_s - sum(span.duration_s for span in spans)
        pieces: list[Piece] = []
        size_bytes = 0
        try:
            with contextlib.closing(self._coded(sounds, utterance, rate_hz, spans)) as coded:
                for i, (span, samples, flac) in enumerate(coded):
                    if size_bytes >= room.size_bytes:
                        beyond_s += sum(left.duration_s for left in spans[i:])
                        break
                    piece = _piece(utterance, i + 1, span.start_s, samples, rate_hz, alone=len(spans) == 1)
                    pieces.append(piece)
                    size_bytes += len(flac)
                    (self._folder / piece.file).write_bytes(flac)
        except BaseException:
            for piece in pieces:
                (self._folder / piece.file).unlink(missing_ok=True)
            raise
        return _Cut(pieces, size_bytes, beyond_s if beyond_s > 0.001 else 0.0)

    def _coded(
        self, sounds: Sounds, utterance: Utterance, rate_hz: int, spans: Sequence[Span]
    ) -> Generator[tuple[Span, int, bytes], None, None]:
        """Each span, its samples, and its sound as FLAC."""

        def coded(part: tuple[Span, Waveform]) -> tuple[Span, int, bytes]:
            span, wave = part
            return span, len(wave.samples), codec.encode_flac(wave)

        blocks = self._blocks(sounds, utterance, rate_hz, spans)
        return self._coders.in_order(coded, readings.waves(blocks, rate_hz, spans))

    def _blocks(
        self, sounds: Sounds, utterance: Utterance, rate_hz: int, spans: Sequence[Span]
    ) -> Iterator[Samples]:
        """The second reading. It ends with the last span, as the decoder should: one that is broken off is started anew."""
        until = round(spans[-1].end_s * rate_hz)
        return self._while_wanted(sounds.blocks(utterance.path, until))

    def _while_wanted(self, blocks: Iterator[Samples]) -> Iterator[Samples]:
        for block in blocks:
            if self._room.is_ended:
                raise Ended
            yield block


def _piece(
    utterance: Utterance, number: int, start_s: float, samples: int, rate_hz: int, *, alone: bool = True
) -> Piece:
    mark = "" if alone else f"-{number:04}"
    return Piece(
        utterance.name[: 256 - len(mark)] + mark,
        f"{SOUND}/{utterance.path.name}-{number:04}.flac",
        round(samples / rate_hz, 4),
        rate_hz,
        utterance.member,
        round(start_s, 4),
        alone,
    )
