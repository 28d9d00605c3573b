"""sayso webhook: the secrets that sign callbacks, and what became of each."""

from __future__ import annotations

from typing import Annotated

import typer

from sayso.commands.local import local_services

app = typer.Typer(
    no_args_is_help=True,
    help="Callbacks: the secrets that sign them, what became of them, sending one again.",
)


@app.command("secret")
def secret(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The id that `sayso token list` shows.")],
) -> None:
    """Print the secret that signs the callbacks of a token's account."""
    from sayso.usecases import local
    from sayso.usecases.webhook_secret import read_secret

    with local_services() as services:
        typer.echo(read_secret(services, local.caller_of_token(services, token_id)).secret)


@app.command("rotate")
def rotate(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The id that `sayso token list` shows.")],
) -> None:
    """Make a new secret for a token's account and print it; the old one signs beside it for a day."""
    from sayso.usecases import local
    from sayso.usecases.webhook_secret import rotate_secret

    with local_services() as services:
        made = rotate_secret(services, local.caller_of_token(services, token_id))
    typer.echo(f"The one before it signs too until {made.previous_until:%Y-%m-%d %H:%M} UTC.", err=True)
    typer.echo(made.secret)


@app.command("log")
def log(
    voice: Annotated[str, typer.Argument(help="The uuid of a voice.")],
) -> None:
    """List the newest callbacks of a voice, each with its attempts."""
    from sayso.domain.page import PageRequest
    from sayso.usecases import callbacks, local

    with local_services() as services:
        owner = local.owner_of_voice(services, voice)
        page = callbacks.list_voice_callbacks(services, owner, voice, PageRequest(size=20))
    for logged in page.items:
        told = logged.delivery
        typer.echo(
            f"{told.created_at:%Y-%m-%d %H:%M:%S} {told.id} {told.event} to {told.endpoint}: {told.state}"
        )
        for attempt in logged.attempts:
            took = "" if attempt.duration_s is None else f", {attempt.duration_s:.2f} s"
            outcome = attempt.error or (
                "under way" if attempt.duration_s is None else f"taken ({attempt.status})"
            )
            typer.echo(f"  {attempt.number}. {attempt.started_at:%Y-%m-%d %H:%M:%S}{took}: {outcome}")
    if not page.items:
        typer.echo("Nothing was told of this voice.")


@app.command("redeliver")
def redeliver(
    voice: Annotated[str, typer.Argument(help="The uuid of a voice.")],
    delivery: Annotated[str, typer.Argument(help="The id of a callback, as `sayso webhook log` shows it.")],
) -> None:
    """Have a callback sent again, by the worker that runs or will run here."""
    from sayso.usecases import callbacks, local

    with local_services() as services:
        callbacks.redeliver_to_voice(services, local.owner_of_voice(services, voice), voice, delivery)
    typer.echo(f"{delivery} is sent again as soon as a worker runs.")
