"""Builds and ordered clips from the asking to the telling, with the real durable engine."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from working import finish, wait_until

from sayso.domain.account import Caller
from sayso.domain.clip import ClipState, Container, SoundFormat
from sayso.domain.page import PageRequest
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.errors import NotFound
from sayso.services import Services
from sayso.storage import clips as clip_rows
from sayso.storage import voices as voice_rows
from sayso.usecases import clips, health, media, projects, recordings, speech, voices
from sayso.usecases.clips import ClipEdit, ClipOrder
from sayso.wire.responses import clip_item
from sayso.workflows import durable, make_clip, make_voice
from sayso.workflows.sweep import sweep
from serving import Callbacks, humming, saying

Ready = Callable[..., Voice]


def test_a_build_ends_in_a_voice_that_speaks_and_a_preview(
    services: Services, ada: Caller, ready: Ready
) -> None:
    asked = voices.build_voice(services, ada, ready().id)
    voice = finish(services, ada, asked)
    assert voice.state is VoiceState.FINISHED, voice
    assert (voice.progress, voice.left_s, voice.stage, voice.issue) == (1.0, 0.0, None, None)
    assert services.blobs.read(str(voice.sample_key)).startswith(b"RIFF")
    assert speech.speak(services, ada, speech.SpeechOrder(voice.id, "Hello.")).duration_s > 0.3
    assert health.readiness(services).parts["worker"] == "ok"


def test_a_rebuild_replaces_the_voice_and_lets_the_old_one_go(
    services: Services, ada: Caller, ready: Ready
) -> None:
    voice = ready(pitch_hz=170.0)
    first = finish(services, ada, voices.build_voice(services, ada, voice.id))
    for recording in recordings.list_recordings(services, ada, voice.id, PageRequest()).items:
        recordings.delete_recording(services, ada, voice.id, recording.id)
    for n in range(3):
        new = recordings.NewRecording("deeper", humming(4.0, 90.0 + n))
        recordings.add_recording(services, ada, voice.id, new)
    second = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert (second.build, second.state) == (2, VoiceState.FINISHED)
    assert second.artifact_key != first.artifact_key
    wait_until(lambda: not services.blobs.exists(str(first.artifact_key)))
    assert speech.speaker_of(services, second).pitch_hz == pytest.approx(91, abs=3)  # type: ignore[attr-defined]


def test_a_voice_that_is_deleted_while_it_is_built_leaves_nothing(
    services: Services, ada: Caller, ready: Ready
) -> None:
    voice = voices.build_voice(services, ada, ready(pitch_hz=190.0).id)
    wait_until(lambda: voices.get_voice(services, ada, voice.id).stage == "adapting")
    voices.delete_voice(services, ada, voice.id)
    job = make_voice.workflow_id(voice.id, 1)
    wait_until(lambda: durable.status(job) == "SUCCESS")
    assert not (services.work_folder / f"{voice.id}-1").exists()


def test_a_training_child_that_dies_is_tried_again(services: Services, ada: Caller, ready: Ready) -> None:
    voice = voices.build_voice(services, ada, ready().id)
    wait_until(lambda: voices.get_voice(services, ada, voice.id).stage == "adapting")
    reached = voices.get_voice(services, ada, voice.id).progress
    os.kill(int(services.trainer.pid), signal.SIGKILL)  # type: ignore[attr-defined]
    seen = [reached]

    def over() -> bool:
        now = voices.get_voice(services, ada, voice.id)
        seen.append(now.progress)
        return now.state is not VoiceState.RUNNING

    wait_until(over)
    assert voices.get_voice(services, ada, voice.id).state is VoiceState.FINISHED
    assert seen == sorted(seen), "progress never falls"
    assert len(tries(voice)) == 2


def test_an_error_of_the_training_ends_the_build_at_once_and_is_told(
    services: Services, ada: Caller, ready: Ready, told: Callbacks
) -> None:
    voice = ready(told.url)
    scratch = services.work_folder / f"{voice.id}-1"
    scratch.mkdir()
    (scratch / "engine").write_text("a file where the engine wants a folder")
    failed = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert failed.state is VoiceState.FAILED
    assert "something of ours broke" in str(failed.issue)
    assert told.about(voice.id)["issue"] == failed.issue
    assert len(tries(failed)) == 1


def test_a_disk_that_fills_up_while_a_voice_is_learnt_is_told_and_a_rebuild_works(
    services: Services, ada: Caller, ready: Ready, told: Callbacks
) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    voice = ready(told.url)
    scratch = services.work_folder / f"{voice.id}-1" / "engine"
    scratch.mkdir(parents=True)
    # What the engine writes aside, so that the system itself says that there is no room.
    (scratch / "tone.learnt.json.part").symlink_to(full)
    failed = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert (failed.state, len(tries(failed))) == (VoiceState.FAILED, 1)
    assert failed.issue == "the disk of the server is full: make room there, then ask for a build again"
    assert told.about(voice.id)["issue"] == failed.issue
    again = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert (again.state, again.issue) == (VoiceState.FINISHED, None)


def test_a_training_that_is_killed_each_time_fails_with_the_likely_reason_and_a_rebuild_works(
    services: Services, ada: Caller, ready: Ready
) -> None:
    """As the system does with what takes too much memory."""
    voice = voices.build_voice(services, ada, ready().id)
    killed: set[int] = set()

    def over() -> bool:
        now = voices.get_voice(services, ada, voice.id)
        pid = services.trainer.pid  # type: ignore[attr-defined]
        if now.stage == "adapting" and pid is not None and pid not in killed:
            killed.add(pid)
            os.kill(pid, signal.SIGKILL)
        return now.state is not VoiceState.RUNNING

    wait_until(over, 90)
    failed = voices.get_voice(services, ada, voice.id)
    assert (failed.state, len(killed)) == (VoiceState.FAILED, services.limits.training_attempts)
    assert "there may be too little memory" in str(failed.issue)
    assert finish(services, ada, voices.build_voice(services, ada, voice.id)).state is VoiceState.FINISHED


def tries(voice: Voice) -> list[str]:
    """The training steps that a build took."""
    from dbos import DBOS

    steps = DBOS.list_workflow_steps(make_voice.workflow_id(voice.id, voice.build))
    return [step["function_name"] for step in steps if step["function_name"] == "train"]


def test_too_little_speech_ends_in_an_issue_that_is_told(
    services: Services, ada: Caller, ready: Ready, told: Callbacks
) -> None:
    voice = ready(told.url)
    # As if the sound had been nothing but a hiss that no ear takes for words.
    silent = services.blobs.put(_hiss())
    with services.db.begin() as tx:
        for recording in voice_recordings(services, ada, voice):
            from sayso.storage import recordings as rows

            rows.save(tx, replace(recording, audio_key=silent))
    ended = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert ended.state is VoiceState.DATASET_ISSUE
    assert "1.5 s of good speech, 10.0 s are needed" in str(ended.issue)
    body = told.about(voice.id)
    assert (body["ok"], body["status"], body["issue"]) == (False, "dataset_issue", ended.issue)
    # Too short is not rejected: nobody is named. The voice may be tried again.
    assert body["recordings"] == []
    assert voices.build_voice(services, ada, voice.id).build == 2
    finish(services, ada, voice)


def test_recordings_in_another_language_end_in_an_issue_that_names_it(
    services: Services, ada: Caller, told: Callbacks
) -> None:
    new = voices.NewVoice("Ada", VoiceType.RAPID, callback_uri=told.url)
    voice, _ = voices.create_voice(services, ada, new)
    for n in range(4):
        spoken = saying(
            "Ich bin hier und du bist nicht hier, aber wir sind es heute. Ich bin es nicht.", 150.0 + n
        )
        recordings.add_recording(services, ada, voice.id, recordings.NewRecording(f"{n}", spoken))
    ended = finish(services, ada, voices.build_voice(services, ada, voice.id))
    assert (ended.state, ended.artifact_key) == (VoiceState.DATASET_ISSUE, None)
    assert "The recordings are in German (95 % sure" in str(ended.issue)
    assert len(tries(ended)) == 0, "nothing was learnt"
    body = told.about(voice.id)
    assert (body["status"], body["issue"], body["recordings"]) == ("dataset_issue", ended.issue, [])


def test_a_build_whose_start_was_lost_is_found_by_the_sweep(
    services: Services, ada: Caller, ready: Ready
) -> None:
    voice = ready()
    lost = voice.asked_for(voice.updated_at, is_vouched_for=True)
    with services.db.begin() as tx:
        voice_rows.save(tx, lost)
    sweep(services)
    sweep(services)
    assert finish(services, ada, voice).state is VoiceState.FINISHED


def test_an_ordered_clip_is_made_and_told(
    services: Services, ada: Caller, ready: Ready, told: Callbacks
) -> None:
    voice = finish(services, ada, voices.build_voice(services, ada, ready().id))
    project = projects.create_project(services, ada, projects.NewProject("stories"))
    order = ClipOrder(voice.id, "Once upon a time.", callback_uri=told.url)
    clip = clips.order_clip(services, ada, project.id, order)
    assert clip.state is ClipState.PENDING
    body = told.about(clip.id)
    assert (body["project_id"], body["issues"]) == (project.id, [])
    assert body["url"].startswith("http://here/media/")
    first = clips.get_clip(services, ada, project.id, clip.id)
    assert first.state is ClipState.FINISHED

    edit = ClipEdit(body="The end, my friend.", sound=SoundFormat(Container.MP3).fitted())
    clips.reorder_clip(services, ada, project.id, clip.id, edit)
    wait_until(lambda: clips.get_clip(services, ada, project.id, clip.id).state is ClipState.FINISHED)
    second = clips.get_clip(services, ada, project.id, clip.id)
    assert second.audio_key != first.audio_key
    assert (first.file_name, second.file_name) == (f"{clip.id}.wav", f"{clip.id}.mp3")
    # The old sound goes once the new one is in its place.
    wait_until(lambda: not services.blobs.exists(str(first.audio_key)))


def test_a_clip_whose_remake_fails_keeps_its_old_sound_under_its_old_name(
    services: Services, ada: Caller, ready: Ready, told: Callbacks
) -> None:
    voice = finish(services, ada, voices.build_voice(services, ada, ready().id))
    project = projects.create_project(services, ada, projects.NewProject("stories"))
    made = clips.speak_clip(services, ada, project.id, ClipOrder(voice.id, "Old.", wants_times=True))
    sound = services.blobs.read(str(made.audio_key))
    # One clip is made at a time: while this one is, the voice of the next goes.
    clips.order_clip(services, ada, project.id, ClipOrder(voice.id, "One more. " * 30))
    edit = ClipEdit(body="New.", sound=SoundFormat(Container.MP3).fitted(), callback_uri=told.url)
    clips.reorder_clip(services, ada, project.id, made.id, edit)
    voices.delete_voice(services, ada, voice.id)

    body = told.about(made.id)
    assert body["issues"] == [f"voice {voice.id} was deleted before the clip was made"]
    clip = clips.get_clip(services, ada, project.id, made.id)
    assert (clip.state, clip.revision, clip.body) == (ClipState.FAILED, 2, "New.")
    assert (clip.audio_key, clip.duration_s) == (made.audio_key, made.duration_s)
    assert (clip.file_name, clip.audio_container) == (f"{clip.id}.wav", Container.WAV)
    now = datetime.now(UTC)
    path = media.sign(services, str(clip.audio_key), clip.file_name, now)
    served = media.open_media(services, path.split("/")[2:], now)
    assert (served.content_type, b"".join(served.chunks)) == ("audio/wav", sound)
    # Its letters are not those of the body.
    item = clip_item(clip, "http://here/a.wav")
    assert (item["body"], item["audio_src"]) == ("New.", "http://here/a.wav")
    assert item["timestamps"]["graph_chars"] == []


def test_a_revision_that_ends_late_is_dropped(services: Services, ada: Caller, ready: Ready) -> None:
    voice = finish(services, ada, voices.build_voice(services, ada, ready().id))
    project = projects.create_project(services, ada, projects.NewProject("stories"))
    clip = clips.speak_clip(services, ada, project.id, ClipOrder(voice.id, "Third."))
    newer = replace(clip, revision=3, updated_at=datetime.now(UTC))
    with services.db.begin() as tx:
        clip_rows.save(tx, newer)
    late = services.blobs.put(b"RIFF a late second revision")
    assert make_clip.publish(clip.id, 2, {"key": late, "duration_s": 1.0})["ended"] == "gone"
    assert clips.get_clip(services, ada, project.id, clip.id).audio_key == clip.audio_key
    wait_until(lambda: not services.blobs.exists(late))


def test_a_clip_whose_project_is_deleted_meanwhile_ends_quietly(
    services: Services, ada: Caller, ready: Ready
) -> None:
    voice = finish(services, ada, voices.build_voice(services, ada, ready().id))
    project = projects.create_project(services, ada, projects.NewProject("stories"))
    clip = clips.order_clip(services, ada, project.id, ClipOrder(voice.id, "A. B. C. D. E. F."))
    projects.delete_project(services, ada, project.id)
    wait_until(lambda: durable.status(make_clip.workflow_id(clip)) == "SUCCESS")
    with pytest.raises(NotFound):
        clips.get_clip(services, ada, project.id, clip.id)


def voice_recordings(services: Services, ada: Caller, voice: Voice) -> list[recordings.Recording]:
    return list(recordings.list_recordings(services, ada, voice.id, PageRequest()).items)


def _hiss() -> bytes:
    import io

    import numpy as np
    import soundfile

    # Half a second: shorter than any take.
    samples = np.random.default_rng(1).normal(0, 0.1, 8_000)
    file = io.BytesIO()
    soundfile.write(file, samples, 16_000, format="FLAC", subtype="PCM_24")
    return file.getvalue()
