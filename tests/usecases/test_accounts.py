"""Tokens: who comes in, and what stays secret."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from sayso.domain.account import Plan
from sayso.errors import BadRequest, NotFound, NotSignedIn
from sayso.services import Services
from sayso.usecases import accounts


def test_a_secret_signs_its_owner_in(services: Services) -> None:
    token, secret = accounts.create_token(services, "laptop", plan=Plan.FREE, is_reviewer=True)
    caller = accounts.sign_in(services, secret)
    assert (caller.token_id, caller.plan, caller.is_reviewer) == (token.id, Plan.FREE, True)
    assert not caller.is_authorized_uploader
    assert not caller.may_create_voices


@pytest.mark.parametrize("secret", ["", "None", "x" * 10_000, "\udcff", "é", "' OR 1=1"])
def test_a_wrong_secret_is_refused(services: Services, secret: str) -> None:
    with pytest.raises(NotSignedIn):
        accounts.sign_in(services, secret)


def test_a_secret_is_256_bits_long_and_never_in_the_database(services: Services) -> None:
    _, secret = accounts.create_token(services, "laptop")
    assert len(secret) >= 43
    with services.db.read() as tx:
        rows = tx.execute(sa.text("SELECT * FROM tokens")).all()
    assert secret not in repr(rows)


def test_a_revoked_token_is_refused(services: Services) -> None:
    token, secret = accounts.create_token(services, "laptop")
    accounts.revoke_token(services, token.id)
    with pytest.raises(NotSignedIn, match="revoked"):
        accounts.sign_in(services, secret)


def test_only_what_is_named_is_updated(services: Services) -> None:
    token, secret = accounts.create_token(services, "laptop", is_authorized_uploader=True)
    accounts.update_token(services, token.id, plan=Plan.FREE)
    caller = accounts.sign_in(services, secret)
    assert (caller.plan, caller.is_authorized_uploader) == (Plan.FREE, True)
    with pytest.raises(NotFound):
        accounts.update_token(services, "nobody", plan=Plan.PRO)


def test_a_token_needs_a_name(services: Services) -> None:
    with pytest.raises(BadRequest):
        accounts.create_token(services, " ")


def test_a_bootstrap_token_from_the_settings_is_made_once(services: Services) -> None:
    before = len(accounts.list_tokens(services))
    for _ in range(2):
        assert accounts.ensure_bootstrap_token(services, "from-the-settings", True) is None
    assert len(accounts.list_tokens(services)) == before + 1
    caller = accounts.sign_in(services, "from-the-settings")
    assert (caller.plan, caller.is_authorized_uploader) == (Plan.PRO, True)
    assert accounts.ensure_bootstrap_token(services, None, False) is None, "somebody can come in already"
    accounts.update_token(services, caller.token_id, is_authorized_uploader=False)
    accounts.ensure_bootstrap_token(services, "from-the-settings", None)
    assert not accounts.sign_in(services, "from-the-settings").is_authorized_uploader, "nothing was set anew"
