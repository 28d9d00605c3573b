"""Builds the ASGI app from Services: routes, error table, request ids."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp

from sayso.api import (
    account,
    analyses,
    batches,
    callbacks,
    clips,
    consents,
    docs,
    errors,
    health,
    live_socket,
    media,
    not_offered,
    openai,
    phonemes,
    projects,
    recordings,
    reports,
    speech,
    substitutions,
    voices,
)
from sayso.api.edge import Edge
from sayso.services import Services


def create_app(services: Services, *, public_url: str | None = None) -> ASGIApp:
    """The whole server as one ASGI app.

    `public_url` is the start of the links in answers; without it they start with what the client
    called the server. The caller owns `services` and closes them after the app.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.services = services
    app.state.public_url = (public_url or "").rstrip("/") or None
    errors.install(app)
    # Order matters in two places: `voices/custom` before `voices/{uuid}`, and last the synthesis
    # routes, which take any prefix.
    for part in (
        *(health, docs, media, not_offered, callbacks),
        *(voices, consents, analyses, reports, recordings, projects, clips, batches),
        *(substitutions, phonemes, account, openai, live_socket, speech),
    ):
        app.include_router(part.router)
    return Edge(app)
