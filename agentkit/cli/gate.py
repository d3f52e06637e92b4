"""Say whether a candidate may replace the baseline, over the samples of a results file.

exit codes of this command: 0 every candidate is better or equivalent, 1 one is worse, 3 one can't tell yet
(2 stays "not carried out"). Without --margin nothing is ever equivalent. Errors, refusals and truncated replies are
counted and never scored, unless --apart says otherwise; several candidates are corrected by Holm.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("results", metavar="RESULTS", type=Path, help="a .parquet, .csv or .jsonl file of trials")
    parser.add_argument("--baseline", required=True, metavar="VARIANT", help="the variant to beat")
    parser.add_argument("--candidate", action="append", metavar="VARIANT", help="what to judge (default: all others)")
    parser.add_argument("--score", metavar="COLUMN", help="the score; may be left out where there is only one")
    parser.add_argument("--margin", type=float, metavar="D", help="the difference that is too small to matter")
    parser.add_argument("--alpha", type=float, default=0.05, help="bound of a false verdict (default: %(default)s)")
    parser.add_argument("--lower-is-better", action="store_true", help="for scores such as latency or cost")
    parser.add_argument(
        "--apart",
        action="append",
        metavar="KIND",
        help="what to count beside the scores: error, refusal, truncation; may be repeated (default: all three)",
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write a Markdown summary for a pull request")


def main(arguments: argparse.Namespace) -> int:
    """Judge, report, and return the verdict as an exit code."""
    from agentkit.scoring.family import compare_all
    from agentkit.scoring.gate import exit_code, junit, read_frame, summary
    from agentkit.scoring.pairs import APART

    found = compare_all(
        read_frame(arguments.results),
        arguments.baseline,
        arguments.candidate,
        score=arguments.score,
        margin=arguments.margin,
        alpha=arguments.alpha,
        higher_is_better=not arguments.lower_is_better,
        apart=arguments.apart or APART,
    )
    for one in found:
        print(one)
    for path, made in ((arguments.junit, junit), (arguments.summary, summary)):
        if path is not None:
            _write(path, made(found))
    return exit_code(found)


def _write(path: Path, text: str) -> None:
    from agentkit.errors import ScoreError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ScoreError(f"the report cannot be written: {error}", received=str(path)) from error
