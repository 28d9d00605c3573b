"""Which workflow a running voice is for; before it, the dataset that is to be fetched.

A stranger's server may take half an hour over a file. So fetching is a workflow of its own, several at a time, and the
next voice need not wait: builds and analyses, which keep the cores busy, go one after the other.
"""

from __future__ import annotations

import logging
import re
from types import ModuleType

from sayso.domain.voice import Voice, VoiceState, VoiceType
from sayso.errors import Unavailable
from sayso.services import Services
from sayso.storage import voices
from sayso.workflows import analyse_dataset, durable, make_voice, train_voice
from sayso.workflows.dataset_steps import FETCH_PART, fetch, forget
from sayso.workflows.run import clean, end, ended, tried

_log = logging.getLogger(__name__)
_RUN = re.compile(r"([0-9a-f]+)-([0-9]+)")
"""The name of a run's folder: voice and build; see `run.folder`."""


def fetch_id(voice_id: str, build: int) -> str:
    """The id under which a download is known; starting it twice is starting it once."""
    return f"fetch-dataset-{voice_id}-{build}"


def expect(services: Services, voice: Voice) -> None:
    """Load what a rapid voice is learnt with while its recordings still come in; the build then need not wait for it."""
    if voice.voice_type is VoiceType.RAPID and durable.works_for(services):
        try:
            services.trainer.warm()
        except (Unavailable, OSError) as problem:
            # What was asked for is done already, and the build starts the child itself.
            _log.info("the models for building do not load yet: %s", problem)


def start(services: Services, voice: Voice) -> None:
    """Begin what `voice` is RUNNING for: a build, or what comes before a professional one."""
    expect(services, voice)
    if not voice.dataset_waits:
        _workflow(voice).start(services, voice)
    elif durable.works_for(services):
        # Its models load meanwhile.
        services.analyser.warm()
        durable.start(durable.FETCHES, fetch_id(voice.id, voice.build), fetch_dataset, voice.id, voice.build)


def sweep(services: Services) -> None:
    """Start runs that were asked for but not started; end those whose workflow is dead."""
    services.analyser.rest()
    with services.db.read() as tx:
        asked = voices.running(tx)
    for voice in asked:
        known = durable.status(_workflow(voice).workflow_id(voice.id, voice.build))
        if known is None:
            # Another process asked for it.
            expect(services, voice)
        if voice.dataset_waits and known is None:
            _find_fetch(services, voice)
        else:
            _workflow(voice).find(services, voice, known)


def remove_left(services: Services) -> None:
    """Remove the folders of runs that nobody goes on with."""
    # Listed before it is read who runs: a run that begins meanwhile keeps its folder.
    names = [_RUN.fullmatch(path.name) for path in services.work_folder.iterdir()]
    left = {(name[1], int(name[2])) for name in names if name is not None}
    if not left:
        return
    with services.db.read() as tx:
        asked = voices.running(tx)
    for voice_id, build in sorted(left - {(voice.id, voice.build) for voice in asked}):
        _sweep_away(voice_id, build)


def _sweep_away(voice_id: str, build: int) -> None:
    """Remove what a run left that nobody goes on with: of a voice that was deleted while it waited, or of a dead workflow."""
    keys = [
        fetch_id(voice_id, build),
        *(kind.workflow_id(voice_id, build) for kind in (make_voice, analyse_dataset, train_voice)),
    ]
    if all(
        state is None or state == durable.DONE or state in durable.DEAD for state in map(durable.status, keys)
    ):
        forget(voice_id, build)
        clean(voice_id, build, [])


@durable.workflow("fetch_dataset")
def fetch_dataset(voice_id: str, build: int) -> str:
    """Bring the dataset of one run into its folder; returns how that ended."""
    outcome = tried(fetch, voice_id, build, 0.0, FETCH_PART)
    if "ok" in outcome:
        durable.step(_go_on, voice_id, build)
        return "fetched"
    if (over := ended(outcome)) is not None:
        state, reason = over
        durable.step(end, voice_id, build, state, reason, fetch_id(voice_id, build))
    durable.step(clean, voice_id, build, [])
    return "gone" if over is None else state.value


def _go_on(voice_id: str, build: int) -> None:
    """Begin what the dataset was fetched for; if this is lost, the sweep finds that it was fetched.

    Who deleted the voice, or gave it another address, after the last byte was told, has no use for it.
    """
    services = durable.services()
    with services.db.read() as tx:
        voice = voices.fetch(tx, voice_id)
    if voice is not None and voice.build == build and voice.state is VoiceState.RUNNING:
        _workflow(voice).start(services, voice)
    else:
        clean(voice_id, build, [])


def _find_fetch(services: Services, voice: Voice) -> None:
    key = fetch_id(voice.id, voice.build)
    state = durable.status(key)
    if state == durable.DONE:
        _workflow(voice).start(services, voice)
    elif state is None:
        start(services, voice)
    elif state in durable.DEAD:
        reason = "the dataset was fetched many times and the program ended each time: see its log"
        end(voice.id, voice.build, VoiceState.FAILED, reason, key)


def _workflow(voice: Voice) -> ModuleType:
    """The module whose `start`, `find` and `workflow_id` are for such a voice."""
    return make_voice if voice.voice_type is VoiceType.RAPID else analyse_dataset
