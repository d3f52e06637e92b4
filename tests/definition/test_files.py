from __future__ import annotations

import os
import stat
import subprocess
import sys
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
    with pytest.raises(ak.errors.DefinitionError, match="cannot be written") as caught:
        ak.loads(TEXT).save(tmp_path / "nowhere" / "a.md")
    assert f"mkdir -p {tmp_path / 'nowhere'}" in str(caught.value)
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


def test_only_a_name_that_is_typed_stands_for_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~$lock.md").write_text(TEXT)
    (tmp_path / "~nosuchuser").mkdir()
    (tmp_path / "~nosuchuser" / "b.md").write_text(TEXT.replace("name: a", "name: b"))
    folder = ak.load_folder(".")
    assert [str(agent.path) for agent in folder] == ["~$lock.md", "~nosuchuser/b.md"]
    assert folder.unread == ()
    for agent in folder:
        saved = agent.replace(color="red").save()
        assert ak.load(Path(tmp_path, str(agent.path))) == saved
        assert ak.load(str(agent.path)) == saved  # no such home: the file that is called so is meant
    home = Path.home()
    ak.loads(TEXT).save("~/c.md")
    assert (home / "c.md").read_text() == TEXT
    assert ak.load("~/c.md").path == home / "c.md"


def test_a_home_that_is_not_known_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for attempt in (ak.load, ak.load_folder, ak.discover, ak.loads(TEXT).save):
        with pytest.raises(ak.errors.DefinitionNotFound, match="no home folder is known for ~nosuchuser") as caught:
            attempt("~nosuchuser/x.md")
        assert caught.value.accepted
        assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", [None, 0, b"a.md", ["a.md"]])
def test_what_is_no_path_says_so(path: object) -> None:
    for attempt in (ak.load, ak.load_folder, *([ak.loads(TEXT).save] if path is not None else [])):
        with pytest.raises(ak.errors.DefinitionError, match=f"a path cannot be {type(path).__name__}") as caught:
            attempt(path)  # type: ignore[arg-type]
        assert caught.value.received == repr(path)
        assert caught.value.accepted
        assert caught.value.hint


@pytest.mark.parametrize("text", [None, 0, bytearray(b"x"), Path("a.md")])
def test_what_is_no_text_says_so(text: object) -> None:
    with pytest.raises(ak.errors.DefinitionError, match=f"cannot be read from {type(text).__name__}") as caught:
        ak.loads(text)  # type: ignore[arg-type]
    assert caught.value.received == repr(text)
    assert caught.value.accepted
    assert caught.value.hint


def test_saving_goes_to_the_file_it_was_loaded_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
    (one / "a.md").write_text(TEXT)
    monkeypatch.chdir(one)
    loaded, listed = ak.load("a.md"), ak.load_folder(".")[0]
    monkeypatch.chdir(other)
    saved = loaded.replace(color="red").save()
    assert str(saved.path) == "a.md"
    assert list(other.iterdir()) == []
    assert (one / "a.md").read_text() == saved.text
    assert saved.replace(color=None).save() == listed
    assert listed.replace(color="green").save().save().text == (one / "a.md").read_text()
    again = loaded.replace(color="blue").save("a.md")  # a path that is given counts from here
    assert (other / "a.md").read_text() == again.text
    monkeypatch.chdir(tmp_path)
    again.replace(color="pink").save()
    assert "pink" in (other / "a.md").read_text()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["one", "other"]


def test_only_regular_files_are_replaced(tmp_path: Path, path: Path) -> None:
    agent, loaded = ak.loads(TEXT), ak.load(path)
    pipe, device, loop = tmp_path / "pipe.md", tmp_path / "device.md", tmp_path / "loop.md"
    os.mkfifo(pipe)
    device.symlink_to(os.devnull)
    loop.symlink_to(loop)
    for special in (pipe, device):
        with pytest.raises(ak.errors.DefinitionError, match="not a regular file; nothing was written") as caught:
            agent.save(special)
        assert caught.value.accepted
        assert not special.is_file()
    with pytest.raises(ak.errors.DefinitionError, match="cannot be written"):
        agent.save(loop)
    with pytest.raises(ak.errors.DefinitionError, match="is a directory; nothing"):
        agent.save(tmp_path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ak.errors.DefinitionError, match="not a regular file"):
        loaded.save()  # and does not wait for the pipe's writer


def test_a_file_that_is_gone_is_written_again_only_by_name(path: Path) -> None:
    agent = ak.load(path)
    path.rename(path.with_name("moved.md"))
    with pytest.raises(ak.errors.FileChanged, match="deleted or moved") as caught:
        agent.save()
    assert "agent.save(" in str(caught.value)
    assert not path.exists()
    assert agent.save(path).source == path.read_bytes()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_and_group_stay(path: Path) -> None:
    os.chown(path, 1234, 4321)
    path.chmod(0o640)
    ak.load(path).replace(color="red").save()
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 4321, 0o640)


def test_an_owner_that_cannot_be_kept_does_not_keep_from_saving(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    def foreign(place: object, **options: object) -> os.stat_result:
        status = real(place, **options)  # type: ignore[arg-type, call-overload]
        return os.stat_result((*status[:4], 1234, 1234, *status[6:])) if str(place).endswith("a.md") else status

    path.chmod(0o640)
    agent = ak.load(path)
    real = os.stat
    with monkeypatch.context() as patched:
        patched.setattr(os, "chown", refused)
        patched.setattr(os, "stat", foreign)
        agent.replace(color="red").save()
    assert "red" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_obeys_the_umask_which_stays(tmp_path: Path) -> None:
    code = (
        "import os, threading, agentkit as ak; os.umask(0o027); real = os.umask; calls = []\n"
        "os.umask = lambda mask: calls.append(mask) or real(mask)\n"
        f"agent = ak.loads({TEXT!r})\n"
        "save = lambda n: [agent.save(f'{n}-{i}.md') for i in range(10)]\n"
        "threads = [threading.Thread(target=save, args=(n,)) for n in range(4)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]; print(calls, oct(real(0)))"
    )
    place = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path, env=place
    )
    assert done.stdout.strip() == "[] 0o27"
    assert {stat.S_IMODE(entry.stat().st_mode) for entry in tmp_path.iterdir()} == {0o640}
    assert len(list(tmp_path.iterdir())) == 40


def test_a_long_name_can_be_saved(tmp_path: Path) -> None:
    place = tmp_path / ("é" * 120 + ".md")
    assert ak.loads(TEXT).save(place).save().source == place.read_bytes()


def test_errors_of_files_say_what_to_do(tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", closed)
        with pytest.raises(ak.errors.DefinitionError, match=r"cannot be read: Permission denied") as caught:
            ak.load(path)
        assert caught.value.accepted
        assert caught.value.hint == f"chmod u+r {path}"
        with pytest.raises(ak.errors.DefinitionError, match=r"cannot be written: Permission denied") as caught:
            ak.loads(TEXT).save(tmp_path / "b.md")
        assert caught.value.accepted
        assert caught.value.hint


def test_a_link_to_nothing_says_where_it_leads(tmp_path: Path) -> None:
    (tmp_path / "dangling.md").symlink_to("nowhere.md")
    with pytest.raises(ak.errors.DefinitionNotFound, match="link to a file that is not there") as caught:
        ak.load(tmp_path / "dangling.md")
    assert caught.value.received == "nowhere.md"
    assert "ak.load" not in str(caught.value)


def test_a_plugin_is_looked_for_where_the_file_was_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for plugin in ("one", "two"):
        (tmp_path / plugin / "agents").mkdir(parents=True)
        (tmp_path / plugin / "agents" / "a.md").write_text(TEXT)
    (tmp_path / "one" / ".claude-plugin").mkdir()
    monkeypatch.chdir(tmp_path / "one" / "agents")
    agent = ak.load("a.md")
    monkeypatch.chdir(tmp_path / "two" / "agents")
    assert agent.in_plugin
    assert not ak.load("a.md").in_plugin
