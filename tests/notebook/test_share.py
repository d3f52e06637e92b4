"""A shared folder holds what a colleague needs, replays there, and never carries a secret."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from agentkit.errors import NotebookError
from agentkit.notebook.execute import execute, read, write
from agentkit.notebook.export import notebook_page
from agentkit.notebook.record import record
from agentkit.notebook.scan import scan
from agentkit.notebook.share import share
from tests.notebook.test_replay import AGENT, CELLS, nbval, write_notebook
from tests.server import MessagesServer


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose notebook was recorded once; recording takes two kernels."""
    top = tmp_path_factory.mktemp("recorded") / "project"
    (top / "notebooks").mkdir(parents=True)
    (top / "agents").mkdir()
    (top / "agents" / "agent.md").write_text(AGENT)
    cells = [cell.replace("'agent.md'", "'../agents/agent.md'") for cell in CELLS]
    notebook = write_notebook(top / "notebooks" / "greetings.ipynb", *cells)
    with MessagesServer(reply="A **warm** welcome.") as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("ANTHROPIC_BASE_URL", server.url)
        environment.setenv("ANTHROPIC_API_KEY", "sk-ant-planted-for-tests")
        record(notebook)
    return top


@pytest.fixture
def project(recorded: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(recorded, tmp_path / "project")) / "notebooks" / "greetings.ipynb"


def test_shared_folder_replays_elsewhere(project: Path, tmp_path: Path) -> None:
    made = share(project, tmp_path / "out")
    assert set(made.files) == {
        "README.md", "requirements.txt", "greetings.html",
        "agents/agent.md", "notebooks/greetings.ipynb", "notebooks/cassettes/greetings.jsonl",
    }  # fmt: skip
    done = nbval(tmp_path / "out")
    assert done.returncode == 0, done.stdout
    page = (tmp_path / "out" / made.page).read_text()
    assert "<strong>warm</strong>" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_zip_holds_the_same(project: Path, tmp_path: Path) -> None:
    made = share(project, tmp_path / "out.zip", archive=True)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert set(made.files) <= set(archive.namelist())


def add_cell(path: Path, source: str) -> None:
    notebook = read(path)
    notebook.cells.append(new_code_cell(source))
    write(notebook, path)


def test_what_the_notebook_names_in_its_folder_comes_along_and_replays(project: Path, tmp_path: Path) -> None:
    home = project.parent
    for name, text in {
        "helpers.py": "from tools.counting import count\n\nWORDS = open('data/words.txt').read().split()\n",
        "tools/__init__.py": "",
        "tools/counting.py": "def count(items):\n    return len(items)\n",
        "data/words.txt": "one two three",
        "data/samples.tsv": "input\nHello\n",
        "data/unnamed.csv": "input\nHello\n",
        "unnamed.py": "",
        "more/notes.md": "Notes.",
        "more/cassettes/second.jsonl": '{"agentkit-cassette":1}\n',
    }.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    (home.parent / "outside.py").write_text("")
    write_notebook(home / "more" / "second.ipynb", "text = open('notes.md').read()")
    add_cell(
        project,
        "from pathlib import Path\n\nimport helpers\n\nDATA = Path('data')\n"
        "rows = len((DATA / 'samples.tsv').read_text().splitlines())\n"
        "places = ['../outside.py', 'more/second.ipynb', 'absent.csv']\n"
        "print(helpers.count(helpers.WORDS), rows)",
    )
    made = share(project, tmp_path / "out")
    assert {name for name in made.files if name.startswith("notebooks/")} == {
        "notebooks/greetings.ipynb", "notebooks/cassettes/greetings.jsonl", "notebooks/helpers.py",
        "notebooks/tools/__init__.py", "notebooks/tools/counting.py", "notebooks/data/words.txt",
        "notebooks/data/samples.tsv", "notebooks/more/second.ipynb", "notebooks/more/notes.md",
        "notebooks/more/cassettes/second.jsonl",
    }  # fmt: skip
    assert not any("outside" in name for name in made.files)
    done = nbval(tmp_path / "out" / "notebooks", "--nbval", "--ignore=more")
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


def test_a_module_that_holds_a_secret_stops_it(project: Path, tmp_path: Path) -> None:
    (project.parent / "helpers.py").write_text(f"KEY = '{'sk-ant-api03-' + 'Ab1' * 8}'\nHERE = '/home/somebody/x'\n")
    add_cell(project, "%run helpers.py")
    with pytest.raises(NotebookError, match=r"helpers.py:1: Anthropic key\n.*helpers.py:2: machine path"):
        share(project, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        ("sk-ant-api03-" + "Ab1" * 8, "Anthropic key"),
        ("AKIA" + "Q7" * 8, "AWS Access Key"),
        ("/home/somebody/agents", "machine path"),
        ("-----BEGIN RSA PRIVATE KEY-----", "Private Key"),
    ],
)
def test_leaks_stop_it_without_being_repeated(project: Path, tmp_path: Path, planted: str, kind: str) -> None:
    notebook = read(project)
    notebook.cells.insert(0, new_markdown_cell(f"Do not tell: {planted}"))
    write(notebook, project)
    with pytest.raises(NotebookError, match=kind) as caught:
        share(project, tmp_path / "out")
    assert planted not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_leaks_are_shared_where_somebody_insists(project: Path, tmp_path: Path) -> None:
    agent = project.parent.parent / "agents" / "agent.md"
    agent.write_text(agent.read_text().replace("to greet people", "to greet /home/somebody"))
    assert share(project, tmp_path / "out", allow_leaks=True).path.is_dir()


def test_prose_about_secrets_is_no_leak(tmp_path: Path) -> None:
    text = 'Store the password hash, never password = "x". Tokens are JWTs. SHA: b179c9523d0e6a0f98a330c7562b6827\n'
    (tmp_path / "prose.md").write_text(text)
    assert scan(tmp_path / "prose.md") == []


LONG = (
    "import agentkit as ak\n"
    "results = ak.run({'a': 'A', 'b': 'B'}, [f'q{n}' for n in range(400)], backend=ak.Scripted('**word** ' * 2_000))\n"
    "results"
)
"""400 samples with replies of 18,000 characters: 14 MB in all."""


def test_a_long_table_is_saved_small_and_shared_with_its_whole_frame(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "long.ipynb", LONG, "results[:2]", "results.filter(variant='a')")
    made = share(notebook, tmp_path / "out")
    assert made.files == (
        "README.md", "long.html", "long.ipynb", "long.results-1.csv", "long.results-2.csv", "requirements.txt",
    )  # fmt: skip
    assert len(pd.read_csv(tmp_path / "out" / "long.results-1.csv")) == 800
    assert set(pd.read_csv(tmp_path / "out" / "long.results-2.csv")["variant"]) == {"a"}
    page = (tmp_path / "out" / "long.html").read_text()
    links = [f'<a href="long.results-{number}.csv">' for number in (1, 2)]
    assert [page.count(link) for link in links] == [1, 1]
    assert page.index("</table>") < page.index(links[0]) < page.rindex("</table>") < page.index(links[1])
    assert "long.results-1.csv" in (tmp_path / "out" / "README.md").read_text()


@pytest.mark.parametrize(
    "reply", ["'Hi'", "'**word** ' * 2_000", "'<&> ' * 20_000", "'```python\\na = 1\\n```\\n' * 500"]
)
def test_a_saved_notebook_stays_under_a_megabyte(tmp_path: Path, reply: str) -> None:
    notebook = write_notebook(tmp_path / "long.ipynb", LONG.replace("'**word** ' * 2_000", reply))
    write(execute(notebook), notebook)
    assert " of 400 samples shown" in notebook.read_text()
    assert notebook.stat().st_size < 1_000_000


def test_a_frame_that_only_the_notebook_names_is_no_link() -> None:
    output = new_output("display_data", {"text/plain": "x"}, metadata={"agentkit": {"frame": "javascript:alert(1)"}})
    page = notebook_page(new_notebook(cells=[new_code_cell("x", outputs=[output])]), title="A page", frames=["a.csv"])
    assert "javascript" not in page
