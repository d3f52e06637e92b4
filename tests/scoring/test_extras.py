"""Without an extra, what needs it says which line installs it, and nothing else breaks."""

from __future__ import annotations

import subprocess
import sys

import pytest

CASES = {
    "rapidfuzz": ("checks", "ak.checks.similarity('a')('a')"),
    "rouge_score": ("checks", "ak.checks.similarity('a', method='rougeL')('a')"),
    "sqlglot": ("checks", "ak.checks.code_block_parses()('```sql\\nSELECT 1\\n```')"),
    "tree_sitter": ("checks", "ak.checks.code_block_parses()('```js\\nf()\\n```')"),
    "krippendorff": (
        "stats",
        "ak.agreement(pd.DataFrame([('r', 1, 1), ('q', 1, 2)], columns=['rater', 'sample', 'value']))",
    ),
    "choix": (
        "stats",
        "tally(pd.DataFrame([('s', 1, 'a', 'b', 'a')], columns='sample epoch first second winner'.split()))",
    ),
    "matplotlib": ("plots", "ak.plots.intervals([('a', 0.1, (0.0, 0.2))], 'title').svg()"),
}


@pytest.mark.parametrize("module", CASES)
def test_a_missing_extra_names_its_install_line(module: str) -> None:
    extra, call = CASES[module]
    code = (
        f"import sys; sys.modules[{module!r}] = None\n"
        "import pandas as pd, agentkit as ak\n"
        "from agentkit.scoring.preference import tally\n"
        f"try:\n    {call}\n"
        "except ak.errors.MissingExtra as error:\n    print(error.hint)\n"
        "print(ak.plots.intervals([('a', 0.1, (0.0, 0.2))], 'title')._repr_mimebundle_()[0]['text/plain'][:5])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f'pip install "agentkit-notebook[{extra}]"', "title"]
