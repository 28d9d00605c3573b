"""/api/v2/projects/{uuid}/batch: many clips at once. Singular, as its clients have it."""

from __future__ import annotations

from fastapi import APIRouter, Request

from sayso.api.answers import Answer
from sayso.api.auth import Signed
from sayso.api.examples import PAGES, answers, lists, takes
from sayso.api.incoming import BatchJson, Parts, identified
from sayso.usecases import batches
from sayso.wire.paging import page_answer, page_request
from sayso.wire.requests import CreateBatch
from sayso.wire.responses import batch_item, success

router = APIRouter(prefix="/api/v2/projects/{project_uuid}/batch", tags=["Batches"])


@router.post("", summary="Create a batch", openapi_extra=takes("create batch"), responses=answers("batch"))
def create(caller: Signed, services: Parts, project_uuid: str, body: BatchJson) -> Answer:
    """Up to 1,000 texts, or pairs of title and text; each becomes a clip of the project, in the background."""
    form = CreateBatch.read(body.fields())
    order = batches.BatchOrder(
        voice_id=identified(form.voice_uuid, "voice"),
        body=form.body,
        sound=form.sound,
        callback_uri=form.callback_uri,
        uses_terms=form.suggestions,
    )
    view = batches.order_batch(services, caller, identified(project_uuid, "project"), order)
    return Answer(success(batch_item(view)))


@router.get("", summary="List batches", openapi_extra={"parameters": PAGES}, responses=lists("batch"))
def index(caller: Signed, services: Parts, request: Request, project_uuid: str) -> Answer:
    """Newest first."""
    project_id = identified(project_uuid, "project")
    page = batches.list_batches(services, caller, project_id, page_request(request.query_params))
    return Answer(page_answer(page, [batch_item(view) for view in page.items]))


@router.get("/{batch_uuid}", summary="Read a batch", responses=answers("batch"))
def read(caller: Signed, services: Parts, project_uuid: str, batch_uuid: str) -> Answer:
    """`completed_count` and `failed_count` tell how far it is."""
    ids = identified(project_uuid, "project"), identified(batch_uuid, "batch")
    return Answer(success(batch_item(batches.get_batch(services, caller, *ids))))


@router.delete("/{batch_uuid}", summary="Delete a batch", responses=answers("deleted"))
def delete(caller: Signed, services: Parts, project_uuid: str, batch_uuid: str) -> Answer:
    """Clips that wait go with it; those that were made stay."""
    batches.delete_batch(
        services, caller, identified(project_uuid, "project"), identified(batch_uuid, "batch")
    )
    return Answer(success())
