"""Professional voices from the recordings to the finished voice, with the real durable engine and real children."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from working import unclaimed, wait_until

from datasets import Files, file_server, hum, zipped
from sayso.domain.account import Caller
from sayso.domain.dataset import NEEDS, Need
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.errors import BadRequest, WrongState
from sayso.services import Services
from sayso.storage import trainings
from sayso.usecases import reports, speech, voices
from sayso.usecases.recordings import NewRecording, add_recording
from sayso.wire import receipt
from sayso.workflows.make_voice import or_without
from serving import Callbacks, callbacks, humming, saying


@pytest.fixture(scope="module")
def files() -> Iterator[Files]:
    with file_server() as files:
        yield files


@pytest.fixture
def told() -> Iterator[Callbacks]:
    with callbacks() as received:
        yield received


@pytest.fixture(autouse=True)
def a_minute_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes of hums would take the tests a minute; slow ones elsewhere have them."""
    monkeypatch.setitem(NEEDS, VoiceType.PROFESSIONAL, Need(3, 10.0))


def ask(services: Services, caller: Caller, url: str, callback_uri: str | None = None) -> Voice:
    new = voices.NewVoice("Ada", VoiceType.PROFESSIONAL, dataset_url=url, callback_uri=callback_uri)
    return voices.create_voice(services, caller, new)[0]


def over(services: Services, ada: Caller, voice: Voice) -> Voice:
    """The voice after its run."""
    wait_until(lambda: voices.get_voice(services, ada, voice.id).state is not VoiceState.RUNNING, 120)
    return voices.get_voice(services, ada, voice.id)


def dataset(pitch_hz: float = 150.0, count: int = 5) -> bytes:
    return zipped({f"{n}.wav": hum(3.0, pitch_hz + n / 4) for n in range(count)})


@pytest.mark.slow
def test_a_dataset_becomes_a_voice_with_its_training_and_its_report(
    services: Services, ada: Caller, files: Files, told: Callbacks
) -> None:
    voice = ask(services, ada, files.put("pro.zip", dataset()), told.url)
    ended = over(services, ada, voice)
    assert (ended.state, ended.issue) == (VoiceState.FINISHED, None)
    assert ended.artifact_key is not None
    assert ended.sample_key is not None
    assert services.speakers.get(ended.artifact_key).rate_hz == 24_000
    assert told.about(voice.id)["status"] == "finished"

    # What the training told is there afterwards, with a sentence by the voice as it was on the way.
    [kept] = voices.trainings_of(services, [ended]).values()
    assert [point["step"] for point in kept.points] == list(range(1, len(kept.points) + 1))
    assert kept.sample_key is not None
    assert services.blobs.read(kept.sample_key).startswith(b"RIFF")

    # The report exists the moment the voice is finished, and its signature fits.
    signed = reports.get_report(services, ada, voice.id).report.signed
    payload = receipt.verified(signed, receipt.public_key(services.receipt_key), receipt.REPORT)
    assert (payload["voice_uuid"], payload["build"], payload["kind"]) == (voice.id, 1, receipt.REPORT)
    assert payload["training"]["points"]
    with pytest.raises(BadRequest, match="of the kind"):
        receipt.verified(signed)


def test_what_cannot_be_measured_goes_without_a_report() -> None:
    assert or_without({"ok": "key"}) == {"ok": "key"}
    assert or_without({"gone": True}) == {"gone": True}
    for ending in ("failed", "died"):
        assert or_without({ending: "why"}) == {"ok": None}


@pytest.mark.slow
def test_a_dataset_in_another_language_is_refused_before_the_training(
    services: Services, ada: Caller, files: Files, told: Callbacks
) -> None:
    spoken = saying("Ich bin hier und du bist nicht hier, aber wir sind es heute.")
    url = files.put("german.zip", zipped({f"{n}.wav": spoken for n in range(5)}))
    ended = over(services, ada, ask(services, ada, url, told.url))
    assert (ended.state, ended.artifact_key) == (VoiceState.DATASET_ISSUE, None)
    assert "The recordings are in German (95 % sure" in str(ended.issue)
    assert voices.trainings_of(services, [ended]) == {}
    assert told.about(ended.id)["status"] == "dataset_issue"


@pytest.mark.slow
def test_a_rebuild_that_is_cancelled_leaves_the_voice_that_spoke(
    services: Services, ada: Caller, files: Files, told: Callbacks
) -> None:
    voice = ask(services, ada, files.put("again.zip", dataset(160.0)), told.url)
    ended = over(services, ada, voice)
    wait_until(lambda: told.count(voice.id) == 1)
    voices.build_voice(services, ada, voice.id)
    wait_until(lambda: voices.get_voice(services, ada, voice.id).stage == "learning timbre")
    # Meanwhile it speaks as it did.
    assert speech.speak(services, ada, speech.SpeechOrder(voice.id, "Hello.")).duration_s > 0.3
    assert voices.get_voice(services, ada, voice.id).artifact_key == ended.artifact_key
    cancelled = voices.cancel_build(services, ada, voice.id)
    assert (cancelled.state, cancelled.artifact_key) == (VoiceState.FINISHED, ended.artifact_key)
    with pytest.raises(WrongState, match="nothing to cancel"):
        voices.cancel_build(services, ada, voice.id)
    wait_until(lambda: not list(services.work_folder.glob(f"{voice.id}-*")))
    assert voices.get_voice(services, ada, voice.id) == cancelled
    assert told.count(voice.id) == 1

    # Another one goes through, and leaves nothing of what it replaced.
    before = unclaimed(services)
    rebuilt = over(services, ada, voices.build_voice(services, ada, voice.id))
    assert (rebuilt.state, rebuilt.build) == (VoiceState.FINISHED, 3)
    wait_until(lambda: unclaimed(services) <= before)
    voices.delete_voice(services, ada, voice.id)
    with services.db.read() as tx:
        assert trainings.fetch(tx, voice.id) is None


@pytest.mark.slow
def test_a_disk_that_fills_up_in_a_long_training_is_told_and_a_rebuild_works(
    services: Services, ada: Caller, files: Files
) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    voice = ask(services, ada, files.put("full.zip", dataset(170.0)))
    scratch = services.work_folder / f"{voice.id}-1" / "engine"
    scratch.mkdir(parents=True)
    (scratch / "tone.trained.json.part").symlink_to(full)
    failed = over(services, ada, voice)
    assert failed.state is VoiceState.FAILED
    assert failed.issue == "the disk of the server is full: make room there, then ask for a build again"
    assert over(services, ada, voices.build_voice(services, ada, voice.id)).state is VoiceState.FINISHED


@pytest.mark.slow
def test_a_long_training_that_is_killed_each_time_fails_with_the_likely_reason_and_a_rebuild_works(
    services: Services, ada: Caller, files: Files
) -> None:
    """As the system does with what takes too much memory."""
    voice = ask(services, ada, files.put("large.zip", dataset(180.0)))
    killed: set[int] = set()
    priorities: set[int] = set()

    def is_over() -> bool:
        now = voices.get_voice(services, ada, voice.id)
        pid = services.long_trainer.pid  # type: ignore[attr-defined]
        if now.stage == "learning timbre" and pid is not None and pid not in killed:
            killed.add(pid)
            priorities.add(psutil.Process(pid).nice())
            os.kill(pid, signal.SIGKILL)
        return now.state is not VoiceState.RUNNING

    wait_until(is_over, 120)
    failed = voices.get_voice(services, ada, voice.id)
    assert (failed.state, len(killed)) == (VoiceState.FAILED, services.limits.training_attempts)
    assert "there may be too little memory" in str(failed.issue)
    assert priorities == {min(19, psutil.Process().nice() + 15)}, "whoever speaks or builds comes first"
    assert over(services, ada, voices.build_voice(services, ada, voice.id)).state is VoiceState.FINISHED


@pytest.mark.slow
def test_uploads_become_a_voice_and_a_first_build_that_is_cancelled_was_never_asked_for(
    services: Services, ada: Caller
) -> None:
    voice, _ = voices.create_voice(services, ada, voices.NewVoice("Ada", VoiceType.PROFESSIONAL))
    for n in range(services.limits.min_recordings_professional):
        add_recording(
            services, ada, voice.id, NewRecording(f"{n}", humming(1.5, 150 + n / 8), text="la la la")
        )
    voices.build_voice(services, ada, voice.id)
    wait_until(lambda: voices.get_voice(services, ada, voice.id).stage == "analysing the recordings")
    cancelled = voices.cancel_build(services, ada, voice.id)
    assert (cancelled.state, cancelled.progress, cancelled.stage) == (VoiceState.INITIALIZING, 0.0, None)
    wait_until(lambda: not list(services.work_folder.glob(f"{voice.id}-*")))
    ended = over(services, ada, voices.build_voice(services, ada, voice.id))
    assert (ended.state, ended.issue) == (VoiceState.FINISHED, None)
