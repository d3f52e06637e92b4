"""Hostile text through everything that shows itself in a notebook, and through every page that is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from IPython.core.formatters import DisplayFormatter
from payloads import ALL, Page

import agentkit as ak
from agentkit.definition.diff import Diff
from agentkit.definition.findings import Finding, Findings
from agentkit.experiment.difference import Difference
from agentkit.notebook.export import notebook_page
from agentkit.scoring.preference import tally
from agentkit.scoring.rating_view import RatingSummary
from agentkit.studies.ablation import Ablation
from agentkit.views.safe import foreign

PACKAGE = Path(ak.__file__).parent


class Shown(Page):
    """As the views' pages; besides, no text stands where a notebook would typeset it."""

    def __init__(self, source: str) -> None:
        self.inert = 0
        super().__init__(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        super().handle_starttag(tag, attributes)
        if ("class", "mathjax_ignore") in attributes:
            self.inert = self.inert or len(self.open)

    def handle_endtag(self, tag: str) -> None:
        super().handle_endtag(tag)
        if len(self.open) < self.inert:
            self.inert = 0

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        assert self.inert or not data.strip(), f"typeset: {data!r}"


def clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def run(text: str) -> ak.Results:
    samples = [{"id": f"{at} {text}", "input": text} for at in range(3)]
    backend = ak.Scripted(lambda request: text + request["system"])
    return ak.run({text: "A", f"b {text}": "BB"}, samples, backend=backend, store=False, progress=False)


def scored(text: str) -> ak.Results:
    return run(text).score(**{text: lambda reply: float(len(reply))})


def judged(text: str) -> Any:
    rows = [(f"{at} {text}", 1, *pair, text) for at in range(2) for pair in ((text, f"b {text}"), (f"b {text}", text))]
    return tally(pd.DataFrame(rows, columns=["sample", "epoch", "first", "second", "winner"]))


def definition(text: str) -> Any:
    return ak.loads("---\nname: a\ndescription: b\n---\nYou.\n").replace(description=text, system_prompt=text)


def ablated(text: str) -> Any:
    agent = ak.loads("---\nname: a\ndescription: b\n---\nYou help.\n").replace(
        system_prompt=f"## {text.splitlines()[0] if text.splitlines() else 'x'}\nOne.\n\n## Two\nTwo.\n"
    )
    return ak.ablate(agent, ["q1", "q2"], score="is_json", backend=ak.Scripted("{}"), store=False, progress=False)


PLACES: dict[str, Callable[[str], object]] = {
    "AgentDefinition": definition,
    "Diff": lambda text: Diff(text, f"{text}\nx", text, text),
    "Findings": lambda text: Findings([Finding(text, text, text, 1, 1, text, text, text)]),
    "Examples": lambda text: (
        ak.loads("---\nname: a\ndescription: b\n---\n").replace(examples=[ak.Example(text)]).examples
    ),
    "Results": run,
    "Quote": lambda text: ak.quote({text: "A"}, [text], backend=ak.Scripted("x")),
    "Difference": lambda text: Difference(text, f"b {text}", ((text, 1, text, "b"), (text, 2, None, text))),
    "Comparison": lambda text: scored(text).compare(score=text),
    "Comparisons": lambda text: ak.compare_all(scored(text).frame, text, score=text),
    "Pairwise": judged,
    "RatingSummary": lambda text: RatingSummary(((text, text),)),
    "Ablation": ablated,
}
"""Everything that shows itself as HTML, by the name of its class."""
SLOW = {"Comparison", "Comparisons", "Pairwise", "Ablation", "Quote", "AgentDefinition", "Examples"}


def html_of(value: object) -> str:
    return str(DisplayFormatter().format(value)[0]["text/html"])


def test_the_list_of_places_is_complete() -> None:
    found = set()
    for path in PACKAGE.rglob("*.py"):
        name = ""
        for line in path.read_text().splitlines():
            name = re.match(r"class (\w+)", line).group(1) if line.startswith("class ") else name  # type: ignore[union-attr]
            if re.match(r"    def _repr_(html|mimebundle|markdown|svg|latex)_\(", line):
                found.add(name)
    assert found - {"Figure"} == set(PLACES)  # a figure shows itself as a picture
    assert Ablation.__name__ in PLACES


@pytest.mark.parametrize("place", PLACES)
def test_nothing_active_is_left_and_nothing_is_typeset(place: str) -> None:
    for text in map(clean, ALL[::6] if place in SLOW else ALL):
        if not text.strip():
            continue
        Shown(html_of(PLACES[place](text)))


def test_dollars_are_no_formula() -> None:
    quote = replace(ak.quote("You.", ["x"], backend=ak.Scripted("x")), list_usd=0.3, cached_usd=0.2, batch_usd=0.1)
    assert html_of(quote).count("$") == 3
    Shown(html_of(quote))


def test_written_pages_hold_nothing_active(tmp_path: Path) -> None:
    for at, text in enumerate(map(clean, ALL[::4])):
        run(text).to_html(tmp_path / f"{at}.html", title=text)
        Page((tmp_path / f"{at}.html").read_text())


def test_a_shared_notebook_holds_nothing_active() -> None:
    new = nbformat.v4
    for text in ALL:
        outputs = [
            new.new_output("stream", text=text),
            new.new_output("error", ename=text, evalue=text, traceback=[text]),
            new.new_output("display_data", data={"text/html": text, "text/plain": text}),
            new.new_output("display_data", data={"text/markdown": text, "text/plain": text}),
            new.new_output("display_data", data={"application/javascript": text, "text/plain": text}),
        ]
        cells = [new.new_markdown_cell(text), new.new_code_cell(text, outputs=outputs)]
        page = notebook_page(new.new_notebook(cells=cells), title=text)
        assert not re.search(r"<(script|iframe|object|embed|svg|math|img|form|input|link|base)\b", page, re.IGNORECASE)
        assert page.count("<style") == 1
        # What is left of foreign HTML: no attribute beyond a short list, so no handler.
        for tag in re.findall(r"<[a-z]+((?:\s+[a-z-]+=\"[^\"]*\")*)\s*>", page.partition("</head>")[2]):
            for name in re.findall(r"\s([a-z-]+)=\"", tag):
                assert name in {
                    "style",
                    "href",
                    "rel",
                    "target",
                    "role",
                    "aria-level",
                    "class",
                    "start",
                    "title",
                    "open",
                }
        assert not re.search(r"href=\"(?!https?:|mailto:)", page.partition("</head>")[2])


@pytest.mark.parametrize(
    "style",
    [
        "position:absolute;inset:0",
        "position: fixed",
        "margin:0 -9px",
        "margin-left: -99em",
        "background:url(x)",
        "a:b\\63",
    ],
)
def test_no_foreign_style_leaves_its_place(style: str) -> None:
    assert foreign(f'<p style="{style}">x</p>') == "<p>x</p>"


def test_a_foreign_style_keeps_what_tables_need() -> None:
    kept = '<p style="position:sticky;left:0;color:var(--x)">x</p>'
    assert foreign(kept) == kept
    assert foreign('<p style="transform:scale(9);animation:x;color:red">x</p>') == '<p style="color:red">x</p>'
