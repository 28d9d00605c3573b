"""Queries about spoken consents, their challenges and receipts."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from sayso.domain.consent import Challenge, Consent, ConsentState, Decision, Findings, Ruling
from sayso.storage import tables
from sayso.storage.db import Transaction
from sayso.storage.ids import new_id
from sayso.storage.paging import find_row

_T = tables.consents


def insert(tx: Transaction, consent: Consent) -> None:
    """Keep a new attempt."""
    tx.execute(sa.insert(_T).values(**_values(consent)))


def save(tx: Transaction, consent: Consent) -> None:
    """Write everything that may change of an attempt."""
    tx.execute(sa.update(_T).where(_T.c.id == consent.id).values(**_values(consent)))


def fetch(tx: Transaction, consent_id: str, *, lock: bool = False) -> Consent | None:
    """An attempt of any account, for workflows; None when it was deleted."""
    row = find_row(tx, _T, _T.c.id == consent_id, lock=lock)
    return None if row is None else _consent(row)


def of_voice(tx: Transaction, voice_id: str) -> list[Consent]:
    """Every attempt for a voice, newest first."""
    rows = tx.execute(
        sa.select(_T).where(_T.c.voice_id == voice_id).order_by(_T.c.created_at.desc(), _T.c.id)
    ).mappings()
    return [_consent(row) for row in rows]


def in_state(tx: Transaction, state: ConsentState) -> list[Consent]:
    """Every attempt of any account that is where `state` says, oldest first."""
    rows = tx.execute(sa.select(_T).where(_T.c.state == state.value).order_by(_T.c.updated_at)).mappings()
    return [_consent(row) for row in rows]


def remove_all(tx: Transaction, voice_id: str) -> list[str | None]:
    """Remove the attempts of a voice; returns the keys of their sound."""
    keys = list(tx.execute(sa.select(_T.c.audio_key).where(_T.c.voice_id == voice_id)).scalars())
    tx.execute(sa.delete(_T).where(_T.c.voice_id == voice_id))
    return keys


def insert_challenge(tx: Transaction, account_id: str, challenge: Challenge) -> None:
    """Keep a phrase that was given out."""
    tx.execute(sa.insert(tables.challenges).values(account_id=account_id, **asdict(challenge)))


def challenges_since(tx: Transaction, account_id: str, since: datetime) -> list[datetime]:
    """When the account was given its phrases after a moment, used or not, the newest first."""
    t = tables.challenges
    given = sa.select(t.c.created_at).where((t.c.account_id == account_id) & (t.c.created_at > since))
    return list(tx.execute(given.order_by(t.c.created_at.desc())).scalars())


def use_challenge(tx: Transaction, account_id: str, challenge_id: str, now: datetime) -> Challenge | None:
    """Take the account's phrase out of use; None when there is none or it was used before."""
    t = tables.challenges
    mine = (t.c.id == challenge_id) & (t.c.account_id == account_id) & t.c.used_at.is_(None)
    if tx.execute(sa.update(t).where(mine).values(used_at=now)).rowcount != 1:
        return None
    row = tx.execute(sa.select(t).where(t.c.id == challenge_id)).mappings().one()
    return Challenge(row["id"], row["language"], row["phrase"], row["created_at"])


def forget_challenges(tx: Transaction, before: datetime) -> None:
    """Remove phrases that were given out before a moment."""
    tx.execute(sa.delete(tables.challenges).where(tables.challenges.c.created_at < before))


def keep_receipt(
    tx: Transaction, account_id: str, voice_id: str, build: int, body: str, now: datetime
) -> None:
    """Keep the receipt of a build; the first one stays."""
    t = tables.receipts
    if receipt(tx, None, voice_id, build) is None:
        tx.execute(
            sa.insert(t).values(
                id=new_id(tx, "receipts"),
                account_id=account_id,
                voice_id=voice_id,
                build=build,
                body=body,
                created_at=now,
            )
        )


def receipt(tx: Transaction, account_id: str | None, voice_id: str, build: int | None = None) -> str | None:
    """The receipt of a build, or the newest of the voice, which may be gone; None where there is none.

    `account_id` None: of whatever account.
    """
    t = tables.receipts
    wanted = sa.select(t.c.body).where(_receipts(account_id, voice_id)).order_by(t.c.build.desc()).limit(1)
    if build is not None:
        wanted = wanted.where(t.c.build == build)
    return tx.execute(wanted).scalar_one_or_none()


def receipt_builds(tx: Transaction, account_id: str | None, voice_id: str) -> list[int]:
    """Of which builds of a voice there are receipts, the oldest first."""
    t = tables.receipts
    wanted = sa.select(t.c.build).where(_receipts(account_id, voice_id)).order_by(t.c.build)
    return list(tx.execute(wanted).scalars())


def _receipts(account_id: str | None, voice_id: str) -> sa.ColumnElement[bool]:
    t = tables.receipts
    of_voice = t.c.voice_id == voice_id
    return of_voice if account_id is None else of_voice & (t.c.account_id == account_id)


def _values(consent: Consent) -> dict[str, Any]:
    values = {name: getattr(consent, name) for name in Consent.__dataclass_fields__}
    values["state"] = consent.state.value
    values["findings"] = None if consent.findings is None else json.dumps(consent.findings.to_json())
    decisions = values.pop("decisions")
    values["decision"] = json.dumps([_plain(decision) for decision in decisions]) if decisions else None
    return values


def _consent(row: sa.RowMapping) -> Consent:
    kept = dict(row)
    findings, decisions = kept["findings"], json.loads(kept.pop("decision") or "[]")
    # Before 2026-11-30 the newest one alone was kept, not in a list.
    listed = decisions if isinstance(decisions, list) else [decisions]
    return Consent(
        **{
            **kept,
            "state": ConsentState(row["state"]),
            "findings": None if findings is None else Findings.from_json(json.loads(findings)),
            "decisions": tuple(map(_decision, listed)),
        }
    )


def _plain(decision: Decision) -> dict[str, Any]:
    return asdict(decision) | {"ruling": decision.ruling.value, "at": decision.at.isoformat()}


def _decision(kept: dict[str, Any]) -> Decision:
    return Decision(
        Ruling(kept["ruling"]),
        kept["by"],
        kept["why"],
        datetime.fromisoformat(kept["at"]),
        tuple(kept["recordings"]),
        # Before 2026-11-29 they were not written down.
        tuple(kept.get("reasons", ())),
    )
