"""What errors say is the same on every machine: paths below the working folder are told from there."""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

import agentkit as ak
from agentkit.errors import AgentkitError, CassetteError, DefinitionNotFound, FileChanged, SampleError, StoreError

AGENT = "---\nname: greeter\ndescription: Use this agent to greet people.\n---\n\nYou greet people.\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def changed(here: Path) -> None:
    (here / "agents").mkdir()
    path = here / "agents" / "a.md"
    path.write_text(AGENT)
    agent = ak.load(path)
    path.write_text(AGENT + "More.\n")
    agent.replace(system_prompt="New.\n").save()


def foreign_cassette(here: Path) -> None:
    (here / "c.jsonl").write_text("hello\n")
    ak.run("A", ["x"], backend=ak.Scripted("hi"), cassette="c.jsonl")


def foreign_store(here: Path) -> None:
    with sqlite3.connect(here / "s.db") as connection:
        connection.execute("CREATE TABLE birds (name)")
    connection.close()
    ak.run("A", ["x"], backend=ak.Scripted("hi"), store=here / "s.db")


@pytest.mark.parametrize(
    ("cause", "kind", "said"),
    [
        (changed, FileChanged, ["agents/a.md changed on disk", "agent.save('agents/a.new.md')"]),
        (lambda here: ak.load(here / "absent.md"), DefinitionNotFound, ["no file absent.md"]),
        (lambda here: ak.load(here / "deep" / ".."), AgentkitError, ["deep"]),
        (
            lambda here: ak.samples(here / "absent.csv"),
            SampleError,
            ["absent.csv: there is no such file", "looked in ."],
        ),
        (foreign_cassette, CassetteError, ["c.jsonl is no cassette"]),
        (foreign_store, StoreError, ["s.db is a database, but not a store"]),
    ],
)
def test_paths_are_told_from_the_working_folder(
    here: Path, cause: Callable[[Path], object], kind: type[AgentkitError], said: list[str]
) -> None:
    with pytest.raises(kind) as caught:
        cause(here)
    for part in said:
        assert part in str(caught.value)
    assert str(here) not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_other_paths_stay_whole(here: Path) -> None:
    other = f"/elsewhere{here}/a.md and {here}-2/b.md and {here.parent}/c.md"
    assert str(AgentkitError(f"see {other}")) == f"see {other}"
    assert str(AgentkitError("see", received=f"{here}/a.md", hint=f"open '{here}/b.md'")) == (
        "see\n  received: a.md\n  next: open 'b.md'"
    )


def test_a_folder_that_is_gone_hides_no_error(here: Path) -> None:
    here.rmdir()
    assert str(AgentkitError("see /a/b.md")) == "see /a/b.md"


def test_at_the_top_paths_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    top = Path.cwd().anchor  # of this drive, where there are several
    monkeypatch.chdir(top)
    assert str(AgentkitError(f"see {top}a{os.sep}b.md")) == f"see {top}a{os.sep}b.md"


def test_what_acts_without_being_seen_is_written_out(tmp_path: Path) -> None:
    place = tmp_path / "a\x1b[2J\u202etxt.md"
    with pytest.raises(AgentkitError) as caught:
        ak.load(place)
    said = str(caught.value)
    assert "␛[2J⟨U+202E⟩" in said
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert "\x1b" in caught.value.message
