"""/api/v2/phonemes: sounds in IPA for words."""

from __future__ import annotations

from fastapi import APIRouter, Request

from sayso.api.answers import Answer
from sayso.api.auth import Signed
from sayso.api.examples import PAGES, answers, lists, takes
from sayso.api.incoming import Parts, SmallJson, identified
from sayso.domain.term import TermKind
from sayso.usecases import terms
from sayso.wire.paging import page_answer, page_request
from sayso.wire.requests import CreatePhoneme
from sayso.wire.responses import success, term_item

router = APIRouter(prefix="/api/v2/phonemes", tags=["Phonemes"])

_KIND = TermKind.PHONEME


@router.post(
    "", summary="Create a phoneme", openapi_extra=takes("create phoneme"), responses=answers("phoneme")
)
def create(caller: Signed, services: Parts, body: SmallJson) -> Answer:
    """Counts in clips with `suggestions` and in speech with `apply_custom_pronunciations`."""
    form = CreatePhoneme.read(body.fields())
    term = terms.create_term(services, caller, _KIND, form.word, form.phonetic_transcription)
    return Answer(success(term_item(term)))


@router.get("", summary="List phonemes", openapi_extra={"parameters": PAGES}, responses=lists("phoneme"))
def index(caller: Signed, services: Parts, request: Request) -> Answer:
    """Newest first."""
    page = terms.list_terms(services, caller, _KIND, page_request(request.query_params))
    return Answer(page_answer(page, [term_item(term) for term in page.items]))


@router.get("/{term_uuid}", summary="Read a phoneme", responses=answers("phoneme"))
def read(caller: Signed, services: Parts, term_uuid: str) -> Answer:
    """One of yours."""
    term = terms.get_term(services, caller, _KIND, identified(term_uuid, "phoneme"))
    return Answer(success(term_item(term)))


@router.delete("/{term_uuid}", summary="Delete a phoneme", responses=answers("deleted"))
def delete(caller: Signed, services: Parts, term_uuid: str) -> Answer:
    """What was spoken with it stays as it is."""
    terms.delete_term(services, caller, _KIND, identified(term_uuid, "phoneme"))
    return Answer(success())
