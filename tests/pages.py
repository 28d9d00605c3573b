"""What tests of the page of an analysis share: a voice with one, and a reader of pages."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import numpy as np
import soundfile

from sayso.audio.codec import encode_flac
from sayso.audio.waveform import Waveform
from sayso.domain.account import Caller
from sayso.domain.analysis import Analysis, RecordingReport, SetReport, Totals
from sayso.domain.quality import Grade
from sayso.domain.recording import Recording
from sayso.domain.verdict import Outcome
from sayso.domain.voice import Voice, VoiceType
from sayso.services import Services
from sayso.storage import analyses, recordings
from sayso.storage.ids import new_id
from sayso.usecases.voices import NewVoice, create_voice

_ATTRIBUTES = frozenset({"src", "href", "srcset", "data", "poster", "action", "xlink:href", "background"})


class Read(HTMLParser):
    """A page as a browser reads it: what it would load, and its sounds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.sounds: list[tuple[float, int]] = []
        """Length in seconds and rate in Hz of each sound that is in the page, in order."""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = [value or "" for name, value in attrs if name in _ATTRIBUTES]
        self.addresses += found
        if tag == "audio" and found[0].startswith("data:"):
            head, _, body = found[0].partition(",")
            assert head == "data:audio/mpeg;base64"
            samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(body, validate=True)))
            self.sounds.append((len(samples) / rate_hz, rate_hz))


def analysed(
    services: Services,
    caller: Caller,
    count: int,
    seconds: float,
    *,
    rate_hz: int = 16_000,
    rejected: int = 0,
    is_silent: bool = False,
) -> Voice:
    """A voice of `count` recordings of `seconds` each, all of one sound, the last `rejected` of them rejected."""
    voice, _ = create_voice(services, caller, NewVoice("Ada", VoiceType.RAPID))
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    samples = np.zeros(len(t)) if is_silent else 0.3 * np.sin(2 * np.pi * 150.0 * t)
    key = services.blobs.put(encode_flac(Waveform(samples.astype(np.float32), rate_hz)))
    now = datetime.now(UTC)
    reports = []
    with services.db.begin() as tx:
        for n in range(count):
            is_active = n < count - rejected
            id_ = new_id(tx, "recordings")
            reports.append(_report(id_, f"take {n}", is_active, seconds, rate_hz))
            row = Recording(
                id=id_, voice_id=voice.id, name=f"take {n}", text=None, emotion="neutral", is_active=is_active, fill=False,
                audio_key=key, duration_s=seconds, rate_hz=rate_hz, created_at=now + timedelta(seconds=n), updated_at=now, speech_s=seconds,
            )  # fmt: skip
            recordings.insert(tx, caller.account_id, row)
        totals = Totals(
            count, count - rejected, count - rejected, 0, 0, rejected, count * seconds, 1.0, 1.0, 10.0, 0.9
        )
        whole = SetReport(tuple(reports), Outcome.ACCEPTED, None, (), totals)
        analyses.keep(tx, Analysis(voice.id, voice.build, whole, None, (), now))
    return voice


def another_sound(services: Services, voice: Voice, index: int, data: bytes | None) -> str:
    """Give one recording of an analysed voice a blob of these bytes, or one that is not kept; its key."""
    key = "0" * 64 if data is None else services.blobs.put(data)
    with services.db.begin() as tx:
        recordings.save(tx, replace(_of(services, voice)[index], audio_key=key))
    return key


def _of(services: Services, voice: Voice) -> list[Recording]:
    with services.db.read() as tx:
        return recordings.active(tx, voice.id)


def _report(id_: str, name: str, is_active: bool, seconds: float, rate_hz: int) -> RecordingReport:
    return RecordingReport(
        id=id_, name=name, text=None, grade=Grade.GOOD if is_active else Grade.REJECTED, reasons=(), repairs=(),
        repaired_file=None, is_active=is_active, is_silent=False, is_outlier=False, score=0.9, stoi=None, pesq=None,
        si_sdr_db=None, score_after=None, opinion_speech=None, opinion_background=None, opinion_overall=None, snr_db=None,
        duration_s=seconds, speech_s=seconds, trimmed_s=seconds, level_dbfs=None, peak_dbfs=-5.0, dc_offset=0.0,
        flat_top_ratio=0.0, rate_hz=rate_hz, cutoff_hz=4_000.0, is_upsampled=False, decay_s=None, words_per_minute=None,
        agreement=None, speaker_similarity=None, other_speaker=(),
    )  # fmt: skip
