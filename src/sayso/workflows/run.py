"""What the workflows of a voice share: outcomes of steps, progress on the voice's row, and the end of a run.

A run is what a voice is RUNNING for: a build, or the analysis of a dataset. Its number is the voice's `build`.
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

from sayso.domain.event import FaultyRecording, VoiceFailed, faulty
from sayso.domain.voice import Voice, VoiceState
from sayso.errors import OtherLanguage, OtherSpeaker, SaysoError
from sayso.pipeline.exhausted import exhausted
from sayso.pipeline.json_child import ChildDied
from sayso.services import Services
from sayso.storage import analyses, blobs, voices
from sayso.storage.db import Transaction
from sayso.workflows import check_consent, durable, outbox

_TELL_EVERY_S = 0.5

_MAY_HELP = "each time it was tried: there may be too little memory; see the server's log, then build again"

Outcome = dict[str, Any]
"""{"ok": value}, or one of `ENDINGS` with the reason, or {"gone": True}, or {"died": reason}: the child that
worked was lost. Beside "refused" may be "examined": the id of the consent it is about, "" if there was none.

Only what died is tried again. An error that the child tells would come again, and take as long."""

ENDINGS = {
    "failed": VoiceState.FAILED,
    "died": VoiceState.FAILED,
    "issue": VoiceState.DATASET_ISSUE,
    "refused": VoiceState.CONSENT_FAILED,
    "review": VoiceState.INITIALIZING,
}
"""Outcome -> where the voice is after it."""


class Gone(Exception):
    """The voice was deleted, or this run is not its current one any more."""


def tried(step: Callable[..., Outcome], *args: Any) -> Outcome:
    """Each try is a step of its own, so that a restart of the program does not count them anew."""
    outcome = durable.step(step, *args)
    for _ in range(durable.services().limits.training_attempts - 1):
        if "died" not in outcome:
            break
        outcome = durable.step(step, *args)
    return outcome


def guarded(work: Callable[[], Outcome]) -> Outcome:
    """What went wrong as a value: see `durable`."""
    try:
        return work()
    except Gone:
        return {"gone": True}
    except ChildDied as lost:
        return {"died": f"{lost}, {_MAY_HELP}"}
    except (OtherLanguage, OtherSpeaker) as refused:
        return {"issue": str(refused)}
    except SaysoError as broken:
        return {"failed": str(broken)}
    except Exception as broken:  # noqa: BLE001 - the edge of a step: the voice must tell, whatever it was
        traceback.print_exc()
        if (known := exhausted(broken)) is not None:
            return {"failed": str(known)}
        return {
            "failed": f"something of ours broke ({type(broken).__name__}: {broken}); ask for a build again"
        }


def running(services: Services, voice_id: str, build: int) -> Voice:
    """The voice, while that run is its current one. Raises Gone."""
    with services.db.read() as tx:
        voice = voices.fetch(tx, voice_id)
    if voice is None or voice.build != build or voice.state is not VoiceState.RUNNING:
        raise Gone
    return voice


def folder(services: Services, voice_id: str, build: int) -> Path:
    """Where the run may write."""
    return services.work_folder / f"{voice_id}-{build}"


def ended(outcome: Outcome) -> tuple[VoiceState, str] | None:
    """Where the voice goes after `outcome` and why; None where the run did not end by it."""
    for name, state in ENDINGS.items():
        if name in outcome:
            return state, outcome[name]
    return None


def end(
    voice_id: str, build: int, state: VoiceState, reason: str, key: str, examined: str | None = None
) -> Outcome:
    """The run ends without a voice, and its owner is told under `key`; what spoke before goes on speaking.

    A build that waits for a person's decision about the consent is as if it had not been asked for. `examined` is the
    consent that ended the run, "" if there was none: what was found out about another, which came since then, counts now.
    """
    state = VoiceState(state)
    services = durable.services()
    with services.db.begin() as tx:
        voice = voices.fetch(tx, voice_id, lock=True)
        if voice is None or voice.build != build:
            return {"gone": True}
        if voice.state is VoiceState.RUNNING:
            now = datetime.now(UTC)
            # INITIALIZING: a person has to decide about the consent, or another one comes.
            is_consent = state in {VoiceState.CONSENT_FAILED, VoiceState.INITIALIZING}
            voice = replace(
                voice.to(state),
                issue=reason,
                stage=None,
                left_s=None,
                waits_for_consent=is_consent and voice.starts_by_itself,
                updated_at=now,
            )
            voices.save(tx, voice)
            if state is not VoiceState.INITIALIZING:
                at_fault = _at_fault(tx, voice) if state is VoiceState.DATASET_ISSUE else ()
                event = VoiceFailed(voice_id, state, reason, at_fault)
                outbox.tell(tx, voice.account_id, voice.callback_uri, event, key)
            if state is VoiceState.CONSENT_FAILED:
                check_consent.told_by_run(tx, voice, reason)
            is_other = examined is not None and examined != (voice.consent_id or "")
            if state is not VoiceState.CONSENT_FAILED or is_other:
                check_consent.caught_up(tx, voice, now)
    outbox.ring()
    return {"ok": True}


def _at_fault(tx: Transaction, voice: Voice) -> tuple[FaultyRecording, ...]:
    """What this run's analysis rejected; nothing where the dataset failed before there was one."""
    analysis = analyses.fetch(tx, voice.id)
    if analysis is None or analysis.build != voice.build:
        return ()
    return tuple(faulty(report) for report in analysis.report.rejected)


def clean(voice_id: str, build: int, made: list[str]) -> Outcome:
    """Remove the run's folder, and those blobs it made that no row came to use."""
    services = durable.services()
    shutil.rmtree(folder(services, voice_id, build), ignore_errors=True)
    blobs.release(services.db, services.blobs, made)
    return {"ok": True}


class Teller:
    """Writes progress on the voice's row, not too often. Raises Gone when nobody wants it any more."""

    def __init__(
        self,
        services: Services,
        voice_id: str,
        build: int,
        start: float,
        end: float,
        *,
        usual_s: float | None = None,
    ) -> None:
        """`start` and `end`: the part of the run that is told about. `usual_s`: what the whole run takes, the guess of
        the time left where nobody knows better."""
        self._services = services
        self._voice_id = voice_id
        self._build = build
        self._span = (start, end)
        self._usual_s = usual_s
        self._told_at = 0.0
        self._stage = ""

    def __call__(self, stage: str, fraction: float, left_s: float | None) -> None:
        """See `sayso.pipeline.json_child.Tell`."""
        now = time.monotonic()
        if stage == self._stage and now - self._told_at < _TELL_EVERY_S:
            return
        self._told_at, self._stage = now, stage
        start, end = self._span
        whole = start + (end - start) * min(1.0, max(0.0, fraction))
        if left_s is None and self._usual_s is not None:
            left_s = self._usual_s * (1.0 - whole)
        with self._services.db.begin() as tx:
            if not voices.tell_progress(tx, self._voice_id, self._build, stage, whole, left_s):
                raise Gone
