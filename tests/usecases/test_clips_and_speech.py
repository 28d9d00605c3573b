"""Speaking: clips, whole and streamed speech, and the links to them."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import soundfile
import sqlalchemy as sa

from sayso.domain.account import Caller
from sayso.domain.clip import ClipState, Container, Precision, SoundFormat
from sayso.domain.page import PageRequest
from sayso.domain.project import Project
from sayso.domain.term import TermKind
from sayso.domain.voice import Voice, VoiceState
from sayso.engines.tone import pack
from sayso.errors import BadRequest, NotFound, TooLarge
from sayso.services import Services
from sayso.storage import clips as clip_rows
from sayso.storage import voices as rows
from sayso.usecases import batches, clips, media, projects, speech
from sayso.usecases.batches import BatchOrder
from sayso.usecases.clips import ClipEdit, ClipOrder
from sayso.usecases.speech import SpeechOrder
from sayso.usecases.terms import create_term
from sayso.wire.responses import clip_item


@pytest.fixture
def speaking(services: Services, voice: Voice) -> Voice:
    """Ada's voice as a build would leave it."""
    key = services.blobs.put(pack(180.0, 1))
    done = replace(voice, state=VoiceState.FINISHED, build=1, artifact_key=key)
    with services.db.begin() as tx:
        rows.save(tx, done)
    return done


@pytest.fixture
def project(services: Services, ada: Caller) -> Project:
    return projects.create_project(services, ada, projects.NewProject("stories"))


@pytest.mark.parametrize(
    "sound",
    [
        SoundFormat(),
        SoundFormat(Container.WAV, Precision.PCM_16, 48_000),
        SoundFormat(Container.WAV, Precision.MULAW, 8_000),
        SoundFormat(Container.MP3, Precision.PCM_16, 44_100),
    ],
)
def test_a_clip_is_finished_at_once(
    services: Services, ada: Caller, project: Project, speaking: Voice, sound: SoundFormat
) -> None:
    clip = clips.speak_clip(services, ada, project.id, ClipOrder(speaking.id, "Hello there.", sound=sound))
    assert clip.state is ClipState.FINISHED
    assert clips.get_clip(services, ada, project.id, clip.id) == clip
    assert clip.audio_key is not None
    samples, rate_hz = soundfile.read(io.BytesIO(services.blobs.read(clip.audio_key)))
    assert rate_hz == sound.rate_hz
    assert len(samples) / rate_hz == pytest.approx(clip.duration_s, abs=0.1)


def test_streamed_and_whole_speech_are_the_same_samples(
    services: Services, ada: Caller, speaking: Voice
) -> None:
    sound = SoundFormat(precision=Precision.PCM_16, rate_hz=22_050)
    order = SpeechOrder(speaking.id, "One. Two, and three! Four?", sound, seed=7)
    pieces = list(speech.stream(services, ada, order))
    assert len(pieces) >= 3
    whole, _ = soundfile.read(io.BytesIO(speech.speak(services, ada, order).audio), dtype="int16")
    streamed = np.frombuffer(b"".join(pieces), "<i2")
    assert len(streamed) == len(whole)
    assert np.abs(streamed.astype(int) - whole).max() <= 1


@pytest.mark.parametrize(
    ("text", "error"), [("", BadRequest), ("... !?", BadRequest), ("a" * 3001, TooLarge)]
)
def test_what_cannot_be_said_is_refused_before_anything_is_streamed(
    services: Services, ada: Caller, project: Project, speaking: Voice, text: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        speech.stream(services, ada, SpeechOrder(speaking.id, text))
    with pytest.raises(error):
        clips.speak_clip(services, ada, project.id, ClipOrder(speaking.id, text))
    # A chapter may be longer, but not by any length.
    with pytest.raises(error):
        clips.order_clip(services, ada, project.id, ClipOrder(speaking.id, 17 * text))


def test_an_ordered_clip_is_pending_and_the_old_sound_serves_while_it_is_made_anew(
    services: Services, ada: Caller, project: Project, speaking: Voice
) -> None:
    made = clips.speak_clip(services, ada, project.id, ClipOrder(speaking.id, "Old.", title="t"))
    again = clips.reorder_clip(
        services, ada, project.id, made.id, ClipEdit(body="New.", callback_uri="http://there/")
    )
    assert (again.state, again.revision, again.body, again.title) == (ClipState.PENDING, 2, "New.", "t")
    assert again.audio_key == made.audio_key


@pytest.mark.parametrize("state", [ClipState.PENDING, ClipState.FAILED])
def test_the_old_sound_is_called_what_it_is_until_the_new_one_is_there(
    services: Services, ada: Caller, project: Project, speaking: Voice, state: ClipState
) -> None:
    made = clips.speak_clip(services, ada, project.id, ClipOrder(speaking.id, "Old.", wants_times=True))
    assert clip_item(made, "http://here/a.wav")["timestamps"]["graph_chars"] == list("Old.")
    edit = ClipEdit(body="New.", sound=SoundFormat(Container.MP3).fitted(), callback_uri="http://there/")
    again = clips.reorder_clip(services, ada, project.id, made.id, edit)
    with services.db.begin() as tx:
        clip_rows.save(tx, replace(again, state=state))
    clip = clips.get_clip(services, ada, project.id, made.id)
    assert (clip.audio_key, clip.sound) == (made.audio_key, edit.sound)
    assert clip.file_name == f"{clip.id}.wav"
    # The old sound's letters are not those of the body.
    item = clip_item(clip, "http://here/a.wav")
    assert (item["body"], item["timestamps"]["graph_chars"]) == ("New.", [])


def test_a_batch_reads_the_own_words_once(
    services: Services, ada: Caller, project: Project, speaking: Voice
) -> None:
    create_term(services, ada, TermKind.SUBSTITUTION, "kubectl", "cube control")
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    sa.event.listen(services.db.engine, "before_cursor_execute", note)
    try:
        body = [(None, f"Run kubectl {n} times.") for n in range(5)]
        batches.order_batch(services, ada, project.id, BatchOrder(speaking.id, body, uses_terms=True))
    finally:
        sa.event.remove(services.db.engine, "before_cursor_execute", note)
    assert sum("FROM terms" in statement for statement in asked) == 1


def test_clips_are_searched_by_title(
    services: Services, ada: Caller, project: Project, speaking: Voice
) -> None:
    for title in ("Intro 100%", "intro 1000", None):
        clips.order_clip(services, ada, project.id, ClipOrder(speaking.id, "la", title=title))
    assert clips.list_clips(services, ada, project.id, PageRequest(), "INTRO").total == 2
    assert clips.list_clips(services, ada, project.id, PageRequest(), "100%").total == 1
    assert clips.list_clips(services, ada, project.id, PageRequest()).total == 3


def test_a_deleted_project_takes_its_clips_along(
    services: Services, ada: Caller, project: Project, speaking: Voice
) -> None:
    clip = clips.speak_clip(services, ada, project.id, ClipOrder(speaking.id, "Only here, only once."))
    clips.order_clip(services, ada, project.id, ClipOrder(speaking.id, "Later."))
    projects.delete_project(services, ada, project.id)
    assert not services.blobs.exists(str(clip.audio_key))
    with pytest.raises(NotFound):
        clips.get_clip(services, ada, project.id, clip.id)


def test_projects_are_edited_in_part(services: Services, ada: Caller, bob: Caller, project: Project) -> None:
    edited = projects.edit_project(services, ada, project.id, projects.ProjectEdit(is_archived=True))
    assert (edited.name, edited.is_archived) == ("stories", True)
    with pytest.raises(NotFound):
        projects.edit_project(services, bob, project.id, projects.ProjectEdit(name="mine"))


def test_a_link_opens_the_sound_for_an_hour_to_whoever_has_it(
    services: Services, ada: Caller, project: Project, speaking: Voice
) -> None:
    clip = clips.speak_clip(services, ada, project.id, ClipOrder(speaking.id, "Hello."))
    now = datetime.now(UTC)
    path = media.sign(services, str(clip.audio_key), "a clip.wav", now)
    parts = path.removeprefix("/media/").replace("%20", " ").split("/")
    whole = services.blobs.read(str(clip.audio_key))

    opened = media.open_media(services, parts, now)
    assert (opened.content_type, b"".join(opened.chunks)) == ("audio/wav", whole)
    for span, expected in [
        ((0, 43), whole[:44]),
        ((44, None), whole[44:]),
        ((None, 10), whole[-10:]),
        ((len(whole), None), b""),
        ((None, 10**9), whole),
    ]:
        assert b"".join(media.open_media(services, parts, now, span).chunks) == expected
    with pytest.raises(NotFound):
        media.open_media(services, parts, now + timedelta(seconds=3600))
    for at in range(4):
        forged = [part + "0" if i == at else part for i, part in enumerate(parts)]
        with pytest.raises(NotFound):
            media.open_media(services, forged, now)
