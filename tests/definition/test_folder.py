from __future__ import annotations

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
