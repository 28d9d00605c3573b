"""sayso consent: look at consents, decide about them, verify receipts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sayso.commands.local import local_services
from sayso.errors import SaysoError

if TYPE_CHECKING:
    from sayso.usecases.consents import ConsentView

app = typer.Typer(
    no_args_is_help=True,
    help="""Spoken consents: what to say, what was found out, what a person decides.

A consent is heard, understood and matched to the speaker of the recordings by itself. Where the machine is
not sure, a person decides: `sayso consent list`, then `show`, then `approve` or `refuse`, with the token of
a reviewer (`sayso token create NAME --reviewer`). `sayso consent verify` checks a receipt anywhere, offline.
""",
)

Voice = Annotated[str, typer.Argument(metavar="VOICE", help="Uuid of the voice.")]
Token = Annotated[
    str,
    typer.Option(
        envvar="SAYSO_TOKEN",
        help="Secret of a token; a reviewer's, to decide.",
        show_default=False,
        prompt=False,
    ),
]
Why = Annotated[str, typer.Option(help="Why, for the record: what you did to be sure.")]


@app.command("sentence")
def sentence(
    language: Annotated[str, typer.Option(help="Language code, such as en or de.")] = "en",
) -> None:
    """Print what a speaker has to say, with the company and platform that are set here."""
    from sayso.bootstrap import consent_rules
    from sayso.settings import load_settings

    typer.echo(consent_rules(load_settings()).sentence(language))


@app.command("list")
def list_(token: Token = "") -> None:
    """List the consents that wait for a person's decision."""
    from sayso.usecases import accounts, consents

    with local_services() as services:
        waiting = consents.list_reviews(services, accounts.sign_in(services, token))
    for consent in waiting:
        typer.echo(f"{consent.voice_id}  since {consent.updated_at:%Y-%m-%d %H:%M}  {consent.issue}")
    if not waiting:
        typer.echo("No consent waits for a decision.")


@app.command("show")
def show(voice: Voice, token: Token = "") -> None:
    """Show what was found out about the consent of VOICE: words heard, likeness, reasons, decisions."""
    from sayso.usecases import accounts, consents

    with local_services() as services:
        _print(consents.get_consent(services, accounts.sign_in(services, token), voice))


@app.command("approve")
def approve(voice: Voice, why: Why, token: Token = "") -> None:
    """Approve the consent of VOICE for the recordings it has now; a build that waited for it begins.

    A refusal of the checks is overruled by that, as long as the consent can be heard.

    Listen first: `sayso consent show` has the numbers, GET /api/v2/voices/VOICE/consent the sound.
    """
    _decide(voice, "approved", why, token)


@app.command("refuse")
def refuse(voice: Voice, why: Why, token: Token = "") -> None:
    """Refuse the consent of VOICE. Its owner is told, and may send another."""
    _decide(voice, "refused", why, token)


@app.command("receipt")
def receipt(
    voice: Voice,
    build: Annotated[int | None, typer.Option(help="Number of the build; the newest, if not given.")] = None,
    token: Token = "",
) -> None:
    """Print the signed receipt of a build of VOICE: keep it, it proves what was consented to.

    With the token of the account that owns the voice, or did before it was deleted, or of a reviewer.
    """
    from sayso.usecases import accounts, consents

    with local_services() as services:
        caller = accounts.sign_in(services, token)
        typer.echo(consents.get_receipt(services, caller, voice, build))


@app.command("key")
def key() -> None:
    """Print the public key that the receipts of this installation are verified with."""
    from sayso.usecases import consents
    from sayso.wire.receipt import fingerprint

    with local_services() as services:
        public = consents.public_key(services)
    typer.echo(public)
    typer.echo(f"fingerprint {fingerprint(public)}", err=True)


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A receipt, as it was saved.")],
    public_key: Annotated[
        str | None,
        typer.Option("--key", help="The key that `sayso consent key` prints where the receipt comes from."),
    ] = None,
    sound: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="A consent or recording: is it the one meant?"),
    ] = None,
) -> None:
    """Verify a consent receipt, offline. Exit code 1 if it was changed, or is not from the key's owner."""
    from sayso.wire.receipt import verified

    payload = verified(_read(file), public_key)
    consent, voice = payload["consent"], payload["voice"]
    typer.echo(f"The receipt is whole. Voice {voice['uuid']} ({voice['name']}), build {payload['build']}.")
    typer.echo(f"Consent {consent['sha256']} of {consent['received_at']}: {payload['verdict']}")
    typer.echo(f"Statement: {payload['statement']}")
    # Older receipts tell the one that counted, not in a list; the newest counts.
    for decision in payload.get("decisions") or filter(None, [payload["decision"]]):
        typer.echo(
            f"Decided by {decision['by']} at {decision['at']}: {decision['ruling']}, {decision['why']}"
        )
        # Receipts of before 2026-11-29 do not tell them.
        if decision.get("reasons"):
            typer.echo(f"What spoke against it: {', '.join(decision['reasons'])}")
    typer.echo(f"It covers {len(payload['recordings_sha256'])} recordings.")
    if public_key is None:
        typer.echo("Who signed it is not shown by this: give --key to be sure.", err=True)
    for path in sound or []:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        if digest == consent["sha256"]:
            typer.echo(f"{path}: this is the consent")
        elif digest in payload["recordings_sha256"]:
            typer.echo(f"{path}: one of its recordings")
        else:
            raise SaysoError(f"{path} is neither the consent of this receipt nor one of its recordings")


def _decide(voice: str, ruling: str, why: str, token: str) -> None:
    from sayso.domain.consent import Ruling
    from sayso.usecases import accounts, consents

    with local_services() as services:
        caller = accounts.sign_in(services, token)
        view = consents.decide(services, caller, voice, Ruling(ruling), why)
    current = view.current
    typer.echo(f"The consent of voice {voice} is {'gone' if current is None else current.state.value}.")


def _print(view: ConsentView) -> None:
    typer.echo(f"To be said: {view.sentence}")
    if not view.attempts:
        typer.echo("No consent was sent.")
    for attempt in view.attempts:
        mark = "*" if attempt is view.current else " "
        typer.echo(f"{mark} {attempt.id}  {attempt.created_at:%Y-%m-%d %H:%M}  {attempt.state.value}")
        if attempt.findings is not None:
            for reason in attempt.findings.reasons:
                approved = ", approved" if reason.is_approved else ""
                typer.echo(f"    {reason.code} ({reason.verdict.value}{approved}): {reason}")
            for name, value in attempt.findings.numbers.items():
                typer.echo(f"    {name}: {_short(value)}")
        for made in attempt.decisions:
            typer.echo(f"    {made.ruling.value} by {made.by} at {made.at:%Y-%m-%d %H:%M}: {made.why}")


def _short(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return ", ".join(f"{entry['sha256'][:8]} {entry['similarity']}" for entry in value)
    return str(value)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SaysoError(f"{file} cannot be read as text: {error}") from error
