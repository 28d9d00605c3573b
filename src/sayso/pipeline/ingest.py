"""Uploaded recordings -> the takes a voice is learnt from: the clearest seconds, with the words heard in them."""

from __future__ import annotations

import difflib
import hashlib
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sayso.audio import codec
from sayso.audio.resample import resample
from sayso.audio.spans import Span, bridge, frame_levels_dbfs, loud_spans
from sayso.audio.waveform import Waveform
from sayso.engines.base import Ear, HeardWord, Progress, Take, Voiceprints
from sayso.errors import OtherSpeaker, TooLittleSpeech
from sayso.pipeline.language import LEARNT, expect_english
from sayso.pipeline.speaker_match import Witness
from sayso.pipeline.training import write_takes
from sayso.text.marks import lacks_marks, marked

INPUTS = "in.json"
CONSENT = "in/consent.flac"
UNDERSTOOD = "understood.json"

FEWEST_S, ENOUGH_S, MOST_S = 10.0, 12.0, 15.0
"""Seconds of reference in all. Long ones make a clone drawl and cost time, short ones miss sounds: 6 to 15 s is
the range. Whole utterances are taken up to MOST_S; one is cut only where they would leave less than FEWEST_S."""
LEAST_S = 3.0
"""Less than this with words in it is no reference at all."""
LONGEST_TAKE_S = 12.0
SHORTEST_TAKE_S = 1.0
_KEEP_S = 0.08
_LONG_PAUSE_S = 0.6
_SPEECH_PAUSE_S = 1.0
"""Shorter pauses belong to speech: people breathe and think."""
_NEARLY_DB = 6.0
"""An utterance that fits is taken before a clearer one that must be cut, if it is as clear but for this."""
_EAR_HZ = 16_000
_GAP_S = 0.5
"""Silence between utterances that are heard in one go."""
_AGREES = 0.75
_SURE = 0.5
_MOST_NAMES = 5
_EDGE_S = 1.0
"""Where a recording is cut short, the cut is where it is quietest in so much before."""
_MOST_WITNESSED_S = 3 * MOST_S
"""Seconds of takes that are held against a voiceprint; beyond, nothing more is taken."""

_Parts = list[tuple[str, Sequence[HeardWord]]]
"""Text and words of each recording that was heard."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A recording as it is laid out for `listen` and `gather`."""

    audio: bytes
    """FLAC."""
    text: str | None
    is_sure: bool = False
    """Whether the text surely is what is heard."""
    name: str = ""
    """For people."""
    looked_at_s: float | None = None
    """Seconds from its beginning that were analysed, where that was not all: `listen` takes nothing from beyond."""


@dataclass(frozen=True, slots=True)
class Given:
    """An uploaded recording."""

    wave: Waveform
    text: str | None
    """What the uploader says is spoken in it."""
    name: str = ""
    is_beginning: bool = False
    """Whether the recording went on."""


IsOther = Callable[[Sequence[Waveform]], Sequence[bool]]
"""Tells which pieces of sound are somebody else's."""


TRAINED_S = 2_400.0
"""Seconds of takes that a professional voice is learnt from, at most; there is no time for more."""
_LONGEST_TRAINED_S = 20.0
_HEARD = "heard.jsonl"


@dataclass(frozen=True, slots=True)
class _Part:
    """What a professional voice learns of one recording."""

    file: str
    span: Span
    text: str | None
    is_sure: bool
    """Whether the text surely is what is heard."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    order: int
    """Place among all, in the order they came in."""
    wave: Waveform
    text: str | None
    """None when unknown, or when it covers more than this piece."""
    clearness_db: float
    """How far speech stands above the background, minus what clipping costs."""


@dataclass(frozen=True, slots=True)
class _Said:
    """The words of a piece."""

    text: str
    """In the uploader's spelling, where that agrees."""
    heard: str


@dataclass(frozen=True, slots=True)
class Listened:
    """What `listen` found in the recordings, by their places among the inputs."""

    heard: dict[int, str]
    """The words in one that was taken whole."""
    other_s: dict[int, float]
    """Seconds that were left out, for they are somebody else's."""
    unheard_s: dict[int, float]
    """Seconds that were left out, for no words were surely heard in them."""


@dataclass(frozen=True, slots=True)
class _Choice:
    takes: list[_Chosen]
    other_s: dict[int, float]
    unheard_s: dict[int, float]
    """As in `Listened`."""


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A take, and where it comes from."""

    take: Take
    heard: str
    recording: int
    is_whole: bool
    """Whether it is all that is spoken in the recording."""


def flac(wave: Waveform) -> bytes:
    """A recording as it is kept: mono, 24 bit, its own rate."""
    return codec.encode_flac(wave)


def speech_seconds(wave: Waveform) -> float:
    """Seconds of `wave` that are not silence, short pauses included, by level alone."""
    return sum(span.duration_s for span in loud_spans(wave, bridge_s=_SPEECH_PAUSE_S))


def write_inputs(folder: Path, given: Iterable[Upload], consent: Waveform | None = None) -> None:
    """Lay out recordings for `listen` and `gather`, the list last; and the consent that `listen` holds its takes against."""
    (folder / "in").mkdir(parents=True, exist_ok=True)
    listed = []
    for i, one in enumerate(given):
        file = f"in/{i:03}.flac"
        (folder / file).write_bytes(one.audio)
        listed.append(
            {
                "file": file,
                "text": one.text,
                "is_checked": one.is_sure,
                "name": one.name,
                "looked_at_s": one.looked_at_s,
            }
        )
    if consent is None:
        (folder / CONSENT).unlink(missing_ok=True)
    else:
        (folder / CONSENT).write_bytes(codec.encode_flac(consent))
    aside = folder / f"{INPUTS}.part"
    aside.write_text(json.dumps({"recordings": listed}), encoding="utf-8")
    aside.replace(folder / INPUTS)


def listen(folder: Path, ear: Ear, progress: Progress, voiceprints: Voiceprints) -> None:
    """Choose takes from the uploads in `folder` and write them there. May run twice.

    Nothing is taken from beyond what was analysed, and nothing that is not of the speaker of the consent, or without one
    of whoever speaks most in the takes. Raises TooLittleSpeech when hardly any words are heard, OtherLanguage where they
    are not English, OtherSpeaker where too much is somebody else's.
    """
    inputs = json.loads((folder / INPUTS).read_text(encoding="utf-8"))
    given = [
        _given(codec.decode((folder / entry["file"]).read_bytes()), entry) for entry in inputs["recordings"]
    ]
    consent = codec.decode((folder / CONSENT).read_bytes()) if (folder / CONSENT).is_file() else None
    choice = _chosen(given, ear, LEARNT, progress, Witness(consent, voiceprints).others)
    heard = {one.recording: one.heard for one in choice.takes if one.is_whole}
    aside = folder / f"{UNDERSTOOD}.part"
    aside.write_text(json.dumps([heard, choice.other_s, choice.unheard_s]), encoding="utf-8")
    aside.replace(folder / UNDERSTOOD)
    write_takes(folder, [one.take for one in choice.takes])


def _given(wave: Waveform, entry: Mapping[str, Any]) -> Given:
    """The part of a recording that takes may come from."""
    if entry["looked_at_s"] is None:
        return Given(wave, entry["text"], entry["name"])
    end_s = min(wave.duration_s, entry["looked_at_s"])
    edge_s = min(_EDGE_S, end_s / 2)
    # Not in the middle of a word. The text is that of the whole recording.
    cut = wave.cut(0.0, _quietest_s(wave.cut(0.0, end_s), end_s - edge_s, end_s))
    return Given(cut, None, entry["name"], is_beginning=True)


def read_listened(folder: Path) -> Listened:
    """What `listen` found."""
    found = json.loads((folder / UNDERSTOOD).read_text(encoding="utf-8"))
    heard, other_s, unheard_s = ({int(index): value for index, value in one.items()} for one in found)
    return Listened(heard, other_s, unheard_s)


def gather(folder: Path, ear: Ear, progress: Progress) -> None:
    """Make takes of all the uploads in `folder`, for a professional voice. Goes on where an earlier call was killed.

    A text that was compared with its sound before is taken as it is, if it has marks; the others are heard.
    Raises TooLittleSpeech when hardly any words are heard, OtherLanguage where they are not English.
    """
    progress("listening", 0.0, None)
    parts = _trained(folder)
    waves = [wave for _, wave in _sounds(folder, parts)]
    expect_english(waves, ear)
    notes = folder / _HEARD
    heard = _read_heard(notes)
    takes = []
    with notes.open("a", encoding="utf-8") as sink:
        sink.write("\n")  # behind a line that was cut off
        for i, (part, wave) in enumerate(zip(parts, waves, strict=True)):
            progress("listening", i / len(parts), None)
            text = part.text
            # A text of words alone gets its marks from what is heard.
            if text is None or not part.is_sure or lacks_marks(text):
                key = _key(wave, text)
                if key not in heard:
                    [said] = _words([_Candidate(i, wave, text, 0.0)], ear, LEARNT)
                    heard[key] = said
                    sink.write(json.dumps([key, None if said is None else [said.text, said.heard]]) + "\n")
                    sink.flush()
                found = heard[key]
                if text is None or not part.is_sure:
                    text = None if found is None else found.text
                elif found is not None:
                    text = marked(text, found.heard)
            if text is not None:
                takes.append(Take(wave, text))
    if sum(take.wave.duration_s for take in takes) < LEAST_S:
        raise TooLittleSpeech(
            "hardly any words were heard in the recordings: upload recordings of clear speech"
        )
    write_takes(folder, takes)
    progress("listening", 1.0, None)


def _trained(folder: Path) -> list[_Part]:
    """What a professional voice is learnt from, out of all the uploads. Reads them one by one: they may be hours."""
    inputs = json.loads((folder / INPUTS).read_text(encoding="utf-8"))
    parts = []
    for entry in inputs["recordings"]:
        given = Given(codec.decode((folder / entry["file"]).read_bytes()), entry["text"])
        is_sure = bool(entry["is_checked"])
        parts += [
            _Part(entry["file"], span, text, is_sure) for span, text in _spans(given, _LONGEST_TRAINED_S)
        ]
    total_s = sum(part.span.duration_s for part in parts)
    if total_s > TRAINED_S:
        count = int(len(parts) * TRAINED_S / total_s)
        parts = [parts[i] for i in np.linspace(0, len(parts) - 1, count).astype(int)]
    return parts


def _sounds(folder: Path, parts: Sequence[_Part]) -> Iterator[tuple[_Part, Waveform]]:
    """The parts of each file together, as they are in `parts`."""
    for file, its in itertools.groupby(parts, key=lambda part: part.file):
        whole = codec.decode((folder / file).read_bytes())
        for part in its:
            yield part, whole.cut(part.span.start_s, part.span.end_s)


def _key(wave: Waveform, text: str | None) -> str:
    """Under which what was heard is remembered: recordings may be edited or deleted before another try."""
    return hashlib.sha256(wave.samples.tobytes() + (text or "").encode()).hexdigest()


def _read_heard(notes: Path) -> dict[str, _Said | None]:
    """What an earlier call heard; a line that was cut off is left out."""
    heard: dict[str, _Said | None] = {}
    if notes.is_file():
        for line in notes.read_text(encoding="utf-8").splitlines():
            with suppress(ValueError, TypeError):
                key, said = json.loads(line)
                heard[str(key)] = None if said is None else _Said(*said)
    return heard


def choose(given: Sequence[Given], ear: Ear, language: str | None, progress: Progress) -> list[Take]:
    """The clearest takes out of `given`, FEWEST_S to MOST_S in all if they hold as much, in the order they came in.

    Each has the words that are heard in it; the uploader's spelling of them where the two agree.
    Raises TooLittleSpeech, and OtherLanguage.
    """
    return [one.take for one in _chosen(given, ear, language, progress).takes]


def _chosen(
    given: Sequence[Given],
    ear: Ear,
    language: str | None,
    progress: Progress,
    is_other: IsOther | None = None,
) -> _Choice:
    cut = [_cut(recording) for recording in given]
    owners = [
        (n, len(pieces) == 1 and not given[n].is_beginning) for n, pieces in enumerate(cut) for _ in pieces
    ]
    pieces = [piece for pieces in cut for piece in pieces]
    candidates = [_Candidate(i, wave, text, _clearness_db(wave)) for i, (wave, text) in enumerate(pieces)]
    left = sorted(candidates, key=lambda candidate: -candidate.clearness_db)
    chosen: dict[int, _Chosen] = {}
    taken_s = witnessed_s = 0.0
    other_s: defaultdict[int, float] = defaultdict(float)
    unheard_s: defaultdict[int, float] = defaultdict(float)
    picked = _pick(left, taken_s)
    while picked:
        progress("listening", min(0.99, taken_s / ENOUGH_S), None)
        known = {candidate.order for candidate in picked}
        left = [candidate for candidate in left if candidate.order not in known]
        if is_other is not None:
            picked_s = sum(candidate.wave.duration_s for candidate in picked)
            if witnessed_s + picked_s > _MOST_WITNESSED_S:
                break
            witnessed_s += picked_s
            is_odd = is_other([candidate.wave for candidate in picked])
            for candidate, odd in zip(picked, is_odd, strict=True):
                if odd:
                    other_s[owners[candidate.order][0]] += candidate.wave.duration_s
            own = [candidate for candidate, odd in zip(picked, is_odd, strict=True) if not odd]
            if not own:
                picked = _pick(left, taken_s)
                continue
            was_complete = len(own) == len(picked)
            picked = own
        else:
            was_complete = True
        heard_first = None
        if not chosen and language == LEARNT:
            # To tell the language costs a hearing a twentieth of a second; only a doubt costs more.
            spoken, heard_first = _heard(picked, ear, None)
            if spoken != LEARNT:
                expect_english([candidate.wave for candidate in picked], ear)
                heard_first = None
        texts = _words(picked, ear, language, heard_first)
        for candidate, said in zip(picked, texts, strict=True):
            recording, is_alone = owners[candidate.order]
            if said is None:
                unheard_s[recording] += candidate.wave.duration_s
            else:
                is_whole = is_alone and candidate.wave is pieces[candidate.order][0]
                take = Take(candidate.wave, said.text)
                chosen[candidate.order] = _Chosen(take, said.heard, recording, is_whole)
                taken_s += candidate.wave.duration_s
        # Others take the place only of those in which nothing was understood, and of somebody else's.
        picked = _pick(left, taken_s) if None in texts or not was_complete else []
    if taken_s < LEAST_S and other_s:
        named = list(dict.fromkeys(f"“{given[recording].name}”" for recording in other_s))
        raise OtherSpeaker(
            f"Another speaker than the consent's, or than in the rest, is heard in {', '.join(named[:_MOST_NAMES])}"
            f"{' and others' if len(named) > _MOST_NAMES else ''}, and words of the one speaker in only {taken_s:.1f} s, at "
            f"least {LEAST_S:.0f} s are needed: a voice is learnt from one person only; delete or replace these recordings, "
            "then start the build again."
        )
    if taken_s < LEAST_S:
        raise TooLittleSpeech(
            f"words were heard in only {taken_s:.1f} s of the recordings, at least {LEAST_S:.0f} s are needed: "
            "upload recordings of clear speech"
        )
    progress("listening", 1.0, None)
    return _Choice([chosen[i] for i in sorted(chosen)], dict(other_s), dict(unheard_s))


def _pick(left: Sequence[_Candidate], taken_s: float) -> list[_Candidate]:
    """What to take next of `left` (clearest first) when `taken_s` seconds are taken; nothing when that will do."""
    picked: list[_Candidate] = []
    too_long: _Candidate | None = None
    for candidate in left:
        if taken_s >= ENOUGH_S:
            break
        if too_long is not None and candidate.clearness_db < too_long.clearness_db - _NEARLY_DB:
            break
        if taken_s + candidate.wave.duration_s <= MOST_S:
            picked.append(candidate)
            taken_s += candidate.wave.duration_s
        elif too_long is None:
            too_long = candidate
    if too_long is not None and taken_s < FEWEST_S:
        picked.append(_shortened(too_long, FEWEST_S - taken_s, MOST_S - taken_s))
    return picked


def _shortened(candidate: _Candidate, least_s: float, most_s: float) -> _Candidate:
    """The beginning of `candidate`, cut where it is quietest between `least_s` and `most_s`."""
    at_s = _quietest_s(candidate.wave, max(least_s, SHORTEST_TAKE_S), most_s)
    return replace(candidate, wave=candidate.wave.cut(0.0, at_s), text=None)


def _quietest_s(wave: Waveform, from_s: float, to_s: float) -> float:
    """The quietest moment of `wave` between two times."""
    frame_s = 0.05
    levels = np.convolve(frame_levels_dbfs(wave, frame_s), np.ones(3) / 3, mode="same")
    first, last = round(from_s / frame_s), int(to_s / frame_s)
    return (first + int(np.argmin(levels[first:last])) + 0.5) * frame_s


def _cut(recording: Given, longest_s: float = LONGEST_TAKE_S) -> list[tuple[Waveform, str | None]]:
    return [
        (recording.wave.cut(span.start_s, span.end_s), text) for span, text in _spans(recording, longest_s)
    ]


def _spans(recording: Given, longest_s: float) -> list[tuple[Span, str | None]]:
    """Pieces of a recording of at most `longest_s`, silence at the ends and long pauses cut out.

    With the recording's text, where a piece is all that was spoken.
    """
    spans = bridge(loud_spans(recording.wave), _LONG_PAUSE_S)
    pieces: list[Span] = []
    for span in spans:
        near = pieces and span.end_s - pieces[-1].start_s <= longest_s
        # A long pause inside one sentence still belongs to a take, unless it is very long.
        if near and span.start_s - pieces[-1].end_s < 2 * _LONG_PAUSE_S:
            pieces[-1] = Span(pieces[-1].start_s, span.end_s)
        else:
            pieces += _halved(recording.wave, span, longest_s)
    whole_s = recording.wave.duration_s
    kept = [Span(max(0.0, p.start_s - _KEEP_S), min(whole_s, p.end_s + _KEEP_S)) for p in pieces]
    text = recording.text if len(pieces) == 1 else None
    return [(span, text) for span in kept if span.duration_s >= SHORTEST_TAKE_S]


def _halved(wave: Waveform, span: Span, longest_s: float) -> list[Span]:
    """`span` in parts of at most `longest_s`, cut where it is quietest around the middle."""
    if span.duration_s <= longest_s:
        return [span]
    frame_s = 0.05
    levels = frame_levels_dbfs(wave.cut(span.start_s, span.end_s), frame_s)
    first, last = len(levels) // 3, 2 * len(levels) // 3
    at_s = span.start_s + (first + int(np.argmin(levels[first:last])) + 0.5) * frame_s
    return _halved(wave, Span(span.start_s, at_s), longest_s) + _halved(
        wave, Span(at_s, span.end_s), longest_s
    )


def _clearness_db(wave: Waveform) -> float:
    levels = frame_levels_dbfs(wave)
    quiet, loud = np.percentile(levels, [10, 90])
    clipped = float(np.mean(np.abs(wave.samples) >= 0.999))
    # More than 40 dB is no clearer to a model, and digital silence between words would win everything.
    return min(40.0, float(loud - quiet)) - 2_000.0 * clipped


def _words(
    picked: Sequence[_Candidate], ear: Ear, language: str | None, together: _Parts | None = None
) -> list[_Said | None]:
    """What is said in each, or None where nothing surely is.

    All are heard in one go (`together`, if they were before), which costs an ear with a fixed window a fraction. One
    that was not understood that way, or not as its text says, is heard again alone.
    """
    texts: list[_Said | None] = []
    if together is None:
        _, together = _heard(picked, ear, language)
    for candidate, (text, words) in zip(picked, together, strict=True):
        if len(picked) > 1 and not (
            _is_sure(words) and (candidate.text is None or _agree(candidate.text, text))
        ):
            _, [(text, words)] = _heard([candidate], ear, language)
        if not _is_sure(words):
            texts.append(None)
        elif candidate.text is not None and _agree(candidate.text, text):
            texts.append(_Said(marked(candidate.text, text), text))
        else:
            texts.append(_Said(text, text))
    return texts


def _heard(picked: Sequence[_Candidate], ear: Ear, language: str | None) -> tuple[str, _Parts]:
    """The language, and text and words of each, out of one hearing of them all with pauses between."""
    if len(picked) == 1:
        heard = ear.hear(picked[0].wave, language)
        return heard.language, [(heard.text, heard.words)]
    waves = [resample(candidate.wave, _EAR_HZ) for candidate in picked]
    gap = np.zeros(round(_GAP_S * _EAR_HZ), np.float32)
    heard = ear.hear(
        Waveform(np.concatenate([part for wave in waves for part in (wave.samples, gap)]), _EAR_HZ), language
    )
    # Not all languages put spaces between words.
    space = " " if " " in heard.text else ""
    parts: _Parts = []
    start_s = 0.0
    for wave in waves:
        end_s = start_s + wave.duration_s + _GAP_S
        words = [word for word in heard.words if start_s <= _middle_s(word) + _GAP_S / 2 < end_s]
        parts.append((space.join(word.text for word in words), words))
        start_s = end_s
    return heard.language, parts


def _middle_s(word: HeardWord) -> float:
    return (word.start_s + word.end_s) / 2


def _is_sure(words: Sequence[HeardWord]) -> bool:
    return bool(words) and float(np.mean([word.confidence for word in words])) >= _SURE


def _agree(given: str, heard: str) -> bool:
    a, b = (re.findall(r"[^\W_]+", text.lower()) for text in (given, heard))
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio() >= _AGREES
