"""Try agent definitions on samples and print the replies side by side.

  agentkit run agents/backend-engineer.md --samples prompts.csv --model haiku --epochs 3 --out replies.html

Several AGENTs become the columns of one table. Without --samples the first definition's own examples are used. What
finished is in the store: the same command again calls only what is missing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from agentkit.errors import BudgetExceeded, DeadlineExceeded, PlanError

OUT = {".csv": "to_csv", ".parquet": "to_parquet", ".html": "to_html", ".jsonl": "to_jsonl"}
"""Endings of --out and what writes them."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("agents", nargs="+", metavar="AGENT", help="definition file; several are compared")
    parser.add_argument("--samples", metavar="FILE", help="CSV, TSV, JSON Lines, JSON or YAML with a field 'input'")
    parser.add_argument(
        "--model", metavar="M", help="sonnet, opus, haiku, or a model id; the definition's own if absent"
    )
    parser.add_argument("--epochs", type=int, default=1, metavar="N", help="repeats of each sample (1)")
    parser.add_argument("--max-tokens", type=int, metavar="N", help="output tokens a reply may have at most")
    parser.add_argument("--concurrency", type=int, metavar="N", help="calls out at once at most")
    parser.add_argument(
        "--backend", choices=("messages", "embedded"), help="where to run; chosen by what keys there are"
    )
    parser.add_argument("--store", metavar="FILE", help="the working record (.agentkit/store.db)")
    parser.add_argument("--cassette", metavar="FILE", help="replay this recording; record it where there is none")
    parser.add_argument("--budget-usd", type=float, metavar="D", help="stop before so many dollars are passed")
    parser.add_argument("--deadline", type=float, metavar="S", help="stop after so many seconds")
    parser.add_argument(
        "--batch", action="store_true", help="send everything as a batch: half the price, in its own time"
    )
    parser.add_argument("--quote", action="store_true", help="say what it would cost, and call nothing")
    parser.add_argument("--out", metavar="FILE", help=f"also write the results: {', '.join(OUT)}")


def main(arguments: argparse.Namespace) -> int:
    """Run, print the table, and return 1 where a trial failed."""
    from agentkit.experiment.running import run
    from agentkit.experiment.sampling import samples

    out = Path(arguments.out) if arguments.out else None
    if out is not None and out.suffix not in OUT:
        raise PlanError("no results format ends so", received=out.name, accepted=", ".join(OUT))
    variants = [Path(agent) for agent in arguments.agents]
    source = arguments.samples if arguments.samples else _first(variants[0])
    options = {
        "model": arguments.model,
        "epochs": arguments.epochs,
        "max_tokens": arguments.max_tokens,
        "backend": _backend(arguments.backend),
        "store": arguments.store,
    }
    if arguments.quote:
        from agentkit.experiment.quoting import quote

        print(quote(variants, samples(source), **options))
        return 0
    try:
        results = run(
            variants,
            samples(source),
            **options,
            concurrency=arguments.concurrency,
            cassette=arguments.cassette,
            budget_usd=arguments.budget_usd,
            deadline_s=arguments.deadline,
            batch=arguments.batch,
        )
    except (BudgetExceeded, DeadlineExceeded) as stopped:
        if stopped.results:
            _show(stopped.results, out)
        raise
    _show(results, out)
    return 1 if results.errors else 0


def _show(results: object, out: Path | None) -> None:
    print(results)
    if out is not None:
        getattr(results, OUT[out.suffix])(out)
        print(f"agentkit: wrote {out}", file=sys.stderr)


def _first(path: Path) -> object:
    from agentkit.definition.opening import load

    return load(path)


def _backend(name: str | None) -> object:
    if name is None:
        return None
    from agentkit.backends.detect import choose

    return choose(name)
