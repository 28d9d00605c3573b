"""sayso token: who may use the API."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from sayso.commands.local import local_services

app = typer.Typer(
    no_args_is_help=True,
    help="""Who may use the API. A token is shown once, when it is created, and kept only as a hash.

A token on plan `pro` may create voices, one on plan `free` may only use them. An *authorized uploader*
builds voices without a spoken consent, and answers for having the speaker's permission. A *reviewer*
decides on consents that need a person.
""",
)


class PlanName(StrEnum):
    """What a token's account has signed up for."""

    FREE = "free"
    PRO = "pro"


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Whose token it is, for your own records.")],
    authorized_uploader: Annotated[
        bool, typer.Option("--authorized-uploader", help="May build voices without a spoken consent.")
    ] = False,
    reviewer: Annotated[
        bool, typer.Option("--reviewer", help="May decide on consents that need a person.")
    ] = False,
    plan: Annotated[
        PlanName, typer.Option(help="pro may create voices, free may only use them.")
    ] = PlanName.PRO,
) -> None:
    """Make a token with an account of its own and print it, this once."""
    from sayso.domain.account import Plan
    from sayso.usecases import accounts

    with local_services() as services:
        token, secret = accounts.create_token(
            services,
            name,
            plan=Plan(plan.value),
            is_authorized_uploader=authorized_uploader,
            is_reviewer=reviewer,
        )
    typer.echo(f"Token {token.id} for {token.name}; it is shown only this once:", err=True)
    typer.echo(secret)


@app.command("list")
def list_tokens() -> None:
    """List all tokens: id, name, plan, roles, state. Never the secrets."""
    from rich.console import Console
    from rich.table import Table

    from sayso.usecases import accounts

    with local_services() as services:
        tokens = accounts.list_tokens(services)
    table = Table("id", "name", "plan", "may", "created", "state", box=None, pad_edge=False)
    for token in tokens:
        roles = [
            word
            for word, has in (("upload", token.is_authorized_uploader), ("review", token.is_reviewer))
            if has
        ]
        state = f"revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else "valid"
        created = f"{token.created_at:%Y-%m-%d}"
        table.add_row(token.id, token.name, token.plan.value, ", ".join(roles) or "-", created, state)
    Console().print(table)


@app.command("update")
def update(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The id that `sayso token list` shows.")],
    authorized_uploader: Annotated[
        bool | None,
        typer.Option("--authorized-uploader/--no-authorized-uploader", help="Give or take the role."),
    ] = None,
    reviewer: Annotated[
        bool | None, typer.Option("--reviewer/--no-reviewer", help="Give or take the role.")
    ] = None,
    plan: Annotated[PlanName | None, typer.Option(help="Move the token to another plan.")] = None,
) -> None:
    """Change what a token may do; what is not named stays."""
    from sayso.domain.account import Plan
    from sayso.usecases import accounts

    with local_services() as services:
        token = accounts.update_token(
            services,
            token_id,
            plan=Plan(plan.value) if plan else None,
            is_authorized_uploader=authorized_uploader,
            is_reviewer=reviewer,
        )
    typer.echo(
        f"Token {token.id} ({token.name}): plan {token.plan.value}, "
        f"authorized uploader {'yes' if token.is_authorized_uploader else 'no'}, "
        f"reviewer {'yes' if token.is_reviewer else 'no'}"
    )


@app.command("revoke")
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The id that `sayso token list` shows.")],
) -> None:
    """End a token for good. Its voices and projects stay."""
    from sayso.usecases import accounts

    with local_services() as services:
        token = accounts.revoke_token(services, token_id)
    typer.echo(f"Token {token.id} ({token.name}) is revoked.")
