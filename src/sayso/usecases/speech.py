"""speak and stream: text in, sound out, nothing kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sayso.domain.account import Caller
from sayso.domain.clip import SoundFormat
from sayso.domain.term import Dictionary
from sayso.domain.timing import Times
from sayso.domain.voice import Voice
from sayso.engines.base import Mark, Speaker
from sayso.errors import WrongState
from sayso.pipeline import synthesis
from sayso.pipeline.scripting import script_of
from sayso.services import Services
from sayso.storage import projects, terms, voices
from sayso.text.script import Manner, Script
from sayso.usecases.checks import check_text


@dataclass(frozen=True, slots=True)
class SpeechOrder:
    """What shall be said, by whom, in which format."""

    voice_id: str
    text: str
    """Plain or SSML; `pipeline.scripting.script_of` makes of it what is spoken."""
    sound: SoundFormat = field(default_factory=SoundFormat)
    project_id: str | None = None
    """Must be the account's when given; nothing is kept in it."""
    title: str | None = None
    seed: int = 0
    rate: float = 1.0
    """Times as fast as usual, 0.25 to 4."""
    uses_terms: bool = False
    """Whether the account's own words and sounds count."""
    field: str = "data"
    """What the text is called on the wire, for refusals."""


@dataclass(frozen=True, slots=True)
class Speech:
    """A finished piece of speech."""

    audio: bytes
    """A whole file in the format of `sound`."""
    duration_s: float
    synthesis_s: float
    """Wall time the making took."""
    seed: int
    sound: SoundFormat
    marks: tuple[Mark, ...] = ()
    """Words with their times in seconds, if the engine knows them."""
    times: Times = field(default_factory=Times)
    """Letters and sounds with theirs."""


def speak(
    services: Services, caller: Caller, order: SpeechOrder, between: Callable[[], None] | None = None
) -> Speech:
    """Say it whole; `between` is called between its pieces, and may end it. Raises NotFound, BadRequest, NotOffered, TooLarge, WrongState."""
    speaker, script = _ready(services, caller, order)
    began = time.monotonic()
    made = synthesis.say(speaker, script, order.sound, seed=order.seed, between=between)
    return Speech(
        audio=made.audio,
        duration_s=made.duration_s,
        synthesis_s=time.monotonic() - began,
        seed=order.seed if script.seed is None else script.seed,
        sound=order.sound,
        marks=made.marks,
        times=made.times,
    )


def stream(services: Services, caller: Caller, order: SpeechOrder) -> Iterator[bytes]:
    """Samples as `order.sound` says, without a header, the first as soon as a sentence exists.

    Everything that can be refused is refused by this call: NotFound, BadRequest, NotOffered, TooLarge, WrongState.
    """
    speaker, script = _ready(services, caller, order)
    return synthesis.stream(speaker, script, order.sound, seed=order.seed)


def live(
    services: Services, caller: Caller, order: SpeechOrder, container: str | None = None
) -> Iterator[synthesis.Bit]:
    """The same in a container that streams, with the times of letters and sounds; see `synthesis.live`.

    Everything that can be refused is refused by this call: NotFound, BadRequest, NotOffered, TooLarge, WrongState.
    """
    speaker, script = _ready(services, caller, order)
    return synthesis.live(speaker, script, order.sound, container=container, seed=order.seed)


def speaker_of(services: Services, voice: Voice) -> Speaker:
    """The loaded voice. Raises WrongState naming its state while it cannot speak."""
    if voice.artifact_key is None:
        raise WrongState(
            f"voice {voice.id} is {voice.state}, it cannot speak yet: build it and wait until it is finished"
        )
    return services.speakers.get(voice.artifact_key)


def dictionary_of(services: Services, caller: Caller, *, is_wanted: bool) -> Dictionary | None:
    """The account's own words and sounds, if they are to count."""
    if not is_wanted:
        return None
    with services.db.read() as tx:
        return terms.dictionary(tx, caller.account_id)


def _ready(services: Services, caller: Caller, order: SpeechOrder) -> tuple[Speaker, Script]:
    most = services.limits.clip_characters
    if order.field == "input":
        most = max(most, services.limits.openai_characters)
    own = dictionary_of(services, caller, is_wanted=order.uses_terms)
    script = script_of(order.text, most, field=order.field, own=own).spoken_in(Manner(rate=order.rate))
    check_text("title", order.title, services.limits.max_name_characters)
    with services.db.read() as tx:
        voice = voices.find(tx, caller.account_id, order.voice_id)
        if order.project_id is not None:
            projects.find(tx, caller.account_id, order.project_id)
    return speaker_of(services, voice), script
