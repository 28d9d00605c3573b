"""Queries about accounts and their tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from sayso.domain.account import Plan, Token
from sayso.errors import NotFound
from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.ids import new_id
from sayso.storage.paging import find_row

_T = tables.tokens


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token with the hash of its secret."""

    token: Token
    secret_hash: str
    """SHA-256 of the secret, hexadecimal."""


def insert_account(tx: Transaction, name: str, now: datetime) -> str:
    """A new account; returns its id."""
    account_id = new_id(tx, "accounts")
    tx.execute(sa.insert(tables.accounts).values(id=account_id, name=name, created_at=now))
    return account_id


def account(tx: Transaction, account_id: str) -> tuple[str, datetime]:
    """Name of the account, and when it was made. Raises NotFound."""
    row = find_row(tx, tables.accounts, tables.accounts.c.id == account_id)
    if row is None:
        raise NotFound(f"there is no account {account_id}")
    return row["name"], row["created_at"]


def insert_token(tx: Transaction, token: Token, secret_hash: str) -> None:
    """Keep a new token."""
    tx.execute(sa.insert(_T).values(id=token.id, secret_hash=secret_hash, **_values(token)))


def token_by_hash(tx: Transaction, secret_hash: str) -> KnownToken | None:
    """The token whose secret has this hash, revoked or not."""
    row = find_row(tx, _T, _T.c.secret_hash == secret_hash)
    return None if row is None else KnownToken(_token(row), row["secret_hash"])


def find_token(tx: Transaction, token_id: str) -> Token:
    """Raises NotFound."""
    row = find_row(tx, _T, _T.c.id == token_id, lock=True)
    if row is None:
        raise NotFound(f"there is no token {token_id}: `sayso token list` shows them")
    return _token(row)


def all_tokens(tx: Transaction) -> tuple[Token, ...]:
    """Every token, oldest first."""
    rows = tx.execute(sa.select(_T).order_by(_T.c.created_at, _T.c.id)).mappings()
    return tuple(_token(row) for row in rows)


def save_token(tx: Transaction, token: Token) -> None:
    """Write what may change of a token."""
    tx.execute(sa.update(_T).where(_T.c.id == token.id).values(**_values(token)))


def _values(token: Token) -> dict[str, object]:
    return {
        "account_id": token.account_id,
        "name": token.name,
        "plan": token.plan.value,
        "is_authorized_uploader": token.is_authorized_uploader,
        "is_reviewer": token.is_reviewer,
        "created_at": token.created_at,
        "revoked_at": token.revoked_at,
    }


def _token(row: sa.RowMapping) -> Token:
    values = {name: row[name] for name in row if name not in ("secret_hash", "plan")}
    return Token(plan=Plan(row["plan"]), **values)
