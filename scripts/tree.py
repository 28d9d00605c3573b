"""Print every module of sayso with the first line of its docstring.

python scripts/tree.py [FOLDER]
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src/sayso"


def lines(folder: Path, depth: int = 0) -> Iterator[str]:
    """The folder's packages and modules, each package before what is in it."""
    indent = "  " * depth
    yield _line(f"{indent}{folder.name}/", folder / "__init__.py")
    for file in sorted(folder.glob("*.py")):
        if file.name != "__init__.py":
            yield _line(f"{indent}  {file.stem}", file)
    for inner in sorted(folder.iterdir()):
        if (inner / "__init__.py").is_file():
            yield from lines(inner, depth + 1)


def _line(name: str, file: Path) -> str:
    said = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "(nothing said)"
    return f"{name:<28} {said.splitlines()[0]}"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE
    print("\n".join(lines(folder)))


if __name__ == "__main__":
    main()
