"""Every Python block of the README and of docs/ runs, page by page, as a reader would type it."""

from __future__ import annotations

import ast
import asyncio
import doctest
import json
import re
import shutil
from pathlib import Path

import pytest

from tests.server import MessagesServer

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```python\n(?!>>> )(.*?)^```$", re.MULTILINE | re.DOTALL)
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)\s]*)?\)")


@pytest.mark.parametrize("path", [path for path in PAGES if BLOCK.search(path.read_text())], ids=lambda path: path.stem)
def test_python_blocks_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "agents", tmp_path / "agents")
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__main__"}
    with MessagesServer(reply="A reply with a **bold** word.") as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "a-key-for-tests")
        for number, block in enumerate(BLOCK.findall(path.read_text()), start=1):
            # As in a notebook, where `await` stands at the top of a cell.
            code = compile(block, f"{path.name}, block {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            awaited = eval(code, namespace)
            if awaited is not None:
                asyncio.run(awaited)


@pytest.mark.parametrize("path", [path for path in PAGES if ">>> " in path.read_text()], ids=lambda path: path.stem)
def test_worked_examples_give_what_they_say(path: Path) -> None:
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    found = doctest.testfile(str(path), module_relative=False, optionflags=flags)
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    missing = [
        link
        for link in LINK.findall(path.read_text())
        # The site makes the tutorial pages from the notebooks.
        if not (path.parent / link).exists() and not link.startswith("tutorial/")
    ]
    assert missing == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_each_notebook_says_what_it_is_and_leads_on(path: Path) -> None:
    cells = json.loads(path.read_text())["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    title, _, introduction = texts[0].partition("\n\n")
    assert title.startswith("# ")
    assert len(introduction) > 80
    links = [link for text in texts for link in LINK.findall(text)]
    assert [link for link in links if not (path.parent / link).exists()] == []
    after = NOTEBOOKS[NOTEBOOKS.index(path) + 1 :]
    assert not after or after[0].name in links
    assert f"tutorial/{path.stem}.md" in (ROOT / "mkdocs.yml").read_text()


def test_the_first_notebook_takes_parameters() -> None:
    cells = json.loads(NOTEBOOKS[0].read_text())["cells"]
    tagged = ["".join(cell["source"]) for cell in cells if "parameters" in cell["metadata"].get("tags", ())]
    assert [re.findall(r"^(\w+) = ", text, re.MULTILINE) for text in tagged] == [["agent_path", "model", "epochs"]]
