"""Make constraints.txt: the version of every package that sayso brings along, as installed here.

    .venv/bin/python scripts/make_constraints.py > constraints.txt

Follows the requirements in pyproject.toml (the `dev` extra included) through what is installed. Run it in an
environment whose tests pass, after changing a pin.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def needed(requirement: Requirement, seen: dict[str, str], done: set[tuple[str, str]]) -> None:
    """Add `requirement` and what it needs to `seen`: name -> version."""
    try:
        package = distribution(requirement.name)
    except PackageNotFoundError:
        return  # for another platform, or an extra of an extra that nobody asked for
    name = canonicalize_name(requirement.name)
    # The local part tells how it was built (+cpu), which differs between machines.
    seen[name] = package.version.split("+")[0]
    for extra in ("", *requirement.extras):
        if (name, extra) in done:
            continue
        done.add((name, extra))
        for line in package.requires or ():
            child = Requirement(line)
            if child.marker is None or child.marker.evaluate({"extra": extra}):
                needed(child, seen, done)


def wanted() -> Iterator[Requirement]:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]
    for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        yield Requirement(line)


def main() -> None:
    seen: dict[str, str] = {}
    done: set[tuple[str, str]] = set()
    for requirement in wanted():
        needed(requirement, seen, done)
    print("# Every package that sayso brings along, pinned. Made by scripts/make_constraints.py.")
    for name in sorted(seen):
        print(f"{name}=={seen[name]}")


if __name__ == "__main__":
    main()
