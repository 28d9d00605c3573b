"""One round of checks of a spoken consent: words, and the speaker against the recordings there are.

A round begins when a consent comes, and again when recordings come or go. A build makes the same checks by
itself, before it learns anything.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sayso import __version__
from sayso.domain.consent import Consent, ConsentState, Findings, Reason, Ruling, Verdict
from sayso.domain.event import VoiceFailed
from sayso.domain.recording import Recording
from sayso.domain.voice import Voice, VoiceState
from sayso.engines import weights
from sayso.errors import Rejected, SaysoError
from sayso.pipeline import consent_files
from sayso.pipeline.json_child import ChildDied, Tell
from sayso.services import Services
from sayso.storage import consents, recordings, voices
from sayso.storage.db import Transaction
from sayso.wire import receipt
from sayso.wire.responses import stamp
from sayso.workflows import durable, outbox

_ATTEMPTS = 3
_NO_PHRASE = Reason(
    "phrase_not_asked",
    Verdict.REVIEW,
    "The consent was sent before this server asked for a random phrase beside the statement, and holds none.",
    "Ask for a phrase, say it with the statement, and send that as a new consent, or have a person decide.",
)
_STOPPED = frozenset({VoiceState.INITIALIZING, VoiceState.DATASET_ISSUE, VoiceState.FAILED})
"""Where a voice waits for a build, which a refused consent forbids."""


def workflow_id(consent_id: str, round_: int) -> str:
    """The id under which a round is known; starting it twice is starting it once."""
    return f"check-consent-{consent_id}-{round_}"


def start(services: Services, consent: Consent) -> None:
    """Begin the consent's current round here, or leave it to the worker process, whose sweep finds it."""
    if durable.works_for(services):
        durable.start(
            durable.CONSENTS, workflow_id(consent.id, consent.round), check_consent, consent.id, consent.round
        )


def sweep(services: Services) -> None:
    """Start rounds that were asked for but not started; end those whose workflow is dead."""
    services.examiner.rest()
    with services.db.read() as tx:
        waiting = consents.in_state(tx, ConsentState.CHECKING)
    for consent in waiting:
        state = durable.status(workflow_id(consent.id, consent.round))
        if state is None:
            start(services, consent)
        elif state in durable.DEAD:
            _settle(
                services,
                consent.id,
                consent.round,
                _unchecked("the program ended each time it was tried"),
                None,
            )


@durable.workflow("check_consent")
def check_consent(consent_id: str, round_: int) -> str:
    """Check a consent; returns how it ended."""
    outcome = "died"
    for _ in range(_ATTEMPTS):
        if outcome == "died":
            outcome = durable.step(check, consent_id, round_)
    if outcome == "died":
        outcome = durable.step(give_up, consent_id, round_)
    return outcome


def check(consent_id: str, round_: int) -> str:
    """Examine the consent and write down what was found: `settled`, `gone`, or `died` with the child."""
    services = durable.services()
    # Named after the round: what a killed run left is found, and goes.
    folder = services.work_folder / f"consent-{consent_id}-{round_}"
    shutil.rmtree(folder, ignore_errors=True)
    with services.db.read() as tx:
        consent = consents.fetch(tx, consent_id)
        voice = None if consent is None else voices.fetch(tx, consent.voice_id)
        active = [] if voice is None else recordings.active(tx, voice.id)
    if consent is None or voice is None or not _is_open(consent, round_):
        return "gone"
    try:
        findings = examined(services, voice, consent, active, folder, _nobody)
    except ChildDied:
        return "died"
    _settle(services, consent_id, round_, findings, active)
    return "settled"


def give_up(consent_id: str, round_: int) -> str:
    """What could not be checked is left to a person."""
    _settle(
        durable.services(),
        consent_id,
        round_,
        _unchecked("the examining process died each time it was tried"),
        None,
    )
    return "settled"


def examined(
    services: Services,
    voice: Voice,
    consent: Consent,
    active: Sequence[Recording],
    folder: Path,
    tell: Tell,
) -> Findings:
    """What the checks find out about `consent` against these recordings. Raises ChildDied.

    `folder` is filled for the child and gone afterwards; one that a killed run left is used again.
    """
    if consent.audio_key is None:
        return consent.findings or _unchecked("its sound was not kept")
    shutil.rmtree(folder, ignore_errors=True)
    try:
        wave = services.decoder.decode(services.blobs.read(consent.audio_key))
        sounds = ((recording.audio_key, services.blobs.read(recording.audio_key)) for recording in active)
        consent_files.lay_out(folder, wave, sounds)
        findings = services.examiner.examine(
            folder,
            company=services.consent.company,
            platforms=services.consent.platforms,
            language=voice.language,
            phrase=consent.challenge,
            mark_confidence=None if services.marks is None else services.marks.confidence(wave),
            tell=tell,
        )
    except ChildDied:
        raise
    except Rejected as refusal:
        reason = Reason(
            "undecodable",
            Verdict.REFUSED,
            f"The consent cannot be decoded any more: {refusal}.",
            "Have the speaker send it again.",
        )
        return Findings((reason,), {}, False)
    except SaysoError as broken:
        return _unchecked(str(broken))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if services.consent.needs_phrase and consent.challenge is None:
        # It was sent when no phrase was asked for: it may be a replay as well as not.
        findings = replace(findings, reasons=(*findings.reasons, _NO_PHRASE))
    return findings


def missing(services: Services, tx: Transaction, voice: Voice) -> str:
    """What to say where a consent is needed and none was sent, or none that could be read."""
    fact = "this voice has no spoken consent, and it was not asked for by an authorized uploader"
    sent = consents.of_voice(tx, voice.id)
    if sent:
        why = sent[0].issue or ""
        fact = f"a consent of this voice was sent on {stamp(sent[0].created_at)}, but it could not be read: {why}"
        fact = f"{fact.rstrip('.')}. So there is no spoken consent, and no authorized uploader asked"
    return (
        f'{fact}: have the speaker say "{services.consent.sentence(voice.language)}" and send the WAV file, in base64, '
        f"as consent with PUT /api/v2/voices/{voice.id}"
    )


def receipt_of(
    services: Services, voice: Voice, consent: Consent, recording_keys: Sequence[str], now: datetime
) -> str:
    """The signed receipt of one build: what was accepted, and for which recordings."""
    findings = consent.findings
    decisions = [
        {
            "ruling": decision.ruling.value,
            "by": decision.by,
            "why": decision.why,
            "at": stamp(decision.at),
            "reasons": list(decision.reasons),
        }
        for decision in consent.decisions
    ]
    payload: dict[str, Any] = {
        "voice": {"uuid": voice.id, "name": voice.name, "account": voice.account_id},
        "build": voice.build,
        "consent": {
            "uuid": consent.id,
            "sha256": consent.audio_sha256,
            "received_at": stamp(consent.created_at),
        },
        "recordings_sha256": sorted(recording_keys),
        "statement": _statement(services, voice, findings),
        "verdict": consent.state.value,
        "findings": None if findings is None else findings.to_json(),
        "decision": decisions[-1] if decisions else None,
        "decisions": decisions,
        "made_by": {"sayso": __version__, "models": _models(services)},
        "issued_at": stamp(now),
    }
    return receipt.signed(payload, services.receipt_key)


def _statement(services: Services, voice: Voice, findings: Findings | None) -> str:
    """What the consent was held against: in the language that was heard, with the names of that check."""
    matched = None if findings is None else findings.numbers.get("statement")
    return matched if isinstance(matched, str) else services.consent.sentence(voice.language)


def _models(services: Services) -> dict[str, str]:
    """The files whose judgement it was, by their hashes."""
    if services.engine.name == "tone":
        return {}
    return {file.name: str(file.sha256) for file in weights.manifest() if not file.name.startswith("kokoro/")}


def _is_open(consent: Consent, round_: int) -> bool:
    return consent.round == round_ and consent.state is ConsentState.CHECKING


def _settle(
    services: Services,
    consent_id: str,
    round_: int,
    findings: Findings,
    examined_against: Sequence[Recording] | None,
) -> None:
    """Write the verdict; another round begins when other recordings are there than were examined."""
    again: Consent | None = None
    with services.db.begin() as tx:
        voice, consent = hold(tx, consent_id)
        if voice is None or consent is None or not _is_open(consent, round_):
            return
        now = datetime.now(UTC)
        keys = [recording.audio_key for recording in examined_against or ()]
        settled = consent.settled(findings, keys, now)
        active = [recording.audio_key for recording in recordings.active(tx, consent.voice_id)]
        if examined_against is not None and sorted(active) != sorted(keys):
            again = settled = consent.asked_again(now)
        consents.save(tx, settled)
        _follow(tx, voice, settled, now)
    outbox.ring()
    if again is not None:
        start(services, again)


def hold(tx: Transaction, consent_id: str) -> tuple[Voice | None, Consent | None]:
    """An attempt and its voice, both locked for this transaction; None where they were deleted.

    The voice first, here and everywhere: two that took a voice and its consent in different orders would wait for each
    other for ever on PostgreSQL.
    """
    seen = consents.fetch(tx, consent_id)
    voice = None if seen is None else voices.fetch(tx, seen.voice_id, lock=True)
    # Read again: it may have changed while the voice was waited for.
    return voice, None if voice is None else consents.fetch(tx, consent_id, lock=True)


def _follow(tx: Transaction, voice: Voice, consent: Consent, now: datetime) -> None:
    """`voice` goes where its newest consent sends it, unless a build or a finished voice is there already.

    Its owner is told when the consent is refused: of each attempt once, until it is accepted again. While a run is
    under way that waits for its end, which may be for the same reason.
    """
    if voice.consent_id != consent.id:
        return
    changed = followed(voice, consent, now)
    voices.save(tx, changed)
    if voice.state is not VoiceState.RUNNING:
        _tell_once(tx, changed, consent)


def copy_state(tx: Transaction, voice: Voice, consent: Consent) -> None:
    """Let the voice, which is locked, show where its consent is; the rest of the voice is the running build's."""
    if voice.consent_id == consent.id:
        voices.save(tx, replace(voice, consent_state=consent.state))


def caught_up(tx: Transaction, voice: Voice, now: datetime) -> Voice:
    """`voice`, locked, after a run that its consent did not end, saved: what was found out about a consent in the meantime
    counts now."""
    consent = None if voice.consent_id is None else consents.fetch(tx, voice.consent_id, lock=True)
    if consent is None or consent.state is ConsentState.CHECKING:
        return voice
    changed = followed(voice, consent, now)
    voices.save(tx, changed)
    _tell_once(tx, changed, consent)
    return changed


def told_by_run(tx: Transaction, voice: Voice, reason: str) -> None:
    """After the owner of `voice`, locked, was told that its consent ended a run for `reason`: no other callback says so."""
    consent = None if voice.consent_id is None else consents.fetch(tx, voice.consent_id, lock=True)
    if consent is not None and consent.state is ConsentState.REFUSED and consent.issue == reason:
        consents.save(tx, replace(consent, is_refusal_told=True))


def _tell_once(tx: Transaction, voice: Voice, consent: Consent) -> None:
    """Have the callback sent if the consent is refused and that was not told; both are written in this transaction."""
    if consent.state is ConsentState.REFUSED and not consent.is_refusal_told:
        _tell_refusal(tx, voice, consent, f"{workflow_id(consent.id, consent.round)}-{voice.build}")


def tell_decision(tx: Transaction, voice: Voice, consent: Consent) -> None:
    """Have the callback sent if the person who decided about the consent just now refused it."""
    decision = consent.decision
    if decision is not None and decision.ruling is Ruling.REFUSED:
        # Several may be made in one round, and each has its own reason.
        _tell_refusal(tx, voice, consent, f"decide-consent-{consent.id}-{len(consent.decisions)}")


def _tell_refusal(tx: Transaction, voice: Voice, consent: Consent, key: str) -> None:
    issue = consent.issue or ""
    if voice.state is VoiceState.FINISHED:
        issue = (
            f"{issue} The voice stays finished and speaks as before; it is not built anew without a consent."
        )
    event = VoiceFailed(voice.id, VoiceState.CONSENT_FAILED, issue)
    outbox.tell(tx, voice.account_id, voice.callback_uri, event, key)
    consents.save(tx, replace(consent, is_refusal_told=True))


def followed(voice: Voice, consent: Consent, now: datetime) -> Voice:
    """`voice` with the state of its newest consent; before a build that also decides where the voice is.

    A run that the voice had begun by itself, and a consent had ended, begins again with a good one: the caller starts it,
    or the sweep finds it.
    """
    changed = replace(voice, consent_id=consent.id, consent_state=consent.state, updated_at=now)
    if consent.state is ConsentState.CHECKING:
        return changed
    if consent.state is ConsentState.REFUSED:
        if voice.state in _STOPPED:
            changed = changed.to(VoiceState.CONSENT_FAILED)
        return (
            replace(changed, issue=consent.issue) if changed.state is VoiceState.CONSENT_FAILED else changed
        )
    if voice.state is VoiceState.CONSENT_FAILED:
        changed = changed.to(VoiceState.INITIALIZING)
    if changed.state is VoiceState.INITIALIZING:
        # What such a voice tells is about its consent: that of an older one, or of an older round, is over.
        changed = replace(changed, issue=consent.issue)
    is_good = consent.state is ConsentState.ACCEPTED or _waits_for_dataset(voice, consent)
    if voice.waits_for_consent and changed.state is VoiceState.INITIALIZING and is_good:
        changed = changed.asked_for(now, is_vouched_for=changed.is_vouched_for)
    return changed


def _waits_for_dataset(voice: Voice, consent: Consent) -> bool:
    return consent.state is ConsentState.WAITING and voice.dataset_waits


def _unchecked(why: str) -> Findings:
    reason = Reason(
        "not_checked",
        Verdict.REVIEW,
        f"The consent could not be checked: {why}.",
        "Send it again, or have a person decide.",
    )
    return Findings((reason,), {}, False)


def _nobody(stage: str, fraction: float, left_s: float | None) -> None:
    """Nobody waits for a check by itself."""
