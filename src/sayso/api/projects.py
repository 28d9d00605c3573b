"""/api/v2/projects: create, list, read, update, delete."""

from __future__ import annotations

from fastapi import APIRouter, Request

from sayso.api.answers import Answer
from sayso.api.auth import Signed
from sayso.api.examples import PAGES, answers, lists, takes
from sayso.api.incoming import Parts, SmallJson, identified
from sayso.usecases import projects
from sayso.wire.paging import page_answer, page_request
from sayso.wire.requests import CreateProject, EditProject
from sayso.wire.responses import project_item, success

router = APIRouter(prefix="/api/v2/projects", tags=["Projects"])


@router.post(
    "", summary="Create a project", openapi_extra=takes("create project"), responses=answers("project")
)
def create(caller: Signed, services: Parts, body: SmallJson) -> Answer:
    """A project is a folder of clips."""
    form = CreateProject.read(body.fields())
    new = projects.NewProject(form.name, form.description, form.is_collaborative, form.is_archived)
    return Answer(success(project_item(projects.create_project(services, caller, new))))


@router.get("", summary="List projects", openapi_extra={"parameters": PAGES}, responses=lists("project"))
def index(caller: Signed, services: Parts, request: Request) -> Answer:
    """Newest first."""
    page = projects.list_projects(services, caller, page_request(request.query_params))
    return Answer(page_answer(page, [project_item(project) for project in page.items]))


@router.get("/{project_uuid}", summary="Read a project", responses=answers("project"))
def read(caller: Signed, services: Parts, project_uuid: str) -> Answer:
    """One project."""
    project = projects.get_project(services, caller, identified(project_uuid, "project"))
    return Answer(success(project_item(project)))


@router.put(
    "/{project_uuid}",
    summary="Update a project",
    openapi_extra=takes("edit project"),
    responses=answers("project"),
)
@router.patch(
    "/{project_uuid}",
    summary="Update a project",
    openapi_extra=takes("edit project"),
    responses=answers("project"),
)
def edit(caller: Signed, services: Parts, project_uuid: str, body: SmallJson) -> Answer:
    """Changes only what is sent."""
    change = projects.ProjectEdit(**EditProject.read(body.fields()).mentioned())
    project = projects.edit_project(services, caller, identified(project_uuid, "project"), change)
    return Answer(success(project_item(project)))


@router.delete("/{project_uuid}", summary="Delete a project", responses=answers("deleted"))
def delete(caller: Signed, services: Parts, project_uuid: str) -> Answer:
    """For good, with its clips."""
    projects.delete_project(services, caller, identified(project_uuid, "project"))
    return Answer(success())
