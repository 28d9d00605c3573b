"""Queries about the words that accounts want said otherwise."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from sayso.domain.page import Page, PageRequest
from sayso.domain.term import Dictionary, Term, TermKind
from sayso.errors import NotFound
from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.paging import fetch_page, find_row, gone

_T = tables.terms


def insert(tx: Transaction, term: Term) -> None:
    """Keep a new term."""
    tx.execute(sa.insert(_T).values(**{**asdict(term), "kind": term.kind.value}))


def find(tx: Transaction, account_id: str, kind: TermKind, term_id: str) -> Term:
    """The account's term. Raises NotFound."""
    where = (_T.c.id == term_id) & (_T.c.account_id == account_id) & (_T.c.kind == kind.value)
    row = find_row(tx, _T, where)
    if row is None:
        raise NotFound(gone(kind, term_id))
    return _term(row)


def page(tx: Transaction, account_id: str, kind: TermKind, request: PageRequest) -> Page[Term]:
    """The account's terms of a kind, newest first."""
    return fetch_page(tx, _T, (_T.c.account_id == account_id) & (_T.c.kind == kind.value), request, _term)


def dictionary(tx: Transaction, account_id: str) -> Dictionary:
    """All of the account's terms; of two entries for one word the newer one."""
    where = _T.c.account_id == account_id
    rows = tx.execute(sa.select(_T).where(where).order_by(_T.c.created_at, _T.c.id)).mappings()
    found: dict[str, dict[str, str]] = {kind.value: {} for kind in TermKind}
    for row in rows:
        found[row["kind"]][row["written"]] = row["said"]
    return Dictionary(found[TermKind.SUBSTITUTION.value], found[TermKind.PHONEME.value])


def count(tx: Transaction, account_id: str) -> int:
    """How many terms the account has."""
    query = sa.select(sa.func.count()).select_from(_T).where(_T.c.account_id == account_id)
    return int(tx.execute(query).scalar_one())


def remove(tx: Transaction, term_id: str) -> None:
    """Remove the row."""
    tx.execute(sa.delete(_T).where(_T.c.id == term_id))


def _term(row: sa.RowMapping) -> Term:
    return Term(kind=TermKind(row["kind"]), **{name: row[name] for name in row if name != "kind"})
