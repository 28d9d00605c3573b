"""(fetch -> prepare -> keep ->) consent -> analyse -> listen -> train -> preview -> report -> publish: a voice from recordings.

Steps give back small JSON values. A step may run twice and must not mind; the order of the steps may only
change together with the version in `durable.py`.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sayso.audio.waveform import Waveform
from sayso.domain import quality
from sayso.domain.clip import Precision, SoundFormat
from sayso.domain.consent import ABOUT_RECORDINGS, ConsentState
from sayso.domain.event import VoiceFinished
from sayso.domain.recording import Recording
from sayso.domain.report import KeptReport
from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.pipeline import ingest, synthesis, training
from sayso.services import Services
from sayso.storage import blobs, consents, recordings, reports, voices
from sayso.wire import receipt
from sayso.workflows import check_consent, dataset_steps, durable, outbox
from sayso.workflows.dataset_steps import FETCH_PART, analyse, fetch, forget, keep, prepare
from sayso.workflows.run import Gone, Outcome, Teller, clean, end, ended, folder, guarded, running, tried

SAMPLE_TEXT = "Hello, this is my new voice."
"""Short: the build is not finished before it is spoken."""
SAMPLE_SOUND = SoundFormat(precision=Precision.PCM_16, rate_hz=24_000)

_PREPARE_PART, _CONSENT_PART, _ANALYSE_PART = 0.04, 0.06, 0.14
_LISTEN_PART, _TRAIN_PART, _REPORT_PART = 0.2, 0.8, 0.83
"""How far the whole build is when these are done."""
_USUAL_S = 30.0
"""What a rapid build takes on two cores: the guess of the time left where nobody knows better."""

_log = logging.getLogger(__name__)

Checked = dict[str, Any]
"""{"consent": id, "recordings": keys}: the consent that was accepted, and for which recordings."""


def workflow_id(voice_id: str, build: int) -> str:
    """The id under which a build is known; starting it twice is starting it once."""
    return f"make-voice-{voice_id}-{build}"


def start(services: Services, voice: Voice) -> None:
    """Begin the voice's running build here, or leave it to the worker process, whose sweep finds it."""
    if durable.works_for(services):
        # Its models load while the consent is heard.
        services.analyser.warm()
        durable.start(durable.BUILDS, workflow_id(voice.id, voice.build), make_voice, voice.id, voice.build)


def find(services: Services, voice: Voice, state: str | None) -> None:
    """Start a build that was asked for but not started; end one whose workflow, which is in `state`, is dead."""
    if state is None:
        start(services, voice)
    elif state in durable.DEAD:
        reason = "the build was tried many times and the program ended each time: see its log"
        key = workflow_id(voice.id, voice.build)
        end(voice.id, voice.build, VoiceState.FAILED, reason, key)


@durable.workflow("make_voice")
def make_voice(voice_id: str, build: int) -> str:
    """Make the voice of one build; returns how it ended."""
    made: list[str] = []
    checked: Checked | None = None
    outcome = tried(fetch, voice_id, build, 0.0, FETCH_PART)
    if "ok" in outcome and outcome["ok"] is not None:
        url = outcome["ok"]
        outcome = tried(prepare, voice_id, build, url, FETCH_PART, _PREPARE_PART)
        if "ok" in outcome:
            outcome = durable.step(keep, voice_id, build, url)
    if "ok" in outcome:
        outcome = tried(consent, voice_id, build, _PREPARE_PART, _CONSENT_PART)
    if "ok" in outcome:
        checked = outcome["ok"]
        outcome = tried(analyse, voice_id, build, _CONSENT_PART, _ANALYSE_PART)
    if "ok" in outcome:
        if checked is not None:
            # Of what the consent was held against, the analysis may have left something out.
            left = set(outcome["ok"])
            checked = {**checked, "recordings": [key for key in checked["recordings"] if key in left]}
        outcome = tried(listen, voice_id, build, checked)
    if "ok" in outcome:
        outcome = tried(train, voice_id, build, checked)
    if "ok" in outcome:
        made.append(outcome["ok"])
        outcome = durable.step(preview, voice_id, build, made[0], _TRAIN_PART)
    if "ok" in outcome:
        made.append(outcome["ok"])
        outcome = or_without(tried(report, voice_id, build, made[0], _REPORT_PART))
    if "ok" in outcome:
        found: str | None = outcome["ok"]
        made += [] if found is None else [found]
        key = workflow_id(voice_id, build)
        outcome = durable.step(publish, voice_id, build, made[0], made[1], found, checked, key)
    ending = VoiceState.FINISHED
    if (over := ended(outcome)) is not None:
        ending, reason = over
        examined = outcome.get("examined")
        outcome = durable.step(end, voice_id, build, ending, reason, workflow_id(voice_id, build), examined)
    if "gone" in outcome:
        durable.step(forget, voice_id, build)
    durable.step(clean, voice_id, build, made)
    return "gone" if "gone" in outcome else ending.value


def consent(voice_id: str, build: int, start: float, end: float) -> Outcome:
    """Check the spoken consent, if there is one, against the active recordings; gives what was `Checked`."""
    return guarded(lambda: _consent(voice_id, build, start, end))


def _consent(voice_id: str, build: int, start: float, end: float) -> Outcome:
    while (outcome := _consent_there_is(voice_id, build, start, end)) is None:
        pass  # another came: that one counts
    return outcome


def _consent_there_is(voice_id: str, build: int, start: float, end: float) -> Outcome | None:
    """What the consent that counts comes to; None where another took its place meanwhile, and nothing was written."""
    services = durable.services()
    voice = running(services, voice_id, build)
    with services.db.read() as tx:
        active = recordings.active(tx, voice_id)
        spoken = None if voice.consent_id is None else consents.fetch(tx, voice.consent_id)
    if spoken is None or spoken.audio_key is None:
        if voice.is_vouched_for:
            return {"ok": None}
        with services.db.read() as tx:
            missing = check_consent.missing(services, tx, voice)
        return {"refused": missing, "examined": voice.consent_id or ""}
    tell = Teller(services, voice_id, build, start, end, usual_s=_USUAL_S)
    findings = check_consent.examined(
        services, voice, spoken, active, folder(services, voice_id, build) / "consent", tell
    )
    keys = [recording.audio_key for recording in active]
    with services.db.begin() as tx:
        held, spoken = check_consent.hold(tx, spoken.id)
        # A run that was cancelled meanwhile leaves nothing behind: no refusal that nobody tells, no build that waits.
        if held is None or spoken is None or held.build != build or held.state is not VoiceState.RUNNING:
            raise Gone
        if held.consent_id != spoken.id:
            return None
        settled = spoken.settled(findings, keys, datetime.now(UTC))
        settled = replace(settled, stopped_build=settled.state is ConsentState.REVIEW)
        consents.save(tx, settled)
        check_consent.copy_state(tx, held, settled)
    if settled.state is ConsentState.ACCEPTED:
        return {"ok": {"consent": settled.id, "recordings": keys}}
    if settled.state is ConsentState.REVIEW:
        return {"review": settled.issue or ""}
    refused = settled.issue or "There is no speech in the recordings to compare the consent with."
    return {"refused": refused, "examined": settled.id}


def listen(voice_id: str, build: int, checked: Checked | None) -> Outcome:
    """Choose what the voice is learnt from. The takes stay in the build's folder."""
    return guarded(lambda: _listen(voice_id, build, checked))


def _listen(voice_id: str, build: int, checked: Checked | None) -> Outcome:
    services = durable.services()
    running(services, voice_id, build)
    place = folder(services, voice_id, build)
    # What came while the others were analysed is for the next build.
    active = [one for one in learnt_from(services, voice_id, checked) if one.analysis is not None]
    given = (
        ingest.Upload(
            dataset_steps.sound(services, place, recording),
            recording.text,
            # It hears what it takes, whatever is known of the text.
            is_sure=False,
            name=recording.name,
            looked_at_s=None if recording.analysis is None else recording.analysis.looked_at_s,
        )
        for recording in active
    )
    witness = _witness(services, checked)
    ingest.write_inputs(place, given, witness)
    tell = Teller(services, voice_id, build, _ANALYSE_PART, _LISTEN_PART, usual_s=_USUAL_S)
    services.trainer.listen(place, tell)
    found = ingest.read_listened(place)
    dataset_steps.tell_heard(
        services,
        voice_id,
        build,
        {active[i].id: text for i, text in found.heard.items()},
        {active[i].id: parts for i, parts in _left_out(found, has_consent=witness is not None).items()},
    )
    return {"ok": len(active)}


def _left_out(found: ingest.Listened, *, has_consent: bool) -> dict[int, list[quality.Reason]]:
    """By its place among the inputs, what there is to say of a recording of which not all that was looked at was taken."""
    said: dict[int, list[quality.Reason]] = {i: [] for i in (*found.other_s, *found.unheard_s)}
    for i, seconds in found.other_s.items():
        said[i].append(quality.partly_other(seconds, has_consent=has_consent))
    for i, seconds in found.unheard_s.items():
        said[i].append(quality.partly_unheard(seconds))
    return said


def _witness(services: Services, checked: Checked | None) -> Waveform | None:
    """The consent that takes are held against; none where a person decided whose voice it is, whatever the figures say."""
    if checked is None:
        return None
    with services.db.read() as tx:
        spoken = consents.fetch(tx, checked["consent"])
    if spoken is None:
        raise Gone
    found = () if spoken.findings is None else spoken.findings.reasons
    if spoken.audio_key is None or any(r.is_approved and r.code in ABOUT_RECORDINGS for r in found):
        return None
    return services.decoder.decode(services.blobs.read(spoken.audio_key))


def learnt_from(services: Services, voice_id: str, checked: Checked | None) -> list[Recording]:
    """The active recordings, but for what came after the check of the speaker."""
    with services.db.read() as tx:
        active = recordings.active(tx, voice_id)
    if checked is None:
        return active
    return [recording for recording in active if recording.audio_key in checked["recordings"]]


def train(voice_id: str, build: int, checked: Checked | None) -> Outcome:
    """Learn the voice; gives the key of its artifact."""
    return guarded(lambda: _train(voice_id, build, checked))


def _train(voice_id: str, build: int, checked: Checked | None) -> Outcome:
    services = durable.services()
    running(services, voice_id, build)
    place = folder(services, voice_id, build)
    if not training.has_takes(place):
        # The folder is on this machine only, and may have been tidied away since.
        _listen(voice_id, build, checked)
    tell = Teller(services, voice_id, build, _LISTEN_PART, _TRAIN_PART, usual_s=_USUAL_S)
    # The build number is the seed: a second run of this build is the same run, a rebuild is another.
    artifact = services.trainer.train(place, build, tell)
    return {"ok": services.blobs.put(artifact)}


def preview(voice_id: str, build: int, artifact_key: str, start: float) -> Outcome:
    """Let the new voice say a sentence; gives the key of the sound."""
    return guarded(lambda: _preview(voice_id, build, artifact_key, start))


def _preview(voice_id: str, build: int, artifact_key: str, start: float) -> Outcome:
    services = durable.services()
    running(services, voice_id, build)
    Teller(services, voice_id, build, start, 1.0, usual_s=_USUAL_S)("speaking", 0.0, None)
    made = synthesis.say(services.speakers.get(artifact_key), SAMPLE_TEXT, SAMPLE_SOUND)
    return {"ok": services.blobs.put(made.audio)}


def report(voice_id: str, build: int, artifact_key: str, start: float) -> Outcome:
    """Measure the new voice; gives the key of what was found, which lives until it is published."""
    return guarded(lambda: _report(voice_id, build, artifact_key, start))


def _report(voice_id: str, build: int, artifact_key: str, start: float) -> Outcome:
    services = durable.services()
    voice = running(services, voice_id, build)
    place = folder(services, voice_id, build)
    if not training.has_takes(place):
        return {"failed": "the folder of the build was tidied away before its end: ask for a build again"}
    artifact = place / "artifact"
    artifact.write_bytes(services.blobs.read(artifact_key))
    tell = Teller(services, voice_id, build, start, 1.0, usual_s=_USUAL_S)
    is_rapid = voice.voice_type is VoiceType.RAPID
    trainer = services.trainer if is_rapid else services.long_trainer
    return {"ok": services.blobs.put(trainer.report(place, artifact, voice.voice_type.value, tell))}


def or_without(outcome: Outcome) -> Outcome:
    """A voice that cannot be measured is a voice all the same: it then has no report, and the log says why."""
    if "failed" not in outcome and "died" not in outcome:
        return outcome
    _log.error("a voice goes without its report: %s", outcome.get("failed") or outcome.get("died"))
    return {"ok": None}


def publish(
    voice_id: str,
    build: int,
    artifact_key: str,
    sample_key: str,
    report_key: str | None,
    checked: Checked | None,
    key: str,
) -> Outcome:
    """From here on the voice speaks as this build made it, and its owner is told under `key`."""
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
            reports.remove(tx, voice_id)  # that of the build before would be of another voice
            if report_key is not None:
                reports.keep(tx, _signed(services, voice, report_key, now))
            event = VoiceFinished(voice_id)
            outbox.tell(tx, voice.account_id, voice.callback_uri, event, key)
    outbox.ring()
    blobs.release(services.db, services.blobs, released)
    return {"ok": True}


def _signed(services: Services, voice: Voice, report_key: str, now: datetime) -> KeptReport:
    found = json.loads(services.blobs.read(report_key))
    payload = {
        **found["figures"],
        "voice_uuid": voice.id,
        "build": voice.build,
        "made_at": now.isoformat(),
    }
    text = receipt.signed(payload, services.receipt_key, receipt.REPORT)
    return KeptReport(voice.id, voice.build, text, found["sounds"], now)
