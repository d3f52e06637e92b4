from __future__ import annotations

import json
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
