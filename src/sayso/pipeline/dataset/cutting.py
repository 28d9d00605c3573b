"""Where long recordings are cut: at pauses, into utterances of 1 to 12 seconds, from figures of 32 ms frames alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sayso.audio.spans import Span, bridge

FRAME_S = 0.032
"""What one figure stands for."""
WHOLE_S = 20.0
"""A recording up to so long stays whole."""
LONGEST_S, SHORTEST_S = 12.0, 1.0
HARD_S = 28.0
"""However somebody speaks: no utterance is longer."""

_BEGINS, _ENDS = 0.5, 0.35
_SHORT_PAUSE_S, _LONG_PAUSE_S = 0.1, 1.0
_LEAST_SPEECH_S = 0.2
_MARGIN_S = 0.2
_FITS_S = LONGEST_S - 2 * _MARGIN_S
_NEAR_S = 1.5
"""A scrap of speech joins a neighbour that is at most so far away."""
_DIP_DB = 9.0
"""A dip in level that deep is a place between words."""

Curve = NDArray[np.float32]


def cut_points(speech: Curve, level_dbfs: Curve) -> list[Span]:
    """The utterances of a recording, in order and apart, with a little of the silence around them.

    `speech` (frames,) are the probabilities of speech, `level_dbfs` (frames,) the levels, both of `FRAME_S` frames.
    Each utterance has `SHORTEST_S` to `LONGEST_S` where there are pauses; never more than `HARD_S`. No speech is lost.
    """
    total_s = len(speech) * FRAME_S
    spans = bridge(_spans(speech), _SHORT_PAUSE_S)
    spans = [span for span in spans if span.duration_s >= _LEAST_SPEECH_S]
    groups: list[list[Span]] = []
    for span in spans:
        if groups and span.start_s - groups[-1][-1].end_s < _LONG_PAUSE_S:
            groups[-1].append(span)
        else:
            groups.append([span])
    pieces = [piece for group in groups for piece in _split(group, speech, level_dbfs)]
    return _padded(_joined(pieces), total_s)


def _spans(speech: Curve) -> list[Span]:
    """Stretches above the lines, which differ so that it does not flicker between them."""
    found: list[Span] = []
    start: int | None = None
    for i, probability in enumerate([*speech.tolist(), 0.0]):
        if start is None and probability >= _BEGINS:
            start = i
        elif start is not None and probability < _ENDS:
            found.append(Span(start * FRAME_S, i * FRAME_S))
            start = None
    return found


def _split(group: Sequence[Span], speech: Curve, level_dbfs: Curve) -> list[Span]:
    """`group`, whose pauses are short, as pieces that are not too long."""
    whole = Span(group[0].start_s, group[-1].end_s)
    if whole.duration_s <= _FITS_S:
        return [whole]
    if len(group) == 1:
        return _chopped(whole, speech, level_dbfs)

    def worth(i: int) -> float:
        """A long pause is best; one that leaves a scrap on either side is none."""
        before, after = group[i].end_s - whole.start_s, whole.end_s - group[i + 1].start_s
        pause_s = group[i + 1].start_s - group[i].end_s
        return pause_s - (10.0 if min(before, after) < SHORTEST_S else 0.0) + 0.01 * min(before, after)

    at = max(range(len(group) - 1), key=worth)
    return _split(group[: at + 1], speech, level_dbfs) + _split(group[at + 1 :], speech, level_dbfs)


def _chopped(span: Span, speech: Curve, level_dbfs: Curve) -> list[Span]:
    """One breathless stretch, cut where it is least like speech."""
    pieces: list[Span] = []
    start_s = span.start_s
    while span.end_s - start_s > _FITS_S:
        cut_s = _dip(
            start_s + LONGEST_S / 2, min(start_s + _FITS_S, span.end_s - SHORTEST_S), speech, level_dbfs
        )
        if cut_s is None:
            last_s = min(start_s + HARD_S, span.end_s - SHORTEST_S)
            cut_s = _dip(start_s + LONGEST_S / 2, last_s, speech, level_dbfs, anyhow=True)
        assert cut_s is not None  # noqa: S101 - anyhow
        pieces.append(Span(start_s, cut_s))
        start_s = cut_s
    return [*pieces, Span(start_s, span.end_s)]


def _dip(
    from_s: float, to_s: float, speech: Curve, level_dbfs: Curve, *, anyhow: bool = False
) -> float | None:
    """The quietest moment between two times, if it is quiet enough or `anyhow`."""
    first, last = round(from_s / FRAME_S), max(round(from_s / FRAME_S) + 1, round(to_s / FRAME_S))
    levels = np.convolve(level_dbfs[first:last], np.ones(3) / 3, mode="same")
    levels[[0, -1]] = levels.max()  # `same` takes zeros beyond the edges for sound
    at = int(np.argmin(levels + 6.0 * speech[first:last]))
    if not anyhow and levels[at] > np.median(levels) - _DIP_DB:
        return None
    return (first + at + 0.5) * FRAME_S


def _joined(pieces: Sequence[Span]) -> list[Span]:
    """`pieces`, scraps joined to the nearer neighbour where that does not make it too long."""
    found: list[Span] = []
    for piece in pieces:
        last = found[-1] if found else None
        if (
            last is not None
            and min(piece.duration_s, last.duration_s) < SHORTEST_S
            and piece.start_s - last.end_s <= _NEAR_S
            and piece.end_s - last.start_s <= _FITS_S
        ):
            found[-1] = Span(last.start_s, piece.end_s)
        else:
            found.append(piece)
    return found


def _padded(pieces: Sequence[Span], total_s: float) -> list[Span]:
    """`pieces` with a margin on each side, larger for scraps, never into the neighbour."""
    found: list[Span] = []
    for i, piece in enumerate(pieces):
        before = (pieces[i - 1].end_s + piece.start_s) / 2 if i else 0.0
        after = (piece.end_s + pieces[i + 1].start_s) / 2 if i + 1 < len(pieces) else total_s
        margin_s = max(_MARGIN_S, (SHORTEST_S - piece.duration_s) / 2)
        found.append(Span(max(before, piece.start_s - margin_s), min(after, piece.end_s + margin_s)))
    return found
