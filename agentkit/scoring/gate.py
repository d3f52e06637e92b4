"""A verdict as a gate for pull requests: an exit code, JUnit XML, a Markdown summary."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from agentkit.errors import MissingExtra, ScoreError
from agentkit.scoring.compare_view import MARKS, headline, interval_text, lines, number, signed
from agentkit.scoring.comparison import CANNOT_TELL, WORSE, Comparison
from agentkit.scoring.family import Comparisons

if TYPE_CHECKING:
    import pandas as pd

PASSED, FAILED, UNDECIDED = 0, 1, 3
"""Exit codes: better or equivalent, worse, can't tell yet. 2 stays "not carried out"."""

ENDINGS = (".parquet", ".csv", ".jsonl")


def read_frame(path: str | Path) -> pd.DataFrame:
    """Return the trials of a results file.

    Args:
        path: A file that `results.to_parquet`, `to_csv` or `agentkit run --out` wrote.

    Raises:
        ScoreError: there is no such file, or it is no table.
        MissingExtra: it is Parquet, and pyarrow is not installed.
    """
    import pandas as pd

    file = Path(path)
    if file.suffix not in ENDINGS:
        raise ScoreError("that is no results file", received=str(path), accepted=", ".join(ENDINGS))
    try:
        if file.suffix == ".parquet":
            return pd.read_parquet(file)
        if file.suffix == ".csv":
            # Ids and names stay text: a sample called 007, a variant called NA.
            text = {"variant": str, "sample": str}
            return pd.read_csv(file, dtype=text, keep_default_na=False, na_values=[""])
        return pd.read_json(file, lines=True, dtype={"variant": str, "sample": str})
    except ImportError:
        raise MissingExtra(f"reading {file.name}", "parquet") from None
    except (OSError, ValueError) as error:
        raise ScoreError(f"the results file cannot be read: {error}", received=str(path)) from error


def exit_code(found: Comparisons) -> int:
    """Return 0 where every candidate is better or equivalent, 1 where one is worse, 3 where one can't tell yet."""
    verdicts = {comparison.verdict for comparison in found}
    if WORSE in verdicts:
        return FAILED
    return UNDECIDED if CANNOT_TELL in verdicts else PASSED


def summary(found: Comparisons) -> str:
    """Return the comparisons as Markdown for a pull request: a verdict, a table, the flips; names are made harmless."""
    parts = [f"### {MARKS[_worst(found)]} {_plain(_sentence(found))}", ""]
    parts.append(f"Score {_plain(found.score)}, baseline {_plain(found.baseline)}{_margin(found)}.\n")
    parts.append("| candidate | verdict | difference | interval | samples | better / alike / worse | more samples |")
    parts.append("|---|---|---|---|---|---|---|")
    for one in found:
        needed = "unknown" if one.needed is None else f"about {one.needed}" if one.needed else "none"
        cells = [_plain(one.b), f"{MARKS[one.verdict]} {one.verdict}", signed(one.difference)]
        cells += [interval_text(one.interval), str(one.n), f"{one.wins} / {one.ties} / {one.losses}", needed]
        parts.append(f"| {' | '.join(cells)} |")
    for one in found:
        flips = [("fixed", one.fixed), ("broke", one.broke)]
        named = [f"{word}: {', '.join(map(_plain, ids))}" for word, ids in flips if ids]
        sides = ((one.a, one.left_out_a), (one.b, one.left_out_b))
        named += [f"left out of {_plain(side)}: {left}" for side, left in sides if str(left)]
        if named:
            parts += ["", f"**{_plain(one.b)}** · {' · '.join(named)}"]
    return "\n".join(parts) + "\n"


def junit(found: Comparisons) -> str:
    """Return the comparisons as JUnit XML: one case a candidate; worse is a failure, can't tell yet is skipped."""
    from xml.etree import ElementTree

    from agentkit.views.safe import visible

    counts = {word: sum(one.verdict == word for one in found) for word in (WORSE, CANNOT_TELL)}
    suite = ElementTree.Element(
        "testsuite",
        name=visible(f"agentkit gate: {found.score}"),
        tests=str(len(found)),
        failures=str(counts[WORSE]),
        errors="0",
        skipped=str(counts[CANNOT_TELL]),
    )
    for one in found:
        case = ElementTree.SubElement(
            suite, "testcase", classname=visible(f"agentkit.{found.score}"), name=visible(f"{one.b} against {one.a}")
        )
        body = visible("\n".join(f"{label}: {text}" for label, text in lines(one)))
        if one.verdict == WORSE:
            ElementTree.SubElement(case, "failure", message=visible(headline(one)), type="worse").text = body
        elif one.verdict == CANNOT_TELL:
            ElementTree.SubElement(case, "skipped", message=visible(headline(one)))
        ElementTree.SubElement(case, "system-out").text = body
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _worst(found: Comparisons) -> str:
    order = (WORSE, CANNOT_TELL, "equivalent", "better")
    return min((one.verdict for one in found), key=order.index)


def _sentence(found: Comparisons) -> str:
    worst = _worst(found)
    return headline(next(one for one in found if one.verdict == worst))


def _margin(found: Comparisons) -> str:
    one: Comparison = found.found[0]
    return f", margin {number(one.margin)}" if one.margin is not None else ", no margin declared"


def _plain(text: str) -> str:
    from agentkit.views.safe import visible

    flat = " ".join(visible(text).split())
    return re.sub(r"([\\`*_\[\]<>|~#@&!])", r"\\\1", flat)
