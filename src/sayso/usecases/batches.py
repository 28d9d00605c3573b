"""order_batch, list_batches, get_batch, delete_batch: many clips at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sayso.domain.account import Caller
from sayso.domain.batch import Batch, BatchView
from sayso.domain.clip import ClipState, SoundFormat
from sayso.domain.page import Page, PageRequest
from sayso.errors import BadRequest, Rejected, TooLarge
from sayso.services import Services
from sayso.storage import batches, blobs, clips, deliveries, projects
from sayso.storage.ids import new_id
from sayso.usecases.checks import check_url
from sayso.usecases.clips import ClipOrder, check_order, new_clip
from sayso.usecases.speech import dictionary_of, speaker_of
from sayso.workflows import make_clip


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """What a batch is made from."""

    voice_id: str
    body: Sequence[tuple[str | None, str]]
    """Title and text of each clip."""
    sound: SoundFormat = field(default_factory=SoundFormat)
    callback_uri: str | None = None
    uses_terms: bool = False


def order_batch(services: Services, caller: Caller, project_id: str, order: BatchOrder) -> BatchView:
    """Have the clips made in the background, one after the other; none is made when this returns.

    Raises NotFound, BadRequest, TooLarge, WrongState; a text that cannot be spoken refuses the whole batch.
    """
    limits = services.limits
    if not order.body:
        raise BadRequest("body holds no text: send at least one", {"body": "is empty"})
    if len(order.body) > limits.batch_clips:
        fact = f"holds {len(order.body)} texts, at most {limits.batch_clips} are taken: send several batches"
        raise TooLarge(f"body {fact}", {"body": f"at most {limits.batch_clips} texts"})
    check_url("callback_uri", order.callback_uri, limits.max_url_characters)
    orders = [
        ClipOrder(order.voice_id, text, title, sound=order.sound, uses_terms=order.uses_terms)
        for title, text in order.body
    ]
    own = dictionary_of(services, caller, is_wanted=order.uses_terms)
    for n, one in enumerate(orders):
        try:
            voice, _ = check_order(services, caller, project_id, one, own=own)
        except Rejected as refused:
            raise type(refused)(
                f"entry {n} of body: {refused}", {"body": f"entry {n} is refused"}
            ) from refused
    speaker_of(services, voice)
    now = datetime.now(UTC)
    with services.db.begin() as tx:
        projects.find(tx, caller.account_id, project_id)
        batch = Batch(
            id=new_id(tx, "batches"),
            project_id=project_id,
            voice_id=voice.id,
            body=tuple(order.body),
            sound=order.sound,
            callback_uri=order.callback_uri,
            created_at=now,
            updated_at=now,
        )
        batches.insert(tx, caller.account_id, batch)
        made = []
        for n, one in enumerate(orders):
            # A microsecond apart: their order is that of the body.
            at = now + timedelta(microseconds=n)
            clip = new_clip(new_id(tx, "clips"), project_id, voice, one, at, batch_id=batch.id)
            clips.insert(tx, caller.account_id, clip)
            made.append(clip)
    for clip in made:
        make_clip.start(services, clip)
    return BatchView(batch, finished=0, failed=0, waiting=len(made))


def list_batches(services: Services, caller: Caller, project_id: str, page: PageRequest) -> Page[BatchView]:
    """The batches of a project, newest first. Raises NotFound."""
    with services.db.read() as tx:
        projects.find(tx, caller.account_id, project_id)
        return batches.page(tx, caller.account_id, project_id, page)


def get_batch(services: Services, caller: Caller, project_id: str, batch_id: str) -> BatchView:
    """One batch. Raises NotFound."""
    with services.db.read() as tx:
        return batches.view(tx, batches.find(tx, caller.account_id, project_id, batch_id))


def delete_batch(services: Services, caller: Caller, project_id: str, batch_id: str) -> None:
    """Remove a batch with those of its clips that wait; those that were made stay in the project. Raises NotFound."""
    with services.db.begin() as tx:
        batch = batches.find(tx, caller.account_id, project_id, batch_id, lock=True)
        waiting = [clip for clip in clips.of_batch(tx, batch.id) if clip.state is ClipState.PENDING]
        for clip in waiting:
            deliveries.forget(tx, clip_id=clip.id)
            clips.remove(tx, clip.id)
        batches.remove(tx, batch.id)
    blobs.release(services.db, services.blobs, [clip.audio_key for clip in waiting])
