"""The ear: speech -> words with times. Whisper base by OpenAI, run by CTranslate2.

The front end, the choice of windows, the reading of tokens and the words' times are here; CTranslate2
runs the network. The packages that would do all this bring a media library along whose binary wheel
holds GPL code.
"""

from __future__ import annotations

import functools
import itertools
import json
import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sayso.audio.mel import mel_power
from sayso.audio.resample import resample
from sayso.audio.spans import Span
from sayso.audio.waveform import Samples, Waveform
from sayso.engines import weights
from sayso.engines.base import Heard, HeardWord, Rivals, Weighed
from sayso.engines.vad import FRAME, SpeechDetector
from sayso.engines.whisper_tokens import Tokens
from sayso.errors import BadRequest

if TYPE_CHECKING:
    import ctranslate2

RATE_HZ = 16_000
WINDOW_S = 30.0
"""The most that the network hears at a time."""
N_MELS = 80
HOP, N_FFT = 160, 400

_FOLDER = "whisper-base"
_FILES = ("config.json", "vocabulary.txt", "model.bin")

_BEAM = 5
_FRAMES_PER_TOKEN = 2  # the encoder halves the frames: a step of its attention is 20 ms
_STEP_S = HOP * _FRAMES_PER_TOKEN / RATE_HZ

# The network was trained on windows of 30 s. Fewer are as good and cost a third, if some silence follows
# the speech and the window is not tiny: under 10 s it goes on talking after short utterances.
_MIN_WINDOW_S, _TAIL_S = 10.0, 3.0
# Following a text it cannot go on talking: shorter windows tell right texts from others as well, at 0.6 of the work.
_MIN_FOLLOWED_S, _FOLLOWED_TAIL_S = 5.0, 2.0

_SILENCE_S = 10.0  # about as long as what names are heard in

_MARGIN_S = 0.2  # kept around speech: a cut consonant costs a word
_LONG_PAUSE_S = 3.0  # a silence inside a window invites invented words
_MAX_CHUNK_S = 28.0
_MOST_TOKENS = 400  # of a text; the decoder has places for 448 and marks need some
_MOST_EARLIER = 200  # of a text that came before; half of those places are for what is heard

# A detector misses stretches of a whisper. What is about as loud as the speech it found may be such a stretch; of steady
# noise 10 dB below the speech nothing is.
_FRAME_S, _AS_LOUD_DB = 0.25, -6.0

# Whisper's own lines for a decoding that went round in circles, and for one that it made up in silence.
_MAX_COMPRESSION = 2.4
_NO_SPEECH, _UNSURE = 0.6, -1.0

_ELLIPSES = ("...", "…")
_UNHEARD_S = 1.0
"""So much speech behind the last word, and an ellipsis stands for words that were said."""

_UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages written without spaces: there a word is a character."""


class WhisperEar:
    """Implements `Ear`. Loads at the first call; safe to use from several threads."""

    def __init__(self, models_dir: Path, threads: int, *, callers: int = 1) -> None:
        """`threads` work for each call; `callers` calls run at the same time, others queue."""
        self._models_dir = models_dir
        self._threads, self._callers = threads, callers
        self._detector = SpeechDetector(models_dir)
        self._lock = threading.Lock()
        self._loaded: _Whisper | None = None

    def hear(
        self,
        wave: Waveform,
        language: str | None = None,
        rivals: Rivals | None = None,
        names: Rivals | None = None,
        before: str = "",
    ) -> Heard:
        """Transcribe `wave` of any rate and length; `language` is an ISO 639-1 code, detected if None.

        `rivals` tells other words that might have been said: each costs another tenth of a second, and the
        answer tells how much less likely it is. `names` does so for words that may be rare: twice the cost, as
        it is also asked how likely they are where nothing is heard. `before` is a text that the words follow: names that
        are in it are written as there, if they are said; its last 200 tokens count.
        Silence gives an empty text, no words, and a confidence of 0 in the language.
        Raises BadRequest for a language that the network does not know.
        """
        wave = resample(wave, RATE_HZ)
        whisper = self._whisper()
        if language is not None and language not in whisper.languages:
            raise BadRequest(f"unknown language {language!r}; use an ISO 639-1 code such as en")
        chunks = self._chunks(wave)
        if not chunks:
            return Heard("", (), language or "en", 1.0 if language else 0.0)
        encoded = [whisper.encode(_samples(wave, chunk.span)) for chunk in chunks]
        confidence = 1.0
        if language is None:
            # Of the longest stretch: two words are not enough to tell Dutch from German.
            longest = max(range(len(chunks)), key=lambda i: chunks[i].span.duration_s)
            language, confidence = whisper.detect(encoded[longest])
        texts: list[str] = []
        words: list[HeardWord] = []
        weighed: list[Weighed] = []
        named: list[Weighed] = []
        for chunk, features in zip(chunks, encoded, strict=True):
            tokens = whisper.transcribe(features, language, before)
            if not tokens:
                continue
            timed = whisper.times(features, language, tokens, chunk.span.duration_s)
            if _trails_off(timed, chunk):
                tokens = whisper.transcribe(features, language, before, may_trail_off=False) or tokens
                timed = whisper.times(features, language, tokens, chunk.span.duration_s)
            texts.append(whisper.text(tokens).strip())
            first = len(words)
            words.extend(_placed(word, chunk) for word in timed)
            duration_s = chunk.span.duration_s
            if rivals is not None:
                found = whisper.weigh(features, language, tokens, duration_s, rivals)
                weighed += [_later(one, first) for one in found]
            if names is not None:
                found = whisper.weigh(features, language, tokens, duration_s, names, by_language=True)
                named += [_later(one, first) for one in found]
        text = " ".join(text for text in texts if text)
        return Heard(text, tuple(words), language, confidence, tuple(weighed), tuple(named))

    def follow(self, wave: Waveform, text: str, language: str | None = None) -> tuple[float, ...]:
        """How likely each word of `text` is, 0 to 1, where `wave` of at most 30 s is heard and the words before are true.

        One look at the whole text instead of a search for it: a fraction of the work of `hear`.
        Silence makes every word unlikely. Raises BadRequest for a language that the network does not know.
        """
        wave = resample(wave, RATE_HZ)
        whisper = self._whisper()
        if language is not None and language not in whisper.languages:
            raise BadRequest(f"unknown language {language!r}; use an ISO 639-1 code such as en")
        words = whisper.tokens.words(text)
        if not words:
            return ()
        if sum(map(len, words)) > _MOST_TOKENS or wave.duration_s > WINDOW_S:
            return (0.0,) * len(words)
        encoded = whisper.encode_to_follow(wave.samples)
        language = language or whisper.detect(encoded)[0]
        return whisper.likely(encoded, language, words, wave.duration_s)

    def languages(self, wave: Waveform) -> tuple[tuple[str, float], ...]:
        """How likely each language is in the longest stretch of speech of `wave`; the likeliest first. Empty for silence."""
        wave = resample(wave, RATE_HZ)
        chunks = self._chunks(wave)
        if not chunks:
            return ()
        whisper = self._whisper()
        longest = max((chunk.span for chunk in chunks), key=lambda span: span.duration_s)
        return whisper.languages_of(whisper.encode(_samples(wave, longest)))

    def warm(self) -> None:
        """Load the weights. Idempotent, safe from any thread."""
        self._whisper()

    def _whisper(self) -> _Whisper:
        with self._lock:
            if self._loaded is None:
                for name in _FILES:
                    weights.path(self._models_dir, f"{_FOLDER}/{name}")
                self._loaded = _Whisper(self._models_dir / _FOLDER, self._threads, self._callers)
            return self._loaded

    def _chunks(self, wave: Waveform) -> list[_Chunk]:
        """Stretches with speech that fit into a window, cut at pauses where there are any."""
        chunks: list[_Chunk] = []
        for span in self._short(wave, _with_unnoticed(wave, self._detector.spans(wave))):
            last = chunks[-1] if chunks else None
            if (
                last
                and span.start_s - last.spans[-1].end_s < _LONG_PAUSE_S
                and span.end_s - last.spans[0].start_s <= _MAX_CHUNK_S
            ):
                last.spans.append(span)
            else:
                chunks.append(_Chunk([span]))
        for index, chunk in enumerate(chunks):
            # Margins must not reach into the neighbour, or its words are heard twice.
            before = chunks[index - 1].spans[-1].end_s if index else 0.0
            after = chunks[index + 1].spans[0].start_s if index + 1 < len(chunks) else wave.duration_s
            start, end = chunk.spans[0].start_s, chunk.spans[-1].end_s
            chunk.span = Span(
                max(start - _MARGIN_S, (start + before) / 2 if index else 0.0),
                min(end + _MARGIN_S, (end + after) / 2 if index + 1 < len(chunks) else after),
            )
        return chunks

    def _short(self, wave: Waveform, spans: Sequence[Span]) -> list[Span]:
        """`spans`, those longer than a window cut where speech is least likely."""
        if all(span.duration_s <= _MAX_CHUNK_S for span in spans):
            return list(spans)
        probabilities = self._detector.probabilities(wave)
        frame_s = FRAME / RATE_HZ
        short: list[Span] = []
        for span in spans:
            start = span.start_s
            while span.end_s - start > _MAX_CHUNK_S:
                low, high = (round((start + t) / frame_s) for t in (_MAX_CHUNK_S / 2, _MAX_CHUNK_S))
                cut = (low + int(np.argmin(probabilities[low:high]))) * frame_s
                short.append(Span(start, cut))
                start = cut
            short.append(Span(start, span.end_s))
        return short


@dataclass(slots=True)
class _Chunk:
    """What is heard in one go: speech, and the stretch around it that is cut out."""

    spans: list[Span]
    span: Span = field(default_factory=lambda: Span(0.0, 0.0))


def log_mel(samples: Samples, least_s: float = _MIN_WINDOW_S, tail_s: float = _TAIL_S) -> NDArray[np.float32]:
    """Whisper's features (80, frames) of at most 30 s at 16 kHz: log10 of power, 80 dB deep, about ±1.

    10 ms a frame; at least `tail_s` of silence follow up to the 30 s, and there are never less than `least_s`.
    """
    window_s = min(max(len(samples) / RATE_HZ + tail_s, least_s), WINDOW_S)
    # The encoder halves the frames, so their number is even.
    frames = round(window_s * RATE_HZ / HOP / 2) * 2
    whole = np.zeros(frames * HOP, np.float32)
    n = min(len(samples), len(whole))
    whole[:n] = samples[:n]
    power = mel_power(whole, RATE_HZ, n_fft=N_FFT, hop=HOP, n_mels=N_MELS, pad="reflect")[:, :-1]
    logs = np.log10(np.maximum(power, 1e-10))
    features = (np.maximum(logs, logs.max() - 8.0) + 4.0) / 4.0
    return np.ascontiguousarray(features, np.float32)


class _Whisper:
    """The network with its vocabulary. CTranslate2's models may be called from any thread."""

    def __init__(self, folder: Path, threads: int, callers: int) -> None:
        import ctranslate2

        self._ct2 = ctranslate2
        self._model = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", inter_threads=callers, intra_threads=threads
        )
        vocabulary = (folder / "vocabulary.txt").read_text("utf-8").split("\n")
        ids = {token: index for index, token in enumerate(vocabulary)}
        self._end = ids["<|endoftext|>"]
        # Below the end mark: text, spelt as bytes. From it on: marks that are never shown.
        self._spelling = [_bytes(token) for token in vocabulary[: self._end]]
        self._ellipses = [
            index
            for index, spelling in enumerate(self._spelling)
            if spelling.decode("utf-8", "replace").strip().endswith(_ELLIPSES)
        ]
        self.tokens = Tokens(self._spelling)
        self._start, self._transcribe = ids["<|startoftranscript|>"], ids["<|transcribe|>"]
        self._no_times, self._earlier = ids["<|notimestamps|>"], ids["<|startofprev|>"]
        self._silence: ctranslate2.StorageView | None = None
        lang_ids = json.loads((folder / "config.json").read_text("utf-8"))["lang_ids"]
        self.languages = {vocabulary[index][2:-2]: index for index in lang_ids}

    def encode(self, samples: Samples) -> ctranslate2.StorageView:
        """The encoder's output for at most 30 s; computed once, used by every step below."""
        return self._encode(log_mel(samples))

    def encode_to_follow(self, samples: Samples) -> ctranslate2.StorageView:
        """The same in a short window: enough where the text is given."""
        return self._encode(log_mel(samples, _MIN_FOLLOWED_S, _FOLLOWED_TAIL_S))

    def _encode(self, features: NDArray[np.float32]) -> ctranslate2.StorageView:
        return self._model.encode(self._ct2.StorageView.from_array(features[None]))

    def detect(self, encoded: ctranslate2.StorageView) -> tuple[str, float]:
        """The likeliest language and its probability."""
        return self.languages_of(encoded)[0]

    def languages_of(self, encoded: ctranslate2.StorageView) -> tuple[tuple[str, float], ...]:
        """All languages with their probabilities, the likeliest first."""
        found = self._model.detect_language(encoded)[0]
        return tuple((token[2:-2], float(probability)) for token, probability in found)

    def transcribe(
        self, encoded: ctranslate2.StorageView, language: str, before: str = "", *, may_trail_off: bool = True
    ) -> list[int]:
        """The tokens of the text, which follows `before`; empty where the network does not believe in speech either.

        Without `may_trail_off` no "..." is written.
        """
        prompt = [*self._prompt(language), self._no_times]
        earlier = list(itertools.chain(*self.tokens.words(before)))
        if earlier:
            prompt = [self._earlier, *earlier[-_MOST_EARLIER:], *prompt]
        # -1 stands for the network's own list of what is never written.
        options = {} if may_trail_off else {"suppress_tokens": [-1, *self._ellipses]}
        result = self._generate(encoded, prompt, **options)
        tokens: list[int] = result.sequences_ids[0]
        if _goes_in_circles(self.text(tokens)):
            # Forbidding repeated phrases is blunt, but keeps the same input giving the same words.
            result = self._generate(encoded, prompt, no_repeat_ngram_size=4, **options)
            tokens = result.sequences_ids[0]
        if result.no_speech_prob > _NO_SPEECH and result.scores[0] < _UNSURE:
            return []
        return [token for token in tokens if token < self._end]

    def times(
        self, encoded: ctranslate2.StorageView, language: str, tokens: list[int], duration_s: float
    ) -> list[HeardWord]:
        """The words of `tokens` with their times in seconds from the window's start.

        The network's attention says which 20 ms each token listens to; a path through it that only
        goes forward is the alignment. A token begins where the path first reaches it.
        """
        frames = round(min(duration_s, WINDOW_S) * RATE_HZ / HOP)
        aligned = self._model.align(encoded, self._prompt(language), [tokens], [frames])[0]
        first: dict[int, int] = {}
        for token, step in aligned.alignments:
            first.setdefault(token, step)
        steps = [first.get(index) for index in range(len(tokens) + 1)]
        last = frames // _FRAMES_PER_TOKEN
        starts = [step if step is not None else last for step in steps]
        probabilities = aligned.text_token_probs
        words = []
        for begin, end in self._words(tokens, language):
            text = self.text(tokens[begin:end]).strip()
            if text:
                start_s, end_s = starts[begin] * _STEP_S, starts[end] * _STEP_S
                confidence = float(np.mean(probabilities[begin:end]))
                words.append(HeardWord(text, start_s, max(start_s, end_s), confidence))
        return words

    def likely(
        self,
        encoded: ctranslate2.StorageView,
        language: str,
        words: Sequence[Sequence[int]],
        duration_s: float,
    ) -> tuple[float, ...]:
        """The probability of each word, given as its tokens: the mean of theirs."""
        tokens = [token for word in words for token in word]
        frames = round(min(duration_s, WINDOW_S) * RATE_HZ / HOP)
        found = self._model.align(encoded, self._prompt(language), [tokens], [max(1, frames)])[0]
        left = iter(found.text_token_probs)
        return tuple(float(np.mean(list(itertools.islice(left, len(word))))) for word in words)

    def weigh(
        self,
        encoded: ctranslate2.StorageView,
        language: str,
        tokens: list[int],
        duration_s: float,
        rivals: Rivals,
        *,
        by_language: bool = False,
    ) -> list[Weighed]:
        """Each of `rivals` of the words in `tokens`, and how much less likely it is, also `by_language` alone."""
        ranges = [
            (begin, end)
            for begin, end in self._words(tokens, language)
            if self.text(tokens[begin:end]).strip()
        ]
        words = [self.text(tokens[begin:end]).strip() for begin, end in ranges]
        others = [
            (
                (start, stop, text),
                [
                    *tokens[: ranges[start][0]],
                    *itertools.chain(*self.tokens.words(text)),
                    *tokens[ranges[stop - 1][1] :],
                ],
            )
            for start, stop, text in rivals(language, words)
        ]
        if not others:
            return []
        heard = self._likelihood(encoded, language, tokens, duration_s)
        unheard = self._unheard(language, tokens) if by_language else 0.0
        return [
            Weighed(
                *rival,
                heard - self._likelihood(encoded, language, other, duration_s),
                unheard - self._unheard(language, other) if by_language else 0.0,
            )
            for rival, other in others
        ]

    def _unheard(self, language: str, tokens: list[int]) -> float:
        """As `_likelihood`, where there is nothing to hear."""
        if self._silence is None:
            self._silence = self.encode(np.zeros(round(_SILENCE_S * RATE_HZ), np.float32))
        return self._likelihood(self._silence, language, tokens, _SILENCE_S)

    def _likelihood(
        self, encoded: ctranslate2.StorageView, language: str, tokens: list[int], duration_s: float
    ) -> float:
        """Log of the probability that the network gives to just these tokens."""
        frames = round(min(duration_s, WINDOW_S) * RATE_HZ / HOP)
        aligned = self._model.align(encoded, self._prompt(language), [tokens], [frames])[0]
        probabilities = np.asarray(aligned.text_token_probs[: len(tokens)], np.float64)
        return float(np.log(np.maximum(probabilities, 1e-12)).sum())

    def text(self, tokens: Sequence[int]) -> str:
        """What `tokens` spell; broken UTF-8, which a network can write, becomes replacement characters."""
        return b"".join(self._spelling[t] for t in tokens if t < self._end).decode("utf-8", "replace")

    def _words(self, tokens: list[int], language: str) -> list[tuple[int, int]]:
        """Ranges of tokens that make a word: from one leading space to the next, punctuation included."""
        bounds = [0]
        for index in range(1, len(tokens)):
            if language in _UNSPACED:
                # Only where a whole character ends: one may take three tokens.
                is_start = "\ufffd" not in self.text(tokens[bounds[-1] : index])
            else:
                is_start = self._spelling[tokens[index]].startswith(b" ")
            if is_start:
                bounds.append(index)
        bounds.append(len(tokens))
        return list(itertools.pairwise(bounds))

    def _prompt(self, language: str) -> list[int]:
        return [self._start, self.languages[language], self._transcribe]

    def _generate(self, encoded: ctranslate2.StorageView, prompt: list[int], **options: Any) -> Any:
        return self._model.generate(
            encoded, [prompt], beam_size=_BEAM, return_scores=True, return_no_speech_prob=True, **options
        )[0]


def _with_unnoticed(wave: Waveform, spans: Sequence[Span]) -> list[Span]:
    """`spans` of speech in `wave`, and what is about as loud beside them, a quarter of a second around it included."""
    if not spans:
        return []
    edges = [(round(span.start_s * wave.rate_hz), round(span.end_s * wave.rate_hz)) for span in spans]
    is_speech = np.zeros(len(wave.samples), bool)
    for start, end in edges:
        is_speech[start:end] = True
    frame = round(_FRAME_S * wave.rate_hz)
    n = len(wave.samples) // frame
    power = np.square(wave.samples, dtype=np.float64)
    loud = power[: n * frame].reshape(n, frame).mean(axis=1) > 10 ** (_AS_LOUD_DB / 10) * (
        power[is_speech].mean() if is_speech.any() else np.inf
    )
    loud &= ~is_speech[: n * frame].reshape(n, frame).any(axis=1)
    for at in map(int, np.flatnonzero(loud)):
        is_speech[max(0, at - 1) * frame : (at + 2) * frame] = True
    if not loud.any():
        return list(spans)
    changes = np.flatnonzero(np.diff(np.concatenate(([0], is_speech.view(np.int8), [0]))))
    return [Span(start / wave.rate_hz, end / wave.rate_hz) for start, end in changes.reshape(-1, 2)]


def _placed(word: HeardWord, chunk: _Chunk) -> HeardWord:
    """`word` on the time line of the whole recording, without the silence the alignment gave to it.

    The first word after a pause tends to begin with the pause, and the last one before it to last
    through it: both are cut to the speech they overlap.
    """
    start, end = (chunk.span.start_s + t for t in (word.start_s, word.end_s))
    touched = [span for span in chunk.spans if span.start_s < end and span.end_s > start]
    if touched:
        start, end = max(start, touched[0].start_s), min(end, touched[-1].end_s)
    return HeardWord(word.text, start, max(start, end), word.confidence)


def _trails_off(words: Sequence[HeardWord], chunk: _Chunk) -> bool:
    """Whether the text ends in "..." where speech goes on: after a hesitation the network may take the sentence for broken off.

    The times in `words` count from the chunk's start.
    """
    if not words or not words[-1].text.endswith(_ELLIPSES):
        return False
    end_s = chunk.span.start_s + words[-1].end_s
    return sum(max(0.0, span.end_s - max(span.start_s, end_s)) for span in chunk.spans) > _UNHEARD_S


def _later(one: Weighed, words: int) -> Weighed:
    """`one` behind so many words more."""
    return replace(one, start=words + one.start, end=words + one.end)


def _samples(wave: Waveform, span: Span) -> Samples:
    return wave.cut(span.start_s, span.end_s).samples


def _goes_in_circles(text: str) -> bool:
    raw = text.encode()
    return len(raw) > 60 and len(raw) / len(zlib.compress(raw)) > _MAX_COMPRESSION


@functools.cache
def _byte_of() -> dict[str, int]:
    """The byte that each character of the vocabulary stands for.

    Byte-level BPE spells every byte as a visible character: Latin-1's printable ones as themselves,
    the other 68 in order from U+0100 on.
    """
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {chr(b): b for b in shown} | {chr(0x100 + i): b for i, b in enumerate(hidden)}


def _bytes(token: str) -> bytes:
    return bytes(_byte_of()[character] for character in token)
