"""/healthz says the process is up; /readyz says speech can be made and work be done."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from sayso.api.answers import Answer
from sayso.api.incoming import Parts
from sayso.usecases.health import readiness
from sayso.wire.responses import failure

router = APIRouter(tags=["Health"])


@router.get("/healthz", summary="Is the process up?")
@router.head("/healthz", include_in_schema=False)
async def health() -> Answer:
    """Needs no token and touches nothing."""
    return Answer({"success": True, "status": "up"})


@router.get("/readyz", summary="Can speech be made and work be done?")
@router.head("/readyz", include_in_schema=False)
def ready(services: Parts) -> Answer:
    """200 when ready, 503 with the state of each part while not. Needs no token."""
    state = readiness(services)
    if state.ready:
        return Answer({"success": True, "status": "ready", "parts": state.parts})
    broken = "; ".join(f"{name}: {word}" for name, word in state.parts.items() if word != "ok")
    body = failure(f"not ready yet: {broken}") | {"status": "not ready", "parts": state.parts}
    return Answer(body, HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": "1"})
