"""create_term, list_terms, get_term, delete_term: words that an account wants said otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

from sayso.domain.account import Caller
from sayso.domain.page import Page, PageRequest
from sayso.domain.term import Term, TermKind
from sayso.errors import BadRequest, TooLarge
from sayso.services import Services
from sayso.storage import terms
from sayso.storage.ids import new_id
from sayso.text.english import ipa
from sayso.text.english.sayable import foreign_word, is_sayable
from sayso.usecases.checks import check_text

FIELDS = {
    TermKind.SUBSTITUTION: ("original_text", "replacement_text"),
    TermKind.PHONEME: ("word", "phonetic_transcription"),
}
"""What the two sides are called on the wire."""


def create_term(services: Services, caller: Caller, kind: TermKind, written: str, said: str) -> Term:
    """Have `written` said as `said`, wherever the account's own words are asked for. Raises BadRequest, TooLarge."""
    for field, text in zip(FIELDS[kind], (written, said), strict=True):
        check_text(field, text, services.limits.max_name_characters, required=True)
        if not any(c.isalnum() for c in text):
            raise BadRequest(f"{field} holds no letter or digit", {field: "has nothing speakable"})
    if kind is TermKind.PHONEME:
        _check_ipa(said)
    else:
        _check_words(said)
    now = datetime.now(UTC)
    with services.db.begin() as tx:
        most = services.limits.max_terms
        if terms.count(tx, caller.account_id) >= most:
            raise TooLarge(f"there are {most} terms already, the most that are kept: delete some")
        term = Term(new_id(tx, "terms"), caller.account_id, kind, written.strip(), said.strip(), now, now)
        terms.insert(tx, term)
    return term


def list_terms(services: Services, caller: Caller, kind: TermKind, page: PageRequest) -> Page[Term]:
    """The account's terms of a kind, newest first."""
    with services.db.read() as tx:
        return terms.page(tx, caller.account_id, kind, page)


def get_term(services: Services, caller: Caller, kind: TermKind, term_id: str) -> Term:
    """One term. Raises NotFound."""
    with services.db.read() as tx:
        return terms.find(tx, caller.account_id, kind, term_id)


def delete_term(services: Services, caller: Caller, kind: TermKind, term_id: str) -> None:
    """Remove a term; what was spoken with it stays. Raises NotFound."""
    with services.db.begin() as tx:
        terms.remove(tx, terms.find(tx, caller.account_id, kind, term_id).id)


def _check_words(said: str) -> None:
    field = FIELDS[TermKind.SUBSTITUTION][1]
    foreign = foreign_word(said)
    if foreign is not None or not is_sayable(said):
        fact = (
            "has nothing that can be spoken"
            if foreign is None
            else f"has {foreign.text!r} in {foreign.script}"
        )
        raise BadRequest(f"{field} {fact}: write it in Latin letters", {field: fact})


def _check_ipa(said: str) -> None:
    field = FIELDS[TermKind.PHONEME][1]
    try:
        is_speakable = bool(ipa.to_symbols(said))
    except ValueError as wrong:
        raise BadRequest(f"{field} is no IPA: {wrong}", {field: str(wrong)}) from wrong
    if not is_speakable:
        raise BadRequest(f"{field} holds no sound: write it in IPA, e.g. ˈprɛʃər", {field: "holds no sound"})
