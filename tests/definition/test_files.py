from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

import agentkit as ak
from agentkit.definition import files

TEXT = "---\nname: a\ndescription: Use for b\n---\nYou help.\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "a.md"
    place.write_text(TEXT)
    return place


def test_saving_keeps_bytes_and_mode(path: Path) -> None:
    path.chmod(0o640)
    agent = ak.load(path)
    agent.save()
    assert path.read_text() == TEXT
    saved = agent.replace(color="red").save()
    assert "color: red" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in path.parent.iterdir()] == ["a.md"]
    assert saved.replace(color=None).save() == agent


def test_a_read_only_file_is_not_replaced(path: Path) -> None:
    path.chmod(0o444)
    with pytest.raises(ak.errors.DefinitionError, match="read-only") as caught:
        ak.load(path).replace(color="red").save()
    assert "chmod u+w" in str(caught.value)
    assert path.read_text() == TEXT


def test_saving_goes_through_links(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.md"
    link.symlink_to(path)
    ak.load(link).replace(color="red").save()
    assert link.is_symlink()
    assert "red" in path.read_text()


def test_a_file_that_changed_is_not_overwritten(path: Path) -> None:
    agent = ak.load(path)
    path.write_text(TEXT + "More.\n")
    with pytest.raises(ak.errors.FileChanged):
        agent.replace(color="red").save()
    assert path.read_text() == TEXT + "More.\n"
    agent.save(path.with_name("b.md"))
    assert path.with_name("b.md").read_text() == TEXT


def test_a_name_never_says_where_to_save(tmp_path: Path) -> None:
    agent = ak.loads(TEXT.replace("name: a", "name: ../../x"))
    with pytest.raises(ak.errors.EditError, match="not loaded from a file"):
        agent.save()
    agent.save(tmp_path / "in" / ".." / "here.md") if (tmp_path / "in").mkdir() is None else None
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["here.md", "in"]


def test_what_cannot_be_read_says_so(tmp_path: Path, path: Path) -> None:
    with pytest.raises(ak.errors.DefinitionNotFound, match=r"a\.md"):
        ak.load(tmp_path / "aa.md")
    with pytest.raises(ak.errors.DefinitionNotFound, match="load_folder"):
        ak.load(tmp_path)
    with pytest.raises(ak.errors.DefinitionError):
        ak.load("a\0b")
    pipe = tmp_path / "pipe.md"
    os.mkfifo(pipe)
    with pytest.raises(ak.errors.DefinitionError, match="regular"):
        ak.load(pipe)
    large = tmp_path / "large.md"
    with large.open("wb") as file:
        file.truncate(files.SIZE_LIMIT + 1)
    with pytest.raises(ak.errors.DefinitionError, match="too large"):
        ak.load(large)


def test_what_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(ak.errors.DefinitionError):
        ak.loads(TEXT).save(tmp_path / "nowhere" / "a.md")
    assert list(tmp_path.iterdir()) == []


def test_a_binary_and_an_empty_file_open_as_dropped(tmp_path: Path) -> None:
    for content in (b"\x89PNG\r\n\x1a\n\0\0", b"", b"\xff" * 100):
        place = tmp_path / "x.md"
        place.write_bytes(content)
        agent = ak.load(place)
        assert agent.verdict == "dropped"
        assert agent.save().source == content


def test_definitions_travel_between_processes(path: Path) -> None:
    import pickle

    agent = ak.load(path).replace(color="red")
    again = pickle.loads(pickle.dumps(agent))
    assert again == agent
    assert again.path == path
    assert again.replace(color=None) == ak.load(path)
