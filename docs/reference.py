"""Puts the reference into the site: every public name from its docstring, every command from its own help."""

from __future__ import annotations

import contextlib
import inspect
import io
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import griffe
from mkdocs.structure.files import File, Files

import agentkit
from agentkit.cli import COMMANDS, main

PAGES = {
    "definitions": ("Definitions", ("definition", "widgets"), "Load, edit, lint and exchange definitions."),
    "experiments": ("Experiments", ("experiment", "studies"), "Run variants on samples, and read what came back."),
    "backends": ("Backends", ("backends",), "Where replies come from."),
    "scoring": ("Scoring", ("scoring",), "Checks, graders, people, verdicts, plots."),
}
"""Page → its title, the packages whose public names stand on it, and what they are for."""

MODULES = {
    "checks": ("Checks", "Every check by its short name, as `ak.checks` has it."),
    "plots": ("Plots", "Every plot, as `ak.plots` has it."),
    "errors": ("Errors", "Every error, as `ak.errors` has it."),
}
"""Page of a public name that is a module → its title, and what is in it. Pages are called like the names."""

BESIDE = {
    "backends": ("agentkit.backends.protocol.Backend", "agentkit.backends.batches.Batches"),
    "definitions": ("agentkit.widgets.editor.Editor", "agentkit.widgets.launcher.Launcher"),
    "scoring": (
        "agentkit.scoring.ratings.Agreement",
        "agentkit.scoring.ratings.Corrected",
        "agentkit.widgets.rater.Rater",
        "agentkit.scoring.rating.Rating",
    ),
}
"""Page → what public names take or return without being public names themselves."""


def on_files(files: Files, *, config: Any) -> Files:
    """Add the pages of the reference."""
    texts = {page: _names_page(page) for page in PAGES} | {page: _module_page(page) for page in MODULES}
    for page, text in {**texts, "command-line": _commands_page(), "index": _index_page()}.items():
        files.append(File.generated(config, f"reference/{page}.md", content=text))
    return files


def _names(page: str) -> list[str]:
    """Return the public names of a page: what one calls first, what comes back after it."""
    found = [name for name in agentkit.__all__ if _page_of(name) == page]
    return sorted(found, key=lambda name: (inspect.isclass(getattr(agentkit, name)), name))


def _page_of(name: str) -> str:
    home = agentkit._HOMES[name]
    whole = {agentkit._HOMES[module]: module for module in MODULES}
    packages = {package: page for page, (_, packages, _) in PAGES.items() for package in packages}
    return whole[home] if home in whole else packages[home.split(".")[1]]


def _names_page(page: str) -> str:
    title, _, what = PAGES[page]
    blocks = [_block(f"agentkit.{name}", f"ak.{name}") for name in _names(page)]
    blocks += [_block(path, path.rpartition(".")[2]) for path in BESIDE.get(page, ())]
    return "\n".join([f"# {title}", "", what, "", *blocks])


def _module_page(name: str) -> str:
    title, what = MODULES[name]
    # What a class has from its base is told there, and the arguments of an error are its fields.
    options = {"inherited_members": False, "show_bases": True, "show_if_no_docstring": False, "members": _members(name)}
    return f"# {title}\n\n{what}\n\n{_block(agentkit._HOMES[name], f'ak.{name}', options)}"


def _members(name: str) -> list[str]:
    """Return what a module has of its own and no other page tells, in the order it says."""
    module = getattr(agentkit, name)
    own = [member for member, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    elsewhere = {public for public in agentkit.__all__ if _page_of(public) != name}
    listed = getattr(module, "__all__", own)
    return [member for member in listed if not member.startswith("_") and member not in elsewhere]


def _block(path: str, heading: str, options: Mapping[str, object] = MappingProxyType({})) -> str:
    given = {"heading": heading, "toc_label": heading, **options}
    lines = [f"      {name}: {json.dumps(value)}" for name, value in given.items()]  # JSON is YAML
    return "\n".join([f"::: {path}", "    options:", *lines, ""])


def _index_page() -> str:
    package = griffe.load("agentkit", search_paths=[Path(agentkit.__file__).parent.parent])
    parts = [
        "# Reference",
        "",
        "What `import agentkit as ak` gives, and the commands, all written from the code.",
        "",
    ]
    for page, (title, *_) in {**PAGES, **MODULES}.items():
        parts += [f"## {title}", ""]
        for name in _names(page):
            parts += [f"- [`ak.{name}`]({page}.md#{_anchor(name)}): {_first_line(package, name)}"]
        parts += [""]
    parts += ["## Commands", ""]
    parts += [f"- [`agentkit {name}`](command-line.md#{name}): {line}" for name, (_, line) in COMMANDS.items()]
    return "\n".join([*parts, ""])


def _anchor(name: str) -> str:
    home = agentkit._HOMES[name]
    if name in MODULES:
        return home
    return f"{home}.{name}" if _page_of(name) in MODULES else f"agentkit.{name}"


def _first_line(package: griffe.Object | griffe.Alias, name: str) -> str:
    home = agentkit._HOMES[name].removeprefix("agentkit.")
    docstring = package[home if name in MODULES else f"{home}.{name}"].docstring
    # Read from the text, because a name for a type has its docstring below it and nowhere else.
    return docstring.value.partition("\n\n")[0].replace("\n", " ") if docstring else ""


def _commands_page() -> str:
    parts = ["# Command line", "", "What `--help` says.", "", "```text", _help(), "```", ""]
    for name in COMMANDS:
        parts += [f"## {name}", "", "```text", _help(name), "```", ""]
    return "\n".join(parts)


def _help(*command: str) -> str:
    with _plain_terminal(), contextlib.redirect_stdout(io.StringIO()) as said, contextlib.suppress(SystemExit):
        main([*command, "--help"])
    return said.getvalue().strip()


@contextlib.contextmanager
def _plain_terminal() -> Iterator[None]:
    """Let the help be as wide, and as colourless, on every machine."""
    before = dict(os.environ)
    os.environ |= {"COLUMNS": "84", "NO_COLOR": "1"}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
