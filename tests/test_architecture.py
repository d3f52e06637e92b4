"""The tree's rules: imports point one way, modules stay short, the front door is complete."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import agentkit

PACKAGE = Path(agentkit.__file__).parent

LAYERS = (
    "unseen",
    "brief",
    "errors",
    "views",
    "definition",
    "backends",
    "experiment",
    "scoring",
    "studies",
    "widgets",
    "notebook",
    "cli",
)
"""Each layer may import itself and those before it."""

CONVENIENCES = {
    # Methods that open a later layer for the reader's comfort, each inside the method: (module, layer it reaches).
    ("experiment.results", "scoring"),
    ("experiment.results", "widgets"),
}

MODULES = sorted(PACKAGE.rglob("*.py"))


def layer(dotted: str) -> str:
    return dotted.split(".")[1] if "." in dotted else ""


def imported(tree: ast.AST) -> list[str]:
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the way"
            module = node.module or ""
            names += [f"{module}.{alias.name}" for alias in node.names] if module == "agentkit" else [module]
    return [name for name in names if name.split(".")[0] == "agentkit"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    relative = path.relative_to(PACKAGE).with_suffix("")
    own = relative.parts[0]
    if own in ("__init__", "__main__"):
        return
    assert own in LAYERS, f"{relative} is in no layer"
    allowed = set(LAYERS[: LAYERS.index(own) + 1])
    dotted = ".".join(relative.parts)
    for name in imported(ast.parse(path.read_text())):
        reached = layer(name)
        if reached not in allowed and (dotted, reached) not in CONVENIENCES:
            pytest.fail(f"agentkit.{dotted} imports {name}: {reached} comes after {own}")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_stay_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 320


def test_front_door_is_complete() -> None:
    assert agentkit.__all__ == sorted(agentkit.__all__, key=lambda name: (not name[0].isupper(), name))
    assert set(agentkit._HOMES) == set(agentkit.__all__)
    for name in agentkit.__all__:
        assert getattr(agentkit, name) is not None
        if (home := importlib.import_module(agentkit._HOMES[name])).__name__.rpartition(".")[2] != name:
            assert getattr(home, name) is getattr(agentkit, name)


def test_import_stays_light() -> None:
    code = (
        "import sys, agentkit; heavy = 'pandas numpy anthropic ipywidgets IPython yaml httpx2'.split(); "
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
