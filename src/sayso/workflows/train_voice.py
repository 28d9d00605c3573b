"""gather -> train -> preview -> report -> publish: a professional voice, once its recordings are analysed and allowed.

The second half of a run that `analyse_dataset` begins: a workflow of its own, so that the next dataset need not wait for
this training. The order of the steps may only change together with the version in `durable.py`.
"""

from __future__ import annotations

import logging
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sayso.domain.training import Training
from sayso.domain.voice import Voice, VoiceState
from sayso.engines.base import CANDIDATE, CURVE
from sayso.engines.curve import read_curve
from sayso.errors import SaysoError
from sayso.pipeline import ingest, synthesis, training
from sayso.services import Services
from sayso.storage import blobs, trainings, voices
from sayso.workflows import dataset_steps, durable
from sayso.workflows.make_voice import (
    SAMPLE_SOUND,
    SAMPLE_TEXT,
    Checked,
    learnt_from,
    or_without,
    preview,
    publish,
    report,
)
from sayso.workflows.run import Gone, Outcome, Teller, clean, end, ended, folder, guarded, running, tried

_log = logging.getLogger(__name__)

Asked = dict[str, Any]
"""{"checked": see `make_voice.Checked`, or None; "began": Unix time at which the run began}: what the first half hands over."""

BEGIN = 0.2
"""How far the whole run is when this half begins."""
_GATHER_PART, _TRAIN_PART, _REPORT_PART = 0.25, 0.95, 0.955
_LOOK_EVERY_S = 1.0
_RESERVE_S = 75.0
"""Of the time that is promised, what comes after the training."""
_LEAST_PART = 0.4
"""Of the time that is promised, what a training gets though the steps before were slow, or the program was down."""


def workflow_id(voice_id: str, build: int) -> str:
    """The id under which a training is known; starting it twice is starting it once."""
    return f"train-voice-{voice_id}-{build}"


def start(services: Services, voice_id: str, build: int, asked: Asked) -> None:
    """Begin here, or leave it to the worker process, whose sweep finds it."""
    if durable.works_for(services):
        key = workflow_id(voice_id, build)
        durable.start(durable.TRAININGS, key, train_voice, voice_id, build, asked)


def find(services: Services, voice: Voice, asked: Asked) -> None:
    """Start a training that was handed over but not started; end one whose workflow is dead."""
    key = workflow_id(voice.id, voice.build)
    state = durable.status(key)
    if state is None:
        start(services, voice.id, voice.build, asked)
    elif state in durable.DEAD:
        reason = "the training was tried many times and the program ended each time: see its log"
        end(voice.id, voice.build, VoiceState.FAILED, reason, key)


@durable.workflow("train_voice")
def train_voice(voice_id: str, build: int, asked: Asked) -> str:
    """Train the voice of one run; returns how it ended."""
    made: list[str] = []
    checked = asked["checked"]
    key = workflow_id(voice_id, build)
    outcome = tried(gather, voice_id, build, checked)
    if "ok" in outcome:
        outcome = durable.step(allot, asked["began"])
        outcome = tried(train, voice_id, build, checked, outcome["ok"])
    if "ok" in outcome:
        made.append(outcome["ok"])
        outcome = durable.step(preview, voice_id, build, made[0], _TRAIN_PART)
    if "ok" in outcome:
        made.append(outcome["ok"])
        outcome = or_without(tried(report, voice_id, build, made[0], _REPORT_PART))
    if "ok" in outcome:
        found: str | None = outcome["ok"]
        made += [] if found is None else [found]
        outcome = durable.step(publish, voice_id, build, made[0], made[1], found, checked, key)
    ending = VoiceState.FINISHED
    if (over := ended(outcome)) is not None:
        ending, reason = over
        outcome = durable.step(end, voice_id, build, ending, reason, key)
    if "gone" in outcome:
        durable.step(dataset_steps.forget, voice_id, build)
    durable.step(clean, voice_id, build, made)
    return "gone" if "gone" in outcome else ending.value


def gather(voice_id: str, build: int, checked: Checked | None) -> Outcome:
    """Make takes of all that may be learnt from; they stay in the run's folder."""
    return guarded(lambda: _gather(voice_id, build, checked))


def _gather(voice_id: str, build: int, checked: Checked | None) -> Outcome:
    services = durable.services()
    running(services, voice_id, build)
    place = folder(services, voice_id, build)
    active = learnt_from(services, voice_id, checked)
    given = (
        ingest.Upload(dataset_steps.sound(services, place, recording), recording.text, recording.is_text_sure)
        for recording in active
    )
    ingest.write_inputs(place, given)
    services.long_trainer.gather(place, Teller(services, voice_id, build, BEGIN, _GATHER_PART))
    return {"ok": len(active)}


def allot(began: float) -> Outcome:
    """Seconds for the training, out of what is promised for the whole."""
    promised_s = durable.services().limits.professional_s
    left_s = promised_s - (time.time() - began) - _RESERVE_S
    return {"ok": max(_LEAST_PART * promised_s, min(promised_s, left_s))}


def train(voice_id: str, build: int, checked: Checked | None, budget_s: float) -> Outcome:
    """Learn the voice; gives the key of its artifact."""
    return guarded(lambda: _train(voice_id, build, checked, budget_s))


def _train(voice_id: str, build: int, checked: Checked | None, budget_s: float) -> Outcome:
    services = durable.services()
    running(services, voice_id, build)
    place = folder(services, voice_id, build)
    if not training.has_takes(place):
        # The folder is on this machine only, and may have been tidied away since.
        _gather(voice_id, build, checked)
    watch = _Watch(services, voice_id, build, place / training.ENGINE_FOLDER)
    teller = Teller(services, voice_id, build, _GATHER_PART, _TRAIN_PART)

    def tell(stage: str, fraction: float, left_s: float | None) -> None:
        teller(stage, fraction, left_s)
        watch.look()

    # The build number is the seed, as for a rapid voice.
    artifact = services.long_trainer.train_long(place, build, budget_s, tell)
    watch.look(at_once=True)
    return {"ok": services.blobs.put(artifact)}


class _Watch:
    """Brings what the training child tells in its folder, curve and newest voice, to where the API finds it."""

    def __init__(self, services: Services, voice_id: str, build: int, place: Path) -> None:
        self._services, self._voice_id, self._build, self._place = services, voice_id, build, place
        self._looked_at = 0.0
        self._seen: dict[str, int] = {}

    def look(self, *, at_once: bool = False) -> None:
        """See what is new, not too often. Raises Gone."""
        now = time.monotonic()
        if not at_once and now - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = now
        has_curve, has_candidate = self._is_new(CURVE), self._is_new(CANDIDATE)
        if has_curve or has_candidate:
            self._keep(self._spoken() if has_candidate else None)

    def _is_new(self, name: str) -> bool:
        try:
            changed = (self._place / name).stat().st_mtime_ns
        except OSError:
            return False
        is_new = self._seen.get(name) != changed
        self._seen[name] = changed
        return is_new

    def _spoken(self) -> str | None:
        """A sentence by the voice as it is now, marked as all speech is; gives its blob."""
        try:
            speaker = self._services.engine.load((self._place / CANDIDATE).read_bytes())
            made = synthesis.say(speaker, SAMPLE_TEXT, SAMPLE_SOUND)
        except (SaysoError, OSError) as broken:
            # A sample is nothing to end a training for.
            _log.warning("the voice %s has no sample of its training: %s", self._voice_id, broken)
            return None
        return self._services.blobs.put(made.audio)

    def _keep(self, sample_key: str | None) -> None:
        services = self._services
        curve = read_curve(self._place)
        released: list[str | None] = [sample_key]
        try:
            with services.db.begin() as tx:
                voice = voices.fetch(tx, self._voice_id, lock=True)
                if voice is None or voice.build != self._build or voice.state is not VoiceState.RUNNING:
                    raise Gone
                before = trainings.fetch(tx, self._voice_id)
                step = curve.facts.get("candidate_step")
                kept = Training(
                    self._voice_id,
                    self._build,
                    tuple(asdict(point) for point in curve.points),
                    curve.facts,
                    sample_key or (None if before is None else before.sample_key),
                    step if sample_key is not None else None if before is None else before.sample_step,
                    datetime.now(UTC),
                )
                trainings.keep(tx, kept)
                released = [None if before is None or sample_key is None else before.sample_key]
        finally:
            blobs.release(services.db, services.blobs, released)
