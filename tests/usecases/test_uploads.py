"""Recordings: what is taken, what is refused, what stays."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sayso.audio.waveform import Waveform
from sayso.domain.account import Caller
from sayso.domain.page import PageRequest
from sayso.domain.voice import Voice, VoiceType
from sayso.engines.watermark import MARKED
from sayso.errors import BadArtifact, BadAudio, BadRequest, NotFound, TooLarge
from sayso.services import Services
from sayso.storage import recordings as store
from sayso.usecases import recordings
from sayso.usecases.recordings import NewRecording, RecordingEdit
from sayso.usecases.voices import NewVoice, create_voice, delete_voice
from serving import humming


def wav(samples: object, rate_hz: int = 16_000, subtype: str = "FLOAT") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.asarray(samples, np.float32), rate_hz, format="WAV", subtype=subtype)
    return file.getvalue()


def test_an_upload_is_kept_as_flac_at_its_own_rate(services: Services, ada: Caller, voice: Voice) -> None:
    made = recordings.add_recording(services, ada, voice.id, NewRecording("one", humming(2.0), text="la"))
    assert recordings.get_recording(services, ada, voice.id, made.id) == made
    assert (made.rate_hz, made.duration_s) == (24_000, pytest.approx(2.0))
    assert 1.5 < made.speech_s <= 2.0
    kept, rate_hz = soundfile.read(io.BytesIO(services.blobs.read(made.audio_key)))
    assert (kept.shape, rate_hz) == ((48_000,), 24_000)


def test_noise_is_stored_judging_it_is_not_ours(services: Services, ada: Caller, voice: Voice) -> None:
    noise = np.random.default_rng(1).normal(0, 1e-4, 16_000)
    assert recordings.add_recording(services, ada, voice.id, NewRecording("n", wav(noise))).id


class Marks:
    """Finds the mark in everything as surely as it is told to, or is missing."""

    def __init__(self, confidence: float | None) -> None:
        self._confidence = confidence

    def confidence(self, wave: Waveform) -> float:
        assert wave.duration_s > 0
        if self._confidence is None:
            raise BadArtifact("its weights are not there")
        return self._confidence


@pytest.mark.parametrize(
    ("confidence", "is_taken"),
    [(0.0, True), (MARKED - 0.01, True), (MARKED, False), (1.0, False), (None, True)],
)
def test_what_carries_our_watermark_is_no_recording(
    services: Services, ada: Caller, voice: Voice, confidence: float | None, *, is_taken: bool
) -> None:
    searching = replace(services, marks=Marks(confidence))
    new = NewRecording("one", humming(2.0))
    if is_taken:
        assert recordings.add_recording(searching, ada, voice.id, new).id
        return
    with pytest.raises(BadAudio, match="watermark of speech that was made by a program") as refused:
        recordings.add_recording(searching, ada, voice.id, new)
    assert refused.value.fields.keys() == {"file"}
    assert recordings.list_recordings(services, ada, voice.id, PageRequest(1, 10)).items == ()


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (b"", BadAudio),
        (b"hello, this is text", BadAudio),
        (wav([]), BadAudio),
        (wav(np.zeros(16_000)), BadAudio),
        (wav([np.nan] * 100), BadAudio),
        (wav(np.ones((100, 9))), TooLarge),
        (wav(np.full(8_000 * 301, 0.1), 8_000, "PCM_16"), TooLarge),
    ],
    ids=["nothing", "text", "empty", "all zero", "not finite", "nine channels", "too long"],
)
def test_what_is_no_sound_is_refused(
    services: Services, ada: Caller, voice: Voice, file: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        recordings.add_recording(services, ada, voice.id, NewRecording("x", file))
    assert recordings.list_recordings(services, ada, voice.id, PageRequest()).total == 0


def test_fields_have_limits(services: Services, ada: Caller, voice: Voice) -> None:
    sound = humming(1.0)
    with pytest.raises(BadRequest):
        recordings.add_recording(services, ada, voice.id, NewRecording("", sound))
    with pytest.raises(TooLarge):
        recordings.add_recording(services, ada, voice.id, NewRecording("x", sound, text="a" * 1025))
    with pytest.raises(TooLarge):
        recordings.add_recording(services, ada, voice.id, NewRecording("x", sound, emotion="a" * 65))


def test_an_edit_never_changes_the_sound(services: Services, ada: Caller, voice: Voice) -> None:
    made = recordings.add_recording(services, ada, voice.id, NewRecording("one", humming(1.0), text="la"))
    edit = RecordingEdit(text=None, is_active=False)
    edited = recordings.edit_recording(services, ada, voice.id, made.id, edit)
    assert (edited.name, edited.text, edited.is_active) == ("one", None, False)
    assert edited.audio_key == made.audio_key


def test_the_same_sound_uploaded_twice_is_kept_until_both_are_gone(
    services: Services, ada: Caller, voice: Voice
) -> None:
    other, _ = create_voice(services, ada, NewVoice("other", VoiceType.RAPID))
    same = humming(1.0, 211.0)
    a = recordings.add_recording(services, ada, voice.id, NewRecording("a", same))
    b = recordings.add_recording(services, ada, other.id, NewRecording("b", same))
    assert a.audio_key == b.audio_key
    recordings.delete_recording(services, ada, voice.id, a.id)
    assert services.blobs.exists(b.audio_key)
    recordings.delete_recording(services, ada, other.id, b.id)
    assert not services.blobs.exists(b.audio_key)


def test_a_recording_is_found_only_under_its_voice(services: Services, ada: Caller, voice: Voice) -> None:
    other, _ = create_voice(services, ada, NewVoice("other", VoiceType.RAPID))
    made = recordings.add_recording(services, ada, voice.id, NewRecording("one", humming(1.0)))
    with pytest.raises(NotFound):
        recordings.get_recording(services, ada, other.id, made.id)


def test_a_voice_deleted_while_an_upload_is_decoded_leaves_nothing(
    services: Services, ada: Caller, voice: Voice
) -> None:
    class Slow:
        """A decoder during whose work the voice is deleted."""

        def decode(self, data: bytes) -> Waveform:
            delete_voice(services, ada, voice.id)
            return services.decoder.decode(data)

    before = set(blob_files(services))
    with pytest.raises(NotFound):
        recordings.add_recording(
            replace(services, decoder=Slow()),  # type: ignore[arg-type]
            ada,
            voice.id,
            NewRecording("x", humming(1.0, 277.0)),
        )
    assert set(blob_files(services)) == before


def blob_files(services: Services) -> list[Path]:
    return [path for path in (services.work_folder.parent / "blobs").rglob("*") if path.is_file()]


def test_a_long_text_of_a_dataset_does_not_stand_in_the_way_of_an_edit(
    services: Services, ada: Caller, voice: Voice
) -> None:
    made = recordings.add_recording(services, ada, voice.id, NewRecording("one", humming(2.0)))
    with services.db.begin() as tx:
        store.save(tx, replace(made, text="word " * 400))
    edited = recordings.edit_recording(services, ada, voice.id, made.id, RecordingEdit(is_active=False))
    assert (edited.is_active, len(edited.text or "")) == (False, 2_000)
    with pytest.raises(TooLarge, match="text"):
        recordings.edit_recording(services, ada, voice.id, made.id, RecordingEdit(text="word " * 401))
