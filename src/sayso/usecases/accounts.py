"""Who may come in: tokens, their plans and roles. Secrets are shown once and kept as hashes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import UTC, datetime

from sayso.domain.account import Caller, Plan, Token
from sayso.errors import BadRequest, NotSignedIn
from sayso.services import Services
from sayso.storage import accounts
from sayso.storage.ids import new_id

SECRET_BYTES = 32
"""256 bits: nobody guesses one, so a fast hash is enough at rest."""

_UNKNOWN = "the API token is not known here: send one that `sayso token create NAME` printed"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def sign_in(services: Services, secret: str) -> Caller:
    """The caller behind a secret. Raises NotSignedIn for unknown, empty and revoked ones."""
    if not secret:
        raise NotSignedIn("no API token was sent: send `Authorization: Bearer TOKEN`")
    wanted = _hash(secret)
    with services.db.read() as tx:
        known = accounts.token_by_hash(tx, wanted)
    # The lookup is by a hash that the asker cannot steer; comparing once more in constant time keeps
    # the promise independent of how the database compares.
    if known is None or not hmac.compare_digest(known.secret_hash, wanted):
        raise NotSignedIn(_UNKNOWN)
    token = known.token
    if token.revoked_at is not None:
        raise NotSignedIn("this API token was revoked: ask for a new one")
    return Caller(
        account_id=token.account_id,
        token_id=token.id,
        plan=token.plan,
        is_authorized_uploader=token.is_authorized_uploader,
        is_reviewer=token.is_reviewer,
        name=token.name,
    )


def create_token(
    services: Services,
    name: str,
    *,
    plan: Plan = Plan.PRO,
    is_authorized_uploader: bool = False,
    is_reviewer: bool = False,
    account_id: str | None = None,
) -> tuple[Token, str]:
    """A new token and its secret, which is never shown again.

    It opens an account of its own unless `account_id` names one. Raises BadRequest for a bad name.
    """
    secret = secrets.token_urlsafe(SECRET_BYTES)
    return _keep(services, name, secret, plan, is_authorized_uploader, is_reviewer, account_id), secret


def _keep(
    services: Services,
    name: str,
    secret: str,
    plan: Plan,
    is_authorized_uploader: bool,
    is_reviewer: bool,
    account_id: str | None,
) -> Token:
    if not name.strip() or len(name) > services.limits.max_name_characters:
        raise BadRequest(f"a token's name has 1 to {services.limits.max_name_characters} characters")
    now = datetime.now(UTC)
    with services.db.begin() as tx:
        account = account_id or accounts.insert_account(tx, name, now)
        token = Token(
            id=new_id(tx, "tokens"),
            account_id=account,
            name=name,
            plan=plan,
            is_authorized_uploader=is_authorized_uploader,
            is_reviewer=is_reviewer,
            created_at=now,
        )
        accounts.insert_token(tx, token, _hash(secret))
    return token


def list_tokens(services: Services) -> tuple[Token, ...]:
    """Every token of the installation, oldest first, the revoked ones too."""
    with services.db.read() as tx:
        return accounts.all_tokens(tx)


def update_token(
    services: Services,
    token_id: str,
    *,
    plan: Plan | None = None,
    is_authorized_uploader: bool | None = None,
    is_reviewer: bool | None = None,
) -> Token:
    """Change what a token may do; None leaves a thing as it is. Raises NotFound."""
    with services.db.begin() as tx:
        token = accounts.find_token(tx, token_id)
        token = replace(
            token,
            plan=token.plan if plan is None else plan,
            is_authorized_uploader=(
                token.is_authorized_uploader if is_authorized_uploader is None else is_authorized_uploader
            ),
            is_reviewer=token.is_reviewer if is_reviewer is None else is_reviewer,
        )
        accounts.save_token(tx, token)
    return token


def revoke_token(services: Services, token_id: str) -> Token:
    """End a token for good; what its account owns stays. Raises NotFound."""
    with services.db.begin() as tx:
        token = accounts.find_token(tx, token_id)
        if token.revoked_at is None:
            token = replace(token, revoked_at=datetime.now(UTC))
            accounts.save_token(tx, token)
    return token


def ensure_bootstrap_token(
    services: Services, secret: str | None, is_authorized_uploader: bool | None
) -> str | None:
    """Make sure that somebody can come in; returns a secret to show when one was just made.

    With `secret` (from SAYSO_BOOTSTRAP_TOKEN): that token exists afterwards, plan pro, with the given
    role; nothing is returned, the operator knows it. Without: a token is generated at the first start,
    when there is none at all, and returned this once. A revoked bootstrap token stays revoked, and a role of
    None (the variable is not set) leaves alone what `token update` has given to one that exists.
    """
    if secret is None:
        if list_tokens(services):
            return None
        _, made = create_token(services, "bootstrap", is_authorized_uploader=bool(is_authorized_uploader))
        return made
    with services.db.read() as tx:
        known = accounts.token_by_hash(tx, _hash(secret))
    if known is None:
        _keep(services, "bootstrap", secret, Plan.PRO, bool(is_authorized_uploader), False, None)
    elif is_authorized_uploader not in (None, known.token.is_authorized_uploader):
        update_token(services, known.token.id, is_authorized_uploader=is_authorized_uploader)
    return None
