"""A consent comes in, is looked at, is decided about by a person; its receipt; phrases to be spoken."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sayso.audio import codec, riff
from sayso.audio.waveform import Waveform
from sayso.domain.account import Caller
from sayso.domain.consent import (
    Challenge,
    Consent,
    ConsentState,
    Decision,
    Findings,
    PhraseKind,
    Reason,
    Ruling,
    Verdict,
)
from sayso.domain.voice import Voice, VoiceState
from sayso.errors import (
    BadAudio,
    BadRate,
    BadRequest,
    CutOff,
    NoSamples,
    NotAllowed,
    NotBase64,
    NotFinite,
    NotFound,
    NotWav,
    Rejected,
    Silent,
    Throttled,
    TooLarge,
    TooLong,
    TooManyChannels,
    Unavailable,
    WrongSize,
    WrongState,
)
from sayso.services import Services
from sayso.storage import consents, recordings, voices
from sayso.storage.db import Transaction
from sayso.storage.ids import new_id
from sayso.text.consent.challenge import new_phrase
from sayso.usecases.checks import check_text
from sayso.wire import receipt
from sayso.workflows import check_consent, outbox, runs

MAX_WHY_CHARACTERS = 2_000
_LOOKED_AT_BYTES = 256

_UNREADABLE: dict[type[Rejected], tuple[str, str]] = {
    NotBase64: ("not_base64", "Encode the bytes of the WAV file, and nothing else, in standard base64."),
    NotWav: ("not_wav", "Export the recording as WAV; giving the file another name does not make it one."),
    CutOff: (
        "truncated",
        "Send all of the file; if it is like that on the disk, record the statement again.",
    ),
    WrongSize: (
        "wrong_size",
        "Open the file in an audio program and export it anew, which writes a right head.",
    ),
    TooManyChannels: ("too_many_channels", "Record the statement in mono."),
    BadRate: ("bad_rate", "Export the recording at 16,000 to 48,000 samples a second."),
    NotFinite: ("not_finite", "Export the recording as 16 bit WAV, and listen to it before it is sent."),
    Silent: ("digital_silence", "Choose the right microphone, switch it on, and record the statement again."),
    NoSamples: ("no_samples", "Record the statement, and listen to the file before it is sent."),
    TooLong: ("too_long", "Record the statement and nothing else."),
    TooLarge: ("too_large", "Record the statement alone; as 16 bit WAV in mono it takes about a megabyte."),
    BadAudio: ("broken", "Listen to the file: if it plays, export it anew as WAV, if not, record it again."),
}
"""What could not be read: its code for ever, and what to do. Of a class that is not here its parent's."""


@dataclass(frozen=True, slots=True)
class SentConsent:
    """What a client sent as consent."""

    file: bytes
    """A WAV file, if it is what it should be."""
    refusal: NotBase64 | None = None
    """Why there is no file, where it could not even be read from the request."""
    challenge_id: str | None = None


@dataclass(frozen=True, slots=True)
class TakenConsent:
    """A consent after the checks that are made at once; not kept yet."""

    consent: Consent
    file: bytes | None
    """What is to be kept as its sound; None when it is refused already."""
    refusal: Rejected | None


@dataclass(frozen=True, slots=True)
class ConsentView:
    """Everything there is to know about the consent of a voice."""

    voice: Voice
    sentence: str
    """What is to be said."""
    attempts: tuple[Consent, ...]
    """Newest first."""
    receipt_builds: tuple[int, ...]
    """Builds of which there are receipts, the oldest first."""

    @property
    def current(self) -> Consent | None:
        """The attempt that counts."""
        return next((c for c in self.attempts if c.id == self.voice.consent_id), None)


def take(services: Services, caller: Caller, sent: SentConsent, language: str) -> TakenConsent:
    """Look at a consent as far as that goes at once: can it be decoded, was the phrase given out?

    Nothing is kept yet but the use of the phrase; see `keep`.
    """
    now = datetime.now(UTC)
    refusal: Rejected | None = sent.refusal
    phrase: str | None = None
    if refusal is None:
        try:
            _decoded(services, sent.file)
        except Rejected as broken:
            refusal = broken
    if refusal is None:
        try:
            phrase = _phrase(services, caller, sent.challenge_id, now)
        except Rejected as broken:
            refusal = broken
    findings = None if refusal is None else Findings((_unreadable(refusal, sent),), {}, False)
    consent = Consent(
        id="",
        account_id=caller.account_id,
        voice_id="",
        state=ConsentState.CHECKING if refusal is None else ConsentState.REFUSED,
        audio_key=None,
        audio_sha256=hashlib.sha256(sent.file).hexdigest(),
        statement=services.consent.sentence(language),
        created_at=now,
        updated_at=now,
        round=1,
        challenge=phrase,
        findings=findings,
        checked_at=None if refusal is None else now,
    )
    return TakenConsent(consent, sent.file if refusal is None else None, refusal)


def keep(tx: Transaction, voice: Voice, taken: TakenConsent, key: str | None) -> Voice:
    """Write the attempt down, its sound being the blob `key`; gives the voice with it, to be saved.

    An attempt that could not be read is written down, and takes no better one's place.
    """
    consent = replace(
        taken.consent,
        id=new_id(tx, "consents"),
        voice_id=voice.id,
        audio_key=key,
        created_at=datetime.now(UTC),
    )
    consents.insert(tx, consent)
    if taken.refusal is not None:
        return voice if voice.consent_id is not None else replace(voice, issue=str(taken.refusal))
    voice = replace(voice, issue=None) if voice.consent_id is None else voice
    return check_consent.followed(voice, consent, consent.created_at)


def begin_checks(services: Services, voice: Voice) -> None:
    """After the commit: start the round that was asked for. A start that is lost is found by the sweep."""
    if voice.consent_id is None or voice.consent_state is not ConsentState.CHECKING:
        return
    with services.db.read() as tx:
        consent = consents.fetch(tx, voice.consent_id)
    if consent is not None and consent.state is ConsentState.CHECKING:
        check_consent.start(services, consent)


def recordings_changed(tx: Transaction, voice: Voice) -> Voice:
    """Ask for another round, as other recordings are there to compare with; save what this gives.

    Not while a round runs, which notices by itself, nor while a build does, which checks before it learns.
    """
    if voice.consent_id is None or voice.state is VoiceState.RUNNING:
        return voice
    consent = consents.fetch(tx, voice.consent_id, lock=True)
    if consent is None or consent.audio_key is None or consent.state is ConsentState.CHECKING:
        return voice
    if consent.decision is not None and consent.decision.ruling is Ruling.REFUSED:
        return voice
    asked = consent.asked_again(datetime.now(UTC))
    consents.save(tx, asked)
    return replace(voice, consent_state=asked.state)


def get_consent(services: Services, caller: Caller, voice_id: str) -> ConsentView:
    """The consent of one of the caller's voices; a reviewer may look at anybody's. Raises NotFound."""
    with services.db.read() as tx:
        voice = _seen(tx, caller, voice_id)
        return ConsentView(
            voice,
            services.consent.sentence(voice.language),
            tuple(consents.of_voice(tx, voice.id)),
            tuple(consents.receipt_builds(tx, voice.account_id, voice.id)),
        )


def list_reviews(services: Services, caller: Caller) -> Sequence[Consent]:
    """Consents of all accounts that need a person, oldest first. Raises NotAllowed."""
    _check_reviewer(caller)
    with services.db.read() as tx:
        return consents.in_state(tx, ConsentState.REVIEW)


def decide(services: Services, caller: Caller, voice_id: str, ruling: Ruling, why: str) -> ConsentView:
    """A person's decision, on record for good. A build that waited for an approval begins anew.

    Raises NotAllowed, NotFound, BadRequest, TooLarge, WrongState.
    """
    _check_reviewer(caller)
    check_text("why", why, MAX_WHY_CHARACTERS, required=True)
    now = datetime.now(UTC)
    with services.db.begin() as tx:
        voice = _seen(tx, caller, voice_id, lock=True)
        consent = None if voice.consent_id is None else consents.fetch(tx, voice.consent_id, lock=True)
        if consent is None:
            raise WrongState("this voice has no consent to decide about: its owner has to send one first")
        if voice.state is VoiceState.RUNNING:
            raise WrongState("this voice is being built: decide when the build is over")
        keys = tuple(recording.audio_key for recording in recordings.active(tx, voice.id))
        by = f"{caller.name} ({caller.token_id})"
        decided = consent.decided(Decision(ruling, by, why.strip(), now, keys))
        consents.save(tx, decided)
        changed = check_consent.followed(voice, decided, now)
        begins = changed.state is VoiceState.RUNNING
        if not begins and consent.stopped_build and ruling is Ruling.APPROVED:
            begins = True
            changed = changed.asked_for(now, is_vouched_for=changed.is_vouched_for)
        voices.save(tx, changed)
        check_consent.tell_decision(tx, changed, decided)
    outbox.ring()
    if begins:
        runs.start(services, changed)
    return get_consent(services, caller, voice_id)


def new_challenge(
    services: Services, caller: Caller, language: str, kind: PhraseKind = PhraseKind.DIGITS
) -> Challenge:
    """A phrase to be spoken beside the statement; good once, for ten minutes.

    Raises BadRequest, and Throttled when the account was given many of them just now.
    """
    check_text("language", language, 35, required=True)
    now = datetime.now(UTC)
    code = language.partition("-")[0].lower()
    statement = services.consent.statements.get(code)
    if statement is None:
        known = ", ".join(services.consent.statements)
        raise BadRequest(f"there is no statement in the language {language[:35]!r}; expected one of {known}")
    phrase = new_phrase(statement, secrets.SystemRandom(), kind=kind.value)
    life = timedelta(seconds=services.limits.challenge_s)
    with services.db.begin() as tx:
        given = consents.challenges_since(tx, caller.account_id, now - life)
        most = services.limits.challenges_per_account
        if len(given) >= most:
            # One may be asked for when no more than the others are as young.
            wait_s = math.ceil((given[most - 1] + life - now).total_seconds())
            raise Throttled(
                f"{len(given)} phrases were given to this account in the last {life.total_seconds() / 60:.0f} min, "
                f"the most there are: use one of them, or ask again in {wait_s} s",
                max(1, wait_s),
            )
        consents.forget_challenges(tx, now - 2 * life)
        challenge = Challenge(new_id(tx, "challenges"), code, phrase, now)
        consents.insert_challenge(tx, caller.account_id, challenge)
    return challenge


def get_receipt(services: Services, caller: Caller, voice_id: str, build: int | None = None) -> str:
    """The signed receipt of a build of the voice, or of its newest. Raises NotFound.

    A receipt outlives its voice: whoever owned it can fetch it, and so can a reviewer.
    """
    owner = None if caller.is_reviewer else caller.account_id
    with services.db.read() as tx:
        kept = consents.receipt(tx, owner, voice_id, build)
        builds = consents.receipt_builds(tx, owner, voice_id)
    if kept is not None:
        return kept
    if not builds:
        raise NotFound("this voice has no consent receipt: one is made by a build that a consent allowed")
    known = ", ".join(map(str, builds))
    raise NotFound(f"there is no consent receipt of build {build}: there are some of these builds: {known}")


def public_key(services: Services) -> str:
    """What the receipts of this installation are verified with, in base64."""
    return receipt.public_key(services.receipt_key)


def _unreadable(refusal: Rejected, sent: SentConsent) -> Reason:
    """Why a consent, or the phrase that was to be spoken in it, could not be taken at once."""
    if isinstance(refusal, BadRequest):
        code = "challenge_needed" if sent.challenge_id is None else "challenge_unknown"
        remedy = "Ask for a phrase, record it with the statement, and send its uuid with the consent."
    else:
        kind = next(kind for kind in type(refusal).__mro__ if kind in _UNREADABLE)
        code, remedy = _UNREADABLE[kind]
    told = str(refusal)
    return Reason(code, Verdict.REFUSED, f"{told[:1].upper()}{told[1:]}.", remedy)


def _decoded(services: Services, file: bytes) -> Waveform:
    """Raises BadAudio and TooLarge, whose messages name the consent."""
    limits = services.limits
    if len(file) > limits.max_consent_bytes:
        most = limits.max_consent_bytes // 2**20
        raise TooLarge(f"the consent has {len(file)} bytes, at most {most} MiB are taken: shorten it")
    if not riff.is_wav(file):
        raise NotWav(
            f"consent is {_not_wav(file)}: expected the bytes of one, in base64; "
            "the voice is there without it, send it again by PUT or PATCH",
            {"consent": "must be a base64-encoded WAV file"},
        )
    try:
        riff.check_whole(file)
        return services.decoder.decode(file)
    except (BadAudio, TooLarge) as broken:
        raise type(broken)(f"consent: {broken}", {"consent": str(broken)}) from broken
    except Unavailable as busy:
        raise Unavailable(f"the consent cannot be read just now: {busy}") from busy


def _not_wav(file: bytes) -> str:
    """What was sent instead, as the end of a sentence."""
    if not file:
        return "empty, not a WAV file"
    kind = codec.sniff(file)
    if kind == "WAV":
        return "the head of a WAV file without sound, not a WAV file"
    if not kind and _is_text(file[:_LOOKED_AT_BYTES]):
        kind = "text"
    return f"{kind}, not a WAV file" if kind else "not a WAV file"


def _is_text(start: bytes) -> bool:
    """Whether the beginning of a file is UTF-8 for people; one character may be cut at its end."""
    text = start.decode(errors="replace").rstrip("\ufffd")
    return "\ufffd" not in text and all(one.isprintable() or one.isspace() for one in text) and bool(text)


def _phrase(services: Services, caller: Caller, challenge_id: str | None, now: datetime) -> str | None:
    """The phrase that the consent must hold; None where none is needed. Raises BadRequest."""
    if challenge_id is None:
        if services.consent.needs_phrase:
            raise BadRequest(
                "this server wants a random phrase spoken beside the statement: ask for one with "
                "POST /api/v2/consent_challenges, say it, and send its uuid as consent_challenge",
                {"consent_challenge": "is required"},
            )
        return None
    with services.db.begin() as tx:
        challenge = consents.use_challenge(tx, caller.account_id, challenge_id, now)
    life = timedelta(seconds=services.limits.challenge_s)
    if challenge is None or now - challenge.created_at > life:
        raise BadRequest(
            "consent_challenge is unknown, used, or older than ten minutes: ask for a new phrase, and record "
            "the consent with it",
            {"consent_challenge": "is unknown, used or expired"},
        )
    return challenge.phrase


def _seen(tx: Transaction, caller: Caller, voice_id: str, *, lock: bool = False) -> Voice:
    if not caller.is_reviewer:
        return voices.find(tx, caller.account_id, voice_id, lock=lock)
    voice = voices.fetch(tx, voice_id, lock=lock)
    if voice is None:
        raise NotFound(f"there is no voice {voice_id}: it was deleted")
    return voice


def _check_reviewer(caller: Caller) -> None:
    if not caller.is_reviewer:
        raise NotAllowed(
            "this token may not decide about consents: ask the operator for "
            "`sayso token update ID --reviewer`"
        )
