"""consent -> listen -> train -> preview -> publish: a voice from its recordings.

Steps give back small JSON values. A step may run twice and must not mind; the order of the steps may only
change together with the version in `durable.py`.
"""

from __future__ import annotations

import shutil
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sayso.domain.clip import Precision, SoundFormat
from sayso.domain.consent import ConsentState
from sayso.domain.event import VoiceFailed, VoiceFinished
from sayso.domain.voice import Voice, VoiceState
from sayso.errors import SaysoError
from sayso.pipeline import ingest, synthesis, training
from sayso.pipeline.json_child import ChildDied
from sayso.services import Services
from sayso.storage import blobs, consents, recordings, voices
from sayso.workflows import check_consent, durable, outbox

SAMPLE_TEXT = "Hello, this is my new voice."
"""Short: the build is not finished before it is spoken."""
_SAMPLE_SOUND = SoundFormat(precision=Precision.PCM_16, rate_hz=24_000)

_CONSENT_PART, _LISTEN_PART, _TRAIN_PART = 0.05, 0.15, 0.95
"""How far the whole build is when these are done."""
_TELL_EVERY_S = 0.5
_USUAL_S = 30.0
"""What a rapid build takes on two cores: the guess of the time left where nobody knows better."""

_MAY_HELP = "each time it was tried: there may be too little memory; see the server's log, then build again"

Outcome = dict[str, Any]
"""{"ok": value}, or {"failed": reason}, or {"refused": reason} and {"review": reason} of the consent, or
{"gone": True}, or {"died": reason}: the child that worked was lost.

Only what died is tried again. An error that the child tells would come again, and take as long."""


Checked = dict[str, Any]
"""{"consent": id, "recordings": keys}: the consent that was accepted, and for which recordings."""

_ENDINGS = {
    "failed": VoiceState.FAILED,
    "died": VoiceState.FAILED,
    "refused": VoiceState.CONSENT_FAILED,
    "review": VoiceState.INITIALIZING,
}
"""Outcome -> where the voice is after it."""


class _Gone(Exception):
    """The voice was deleted, or this build is not its running one any more."""


def workflow_id(voice_id: str, build: int) -> str:
    """The id under which a build is known; starting it twice is starting it once."""
    return f"make-voice-{voice_id}-{build}"


def start(services: Services, voice: Voice) -> None:
    """Begin the voice's running build here, or leave it to the worker process, whose sweep finds it."""
    if durable.works_for(services):
        durable.start(durable.BUILDS, workflow_id(voice.id, voice.build), make_voice, voice.id, voice.build)


def sweep(services: Services) -> None:
    """Start builds that were asked for but not started; end those whose workflow is dead."""
    with services.db.read() as tx:
        running = voices.running(tx)
    for voice in running:
        state = durable.status(workflow_id(voice.id, voice.build))
        if state is None:
            start(services, voice)
        elif state in durable.DEAD:
            reason = "the build was tried many times and the program ended each time: see its log"
            end(voice.id, voice.build, VoiceState.FAILED, reason)


@durable.workflow("make_voice")
def make_voice(voice_id: str, build: int) -> str:
    """Make the voice of one build; returns how it ended."""
    attempts = durable.services().limits.training_attempts
    made: list[str] = []
    checked: Checked | None = None
    outcome = _tried(consent, attempts, voice_id, build)
    if "ok" in outcome:
        checked = outcome["ok"]
        outcome = _tried(listen, attempts, voice_id, build, checked)
    if "ok" in outcome:
        outcome = _tried(train, attempts, voice_id, build, checked)
    if "ok" in outcome:
        made.append(outcome["ok"])
        outcome = durable.step(preview, voice_id, build, made[0])
    if "ok" in outcome:
        made.append(outcome["ok"])
        outcome = durable.step(publish, voice_id, build, made[0], made[1], checked)
    ending = "finished"
    for name, state in _ENDINGS.items():
        if name in outcome:
            ending = state.value
            outcome = durable.step(end, voice_id, build, state, outcome[name])
    durable.step(clean, voice_id, build, made)
    return "gone" if "gone" in outcome else ending


def _tried(step: Callable[..., Outcome], attempts: int, *args: Any) -> Outcome:
    """Each try is a step of its own, so that a restart of the program does not count them anew."""
    outcome = durable.step(step, *args)
    for _ in range(attempts - 1):
        if "died" not in outcome:
            break
        outcome = durable.step(step, *args)
    return outcome


def consent(voice_id: str, build: int) -> Outcome:
    """Check the spoken consent, if there is one, against the recordings of this build."""
    return _guarded(lambda: _consent(voice_id, build))


def _consent(voice_id: str, build: int) -> Outcome:
    services = durable.services()
    voice = _running(services, voice_id, build)
    with services.db.read() as tx:
        active = recordings.active(tx, voice_id)
        spoken = None if voice.consent_id is None else consents.fetch(tx, voice.consent_id)
    if spoken is None or spoken.audio_key is None:
        # An authorized uploader asked for this build, and answers for the speaker's permission.
        return {"ok": None}
    tell = _Teller(services, voice_id, build, 0.0, _CONSENT_PART)
    findings = check_consent.examined(services, voice, spoken, active, tell)
    keys = [recording.audio_key for recording in active]
    with services.db.begin() as tx:
        spoken = consents.fetch(tx, spoken.id, lock=True)
        if spoken is None:
            raise _Gone
        settled = spoken.settled(findings, keys, datetime.now(UTC))
        settled = replace(settled, stopped_build=settled.state is ConsentState.REVIEW)
        consents.save(tx, settled)
        check_consent.copy_state(tx, settled)
    if settled.state is ConsentState.ACCEPTED:
        return {"ok": {"consent": settled.id, "recordings": keys}}
    if settled.state is ConsentState.REVIEW:
        return {"review": settled.issue or ""}
    return {"refused": settled.issue or "There is no speech in the recordings to compare the consent with."}


def listen(voice_id: str, build: int, checked: Checked | None) -> Outcome:
    """Choose what the voice is learnt from. The takes stay in the build's folder."""
    return _guarded(lambda: _listen(voice_id, build, checked))


def _listen(voice_id: str, build: int, checked: Checked | None) -> Outcome:
    services = durable.services()
    voice = _running(services, voice_id, build)
    folder = _folder(services, voice_id, build)
    with services.db.read() as tx:
        active = recordings.active(tx, voice_id)
    if checked is not None:
        # What came after the check of the speaker is not learnt from.
        active = [recording for recording in active if recording.audio_key in checked["recordings"]]
    given = [(services.blobs.read(recording.audio_key), recording.text) for recording in active]
    ingest.write_inputs(folder, given, voice.language)
    services.trainer.listen(folder, _Teller(services, voice_id, build, 0.0, _LISTEN_PART))
    return {"ok": len(given)}


def train(voice_id: str, build: int, checked: Checked | None) -> Outcome:
    """Learn the voice; gives the key of its artifact."""
    return _guarded(lambda: _train(voice_id, build, checked))


def _train(voice_id: str, build: int, checked: Checked | None) -> Outcome:
    services = durable.services()
    _running(services, voice_id, build)
    folder = _folder(services, voice_id, build)
    if not training.has_takes(folder):
        # The folder is on this machine only, and may have been tidied away since.
        _listen(voice_id, build, checked)
    tell = _Teller(services, voice_id, build, _LISTEN_PART, _TRAIN_PART)
    # The build number is the seed: a second run of this build is the same run, a rebuild is another.
    artifact = services.trainer.train(folder, build, tell)
    return {"ok": services.blobs.put(artifact)}


def preview(voice_id: str, build: int, artifact_key: str) -> Outcome:
    """Let the new voice say a sentence; gives the key of the sound."""
    return _guarded(lambda: _preview(voice_id, build, artifact_key))


def _preview(voice_id: str, build: int, artifact_key: str) -> Outcome:
    services = durable.services()
    _running(services, voice_id, build)
    _Teller(services, voice_id, build, _TRAIN_PART, 1.0)("speaking", 0.0, None)
    made = synthesis.say(services.speakers.get(artifact_key), SAMPLE_TEXT, _SAMPLE_SOUND)
    return {"ok": services.blobs.put(made.audio)}


def publish(
    voice_id: str, build: int, artifact_key: str, sample_key: str, checked: Checked | None
) -> Outcome:
    """From here on the voice speaks as this build made it, and its owner is told."""
    services = durable.services()
    with services.db.begin() as tx:
        voice = voices.fetch(tx, voice_id, lock=True)
        if voice is None or voice.build != build:
            return {"gone": True}
        released: list[str | None] = []
        spoken = None if checked is None else consents.fetch(tx, checked["consent"])
        if voice.state is VoiceState.RUNNING and voice.consent_id != (None if spoken is None else spoken.id):
            return {"failed": "another consent came while the voice was built: ask for a build again"}
        if voice.state is VoiceState.RUNNING:
            now = datetime.now(UTC)
            released = [voice.artifact_key, voice.sample_key]
            if spoken is not None and checked is not None:
                body = check_consent.receipt_of(services, voice, spoken, checked["recordings"], now)
                consents.keep_receipt(tx, voice.account_id, voice_id, build, body, now)
            voice = replace(
                voice.to(VoiceState.FINISHED),
                artifact_key=artifact_key,
                sample_key=sample_key,
                stage=None,
                progress=1.0,
                left_s=0.0,
                issue=None,
                updated_at=now,
            )
            voices.save(tx, voice)
            event = VoiceFinished(voice_id)
            outbox.tell(tx, voice.account_id, voice.callback_uri, event, workflow_id(voice_id, build))
    outbox.ring()
    blobs.release(services.db, services.blobs, released)
    return {"ok": True}


def end(voice_id: str, build: int, state: VoiceState, reason: str) -> Outcome:
    """The build ends without a voice, and its owner is told; what spoke before goes on speaking.

    A build that waits for a person's decision about the consent is as if it had not been asked for.
    """
    state = VoiceState(state)
    services = durable.services()
    with services.db.begin() as tx:
        voice = voices.fetch(tx, voice_id, lock=True)
        if voice is None or voice.build != build:
            return {"gone": True}
        if voice.state is VoiceState.RUNNING:
            voice = replace(
                voice.to(state), issue=reason, stage=None, left_s=None, updated_at=datetime.now(UTC)
            )
            voices.save(tx, voice)
            if state is not VoiceState.INITIALIZING:
                event = VoiceFailed(voice_id, state, reason)
                outbox.tell(tx, voice.account_id, voice.callback_uri, event, workflow_id(voice_id, build))
    outbox.ring()
    return {"ok": True}


def clean(voice_id: str, build: int, made: list[str]) -> Outcome:
    """Remove the build's folder, and those blobs it made that no voice came to use."""
    services = durable.services()
    shutil.rmtree(_folder(services, voice_id, build), ignore_errors=True)
    blobs.release(services.db, services.blobs, made)
    return {"ok": True}


class _Teller:
    """Writes progress on the voice's row, not too often. Raises _Gone when nobody wants it any more."""

    def __init__(self, services: Services, voice_id: str, build: int, start: float, end: float) -> None:
        self._services = services
        self._voice_id = voice_id
        self._build = build
        self._span = (start, end)
        self._told_at = 0.0
        self._stage = ""

    def __call__(self, stage: str, fraction: float, left_s: float | None) -> None:
        now = time.monotonic()
        if stage == self._stage and now - self._told_at < _TELL_EVERY_S:
            return
        self._told_at, self._stage = now, stage
        start, end = self._span
        whole = start + (end - start) * min(1.0, max(0.0, fraction))
        if left_s is None:
            left_s = _USUAL_S * (1.0 - whole)
        with self._services.db.begin() as tx:
            if not voices.tell_progress(tx, self._voice_id, self._build, stage, whole, left_s):
                raise _Gone


def _guarded(work: Callable[[], Outcome]) -> Outcome:
    """What went wrong as a value: see `durable`."""
    try:
        return work()
    except _Gone:
        return {"gone": True}
    except ChildDied as lost:
        return {"died": f"{lost}, {_MAY_HELP}"}
    except SaysoError as broken:
        return {"failed": str(broken)}
    except Exception as broken:  # noqa: BLE001 - the edge of a step: the voice must tell, whatever it was
        traceback.print_exc()
        return {
            "failed": f"something of ours broke ({type(broken).__name__}: {broken}); ask for a build again"
        }


def _running(services: Services, voice_id: str, build: int) -> Voice:
    with services.db.read() as tx:
        voice = voices.fetch(tx, voice_id)
    if voice is None or voice.build != build or voice.state is not VoiceState.RUNNING:
        raise _Gone
    return voice


def _folder(services: Services, voice_id: str, build: int) -> Path:
    return services.work_folder / f"{voice_id}-{build}"
