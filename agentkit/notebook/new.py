"""Write the files of a new experiment: a notebook, samples, a cassette folder, and a definition where none is named."""

from __future__ import annotations

import os
import re
from importlib.resources import files
from pathlib import Path

from agentkit.errors import NotebookError
from agentkit.notebook.execute import write

CELLS: tuple[tuple[str, str], ...] = (
    (
        "markdown",
        "# {name}\n\nWhat should get better, and how would you see it? Write that here first; then edit the definition "
        "and compare.",
    ),
    (
        "parameters",
        'agent_path = "{agent}"\nmodel = None  # the definition\'s own; or "haiku", "opus", a model\'s id\nepochs = 1',
    ),
    ("code", "import agentkit as ak\n\nagent = ak.load(agent_path)\nprint(agent.roster_line)"),
    (
        "markdown",
        "One edit, as a new value: the file stays as it is until you save. `ak.edit(agent)` is the same as a form.",
    ),
    (
        "code",
        'edited = agent.with_section("Length", "Keep every answer under 120 words.")\nprint(agent.diff(edited))',
    ),
    (
        "markdown",
        "Replies are scripted until you take `backend=` away. Then they come from the API where a key is found, else "
        "from the embedded model; `agentkit record {name}.ipynb` records them for everybody without either.",
    ),
    (
        "code",
        "results = ak.run(\n"
        '    {{"today": agent, "edited": edited}},\n'
        '    ak.samples("samples.jsonl"),\n'
        "    model=model,\n"
        "    epochs=epochs,\n"
        '    backend=ak.Scripted("A scripted reply: take `backend=` away to call a model."),\n'
        ")\n"
        "results",
    ),
    ("code", 'results.to_csv("results.csv")\nresults.frame[["variant", "sample", "epoch", "stop_reason", "output"]]'),
)
"""Kind and source of each cell; `parameters` is code that carries that tag, which papermill puts other values below."""


def new_experiment(
    name: str, *, folder: Path | None = None, agent: Path | None = None, ci: str | None = None
) -> list[Path]:
    """Write a new experiment that passes `pytest --nbval` at once, and return the files it consists of.

    Args:
        name: Name of the experiment: lowercase letters, digits and hyphens; its folder and notebook are called that.
        folder: Where to make the experiment's folder; None for the current one.
        agent: The definition to work on; None writes a small one beside the notebook.
        ci: `"github"` adds a workflow that lints the definitions and replays the notebooks.

    Raises:
        NotebookError: the name cannot be used, or a file of that name is there already; nothing was written.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        raise NotebookError("the name cannot be a folder's and an agent's", accepted="lowercase, digits, hyphens")
    top = folder or Path()
    home = top / name
    if home.exists():
        raise NotebookError(f"{home} exists already; nothing was written", hint=f"agentkit new experiment {name}-2")
    wanted = {
        home / "samples.jsonl": _template("samples.jsonl"),
        home / "cassettes" / ".gitkeep": "",
        home / ".gitattributes": _template("gitattributes"),
        home / ".gitignore": _template("gitignore"),
    }
    if agent is None:
        wanted[home / "agent.md"] = _template("agent.md").replace("{name}", name)
        named = "agent.md"
    elif agent.is_file():
        named = Path(os.path.relpath(agent, home)).as_posix()
    else:
        raise NotebookError(
            f"there is no definition at {agent}; nothing was written", accepted="the path of a .md file"
        )
    if ci is not None:
        workflow = top / ".github" / "workflows" / "agentkit.yml"
        if workflow.exists():
            raise NotebookError(f"{workflow} exists already; nothing was written", hint="leave --ci out")
        wanted[workflow] = _template(f"{ci}.yml").replace("{folder}", name)
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    notebook = home / f"{name}.ipynb"
    _write_notebook(notebook, name, named)
    return [notebook, *wanted]


def _template(name: str) -> str:
    return (files("agentkit.notebook.templates") / name).read_text(encoding="utf-8")


def _write_notebook(path: Path, name: str, agent: str) -> None:
    """Write the notebook without outputs; `pytest --nbval` runs such cells and compares nothing."""
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

    cells = []
    for number, (kind, text) in enumerate(CELLS, start=1):
        make = new_markdown_cell if kind == "markdown" else new_code_cell
        tags = {"metadata": {"tags": [kind]}} if kind == "parameters" else {}
        # Ids that say where a cell stands keep the first diff small; nbformat's own are random.
        cells.append(make(text.format(name=name, agent=agent), id=f"cell-{number}", **tags))  # type: ignore[no-untyped-call]
    kernel = {"kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}}
    write(new_notebook(cells=cells, metadata=kernel), path)  # type: ignore[no-untyped-call]
