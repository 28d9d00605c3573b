"""The command line: serve, work, demo, say, detect, token, consent, models, doctor.

Every import that costs something stands inside the command that needs it: `sayso --help` answers at once.
"""

from __future__ import annotations

import errno
import logging
import os
import shlex
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sayso import __version__
from sayso.commands import consent, models, token, webhook
from sayso.commands.local import local_services
from sayso.errors import BadSettings, SaysoError

if TYPE_CHECKING:
    from sayso.domain.account import Token
    from sayso.services import Services
    from sayso.settings import Settings

KEEP_ALIVE_S = 75
"""An idle connection is kept longer than clients and proxies keep theirs (5 to 60 s), so that it is they who close
it: a request that crosses our closing would fail on them."""

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Self-hosted voice cloning with checked consent.

Start with `sayso models fetch`, then `sayso demo` to see it work, then `sayso serve`.
If something is wrong, `sayso doctor` says what to do.

Settings are environment variables; the most wanted are SAYSO_HOME (folder of all data, default
~/.local/share/sayso), SAYSO_PORT (8000) and SAYSO_THREADS (all cores).
""",
)
app.add_typer(token.app, name="token")
app.add_typer(consent.app, name="consent")
app.add_typer(models.app, name="models")
app.add_typer(webhook.app, name="webhook")


def main() -> None:
    """Run the command line. Exit code 2: a setting or an argument is wrong; 1: something else is."""
    try:
        app(prog_name="sayso")
    except BadSettings as problem:
        _complain(problem)
        sys.exit(2)
    except SaysoError as problem:
        _complain(problem)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except PermissionError as problem:
        # A file or folder that the user named, or the data folder of another user.
        _complain(SaysoError(f"{problem.filename} may not be read or written by you: check who owns it"))
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read our output has left, e.g. `sayso token list | head -1`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _complain(problem: SaysoError) -> None:
    text = " ".join(str(problem).split())
    typer.echo(f"sayso: {text}", err=True)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"sayso {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Options before the command."""


# --- serve and work -----------------------------------------------------------------------------


@app.command()
def serve(
    work: Annotated[
        bool,
        typer.Option(
            "--work/--no-work", help="Build voices in this process too, or leave that to `sayso work`."
        ),
    ] = True,
) -> None:
    """Run the server: the API and the work behind it, in one command.

    The first start prints a token. The server answers within seconds; models load behind it, and
    GET /readyz tells when it can speak. Stop it with ctrl-C: a build that was running goes on at the
    next start.
    """
    from sayso.settings import load_settings

    settings = load_settings()
    _log_to_stderr()
    with _leaving_on_signals():
        _serve(settings, work)


def _serve(settings: Settings, work: bool) -> None:
    import uvicorn

    from sayso.api.app import create_app
    from sayso.api.heads import LimitedHeads
    from sayso.bootstrap import close, open_services
    from sayso.usecases import accounts

    with _listening(settings.host, settings.port) as listener:
        # Port 0 means any free one: from here on it is known which.
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        services = open_services(settings, run_worker=work)
        try:
            secret = None
            if settings.bootstrap_token is None:
                secret = accounts.ensure_bootstrap_token(
                    services, None, settings.bootstrap_authorized_uploader
                )
            _greet(settings, services, secret)
            config = uvicorn.Config(
                create_app(services, public_url=settings.public_url),
                http=LimitedHeads,
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=10,
                timeout_keep_alive=KEEP_ALIVE_S,
            )
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            typer.echo("Stopping: what is unfinished goes on at the next start.", err=True)
            close(services)


def _greet(settings: Settings, services: Services, secret: str | None) -> None:
    """Tell where the server is and, at the first start, how to use it."""
    url = settings.base_url
    lines = [
        f"sayso {__version__} listens on {url}",
        f"Data: {settings.home}",
        f"API and a page to try it: {url}/docs",
    ]
    if secret is not None:
        token = next(iter(_tokens(services)))
        lines += [
            "",
            f"Your API token, shown only this once: {secret}",
            "Try it:",
            f"  curl -H 'Authorization: Bearer {secret}' '{url}/api/v2/voices?page=1'",
        ]
        if not token.is_authorized_uploader:
            lines += [
                "Building a voice without a spoken consent is for authorized uploaders, who answer for the",
                f"speaker's permission: {_myself(settings)} token update {token.id} --authorized-uploader",
            ]
    else:
        lines.append(f"Another API token: {_myself(settings)} token create NAME")
    lines += ["", *_missing_weights(settings)]
    typer.echo("\n".join(lines))
    sys.stdout.flush()
    threading.Thread(target=_tell_ready, args=(services,), name="sayso-ready", daemon=True).start()


def _myself(settings: Settings) -> str:
    """How to type another command of ours in a shell that knows nothing of this one's settings."""
    program = "sayso" if shutil.which("sayso") else f"{shlex.quote(sys.executable)} -m sayso"
    return (
        f"SAYSO_HOME={shlex.quote(str(settings.home))} {program}" if "SAYSO_HOME" in os.environ else program
    )


def _missing_weights(settings: Settings) -> list[str]:
    from sayso.engines import weights

    if settings.engine == "tone" or all(
        (settings.models_folder / f.name).is_file() for f in weights.manifest()
    ):
        return []
    return [
        f"Model weights are missing in {settings.models_folder}: run `{_myself(settings)} models fetch`.",
        "",
    ]


def _tell_ready(services: Services) -> None:
    from sayso.usecases.health import readiness

    wait = threading.Event()
    for _ in range(1_200):
        if readiness(services).ready:
            typer.echo("Ready: the models are loaded.")
            sys.stdout.flush()
            return
        wait.wait(0.5)


def _tokens(services: Services) -> tuple[Token, ...]:
    from sayso.usecases import accounts

    return accounts.list_tokens(services)


@app.command()
def work() -> None:
    """Build voices and make ordered clips, without an API: a worker of its own.

    For installations whose API runs with `sayso serve --no-work`. Settings must be the same as there.
    """
    from sayso.bootstrap import close, open_services
    from sayso.settings import load_settings

    settings = load_settings()
    _log_to_stderr()
    with _leaving_on_signals():
        services = open_services(settings, run_worker=True)
        try:
            typer.echo(f"sayso {__version__} works on {settings.home}; stop it with ctrl-C.")
            sys.stdout.flush()
            threading.Event().wait()
        finally:
            close(services)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches off the system's waiting for more to send (40 ms of every answer but the first) only on
    # sockets that name their protocol.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except (OSError, TypeError, UnicodeError) as error:
            raise BadSettings(_deaf(host, port, error)) from error
        yield listener


def _deaf(host: str, port: int, error: Exception) -> str:
    """Why nobody can listen there, and which of the two settings to change."""
    reason = (error.strerror if isinstance(error, OSError) else None) or "this is no host name"
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        remedy = f"another program listens there: stop it, or set SAYSO_PORT to something other than {port}"
        return f"SAYSO_PORT: port {port} of {host} is taken; {remedy}"
    if number == errno.EACCES:
        return f"SAYSO_PORT: port {port} is not for you ({reason}); set it to 1024 or more"
    return (
        f"SAYSO_HOST: cannot listen on {host} ({reason}); set it to an address of this machine, such as "
        "127.0.0.1, or 0.0.0.0 for all"
    )


@contextmanager
def _leaving_on_signals() -> Iterator[None]:
    """ctrl-C and SIGTERM leave the block through its `finally` clauses, with exit code 0."""

    def leave(*_: object) -> None:
        raise SystemExit(0)

    before = {number: signal.signal(number, leave) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # These tell of each start what the greeting says better.
    for name in ("alembic", "uvicorn", "dbos", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """False for what uvicorn says of each web socket: we refuse them on purpose, our access log has it."""
    return not record.getMessage().startswith(("Unsupported upgrade request", "No supported WebSocket"))


# --- say and demo -------------------------------------------------------------------------------


@app.command()
def say(
    voice: Annotated[str, typer.Argument(help="Name or uuid of a voice here, or of a synthetic reader.")],
    text: Annotated[str, typer.Argument(help="What to say; - reads it from the standard input.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write, .wav or .mp3.")],
    rate_hz: Annotated[int, typer.Option("--rate", help="Sample rate of the file in Hz.")] = 24_000,
    seed: Annotated[
        int, typer.Option(min=0, max=2**31 - 1, help="Another seed may give another reading.")
    ] = 0,
) -> None:
    """Say TEXT with a voice of the local data folder and write it to a file. Needs no server.

    Example: `sayso say Ada "Hello there." -o hello.wav`
    """
    from sayso.domain.clip import CLIP_RATES_HZ, Container, Precision, SoundFormat
    from sayso.pipeline import synthesis
    from sayso.usecases import local

    container = {".wav": Container.WAV, ".mp3": Container.MP3}.get(out.suffix.lower())
    if container is None:
        raise typer.BadParameter("the file must end in .wav or .mp3", param_hint="--out")
    if rate_hz not in CLIP_RATES_HZ:
        raise typer.BadParameter(f"use one of {', '.join(map(str, CLIP_RATES_HZ))}", param_hint="--rate")
    if not out.parent.is_dir():
        # Before the minute of work, not after it.
        raise typer.BadParameter(f"there is no folder {out.parent}", param_hint="--out")
    if text == "-":
        text = sys.stdin.read()
    # A terminal of another encoding hands over bytes that no database knows.
    voice, text = (word.encode("utf-8", "replace").decode() for word in (voice, text))
    with local_services() as services:
        speaker = local.find_speaker(services, voice)
        made = synthesis.say(speaker, text, SoundFormat(container, Precision.PCM_16, rate_hz), seed=seed)
    try:
        out.write_bytes(made.audio)
    except OSError as error:
        raise SaysoError(f"cannot write {out}: {error.strerror or error}") from error
    typer.echo(f"{out}: {made.duration_s:.1f} s")


@app.command()
def detect(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="WAV, FLAC, OGG/Opus, OGG/Vorbis or MP3.")
    ],
) -> None:
    """Tell whether FILE was spoken by sayso: look for the inaudible mark in everything that it says.

    Three seconds that carry the mark are enough, anywhere in up to an hour. It survives MP3, Opus,
    telephone bands, echo, cutting, and playing 5 % faster or slower; loud noise hides it, and whoever wants
    to can remove it. So a mark tells that sayso, or another program with the Perth watermark, made the speech;
    no mark tells nothing. Steady tones, as of a synthesizer, can be mistaken for the mark.

    Exit code 0: the mark was found. 3: it was not. 1: the file could not be read.
    Example: `sayso detect hello.wav`
    """
    from sayso.audio import codec
    from sayso.engines.watermark import MARKED, Watermark
    from sayso.settings import load_settings

    wave = codec.decode(file.read_bytes(), max_s=3_600.0)
    found = Watermark(load_settings().models_folder).find(wave)
    if not found.is_marked:
        typer.echo(f"{file}: no mark found (confidence {found.confidence:.2f}, a mark has {MARKED} or more)")
        raise typer.Exit(3)
    speed = "" if found.speed == 1.0 else f", played at about {found.speed:.2f} times its speed"
    typer.echo(
        f"{file}: marked (confidence {found.confidence:.2f}), surest "
        f"from {found.start_s:.1f} to {found.end_s:.1f} s{speed}"
    )


@app.command()
def demo(
    speech: Annotated[
        Path | None,
        typer.Option(help="Folder of one person's recordings, x.wav or x.flac, with optional x.txt."),
    ] = None,
    text: Annotated[str | None, typer.Option(help="What the new voice shall say.")] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="WAV file to write.")] = Path("demo-voice.wav"),
) -> None:
    """Clone a voice before your eyes: start a server, upload, build, speak, write a WAV, stop.

    It needs three recordings, together 10 s of speech or more. You act as an authorized uploader:
    use only recordings of a person who allowed it. Without --speech a synthetic reader is cloned.
    """
    from sayso.demo import run
    from sayso.settings import load_settings

    run(load_settings(), speech, text, out)


# --- doctor --------------------------------------------------------------------------


@app.command()
def doctor() -> None:
    """Check weights, disk, cores, memory, database; say what to do. Exit code 1 if something must be done."""
    from sayso.doctor import examine
    from sayso.settings import load_settings

    worst = 0
    for finding in examine(load_settings()):
        mark = ("ok  ", "note", "BAD ")[finding.severity]
        typer.echo(f"{mark}  {finding.part}: {finding.fact}")
        if finding.remedy:
            typer.echo(f"      -> {finding.remedy}")
        worst = max(worst, finding.severity)
    raise typer.Exit(1 if worst == 2 else 0)
