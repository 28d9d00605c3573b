"""fetch -> prepare -> keep -> analyse -> consent: a professional voice up to the verdict on its recordings.

What passes is handed over to `train_voice`. The order of the steps may only change together with the version in
`durable.py`.
"""

from __future__ import annotations

import time

from sayso.domain.voice import Voice, VoiceState
from sayso.services import Services
from sayso.workflows import durable, train_voice
from sayso.workflows.dataset_steps import FETCH_PART, analyse, fetch, forget, keep, prepare
from sayso.workflows.make_voice import consent
from sayso.workflows.run import clean, end, ended, tried

_PREPARE_PART, _ANALYSE_PART = 0.1, 0.19


def workflow_id(voice_id: str, build: int) -> str:
    """The id under which a run is known; starting it twice is starting it once."""
    return f"analyse-dataset-{voice_id}-{build}"


def start(services: Services, voice: Voice) -> None:
    """Begin the voice's run here, or leave it to the worker process, whose sweep finds it."""
    if durable.works_for(services):
        # Its models load while the dataset is fetched and cut.
        services.analyser.warm()
        durable.start(
            durable.DATASETS, workflow_id(voice.id, voice.build), analyse_dataset, voice.id, voice.build
        )


def find(services: Services, voice: Voice, state: str | None) -> None:
    """Start a run that was asked for but not started; end one whose workflow, which is in `state`, is dead."""
    key = workflow_id(voice.id, voice.build)
    if state is None:
        start(services, voice)
    elif state in durable.DEAD:
        reason = "the dataset was tried many times and the program ended each time: see its log"
        end(voice.id, voice.build, VoiceState.FAILED, reason, key)
    elif state == durable.DONE and isinstance(asked_for := durable.result(key), dict):
        train_voice.find(services, voice, asked_for)


@durable.workflow("analyse_dataset")
def analyse_dataset(voice_id: str, build: int) -> str | train_voice.Asked:
    """Take one run to its verdict; returns how it ended, or what is handed over to the training."""
    outcome = tried(fetch, voice_id, build, 0.0, FETCH_PART)
    began = durable.step(_now)
    if "ok" in outcome and outcome["ok"] is not None:
        url = outcome["ok"]
        outcome = tried(prepare, voice_id, build, url, FETCH_PART, _PREPARE_PART)
        if "ok" in outcome:
            outcome = durable.step(keep, voice_id, build, url)
    if "ok" in outcome:
        outcome = tried(analyse, voice_id, build, _PREPARE_PART, _ANALYSE_PART)
    if "ok" in outcome:
        outcome = tried(consent, voice_id, build, _ANALYSE_PART, train_voice.BEGIN)
    if "ok" in outcome:
        asked = {"checked": outcome["ok"], "began": began}
        durable.step(_hand_over, voice_id, build, asked)
        return asked
    ending = VoiceState.FAILED
    if (over := ended(outcome)) is not None:
        ending, reason = over
        examined = outcome.get("examined")
        outcome = durable.step(end, voice_id, build, ending, reason, workflow_id(voice_id, build), examined)
    if "gone" in outcome:
        durable.step(forget, voice_id, build)
    durable.step(clean, voice_id, build, [])
    return "gone" if "gone" in outcome else ending.value


def _now() -> float:
    """From here on the time counts that is promised: how long a download takes is not ours to say."""
    return time.time()


def _hand_over(voice_id: str, build: int, asked: train_voice.Asked) -> None:
    """Begin the training; if this is lost, the sweep finds what this workflow returned."""
    train_voice.start(durable.services(), voice_id, build, asked)
