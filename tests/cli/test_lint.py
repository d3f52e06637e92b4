from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agentkit.cli import main

GOOD = "---\nname: aaa\ndescription: Use for b\n---\nYou report.\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents" / "aaa.md").write_text(GOOD)
    return tmp_path / "agents"


def test_clean(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "agents"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 file: 1 info"
    assert main(["lint", "agents", "--fail-on", "info"]) == 1


def test_findings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bbb.md").write_text(GOOD.replace("aaa", "bbb").replace("b\n---", "b: c\n---"))
    assert main(["lint", "agents"]) == 1
    assert "agents/bbb.md:3:23: warning AK201" in capsys.readouterr().out
    assert main(["lint", "agents", "--ignore", "AK201,AK3"]) == 0
    assert main(["lint", "agents", "--select", "AK1"]) == 0


def test_fix(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / "bbb.md"
    path.write_text(GOOD.replace("aaa", "bbb").replace("b\n---", "b: c\ncolor: BLUE\n---"))
    assert main(["lint", "agents", "--fix"]) == 0
    assert path.read_text() == GOOD.replace("aaa", "bbb").replace("Use for b\n", '"Use for b: c"\ncolor: blue\n')
    assert (folder / "aaa.md").read_text() == GOOD


def test_settings_come_from_pyproject(folder: Path) -> None:
    (folder / "bbb.md").write_text("---\nname: bbb\ndescription: Use: x\n---\nYou report.\n")
    pyproject = folder.parent / "pyproject.toml"
    pyproject.write_text('[tool.agentkit.lint]\nignore = ["AK201"]\n')
    assert main(["lint", "agents"]) == 0
    pyproject.write_text('[tool.agentkit.lint]\nper-path = { "agents/b*" = ["AK2"] }\n')
    assert main(["lint", "agents"]) == 0
    pyproject.write_text('[tool.agentkit.lint]\nseverity = { AK302 = "error" }\nignore = ["AK201"]\n')
    assert main(["lint", "agents"]) == 1
    pyproject.write_text('[tool.agentkit.lint]\nignore = ["AK999"]\n')
    assert main(["lint", "agents"]) == 2


def test_what_cannot_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "nowhere.md"]) == 2
    assert "nowhere.md" in capsys.readouterr().err
    assert main(["lint", "agents", "--select", "XX"]) == 2


@pytest.mark.parametrize("style", ["json", "sarif"])
def test_reports_go_to_a_file(folder: Path, style: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "agents", "--format", style, "--out", "report.json"]) == 0
    assert capsys.readouterr().out == ""
    assert json.loads(Path("report.json").read_text())


def test_roster(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["roster", "agents"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "- aaa: Use for b (Tools: All tools)\n"
    assert "1 agents, about 9 tokens" in shown.err
    (folder / "bbb.md").write_text(f"---\nname: bbb\ndescription: {'word ' * 15_000}\n---\nYou report.\n")
    assert main(["roster", "agents"]) == 1


def test_a_file_that_is_named_twice_is_looked_at_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "aaa.md").write_text(GOOD + "\r\n")
    assert main(["lint", "agents", "agents/aaa.md", "./agents/", "--fix"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 file: 1 info"


def test_fixes_go_on_behind_a_file_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("bbb", "ccc"):
        (folder / f"{name}.md").write_text(GOOD.replace("aaa", name).replace("b\n---", "b\ncolor: BLUE\n---"))
    (folder / "bbb.md").chmod(0o444)
    assert main(["lint", "agents", "--fix"]) == 2
    shown = capsys.readouterr()
    assert "agents/bbb.md:4:1: warning AK212" in shown.out
    assert "read-only" in shown.err
    assert "color: blue" in (folder / "ccc.md").read_text()


@pytest.mark.parametrize(
    "table", ["tool = 5", "[tool]\nagentkit = 5", "[tool.agentkit]\nlint = 5", f"a = {'[' * 5_000}", "[tool.agentkit"]
)
def test_settings_that_are_none(folder: Path, table: str, capsys: pytest.CaptureFixture[str]) -> None:
    (folder.parent / "pyproject.toml").write_text(table + "\n")
    assert main(["lint", "agents"]) == 2
    assert "pyproject.toml" in capsys.readouterr().err


def test_each_path_has_the_settings_above_it(folder: Path) -> None:
    other = folder.parent / "other" / "agents"
    other.mkdir(parents=True)
    (other / "bbb.md").write_text("---\nname: bbb\ndescription: Use: x\n---\nYou report.\n")
    (folder.parent / "other" / "pyproject.toml").write_text('[tool.agentkit.lint]\nignore = ["AK201"]\n')
    assert main(["lint", "agents", "other/agents"]) == main(["lint", "other/agents", "agents"]) == 0
    (folder / "bbb.md").write_text("---\nname: bbb\ndescription: Use: x\n---\nYou report.\n")
    assert main(["lint", "other/agents", "agents"]) == 1


def test_a_report_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "agents", "--out", "nowhere/report.txt"]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("style", ["text", "json", "sarif", "github"])
def test_a_file_whose_name_is_no_text(folder: Path, style: str) -> None:
    try:
        Path(os.fsdecode(bytes(folder) + b"/n\xff.md")).write_text(GOOD)
    except (OSError, UnicodeError):
        pytest.skip("this system takes no such name")
    assert main(["lint", "agents", "--format", style, "--out", "report"]) == 1
    assert Path("report").read_bytes().decode("utf-8")


def test_a_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--explain", "ak302"]) == 0
    assert capsys.readouterr().out.startswith("## AK302\n")
    assert main(["lint", "--explain", "AK999"]) == 2
    assert main(["lint"]) == 2


def test_nested_trees_override_and_are_no_duplicates(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for tree in (".", "web"):
        path = folder.parent / "project" / tree / ".claude" / "agents" / "aaa.md"
        path.parent.mkdir(parents=True)
        path.write_text(GOOD)
    assert main(["lint", "project", "--fail-on", "warning"]) == 0
    shown = capsys.readouterr().out
    assert "AK501" not in shown
    assert shown.count("info AK505 'aaa' is overridden by") == 1


def test_fixes_are_made_until_none_is_left(folder: Path) -> None:
    path = folder / "bbb.md"
    path.write_text("---\nname: bbb\ndescription: Use when issue #12 is in C:\\new\\files\n---\nYou report.\n")
    assert main(["lint", "agents", "--fix"]) == 0
    once = path.read_text()
    assert main(["lint", "agents", "--fix"]) == 0
    assert path.read_text() == once


def test_a_link_to_a_file_is_that_file(folder: Path) -> None:
    (folder / "aaa.md").write_text(GOOD.replace("b\n---", "b\ncolor: BLUE\n---"))
    (folder / "link.md").symlink_to(folder / "aaa.md")
    assert main(["lint", "agents", "--fix"]) == 0


def test_paths_of_settings_are_places(folder: Path) -> None:
    (folder / "bbb.md").write_text("---\nname: bbb\ndescription: Use: x\n---\nYou report.\n")
    (folder / "old").mkdir()
    (folder.parent / "pyproject.toml").write_text('[tool.agentkit.lint]\nper-path = { "agents/old/*" = ["AK2"] }\n')
    assert main(["lint", "agents/old/../bbb.md"]) == 1
    assert main(["lint", "agents", "--ignore", "ak201"]) == 0
