"""Incoming bodies: which fields there are, of which kind, and what an absent one means."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from sayso.domain.clip import CLIP_RATES_HZ, Container, Precision, SoundFormat
from sayso.domain.consent import PhraseKind, Ruling
from sayso.domain.voice import VoiceType
from sayso.errors import BadRequest
from sayso.wire.fields import Flag, Form, Name, Note, Whole, between, one_of, one_of_numbers, wrong

Kind = Annotated[VoiceType, one_of(VoiceType, {"rapid_voice": "rapid", "professional_voice": "professional"})]
Ruled = Annotated[Ruling, one_of(Ruling, {"approve": "approved", "refuse": "refused"})]
Phrasing = Annotated[PhraseKind, one_of(PhraseKind)]
Format = Annotated[Container, one_of(Container, {"opus": "ogg", "ogg_opus": "ogg"})]
Sample = Annotated[Precision, one_of(Precision, {"ULAW": "MULAW"})]
Rate = Annotated[Whole, one_of_numbers(CLIP_RATES_HZ)]
Seed = Annotated[Whole, between(0, 2**31 - 1)]


class CreateVoice(Form):
    """POST /voices."""

    name: Name
    voice_type: Kind = VoiceType.PROFESSIONAL
    consent: Note = None
    """Base64 of a WAV file. An empty string counts as none: one SDK cannot leave it out."""
    consent_challenge: Note = None
    """Uuid of the phrase that is spoken in it."""
    dataset_url: Note = None
    callback_uri: Note = None
    language: Name = "en-US"
    description: Note = None


class EditVoice(Form):
    """PUT and PATCH /voices/{uuid}; every field may be left out."""

    nullable: ClassVar[frozenset[str]] = frozenset({"dataset_url", "callback_uri", "description"})

    name: Name = ""
    consent: Note = None
    consent_challenge: Note = None
    dataset_url: Note = None
    callback_uri: Note = None
    language: Name = ""
    description: Note = None


class DecideConsent(Form):
    """POST /voices/{uuid}/consent/decision."""

    decision: Ruled
    why: Name


class AskChallenge(Form):
    """POST /consent_challenges."""

    language: Name = "en"
    kind: Phrasing = PhraseKind.DIGITS


class CreateRecording(Form):
    """The text fields of POST /voices/{uuid}/recordings; the `file` travels beside them."""

    name: Name
    text: Note = None
    emotion: Note = None
    is_active: Flag = True
    fill: Flag = False


class EditRecording(Form):
    """PUT and PATCH /voices/{uuid}/recordings/{uuid}."""

    nullable: ClassVar[frozenset[str]] = frozenset({"text", "emotion"})

    name: Name = ""
    text: Note = None
    emotion: Note = None
    is_active: Flag = True
    fill: Flag = False


class CreateProject(Form):
    """POST /projects."""

    name: Name
    description: Note = None
    is_collaborative: Flag = False
    is_archived: Flag = False


class EditProject(Form):
    """PUT and PATCH /projects/{uuid}."""

    nullable: ClassVar[frozenset[str]] = frozenset({"description"})

    name: Name = ""
    description: Note = None
    is_collaborative: Flag = False
    is_archived: Flag = False


Speech = Name
"""Plain text or SSML, as it was sent: what it means is for `pipeline.scripting`."""


class SoundForm(Form):
    """What every request for speech says about its format."""

    output_format: Format = Container.WAV
    precision: Sample = Precision.PCM_32
    sample_rate: Rate = 22_050

    @property
    def sound(self) -> SoundFormat:
        """How the speech is to be written."""
        return SoundFormat(self.output_format, self.precision, self.sample_rate).fitted()


class CreateClip(SoundForm):
    """POST /projects/{uuid}/clips: with `callback_uri` asynchronous, without it synchronous."""

    voice_uuid: Name
    body: Speech
    title: Note = None
    is_archived: Flag = False
    callback_uri: Note = None
    include_timestamps: Flag = False
    raw: Flag = False
    suggestions: Flag = False


class EditClip(SoundForm):
    """PUT and PATCH /projects/{uuid}/clips/{uuid}."""

    nullable: ClassVar[frozenset[str]] = frozenset({"title"})

    voice_uuid: Name = ""
    body: Speech = ""
    title: Note = None
    is_archived: Flag = False
    callback_uri: Note = None
    include_timestamps: Flag = False
    suggestions: Flag = False


class Synthesize(SoundForm):
    """POST /synthesize."""

    voice_uuid: Name
    data: Speech
    project_uuid: Note = None
    title: Note = None
    sample_rate: Rate = 48_000
    seed: Seed = 0
    apply_custom_pronunciations: Flag = False


class Stream(SoundForm):
    """POST /stream. Sixteen bits unless told otherwise: that is what the SDKs' decoders read."""

    voice_uuid: Name
    data: Speech
    project_uuid: Note = None
    precision: Sample = Precision.PCM_16
    seed: Seed = 0
    apply_custom_pronunciations: Flag = False
    wav_encoded_timestamps: Flag = False

    @property
    def live_sound(self) -> SoundFormat:
        """The format of the stream. Raises BadRequest for one that is not WAV."""
        if self.output_format is not Container.WAV:
            fact = "must be wav here; /synthesize and clips make mp3, flac and ogg"
            raise BadRequest(f"output_format {fact}", {"output_format": fact})
        return self.sound


def _texts(value: Any) -> Any:
    """Texts, or pairs of title and text, as pairs."""
    if not isinstance(value, list) or not value:
        raise wrong("must be a list of texts, or of pairs of title and text")
    pairs = []
    for n, entry in enumerate(value):
        pair = [None, entry] if isinstance(entry, str) else entry
        if not isinstance(pair, list) or len(pair) != 2 or not isinstance(pair[1], str):
            raise wrong(f"must hold texts, or pairs of title and text: entry {n} is neither")
        if pair[0] is not None and not isinstance(pair[0], str):
            raise wrong(f"must hold texts, or pairs of title and text: the title of entry {n} is no text")
        pairs.append(pair)
    return pairs


class CreateBatch(SoundForm):
    """POST /projects/{uuid}/batch."""

    voice_uuid: Name
    body: Annotated[tuple[tuple[Note, Speech], ...], BeforeValidator(_texts)]
    callback_uri: Note = None
    suggestions: Flag = False


class CreateSubstitution(Form):
    """POST /term_substitutions."""

    original_text: Name
    replacement_text: Name


class CreatePhoneme(Form):
    """POST /phonemes."""

    word: Name
    phonetic_transcription: Name


class Build(Form):
    """POST /voices/{uuid}/build. `fill` is the name of a thing that has no effect here."""

    fill: Flag = False
