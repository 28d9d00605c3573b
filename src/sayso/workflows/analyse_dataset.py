"""fetch -> prepare -> keep -> analyse -> consent: a professional voice from its dataset to the verdict.

The training that would follow does not exist yet, and the voice says so. The order of the steps may only
change together with the version in `durable.py`.
"""

from __future__ import annotations

from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.services import Services
from sayso.storage import voices
from sayso.workflows import durable
from sayso.workflows.dataset_steps import analyse, fetch, forget, keep, prepare
from sayso.workflows.make_voice import consent
from sayso.workflows.run import clean, end, ended, tried

NO_TRAINING = (
    "the recordings are analysed and good, but professional training is not in this version: "
    "create the voice with voice_type rapid, or wait for a later version"
)

_FETCH_PART, _PREPARE_PART, _ANALYSE_PART = 0.1, 0.6, 0.95


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


def sweep(services: Services) -> None:
    """Start runs that were asked for but not started; end those whose workflow is dead."""
    services.analyser.rest()
    with services.db.read() as tx:
        asked = [voice for voice in voices.running(tx) if voice.voice_type is VoiceType.PROFESSIONAL]
    for voice in asked:
        key = workflow_id(voice.id, voice.build)
        state = durable.status(key)
        if state is None:
            start(services, voice)
        elif state in durable.DEAD:
            reason = "the dataset was tried many times and the program ended each time: see its log"
            end(voice.id, voice.build, VoiceState.FAILED, reason, key)


@durable.workflow("analyse_dataset")
def analyse_dataset(voice_id: str, build: int) -> str:
    """Take one run to its verdict; returns how it ended."""
    outcome = tried(fetch, voice_id, build, 0.0, _FETCH_PART)
    if "ok" in outcome and outcome["ok"] is not None:
        url = outcome["ok"]
        outcome = tried(prepare, voice_id, build, url, _FETCH_PART, _PREPARE_PART)
        if "ok" in outcome:
            outcome = durable.step(keep, voice_id, build, url)
    if "ok" in outcome:
        outcome = tried(analyse, voice_id, build, _PREPARE_PART, _ANALYSE_PART)
    if "ok" in outcome:
        outcome = tried(consent, voice_id, build, _ANALYSE_PART, 1.0)
    if "ok" in outcome:
        outcome = {"failed": NO_TRAINING}
    ending = VoiceState.FAILED
    if (over := ended(outcome)) is not None:
        ending, reason = over
        outcome = durable.step(end, voice_id, build, ending, reason, workflow_id(voice_id, build))
    if "gone" in outcome:
        durable.step(forget, voice_id, build)
    durable.step(clean, voice_id, build, [])
    return "gone" if "gone" in outcome else ending.value
