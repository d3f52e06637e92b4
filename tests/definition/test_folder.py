from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import agentkit as ak


def put(path: Path, name: str, description: str = "Use for b", extra: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\nname: {name}\ndescription: {description}\n{extra}---\n\nYou report.\n")
    return path


def test_a_folder_is_read_with_all_below_it(tmp_path: Path) -> None:
    put(tmp_path / "a.md", "one")
    put(tmp_path / "deep" / "er" / "b.md", "two")
    (tmp_path / "c.markdown").write_text("---\nname: three\n---\n")
    (tmp_path / "README.md").write_text("# Agents\n")
    (tmp_path / "d.md").write_text("no frontmatter")
    folder = ak.load_folder(tmp_path)
    assert [agent.name for agent in folder] == ["one", None, "two"]
    assert folder["two"].path == tmp_path / "deep" / "er" / "b.md"
    assert [agent.name for agent in folder.used] == ["one", "two"]
    with pytest.raises(ak.errors.DefinitionNotFound, match="two"):
        folder["twoo"]


def test_of_one_name_the_last_by_path_is_used_and_the_others_are_told(tmp_path: Path) -> None:
    put(tmp_path / "a.md", "same", "first")
    put(tmp_path / "a" / "z.md", "same", "last")
    folder = ak.load_folder(tmp_path)
    assert folder["same"].description == "last"
    (shadowed,) = folder.shadowed
    assert shadowed.agent.description == "first"
    assert "AK501" in [finding.code for finding in folder.findings]


def test_paths_are_ordered_as_the_program_orders_them(tmp_path: Path) -> None:
    put(tmp_path / "\U0001f600.md", "same", "a high character, in two units of UTF-16 that sort before")
    put(tmp_path / "\uffee.md", "same", "last")
    assert ak.load_folder(tmp_path)["same"].description == "last"


def test_nearer_wins(tmp_path: Path) -> None:
    home, project = tmp_path / "home", tmp_path / "home" / "project"
    nested = project / "app"
    nested.mkdir(parents=True)
    (project / ".git").mkdir()
    put(home / ".claude" / "agents" / "a.md", "a", "user")
    put(home / ".claude" / "agents" / "b.md", "b", "user")
    put(home / ".claude" / "agents" / "c.md", "c", "user")
    put(project / ".claude" / "agents" / "a.md", "a", "project")
    put(project / ".claude" / "agents" / "b.md", "b", "project")
    put(nested / ".claude" / "agents" / "a.md", "a", "nested")
    found = ak.discover(nested, home=home)
    assert {agent.name: agent.description for agent in found.used} == {"a": "nested", "b": "project", "c": "user"}
    assert len(found.shadowed) == 3
    assert "is shadowed by" in str(found.shadowed[0])


def test_the_frame(tmp_path: Path) -> None:
    put(tmp_path / "a.md", "one-a", extra="tools: Read\nmodel: opus\n")
    put(tmp_path / "b.md", "one-b")
    frame = ak.load_folder(tmp_path).frame
    assert list(frame.columns) == [
        "path", "name", "verdict", "model", "tools", "description_length", "findings", "shadowed_by",
    ]  # fmt: skip
    assert frame["tools"].tolist() == ["Read", "All tools"]
    assert frame["description_length"].tolist() == [9, 9]
    (tmp_path / "empty").mkdir()
    assert len(ak.load_folder(tmp_path / "empty").frame) == 0


def test_folder_rules(tmp_path: Path) -> None:
    text = "Reviews database schemas, migrations, indexes, queries and transactions for relational engines"
    put(tmp_path / "one-a.md", "one-a", text)
    put(tmp_path / "one-b.md", "one-b", text + " carefully")
    put(tmp_path / "other.md", "third-c", "Draws pictures of ships, harbours, lighthouses and stormy weather " * 1_000)
    codes = [finding.code for finding in ak.load_folder(tmp_path).findings]
    assert {"AK502", "AK503", "AK504"} <= set(codes)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ak.errors.DefinitionNotFound):
        ak.load_folder(tmp_path / "x")


def test_the_roster(tmp_path: Path) -> None:
    put(tmp_path / "b.md", "bbb", extra="tools: Read, Grep\n")
    put(tmp_path / "a.md", "aaa", extra="disallowedTools: Write\n")
    put(tmp_path / "c.md", "-no")
    assert ak.load_folder(tmp_path).roster == (
        "- aaa: Use for b (Tools: All tools except Write)\n- bbb: Use for b (Tools: Read, Grep)"
    )


def test_the_file_that_is_not_used_is_told(tmp_path: Path) -> None:
    put(tmp_path / "a.md", "aaa")
    put(tmp_path / "b.md", "aaa")
    (finding,) = [finding for finding in ak.load_folder(tmp_path).findings if finding.code == "AK501"]
    assert finding.path == str(tmp_path / "a.md")
    assert str(tmp_path / "b.md") in finding.message


def test_agents_of_two_plugins_are_no_duplicates(tmp_path: Path) -> None:
    for plugin in ("one", "two"):
        (tmp_path / plugin / ".claude-plugin").mkdir(parents=True)
        (tmp_path / plugin / "agents").mkdir()
        put(tmp_path / plugin / "agents" / "aaa.md", "aaa")
    assert "AK501" not in [finding.code for finding in ak.load_folder(tmp_path).findings]
    put(tmp_path / "one" / "agents" / "b.md", "aaa")
    assert "AK501" in [finding.code for finding in ak.load_folder(tmp_path).findings]


def test_only_what_is_used_counts_in_the_roster(tmp_path: Path) -> None:
    for name in ("a.md", "b.md"):
        (tmp_path / name).write_text(f"---\nname: aaa\ndescription: {'word ' * 8_000}\n---\nYou report.\n")
    assert "AK503" not in [finding.code for finding in ak.load_folder(tmp_path).findings]


@pytest.mark.parametrize(
    ("one", "two", "told"),
    [
        ("Use to review code", "Use to review code", True),
        ("审查代码并报告每个问题", "审查代码并报告每个问题", True),
        ("Проверяет код и сообщает о каждой ошибке в нём", "Проверяет код и сообщает о каждой ошибке в нём", True),
        ("Use to review code", "Use to write tests", False),
        ("Reviews Go services for style, bugs and speed", "Reviews Python services for style, bugs and speed", False),
        ("Reviews services for style, bugs and speed", "Reviews services for style, bugs, speed and size", True),
    ],
)
def test_descriptions_that_say_the_same(tmp_path: Path, one: str, two: str, told: bool) -> None:
    for name, text in (("go-reviewer", one), ("python-reviewer", two)):
        (tmp_path / f"{name}.md").write_text(f"---\nname: {name}\ndescription: {text}\n---\nYou report.\n", "utf-8")
    assert ("AK502" in [finding.code for finding in ak.load_folder(tmp_path).findings]) is told


def test_a_name_is_in_a_folder_where_it_gives_a_definition(tmp_path: Path) -> None:
    put(tmp_path / "a.md", "one")
    put(tmp_path / "b.md", "-dropped")
    folder = ak.load_folder(tmp_path)
    assert "one" in folder
    assert folder["one"] in folder
    assert "-dropped" not in folder
    assert "on" not in folder
    assert 5 not in folder
    assert folder.index(folder["one"]) == 0


def test_the_frame_has_the_same_types_without_rows(tmp_path: Path) -> None:
    empty = ak.load_folder(tmp_path).frame
    put(tmp_path / "a.md", "one")
    put(tmp_path / "b.md", "one")
    frame = ak.load_folder(tmp_path).frame
    assert frame.dtypes.equals(empty.dtypes)
    assert [str(kind) for kind in empty.dtypes] == ["str"] * 5 + ["int64", "int64", "str"]
    assert frame["model"].isna().all()
    assert frame["shadowed_by"].isna().tolist() == [False, True]


def test_dots_and_links_lead_where_the_program_would_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path = tmp_path.resolve()
    start = tmp_path / "home" / "p" / "a" / "b"
    start.mkdir(parents=True)
    put(tmp_path / "home" / ".claude" / "agents" / "u.md", "u")
    put(tmp_path / "home" / "p" / ".claude" / "agents" / "p.md", "p")
    put(tmp_path / "home" / "p" / "a" / ".claude" / "agents" / "a.md", "a")
    put(start / ".claude" / "agents" / "b.md", "b")
    (tmp_path / "link").symlink_to(tmp_path / "home")
    (tmp_path / "in").symlink_to(start)
    monkeypatch.chdir(start)
    for home in (tmp_path / "home", tmp_path / "link", "../../..", "../../../../link"):
        found = ak.discover("..", home=home)
        assert [agent.name for agent in found] == ["a", "p", "u"]
        assert found.shadowed == ()
        assert [agent.name for agent in ak.discover(home=home)] == ["b", "a", "p", "u"]
        assert [agent.name for agent in ak.discover(tmp_path / "in", home=home)] == ["b", "a", "p", "u"]
        assert [agent.name for agent in ak.discover("../../..", home=home)] == ["u"]


def test_two_trees_that_are_one_are_read_once(tmp_path: Path) -> None:
    put(tmp_path / "home" / ".claude" / "agents" / "a.md", "a")
    project = tmp_path / "home" / "p"
    (project / ".claude").mkdir(parents=True)
    (project / ".git").mkdir()
    (project / ".claude" / "agents").symlink_to(tmp_path / "home" / ".claude" / "agents")
    found = ak.discover(project, home=tmp_path / "home")
    assert [agent.name for agent in found.used] == ["a"]
    assert found.shadowed == ()
    assert "home/p/.claude" in str(found["a"].path)


@pytest.mark.parametrize("find", [ak.discover, ak.load_folder])
def test_a_start_that_is_no_folder_says_so(find: Callable[[Path], ak.Folder], tmp_path: Path) -> None:
    file = put(tmp_path / "a.md", "a")
    for wrong in (tmp_path / "x" / "y", file, file / "x", Path("a\0b")):
        with pytest.raises(ak.errors.DefinitionError) as caught:
            find(wrong)
        assert caught.value.accepted
        assert caught.value.hint


def closed(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Refuse to list a folder, as the system does to those who may not."""
    real = os.scandir

    def refused(place: str) -> object:
        if Path(place) == folder:
            raise PermissionError(13, "Permission denied", str(place))
        return real(place)

    monkeypatch.setattr(os, "scandir", refused)


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / ".claude" / "agents" / "a.md", "a")
    put(tmp_path / ".claude" / "agents" / "in" / "b.md", "b")
    with monkeypatch.context() as patched:
        closed(patched, tmp_path / ".claude" / "agents" / "in")
        for folder in (ak.load_folder(tmp_path), ak.discover(tmp_path, home=tmp_path)):
            assert [agent.name for agent in folder] == ["a"]
            assert ["in cannot be read: Permission denied" in str(error) for error in folder.unread] == [True]
    closed(monkeypatch, tmp_path)
    folder = ak.load_folder(tmp_path)
    assert [len(folder), len(folder.unread)] == [0, 1]


@pytest.fixture
def readable_by_few() -> Iterator[Path]:
    """Give a folder, and be somebody from whom folders can be kept: root may read everything."""
    with tempfile.TemporaryDirectory() as name:
        root = os.geteuid() == 0
        if root:
            os.chown(name, 65534, -1)
            os.seteuid(65534)
        try:
            yield Path(name)
        finally:
            if root:
                os.seteuid(0)


def test_below_a_folder_that_cannot_be_read(readable_by_few: Path) -> None:
    top = readable_by_few
    put(top / "in" / ".claude" / "agents" / "a.md", "a")
    for shut in (top / "in", top / "in" / ".claude", top / "in" / ".claude" / "agents"):
        shut.chmod(0)
        try:
            with pytest.raises(ak.errors.DefinitionError, match="cannot be read"):
                ak.load_folder(shut / "x")
            if shut.name != "in":
                assert len(ak.discover(top / "in", home=top).unread) == 1
            else:
                with pytest.raises(ak.errors.DefinitionError, match="cannot be read"):
                    ak.discover(shut / "x", home=top)
        finally:
            shut.chmod(0o755)


def test_links_to_nothing_take_no_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        (tmp_path / f"{number}.md").symlink_to(f"gone-{number}.md")
    listed = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda place: (listed.append(str(place)), real(place))[1])
    folder = ak.load_folder(tmp_path)
    assert len(folder.unread) == 30
    assert all("gone-" in str(error) and "ak.load" not in str(error) for error in folder.unread)
    assert listed == [str(tmp_path)]  # and not once for each


def test_an_agent_says_itself_in_one_line() -> None:
    agent = ak.loads('---\nname: a\ndescription: b\nmodel: "x\\x1b[2J\\ny\\u202e"\n---\n')
    assert repr(agent).isprintable()
    assert "'x\\x1b[2J\\ny\\u202e'" in repr(agent)
    assert "opus," in repr(agent.replace(model="opus"))
