"""What the documents name exists: settings, targets, commands, functions, links, decisions."""

import itertools
import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer.main

from sayso.cli import app
from sayso.settings import Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
OURS = [file for file in DOCUMENTS if file.name != "CHANGELOG.md"]


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def prose(text: str) -> str:
    """Without what stands in code blocks, where a hash is a comment and no heading."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def typed(text: str) -> str:
    """What a reader would type: shell blocks, and code within a line, each on a line of its own."""
    shell = re.findall(r"^```sh$(.*?)^```$", text, re.M | re.S)
    return "\n".join([*shell, *re.findall(r"`([^`\n]+)`", prose(text))])


def anchors(text: str) -> set[str]:
    """What the headings of a document can be linked by, as the common renderers have it."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_setting_has_one_row_in_the_table():
    rows = Counter(re.findall(r"^\| `(SAYSO_\w+)` \|", read("docs/operating.md"), re.M))

    assert rows == Counter(f"SAYSO_{name.upper()}" for name in Settings.model_fields)


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(file):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(file.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = unquote(target).partition("#")
        found = (file.parent / path) if path else file
        assert found.exists(), target
        assert not anchor or anchor in anchors(found.read_text("utf-8")), target


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_targets_that_are_named_can_be_made(file):
    known = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    named = re.findall(r"^(?:\w+=\S+ )*make ([a-z-]+)", typed(file.read_text("utf-8")), re.M)

    assert set(named) <= known


def commands() -> set[str]:
    """Every command of the program, in as many words as it takes."""
    top = typer.main.get_command(app).commands
    inner = ((name, getattr(command, "commands", {})) for name, command in top.items())
    return {*top, *itertools.chain.from_iterable(([f"{name} {sub}" for sub in subs]) for name, subs in inner)}


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_commands_that_are_named_exist(file):
    known = commands()
    named = re.findall(r"(?:^|bin/)sayso ([a-z]+)(?: ([a-z]+)\b)?", typed(file.read_text("utf-8")), re.M)
    for first, second in named:
        assert first in known, first
        if any(command.startswith(f"{first} ") for command in known) and second:
            assert f"{first} {second}" in known


def test_every_decision_is_in_the_index_under_a_number_of_its_own():
    folder = ROOT / "docs/decisions"
    files = {file.name: file for file in folder.glob("[0-9]*.md")}
    listed = dict(re.findall(r"^\| (\d{4}) \| \[.+\]\((.+)\) \|$", read("docs/decisions/README.md"), re.M))

    assert set(listed.values()) == set(files)
    assert len({name[:4] for name in files}) == len(files)
    for number, name in listed.items():
        assert name.startswith(number)
        assert files[name].read_text("utf-8").startswith(f"# {number} ")


def test_every_error_has_a_row_with_its_status():
    from sayso.api.errors import STATUS

    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", read("docs/errors.md"), re.M)

    assert Counter(rows) == Counter((error.__name__, str(status.value)) for error, status in STATUS.items())


def test_the_functions_on_the_way_of_a_request_exist():
    named = re.findall(r"`([\w/]+\.py): (\w+)`", read("docs/flow.md"))

    assert len(named) > 30
    for path, name in named:
        code = (ROOT / "src/sayso" / path).read_text("utf-8")
        assert re.search(rf"^\s*(?:async )?(?:def|class) {name}\b", code, re.M), f"{path}: {name}"


def test_the_tree_has_a_line_for_every_module():
    import runpy

    tree = runpy.run_path(str(ROOT / "scripts/tree.py"))
    lines = list(tree["lines"](ROOT / "src/sayso"))

    assert len(lines) == len(list((ROOT / "src/sayso").rglob("*.py")))
    assert not [line for line in lines if "(nothing said)" in line]
