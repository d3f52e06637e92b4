from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import agentkit as ak
from agentkit.backends.detect import choose, has_credentials
from agentkit.errors import PlanError


def test_what_is_given_is_used() -> None:
    scripted = ak.Scripted("x")
    assert choose(scripted) is scripted
    assert choose("messages").name == "messages"
    assert choose("embedded").name == "embedded"


@pytest.mark.parametrize("wrong", ["mesages", 3, object()])
def test_anything_else_is_an_error(wrong: object) -> None:
    with pytest.raises(PlanError, match=r"ak\.Messages"):
        choose(wrong)  # type: ignore[arg-type]


def test_without_credentials_it_is_the_embedded_model_and_says_why() -> None:
    backend = choose()
    assert isinstance(backend, ak.Embedded)
    assert backend.notice.startswith("No credentials were found: running on the embedded model")


@pytest.mark.parametrize(
    "name", ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "ANTHROPIC_PROFILE"]
)
def test_a_variable_makes_it_the_api(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert choose().name == "embedded"
    monkeypatch.setenv(name, "x")
    assert choose().name == "messages"


def test_the_active_profile_counts_and_others_do_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(tmp_path))
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "work.json").write_text("{}")
    assert not has_credentials()
    (tmp_path / "active_config").write_text("work\n")
    assert has_credentials()


def test_federation_needs_its_three_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_FEDERATION_RULE_ID", "r")
    monkeypatch.setenv("ANTHROPIC_ORGANIZATION_ID", "o")
    assert not has_credentials()
    monkeypatch.setenv("ANTHROPIC_IDENTITY_TOKEN_FILE", "f")
    assert has_credentials()


def test_choosing_stays_light(repo: Path) -> None:
    code = (
        "import sys; from agentkit.backends.detect import choose; print(choose().name);"
        "print([name for name in ('anthropic', 'httpx2', 'aiohttp', 'xllamacpp') if name in sys.modules])"
    )
    for key, expected in (("", "embedded\n[]\n"), ("k", "messages\n[]\n")):
        environment = {**os.environ, "PYTHONPATH": str(repo), "ANTHROPIC_API_KEY": key}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
        assert done.stdout == expected
