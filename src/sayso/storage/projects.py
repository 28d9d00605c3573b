"""Queries about projects."""

from __future__ import annotations

from dataclasses import asdict

import sqlalchemy as sa

from sayso.domain.page import Page, PageRequest
from sayso.domain.project import Project
from sayso.errors import NotFound
from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.paging import fetch_page, find_row, gone

_T = tables.projects


def insert(tx: Transaction, project: Project) -> None:
    """Keep a new project."""
    tx.execute(sa.insert(_T).values(**asdict(project)))


def find(tx: Transaction, account_id: str, project_id: str, *, lock: bool = False) -> Project:
    """The account's project. Raises NotFound."""
    row = find_row(tx, _T, (_T.c.id == project_id) & (_T.c.account_id == account_id), lock=lock)
    if row is None:
        raise NotFound(gone("project", project_id))
    return Project(**row)


def page(tx: Transaction, account_id: str, request: PageRequest) -> Page[Project]:
    """The account's projects, newest first."""
    return fetch_page(tx, _T, _T.c.account_id == account_id, request, lambda row: Project(**row))


def save(tx: Transaction, project: Project) -> None:
    """Write everything that may change of a project."""
    tx.execute(sa.update(_T).where(_T.c.id == project.id).values(**asdict(project)))


def remove(tx: Transaction, project_id: str) -> None:
    """Remove the row; its clips must be gone."""
    tx.execute(sa.delete(_T).where(_T.c.id == project_id))
