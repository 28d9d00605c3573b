"""speak_clip (now), order_clip and reorder_clip (later, with a callback), edit_clip, list, get, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sayso.domain.account import Caller
from sayso.domain.clip import Clip, ClipState, SoundFormat
from sayso.domain.edit import UNSET, UnsetType, changes
from sayso.domain.page import Page, PageRequest
from sayso.domain.term import Dictionary
from sayso.domain.voice import Voice
from sayso.pipeline import synthesis
from sayso.pipeline.scripting import script_of
from sayso.services import Services
from sayso.storage import blobs, clips, deliveries, projects, voices
from sayso.storage.ids import new_id
from sayso.text.script import Script
from sayso.usecases.checks import check_text, check_url
from sayso.usecases.speech import dictionary_of, speaker_of
from sayso.workflows import make_clip, outbox


@dataclass(frozen=True, slots=True)
class ClipOrder:
    """What a clip is made from."""

    voice_id: str
    body: str
    """Plain or SSML, kept as it was sent."""
    title: str | None = None
    is_archived: bool = False
    sound: SoundFormat = field(default_factory=SoundFormat)
    callback_uri: str | None = None
    """Who is told when an ordered clip is there; ignored by `speak_clip`."""
    wants_times: bool = False
    """Whether to keep when each letter and sound is spoken."""
    uses_terms: bool = False
    """Whether the account's own words and sounds count."""


@dataclass(frozen=True, slots=True)
class ClipEdit:
    """A partial change of a clip. Anything but title and is_archived makes its sound anew."""

    voice_id: str | UnsetType = UNSET
    body: str | UnsetType = UNSET
    title: str | UnsetType | None = UNSET
    is_archived: bool | UnsetType = UNSET
    sound: SoundFormat | UnsetType = UNSET
    callback_uri: str | UnsetType | None = UNSET
    wants_times: bool | UnsetType = UNSET
    uses_terms: bool | UnsetType = UNSET


def speak_clip(
    services: Services,
    caller: Caller,
    project_id: str,
    order: ClipOrder,
    between: Callable[[], None] | None = None,
) -> Clip:
    """Make a clip now; it is finished when this returns. `between` is called between its pieces, and may end it.

    Raises NotFound, BadRequest, TooLarge, WrongState.
    """
    voice, script = check_order(services, caller, project_id, order)
    made = synthesis.say(speaker_of(services, voice), script, order.sound, between=between)
    now = datetime.now(UTC)
    with blobs.kept(services.db, services.blobs, made.audio) as key, services.db.begin() as tx:
        # Once more: the project may have been deleted while the clip was spoken.
        projects.find(tx, caller.account_id, project_id, lock=True)
        clip = replace(
            new_clip(new_id(tx, "clips"), project_id, voice, order, now),
            state=ClipState.FINISHED,
            audio_key=key,
            audio_container=order.sound.container,
            duration_s=made.duration_s,
            times=made.times if order.wants_times else None,
        )
        clips.insert(tx, caller.account_id, clip)
        blobs.still(services.blobs, key, made.audio)
    return clip


def order_clip(services: Services, caller: Caller, project_id: str, order: ClipOrder) -> Clip:
    """Have a clip made in the background; it is pending when this returns.

    Raises NotFound, BadRequest, TooLarge, WrongState.
    """
    voice, _ = check_order(services, caller, project_id, order, is_waited_for=False)
    speaker_of(services, voice)
    now = datetime.now(UTC)
    with services.db.begin() as tx:
        projects.find(tx, caller.account_id, project_id)
        clip = new_clip(new_id(tx, "clips"), project_id, voice, order, now)
        clips.insert(tx, caller.account_id, clip)
    make_clip.start(services, clip)
    return clip


def reorder_clip(services: Services, caller: Caller, project_id: str, clip_id: str, edit: ClipEdit) -> Clip:
    """Change a clip and have it made anew in the background; the old sound serves meanwhile.

    Raises NotFound, BadRequest, TooLarge, WrongState.
    """
    old = get_clip(services, caller, project_id, clip_id)
    given = changes(
        voice_id=edit.voice_id,
        body=edit.body,
        title=edit.title,
        is_archived=edit.is_archived,
        sound=edit.sound,
        callback_uri=edit.callback_uri,
        wants_times=edit.wants_times,
        uses_terms=edit.uses_terms,
    )
    order = ClipOrder(
        voice_id=given.get("voice_id", old.voice_id),
        body=given.get("body", old.body),
        title=given.get("title", old.title),
        is_archived=given.get("is_archived", old.is_archived),
        sound=given.get("sound", old.sound),
        callback_uri=given.get("callback_uri", old.callback_uri),
        wants_times=given.get("wants_times", old.wants_times),
        uses_terms=given.get("uses_terms", old.uses_terms),
    )
    voice, _ = check_order(services, caller, project_id, order, is_waited_for=False)
    speaker_of(services, voice)
    with services.db.begin() as tx:
        clip = clips.find(tx, caller.account_id, project_id, clip_id, lock=True)
        clip = replace(
            clip,
            voice_id=voice.id,
            voice_name=voice.name,
            body=order.body,
            title=order.title,
            is_archived=order.is_archived,
            sound=order.sound,
            callback_uri=order.callback_uri,
            wants_times=order.wants_times,
            uses_terms=order.uses_terms,
            state=ClipState.PENDING,
            revision=clip.revision + 1,
            issue=None,
            updated_at=datetime.now(UTC),
        )
        clips.save(tx, clip)
    make_clip.start(services, clip)
    return clip


def edit_clip(services: Services, caller: Caller, project_id: str, clip_id: str, edit: ClipEdit) -> Clip:
    """Change the title or the archiving; the sound stays. Raises NotFound, TooLarge."""
    given = changes(title=edit.title, is_archived=edit.is_archived)
    check_text("title", given.get("title"), services.limits.max_name_characters)
    with services.db.begin() as tx:
        clip = clips.find(tx, caller.account_id, project_id, clip_id, lock=True)
        clip = replace(clip, **given, updated_at=datetime.now(UTC))
        clips.save(tx, clip)
    return clip


def list_clips(
    services: Services, caller: Caller, project_id: str, page: PageRequest, query: str | None = None
) -> Page[Clip]:
    """The clips of a project, newest first; `query` keeps those with it in their title. Raises NotFound."""
    with services.db.read() as tx:
        projects.find(tx, caller.account_id, project_id)
        return clips.page(tx, caller.account_id, project_id, page, query)


def get_clip(services: Services, caller: Caller, project_id: str, clip_id: str) -> Clip:
    """One clip. Raises NotFound."""
    with services.db.read() as tx:
        return clips.find(tx, caller.account_id, project_id, clip_id)


def delete_clip(services: Services, caller: Caller, project_id: str, clip_id: str) -> None:
    """Remove a clip and its audio; one that is being made is dropped. Raises NotFound."""
    with services.db.begin() as tx:
        clip = clips.find(tx, caller.account_id, project_id, clip_id, lock=True)
        deliveries.forget(tx, clip_id=clip.id)
        clips.remove(tx, clip.id)
        make_clip.tell_batch(tx, caller.account_id, clip.batch_id)
    outbox.ring()
    blobs.release(services.db, services.blobs, [clip.audio_key])


def check_order(
    services: Services,
    caller: Caller,
    project_id: str,
    order: ClipOrder,
    *,
    is_waited_for: bool = True,
    own: Dictionary | None = None,
) -> tuple[Voice, Script]:
    """The voice of `order` and what it is to say. Raises what is wrong with it: NotFound, BadRequest, NotOffered, TooLarge.

    A clip for which nobody waits may be longer. `own`: the account's dictionary, where it has been read already.
    """
    limits = services.limits
    most = limits.clip_characters if is_waited_for else limits.ordered_clip_characters
    with services.db.read() as tx:
        projects.find(tx, caller.account_id, project_id)
    if own is None:
        own = dictionary_of(services, caller, is_wanted=order.uses_terms)
    script = script_of(order.body, most, field="body", own=own)
    check_text("title", order.title, limits.max_name_characters)
    check_url("callback_uri", order.callback_uri, limits.max_url_characters)
    with services.db.read() as tx:
        return voices.find(tx, caller.account_id, order.voice_id), script


def new_clip(
    clip_id: str,
    project_id: str,
    voice: Voice,
    order: ClipOrder,
    now: datetime,
    *,
    batch_id: str | None = None,
) -> Clip:
    """The row of an ordered clip, which waits."""
    return Clip(
        id=clip_id,
        project_id=project_id,
        voice_id=voice.id,
        voice_name=voice.name,
        title=order.title,
        body=order.body,
        is_archived=order.is_archived,
        sound=order.sound,
        state=ClipState.PENDING,
        callback_uri=order.callback_uri,
        audio_key=None,
        duration_s=None,
        revision=1,
        issue=None,
        created_at=now,
        updated_at=now,
        wants_times=order.wants_times,
        uses_terms=order.uses_terms,
        batch_id=batch_id,
    )
