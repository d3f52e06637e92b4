"""`scripts/bootstrap.py`: what is missing is named with the command that mends it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = "scripts/bootstrap.py"


def bootstrap(repo: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(repo / SCRIPT), *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=False,
    )


def checkout(repo: Path, folder: Path) -> Path:
    """A checkout with nothing set up yet."""
    (folder / "scripts").mkdir()
    (folder / SCRIPT).write_text((repo / SCRIPT).read_text())
    (folder / "pyproject.toml").write_text((repo / "pyproject.toml").read_text())
    return folder


def test_missing_venv_is_named_with_its_command(repo: Path, tmp_path: Path) -> None:
    stub = tmp_path / "stub"
    stub.mkdir()
    (stub / "ensurepip.py").write_text("raise ImportError")
    done = bootstrap(checkout(repo, tmp_path), "lab", PYTHONPATH=str(stub))
    assert done.returncode == 1
    assert "cannot make virtual environments" in done.stderr
    assert "type: " in done.stderr
    assert "venv" in done.stderr.partition("type: ")[2]
    assert not (tmp_path / ".venv").exists()


def test_old_python_is_named_with_what_to_install(repo: Path, tmp_path: Path) -> None:
    (checkout(repo, tmp_path) / "sitecustomize.py").write_text(
        "import sys; sys.version_info = type('V', (tuple,), {})((3, 9, 2, 'final', 0))"
    )
    done = bootstrap(tmp_path, "lab", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "is 3.9" in done.stderr


def test_unknown_profile_lists_the_known_ones(repo: Path, tmp_path: Path) -> None:
    done = bootstrap(checkout(repo, tmp_path), "everything")
    assert done.returncode == 1
    assert "lab, test" in done.stderr


def test_oldest_interpreters_can_parse_it(repo: Path) -> None:
    import ast

    ast.parse((repo / SCRIPT).read_text(), feature_version=(3, 7))
