"""Two branches that recorded calls merge with git, and what was merged replays."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import agentkit as ak
from agentkit.experiment import cassettes as module
from agentkit.notebook.new import new_experiment

SOME = [f"question {number}" for number in range(12)]


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    module._opened.clear()
    yield
    module._opened.clear()


def run(prompts: list[str], path: Path, backend: Any) -> ak.Results:
    module._opened.clear()
    return ak.run("A", prompts, cassette=path, backend=backend, store=False, progress=False)


def echo(request: Any) -> str:
    return f"answer to {request['messages'][-1]['content']}"


class Repository:
    """A repository with a recorded cassette on `main`."""

    def __init__(self, home: Path, prompts: list[str]) -> None:
        self.home = home
        self.cassette = home / "cassettes" / "trial.jsonl"
        self.git("init", "-q", "-b", "main")
        self.record(prompts, "base")

    def git(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
        return subprocess.run(["git", *identity, *arguments], cwd=self.home, capture_output=True, text=True)

    def record(self, prompts: list[str], branch: str) -> None:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AGENTKIT_CASSETTE", "record")
            run(prompts, self.cassette, ak.Scripted(echo))
        self.git("add", "-A")
        assert self.git("commit", "-qm", branch).returncode == 0

    def merged(self, ours: str, theirs: str) -> subprocess.CompletedProcess[str]:
        """Record one further call on each of two branches and merge them."""
        for branch, prompt in (("ours", ours), ("theirs", theirs)):
            self.git("switch", "-q", "-c", branch, "main")
            self.record([prompt], branch)
        return self.git("merge", "-q", "--no-edit", "ours")

    def replayed(self, prompts: list[str]) -> list[str | None]:
        return [row.output for row in run(prompts, self.cassette, ak.Scripted([]))]


def places(path: Path) -> dict[str, int]:
    """Return prompts that are not recorded, and how many lines of a cassette come before theirs."""
    lines = path.read_text().splitlines()
    found = {}
    for prompt in (f"further question {number}" for number in range(40)):
        [outcome] = ak.run("A", [prompt], backend=ak.Scripted(echo), store=False, progress=False)
        found[prompt] = sum(line < f'{{"call":"{outcome.trial.key}"' for line in lines)
    return found


def two_apart(path: Path) -> tuple[str, str]:
    found = places(path)
    first, last = min(found, key=found.__getitem__), max(found, key=found.__getitem__)
    assert found[last] - found[first] > 3
    return first, last


def two_side_by_side(path: Path) -> tuple[str, str]:
    found = places(path)
    first, second = [prompt for prompt, place in found.items() if place == 2][:2]
    return first, second


def test_calls_at_different_places_merge_as_plain_text(tmp_path: Path) -> None:
    repository = Repository(tmp_path, SOME)
    ours, theirs = two_apart(repository.cassette)
    done = repository.merged(ours, theirs)
    assert done.returncode == 0, done.stdout
    lines = repository.cassette.read_text().splitlines()
    assert lines == sorted(lines)
    prompts = [*SOME, ours, theirs]
    assert repository.replayed(prompts) == [f"answer to {prompt}" for prompt in prompts]


def test_calls_side_by_side_need_the_line_that_new_experiments_bring(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    repository = Repository(plain, SOME[:1])
    ours, theirs = two_side_by_side(repository.cassette)
    conflict = repository.merged(ours, theirs)
    assert conflict.returncode == 1
    assert "CONFLICT" in conflict.stdout

    new_experiment("trial", folder=tmp_path)
    repository = Repository(tmp_path / "trial", SOME[:1])
    done = repository.merged(ours, theirs)
    assert done.returncode == 0, done.stdout
    prompts = [SOME[0], ours, theirs]
    assert repository.replayed(prompts) == [f"answer to {prompt}" for prompt in prompts]
    before = repository.cassette.read_text().splitlines()
    repository.record(["three"], "after")
    lines = repository.cassette.read_text().splitlines()
    assert lines == sorted({*before, *lines})
    assert len(lines) == len(before) + 1


def test_the_project_merges_its_own_cassettes(repo: Path) -> None:
    done = subprocess.run(
        ["git", "check-attr", "merge", "notebooks/cassettes/01_quickstart.jsonl"],
        cwd=repo, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip().endswith("merge: union")
