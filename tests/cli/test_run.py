"""`agentkit run`, as it is typed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from agentkit.cli import main
from tests.server import Fault, MessagesServer

AGENT = """---
name: tester
description: |
  Use it.
  <example>
  user: "Try it"
  assistant: "Fine"
  </example>
model: haiku
---
Be kind.
"""


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: MessagesServer) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-planted-0123456789")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
    path = tmp_path / "tester.md"
    path.write_text(AGENT)
    return path


def test_it_runs_prints_and_writes(agent: Path, capsys: pytest.CaptureFixture[str], server: MessagesServer) -> None:
    (agent.parent / "s.csv").write_text("input,id\nOne,first\nTwo,second\n")
    code = main(["run", str(agent), "--samples", "s.csv", "--epochs", "2", "--max-tokens", "50", "--out", "r.csv"])
    shown = capsys.readouterr()
    assert code == 0
    assert "A reply." in shown.out
    assert "first" in shown.out
    assert len(pd.read_csv("r.csv")) == 4
    assert server.calls[0]["model"] == "claude-haiku-6"
    assert main(["run", str(agent), "--samples", "s.csv", "--epochs", "2", "--max-tokens", "50"]) == 0
    assert len(server.calls) == 4
    assert "4 reused" in capsys.readouterr().err


def test_a_failed_trial_is_exit_code_one(
    agent: Path, capsys: pytest.CaptureFixture[str], server: MessagesServer
) -> None:
    server.fault = lambda body: Fault("status", 400, "invalid_request_error", "no such thing")
    assert main(["run", str(agent)]) == 1
    assert "no such thing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.md"], "missing.md"),
        (["tester.md", "--samples", "missing.csv"], "there is no such file"),
        (["tester.md", "--out", "r.txt"], "no results format"),
        (["tester.md", "--epochs", "0"], "epochs"),
        (["tester.md", "--budget-usd", "0", "--model", "claude-sonnet-4-5"], "budget"),
    ],
)
def test_what_cannot_be_carried_out_is_exit_code_two(
    agent: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["run", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_quote_calls_nothing(agent: Path, capsys: pytest.CaptureFixture[str], server: MessagesServer) -> None:
    assert main(["run", str(agent), "--quote", "--model", "claude-sonnet-4-5"]) == 0
    assert "list price" in capsys.readouterr().out
    assert not server.calls


def test_a_cassette_answers_without_a_key(
    agent: Path, capsys: pytest.CaptureFixture[str], server: MessagesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentkit.experiment import cassettes

    assert main(["run", str(agent), "--cassette", "c.jsonl"]) == 0
    cassettes._opened.clear()
    recorded = capsys.readouterr()
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.delenv("ANTHROPIC_BASE_URL")
    assert main(["run", str(agent), "--cassette", "c.jsonl"]) == 0
    assert capsys.readouterr().out == recorded.out
    assert len(server.calls) == 1
