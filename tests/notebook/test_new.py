"""`agentkit new experiment` writes files that pass `pytest --nbval` at once."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from agentkit.cli import main
from agentkit.errors import NotebookError
from agentkit.notebook.new import new_experiment
from tests.notebook.test_replay import nbval


def test_new_experiment_passes_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "experiment", "short-answers", "--ci", "github"]) == 0
    home = tmp_path / "short-answers"
    assert sorted(path.name for path in home.iterdir()) == [
        ".gitattributes", ".gitignore", "agent.md", "cassettes", "samples.jsonl", "short-answers.ipynb"
    ]  # fmt: skip
    done = nbval(home)
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
    assert main(["lint", str(home)]) == 0
    workflow = (tmp_path / ".github" / "workflows" / "agentkit.yml").read_text()
    assert "pytest --nbval short-answers" in workflow
    # setup-python stops where it finds no file that its cache could go by.
    [setup] = [step["with"] for step in yaml.safe_load(workflow)["jobs"]["check"]["steps"] if "with" in step]
    assert (tmp_path / setup["cache-dependency-path"]).is_file()


def test_named_definition_is_used(tmp_path: Path) -> None:
    agent = tmp_path / "mine.md"
    agent.write_text("---\nname: mine\ndescription: Use this for mine.\n---\nYou are mine.\n")
    made = new_experiment("trial", folder=tmp_path, agent=agent)
    assert '\\"../mine.md\\"' in made[0].read_text()
    assert not (tmp_path / "trial" / "agent.md").exists()


@pytest.mark.parametrize("name", ["", "../out", "Upper", "a b", "a/b", "-a"])
def test_bad_name_writes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotebookError):
        new_experiment(name, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "trial").mkdir()
    with pytest.raises(NotebookError, match="exists already"):
        new_experiment("trial", folder=tmp_path)
    assert list((tmp_path / "trial").iterdir()) == []
