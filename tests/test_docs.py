"""Every Python block of the README and of docs/ runs as a reader would type it; the site builds without a warning."""

from __future__ import annotations

import ast
import asyncio
import doctest
import json
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

import agentkit as ak
from agentkit.cli import COMMANDS
from agentkit.notebook.execute import read, write
from agentkit.notebook.new import new_experiment
from tests.server import MessagesServer

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```python\n(?!>>> )(.*?)^```$", re.MULTILINE | re.DOTALL)
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MADE = re.compile(r"^(\.\./)?(tutorial|reference)/")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)\s]*)?\)")


@pytest.mark.parametrize("path", [path for path in PAGES if BLOCK.search(path.read_text())], ids=lambda path: path.stem)
def test_python_blocks_run(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("agents", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns(".*"))
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
def test_worked_examples_give_what_they_say(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    found = doctest.testfile(str(path), module_relative=False, optionflags=flags)
    assert found.attempted > 0
    assert found.failed == 0


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    missing = [
        link
        for link in LINK.findall(path.read_text())
        # These pages are made when the site is built; `test_links_of_the_site_lead_somewhere` follows the links.
        if not (path.parent / link).exists() and not MADE.search(link)
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


def test_the_workflow_for_github_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "ci.md").read_text()
    workflow = yaml.safe_load(page.partition("```yaml\n")[2].partition("```")[0])
    steps = [step["run"] for step in workflow["jobs"]["check"]["steps"] if "run" in step]
    assert steps.pop(0).startswith("pip install")  # what is tested here is installed
    assert [step.split()[0] for step in steps] == ["agentkit", "pytest", "agentkit"]

    notebook, *_ = new_experiment("my-agent", folder=tmp_path, ci="github")
    written = yaml.safe_load((tmp_path / ".github/workflows/agentkit.yml").read_text())
    assert workflow["jobs"]["check"]["steps"][:-1] == written["jobs"]["check"]["steps"]
    cells = read(notebook)
    cells.cells[-1].source = BLOCK.findall(page)[-1].splitlines()[-1]
    write(cells, notebook)
    summary = tmp_path / "summary.md"
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for step in steps:
        done = subprocess.run(
            ["bash", "-e", "-c", step],
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "GITHUB_STEP_SUMMARY": str(summary)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{step}\n{done.stdout}{done.stderr}"
    # Its replies are scripted, the same for both versions.
    assert "can't tell yet" in summary.read_text()


class Page(HTMLParser):
    """One page of the site: its anchors, what it links to, what it loads, its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.links_of_the_text: list[str] = []
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
            if "class" not in given:  # those of the menus have one
                self.links_of_the_text.append(given["href"])
        elif tag == "link" and given.get("rel") in ("stylesheet", "icon"):
            self.loads.append(given["href"])
        elif "src" in given:
            self.loads.append(given["src"])

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    """The site as `make docs` makes it, warnings as errors; PYTHON=true leaves out only the setting up."""
    top = tmp_path_factory.mktemp("site")
    command = ["make", "docs", "PYTHON=true", f"RUN={Path(sys.executable).parent}", f"SITE={top}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    # The page for addresses that do not exist is written for a server's top, wherever that may be.
    return {path: Page(path.read_text()) for path in sorted(top.rglob("*.html")) if path.name != "404.html"}


def reference(site: dict[Path, Page]) -> dict[str, Page]:
    return {path.stem: page for path, page in site.items() if path.parent.name == "reference"}


def test_links_of_the_site_lead_somewhere(site: dict[Path, Page]) -> None:
    broken = []
    for path, page in site.items():
        for link in [*page.links, *page.loads]:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "mailto", "data"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                broken.append(f"{path.name}: {link}")
            elif parts.fragment and target in site and unquote(parts.fragment) not in site[target].anchors:
                broken.append(f"{path.name}: {link} (no such place on that page)")
    assert broken == []
    assert len(site) > 20


def test_links_of_the_notebooks_are_links_of_the_tutorial(site: dict[Path, Page]) -> None:
    tutorial = {path.stem: page for path, page in site.items() if path.parent.name == "tutorial"}
    for path in NOTEBOOKS:
        cells = json.loads(path.read_text())["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        wanted = {Path(link).stem for text in texts for link in LINK.findall(text)}
        inside = {Path(urlsplit(link).path).stem for link in tutorial[path.stem].links_of_the_text}
        assert wanted <= inside, path.name


def test_the_site_loads_nothing_from_elsewhere(site: dict[Path, Page]) -> None:
    foreign = [(path.name, load) for path, page in site.items() for load in page.loads if urlsplit(load).netloc]
    assert foreign == []


def test_every_public_name_is_on_a_reference_page(site: dict[Path, Page]) -> None:
    pages = reference(site)
    index = pages.pop("index")
    anchors = set().union(*(page.anchors for page in pages.values()))
    for name in ak.__all__:
        home = ak._HOMES[name]
        assert anchors & {f"agentkit.{name}", f"{home}.{name}", home}, name
        assert f"ak.{name}" in index.text
    leads = {urlsplit(link).fragment for link in index.links}
    assert len(leads & anchors) >= len(ak.__all__)


def test_every_error_and_every_check_is_on_a_reference_page(site: dict[Path, Page]) -> None:
    pages = reference(site)
    errors = [name for name, value in vars(ak.errors).items() if isinstance(value, type)]
    assert {f"agentkit.errors.{name}" for name in errors if issubclass(vars(ak.errors)[name], Exception)} <= (
        pages["errors"].anchors
    )
    assert {f"agentkit.scoring.checks.{name}" for name in ak.checks.names()} <= pages["checks"].anchors


def test_every_command_is_on_a_reference_page_with_its_help(site: dict[Path, Page]) -> None:
    page = reference(site)["command-line"]
    for command in [[], *([name] for name in COMMANDS)]:
        done = subprocess.run(
            [sys.executable, "-m", "agentkit", *command, "--help"],
            env={**os.environ, "COLUMNS": "84", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.strip() in page.text


def test_worked_examples_of_the_reference_are_code(site: dict[Path, Page]) -> None:
    # Markdown takes the prompt of a worked example for a quotation.
    assert [name for name, page in reference(site).items() if "blockquote" in page.tags] == []
    assert ">>> " in reference(site)["experiments"].text
