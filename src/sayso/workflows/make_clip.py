"""synthesise -> publish, for clips ordered with a callback."""

from __future__ import annotations

import tempfile
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from sayso.domain.clip import Clip, ClipState
from sayso.domain.event import BatchFinished, ClipFailed, ClipFinished, Event
from sayso.errors import SaysoError
from sayso.pipeline import synthesis
from sayso.pipeline.scripting import script_of
from sayso.services import Services
from sayso.storage import batches, blobs, clips, terms, voices
from sayso.storage.clips import times_of, times_text
from sayso.storage.db import Transaction
from sayso.workflows import durable, outbox

Outcome = dict[str, Any]


def workflow_id(clip: Clip) -> str:
    """The id under which the making of one revision is known."""
    return f"make-clip-{clip.id}-{clip.revision}"


def start(services: Services, clip: Clip) -> None:
    """Begin here, or leave it to the worker process, whose sweep finds it."""
    if durable.works_for(services):
        durable.start(_lane(services, clip), workflow_id(clip), make_clip, clip.id, clip.revision)


def _lane(services: Services, clip: Clip) -> str:
    # Of their own: neither a thousand clips of a batch nor a chapter keeps a single short one waiting.
    is_short = len(clip.body) <= services.limits.clip_characters
    return durable.CLIPS if clip.batch_id is None and is_short else durable.BATCHES


def sweep(services: Services) -> None:
    """Start clips that were ordered but not started; end those whose workflow is dead."""
    with services.db.read() as tx:
        waiting = clips.pending(tx)
    for clip in waiting:
        if durable.is_waiting(_lane(services, clip), workflow_id(clip)):
            continue
        state = durable.status(workflow_id(clip))
        if state is None:
            start(services, clip)
        elif state in durable.DEAD:
            reason = "the clip was tried many times and the program ended each time: see its log"
            publish(clip.id, clip.revision, {"failed": reason})


@durable.workflow("make_clip")
def make_clip(clip_id: str, revision: int) -> str:
    """Make one revision of a clip; returns how it ended."""
    outcome = durable.step(speak, clip_id, revision)
    outcome = durable.step(publish, clip_id, revision, outcome)
    return str(outcome["ended"])


def speak(clip_id: str, revision: int) -> Outcome:
    """The sound, kept: its key and length in seconds."""
    services = durable.services()
    try:
        with services.db.read() as tx:
            clip = clips.fetch(tx, clip_id)
            if clip is None or clip.revision != revision:
                return {"gone": True}
            voice = voices.fetch(tx, clip.voice_id)
            own = terms.dictionary(tx, clips.owner(tx, clip.id)) if clip.uses_terms else None
        if voice is None or voice.artifact_key is None:
            return {"failed": f"voice {clip.voice_id} was deleted before the clip was made"}
        script = script_of(clip.body, services.limits.ordered_clip_characters, field="body", own=own)
        speaker = services.speakers.get(voice.artifact_key)
        # In a file: the sound of a chapter is larger than the server.
        with tempfile.NamedTemporaryFile(dir=services.work_folder, prefix="clip-") as file:
            said = synthesis.say_into(cast(BinaryIO, file), speaker, script, clip.sound)
            file.flush()
            key = services.blobs.put(Path(file.name))
        times = times_text(said.times) if clip.wants_times else None
        return {"key": key, "duration_s": said.duration_s, "times": times}
    except SaysoError as broken:
        return {"failed": str(broken)}
    except Exception as broken:  # noqa: BLE001 - the edge of a step: the clip must tell, whatever it was
        traceback.print_exc()
        return {
            "failed": f"something of ours broke ({type(broken).__name__}: {broken}); order the clip again"
        }


def publish(clip_id: str, revision: int, outcome: Outcome) -> Outcome:
    """Write the outcome on the clip and tell of it, unless a newer order has overtaken it."""
    services = durable.services()
    key = outcome.get("key")
    with services.db.begin() as tx:
        clip = clips.fetch(tx, clip_id, lock=True)
        if clip is None or clip.revision != revision or "gone" in outcome:
            clip, released = None, key
        elif clip.state is not ClipState.PENDING:
            released = None
        elif key is None:
            released = None
            clip = replace(
                clip, state=ClipState.FAILED, issue=outcome["failed"], updated_at=datetime.now(UTC)
            )
            clips.save(tx, clip)
            _tell(tx, clip, ClipFailed(clip.id, clip.project_id, outcome["failed"]))
            tell_batch(tx, clips.owner(tx, clip.id), clip.batch_id)
        else:
            released = clip.audio_key
            # Absent where an older version of this program made the sound.
            times = times_of(outcome.get("times"))
            clip = replace(
                clip,
                state=ClipState.FINISHED,
                audio_key=key,
                audio_container=clip.sound.container,
                duration_s=outcome["duration_s"],
                issue=None,
                times=times,
                updated_at=datetime.now(UTC),
            )
            clips.save(tx, clip)
            _tell(tx, clip, ClipFinished(clip.id, clip.project_id, key, clip.file_name, times))
            tell_batch(tx, clips.owner(tx, clip.id), clip.batch_id)
    outbox.ring()
    blobs.release(services.db, services.blobs, [released])
    return {"ended": "gone" if clip is None else clip.state.value}


def tell_batch(tx: Transaction, account_id: str, batch_id: str | None) -> None:
    """Tell of a batch once none of its clips waits; then `outbox.ring`."""
    batch = None if batch_id is None else batches.fetch(tx, batch_id)
    if batch is None:
        return
    view = batches.view(tx, batch)
    if not view.waiting:
        event = BatchFinished(view, tuple(clips.of_batch(tx, batch.id)))
        outbox.tell(tx, account_id, batch.callback_uri, event, f"make-batch-{batch.id}")


def _tell(tx: Transaction, clip: Clip, event: Event) -> None:
    outbox.tell(tx, clips.owner(tx, clip.id), clip.callback_uri, event, workflow_id(clip))
