"""create_project, list_projects, get_project, edit_project, delete_project."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sayso.domain.account import Caller
from sayso.domain.edit import UNSET, UnsetType, changes
from sayso.domain.page import Page, PageRequest
from sayso.domain.project import Project
from sayso.services import Services
from sayso.storage import batches, blobs, clips, deliveries, projects
from sayso.storage.ids import new_id
from sayso.usecases.checks import check_text


@dataclass(frozen=True, slots=True)
class NewProject:
    """What a project is created from."""

    name: str
    description: str | None = None
    is_collaborative: bool = False
    is_archived: bool = False


@dataclass(frozen=True, slots=True)
class ProjectEdit:
    """A partial change of a project."""

    name: str | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    is_collaborative: bool | UnsetType = UNSET
    is_archived: bool | UnsetType = UNSET


def create_project(services: Services, caller: Caller, new: NewProject) -> Project:
    """Make an empty project. Raises BadRequest, TooLarge."""
    _check(services, new.name, new.description)
    now = datetime.now(UTC)
    with services.db.begin() as tx:
        project = Project(
            id=new_id(tx, "projects"),
            account_id=caller.account_id,
            name=new.name,
            description=new.description,
            is_collaborative=new.is_collaborative,
            is_archived=new.is_archived,
            created_at=now,
            updated_at=now,
        )
        projects.insert(tx, project)
    return project


def list_projects(services: Services, caller: Caller, page: PageRequest) -> Page[Project]:
    """The account's projects, newest first."""
    with services.db.read() as tx:
        return projects.page(tx, caller.account_id, page)


def get_project(services: Services, caller: Caller, project_id: str) -> Project:
    """One project. Raises NotFound."""
    with services.db.read() as tx:
        return projects.find(tx, caller.account_id, project_id)


def edit_project(services: Services, caller: Caller, project_id: str, edit: ProjectEdit) -> Project:
    """Change what is mentioned. Raises NotFound, BadRequest, TooLarge."""
    given = changes(
        name=edit.name,
        description=edit.description,
        is_collaborative=edit.is_collaborative,
        is_archived=edit.is_archived,
    )
    with services.db.begin() as tx:
        project = projects.find(tx, caller.account_id, project_id, lock=True)
        project = replace(project, **given, updated_at=datetime.now(UTC))
        _check(services, project.name, project.description)
        projects.save(tx, project)
    return project


def delete_project(services: Services, caller: Caller, project_id: str) -> None:
    """Remove the project with its clips; a clip that is being made is dropped. Raises NotFound."""
    with services.db.begin() as tx:
        project = projects.find(tx, caller.account_id, project_id, lock=True)
        gone = clips.remove_all(tx, project.id)
        for clip_id, _ in gone:
            deliveries.forget(tx, clip_id=clip_id)
        batches.remove_all(tx, project.id)
        projects.remove(tx, project.id)
    blobs.release(services.db, services.blobs, [key for _, key in gone])


def _check(services: Services, name: str, description: str | None) -> None:
    check_text("name", name, services.limits.max_name_characters, required=True)
    check_text("description", description, services.limits.max_text_characters)
