from __future__ import annotations

import os
from pathlib import Path

import pytest

from agentkit.cli import main

HEAD = "---\nname: aaa\ndescription: "


def test_the_roster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text(HEAD + "Use for b\n---\nYou report.\n")
    (tmp_path / "b.md").write_text("---\nname: -b\n---\n")
    assert main(["roster", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert said.out == "- aaa: Use for b (Tools: All tools)\n"
    assert "1 agents, about 9 tokens\nleft out: " in said.err


def test_what_cannot_be_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text(HEAD + "Use for b\n---\nYou report.\n")
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "link.md").symlink_to("nowhere.md")
    assert main(["roster", str(tmp_path)]) == 2
    said = capsys.readouterr()
    assert said.out.startswith("- aaa")
    assert "pipe.md is not a regular file" in said.err
    assert "link.md is a link to a file that is not there" in said.err


def test_a_terminal_is_sent_nothing_to_obey(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a\x1b[2J.md").write_text(HEAD + '"\\x1b[2J\\u202e\\r"\n---\nYou report.\n')
    (tmp_path / "b.md").write_text(HEAD + "Use for b\n---\nYou report.\n")
    (tmp_path / "c\x1b[2J.md").write_text('---\nname: "-\\x1b[2J"\n---\n')
    (tmp_path / "d.md").write_text(HEAD.replace("aaa", "ddd") + '"\\x1b[2J\\u202e"\n---\nYou report.\n')
    main(["roster", str(tmp_path)])
    said = capsys.readouterr()
    assert "␛[2J⟨U+202E⟩" in said.out
    assert "is shadowed by" in said.err
    assert not {"\x1b", "\r", "\u202e"} & {*said.out, *said.err}
