"""/api/v2/account: who the token belongs to. Clients ask it to see whether a token works."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import APIRouter, Request

from sayso.api.answers import Answer
from sayso.api.auth import Signed
from sayso.api.examples import USAGE_QUERY, answers
from sayso.api.incoming import Parts
from sayso.domain.account import Caller
from sayso.errors import BadRequest, NotFound
from sayso.services import Services
from sayso.usecases import account
from sayso.wire.responses import account_item, success, team_item, usage_item

router = APIRouter(prefix="/api/v2/account", tags=["Account"])


@router.get("", summary="Read the account", responses=answers("account"))
def read(caller: Signed, services: Parts) -> Answer:
    """The token's own."""
    return Answer(success(account_item(*account.get_account(services, caller))))


@router.get("/teams", summary="List teams", responses=answers("teams"))
def teams(caller: Signed, services: Parts) -> Answer:
    """One: an account is a team of its own."""
    return Answer({"success": True, "items": [_team(caller, services)]})


@router.get("/teams/{team_uuid}", summary="Read the team", responses=answers("team"))
def team(caller: Signed, services: Parts, team_uuid: str) -> Answer:
    """The same."""
    if team_uuid != caller.account_id:
        raise NotFound("there is no team with this uuid: /account/teams lists yours")
    return Answer(success(_team(caller, services)))


@router.get(
    "/billing_usage",
    summary="Read the usage",
    openapi_extra={"parameters": USAGE_QUERY},
    responses=answers("usage"),
)
def usage(caller: Signed, services: Parts, request: Request) -> Answer:
    """Seconds of sound in clips that still exist; nothing is billed."""
    since = _day(request, "start_date")
    until = _day(request, "end_date")
    spoken_s = account.spoken_s(services, caller, since, None if until is None else until + timedelta(days=1))
    item = usage_item(spoken_s)
    # Under both names: one document has it in the singular, one in the plural.
    return Answer({**success(item), "items": item})


def _team(caller: Caller, services: Services) -> dict[str, object]:
    name, _ = account.get_account(services, caller)
    return team_item(caller.account_id, name, caller.plan.value, account.spoken_s(services, caller))


def _day(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name, "").strip()
    if not text:
        return None
    try:
        return datetime.strptime(text[:10], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        fact = "must be a day such as 2026-01-31"
        raise BadRequest(f"{name} {fact}", {name: fact}) from None
