"""What a notebook's code names: the modules it imports and the files it reads, as far as that stands in its text."""

from __future__ import annotations

import ast
import os
import posixpath
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentkit.errors import NotebookError
from agentkit.notebook.execute import read
from agentkit.notebook.plugin import cassette_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

ANYWHERE = {".md", ".csv", ".json", ".jsonl", ".yaml", ".yml"}
"""Definitions, samples and cassettes, which often lie beside the folder of notebooks."""
BELOW = ANYWHERE | {".tsv", ".txt", ".toml", ".ipynb", ".py"}
"""What else comes along where it lies in the notebook's folder or below. All of it is text that can be scanned."""
LONGEST = 256
"""A path is one short line; longer strings are prompts."""


def files_of(path: Path, notebook: NotebookNode | None = None) -> list[Path]:
    """Return a notebook, its cassette and the files that its code names, with what its modules and notebooks name.

    Args:
        path: The notebook file.
        notebook: Its content where that is at hand already.
    """
    named_files = _Files(path.parent)
    named_files.add_notebook(path, notebook)
    return list(named_files.found.values())


class _Files:
    """The files found so far, by what they are once links are followed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.found: dict[Path, Path] = {}

    def add_notebook(self, path: Path, notebook: NotebookNode | None = None) -> None:
        self.found[path.resolve()] = path
        try:
            cells = (notebook if notebook is not None else read(path)).cells
        except NotebookError:  # it comes along as it is
            return
        if cassette_of(path).is_file():
            self._add(cassette_of(path), path.parent)
        for cell in cells:
            if cell.cell_type == "code":
                self._add_named(cell.source, path.parent)

    def _add_named(self, source: str, base: Path) -> None:
        """Add what code names that runs in the folder `base`."""
        modules, paths = named(source)
        for module in modules:
            for file in _module_files(base, module):
                self._add(file, base)
        for text in paths:
            place = base / text
            below = place.resolve().is_relative_to(self.home.resolve())
            # Of what is no path at all, such as a name too long for one, these say no; Path's own raise.
            if os.path.isdir(place):
                for file in place.glob("*.md"):
                    self._add(file, base)
            elif os.path.isfile(place) and place.suffix in (BELOW if below else ANYWHERE):
                self._add(place, base)

    def _add(self, file: Path, base: Path) -> None:
        if file.resolve() in self.found:
            return
        self.found[file.resolve()] = file
        if file.suffix == ".ipynb":
            self.add_notebook(file)
        elif file.suffix == ".py":
            self._add_named(file.read_text(encoding="utf-8", errors="replace"), base)


def _module_files(base: Path, module: str) -> list[Path]:
    """Return the files of a module beside the notebook; none where it is an installed one."""
    first = module.partition(".")[0]
    if (base / f"{first}.py").is_file():
        return [base / f"{first}.py"]
    return sorted((base / first).rglob("*.py"))


def named(source: str) -> tuple[list[str], list[str]]:
    r"""Return the modules that Python code imports, and the texts in it that could be paths.

    Args:
        source: Code of a cell or a module; lines of magics and shell commands give their words.

    >>> named("import helpers as h\n%run setup.py\nDATA = Path('data')\nak.samples(DATA / 'a.csv')")
    (['helpers'], ['setup.py', 'data', 'data', 'data/a.csv', 'a.csv'])
    """
    lines = source.splitlines()
    words = [word for line in lines if line.startswith(("%", "!")) for word in _words(line)[1:]]
    try:
        tree = ast.parse("\n".join(line for line in lines if not line.startswith(("%", "!"))))
    except (SyntaxError, ValueError):
        return [], words
    known = {
        target.id: text
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and (text := _path(node.value, {})) is not None
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    texts = (_path(node, known) for node in ast.walk(tree) if isinstance(node, (ast.Constant, ast.Call, ast.BinOp)))
    return list(_imports(tree)), [
        *words,
        *(text for text in texts if text and len(text) < LONGEST and "\0" not in text),
    ]


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quote that is not closed
        return line.split()


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def _path(node: Any, known: dict[str, str]) -> str | None:
    """Return the path that an expression spells out: a text, `Path(…)`, and parts joined by `/`."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        parts = [_path(node.left, known), _path(node.right, known)]
    elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in ("Path", "join"):
        parts = [_path(argument, known) for argument in node.args]
    else:
        return None
    return posixpath.join(*(part or "" for part in parts)) if parts and None not in parts else None
