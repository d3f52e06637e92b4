"""How long 2,600 definitions take here, findings included, against python-frontmatter with the C loader.

    python benchmarks/definitions.py [COUNT | FOLDER]

The files are those of a folder, or made up with the sizes, styles and shares of 2,662 public ones: descriptions of 86
to 5,700 characters, bodies of 1.2 to 88 KB, one in twenty not strict YAML. Both readers read the same files, in turns;
the ratio is of processor time, best of ten.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import frontmatter

import agentkit as ak

WORDS = [
    "design",
    "review",
    "implement",
    "optimize",
    "backend",
    "systems",
    "including",
    "apis",
    "databases",
    "server",
    "side",
    "logic",
    "scalable",
    "services",
    "code",
    "security",
    "performance",
    "testing",
    "documentation",
    "user",
    "team",
    "project",
    "architecture",
    "data",
    "pipeline",
    "model",
    "when",
    "you",
    "need",
    "to",
    "create",
    "update",
    "deploy",
    "monitor",
    "analyze",
    "report",
    "always",
    "check",
    "clear",
    "output",
    "format",
    "response",
    "error",
    "handling",
    "with",
    "care",
]


def words(random_: random.Random, size: int) -> str:
    text = ""
    while len(text) < size:
        text += random_.choice(WORDS) + random_.choice((" ", " ", " ", " ", ", ", ". "))
    return text[:size].strip(" ,.") + "."


def spread(random_: random.Random, *points: tuple[float, float]) -> int:
    """Draw from a distribution given by its quantiles."""
    at = random_.random()
    for (low, small), (high, large) in pairwise(points):
        if at <= high:
            return int(small + (large - small) * (at - low) / (high - low))
    return int(points[-1][1])


def definition(random_: random.Random, number: int) -> str:
    # Lengths by the quantiles that were counted.
    size = spread(random_, (0, 60), (0.05, 86), (0.5, 225), (0.9, 2_810), (0.99, 3_917), (1, 5_705))
    description = words(random_, min(size, 400))
    while len(description) < size:
        description += (
            f"\\n\\n<example>\\nContext: {words(random_, 80)}\\nuser: '{words(random_, 80)}'\\nassistant: "
            f"'I will use the agent-{number} agent to {words(random_, 80)}'\\n<commentary>"
            f"\\n{words(random_, 150)}\\n</commentary>\\n</example>"
        )
    style = random_.random()
    broken = random_.random() < 0.055
    if broken:
        shown = f"Use this agent: {description}"
    elif style < 0.24 or "<example>" in description:
        shown = f'"{description}"'
    elif style < 0.25:
        shown = ">\n  " + description.replace("\\n", "\n  ")
    else:
        shown = description.replace(": ", " - ")
    head = [f"name: agent-{number}", f"description: {shown}"]
    head += ["tools: Read, Write, Edit, Bash, Grep"] if random_.random() < 0.52 else []
    head += [f"model: {random_.choice(('sonnet', 'opus', 'haiku', 'inherit'))}"] if random_.random() < 0.56 else []
    head += [f"color: {random_.choice(('blue', 'red', 'green'))}"] if random_.random() < 0.19 else []
    head += [f"emoji: {random_.choice('🎯🌐🔍')}"] if random_.random() < 0.15 else []
    length = spread(random_, (0, 900), (0.05, 1_200), (0.5, 6_200), (0.9, 16_800), (0.99, 40_800), (1, 88_000))
    body = "You are an agent.\n\n"
    while len(body) < length:
        body += f"## {words(random_, 20)}\n\n{words(random_, 300)}\n\n"
        body += "".join(f"- **{words(random_, 12)}**: {words(random_, 70)}\n" for _ in range(6)) + "\n"
    end = "" if random_.random() < 0.44 else "\n"
    text = "---\n" + "\n".join(head) + "\n---\n\n" + body.rstrip() + end
    return text.replace("\n", "\r\n") if random_.random() < 0.012 else text


def ours(paths: list[Path]) -> int:
    return sum(_look(ak.load(path)) for path in paths)


def _look(agent: ak.AgentDefinition) -> bool:
    _ = (agent.name, agent.description, agent.model, agent.tools, agent.metadata, agent.findings)
    return agent.verdict != "dropped"


def theirs(paths: list[Path]) -> int:
    loaded = 0
    for path in paths:
        try:
            frontmatter.load(path)
            loaded += 1
        except Exception:  # noqa: BLE001 - whatever it raises, it does not load
            continue
    return loaded


def best(read: Callable[[list[Path]], int], paths: list[Path]) -> tuple[float, int]:
    start = time.process_time()
    loaded = read(paths)
    return time.process_time() - start, loaded


def main() -> None:
    given = sys.argv[1] if len(sys.argv) > 1 else "2600"
    with tempfile.TemporaryDirectory() as folder:
        if given.isdigit():
            random_ = random.Random(7)
            for number in range(int(given)):
                Path(folder, f"agent-{number}.md").write_bytes(definition(random_, number).encode())
        paths = sorted(Path(folder if given.isdigit() else given).rglob("*.md"))
        readable = [path for path in paths if theirs([path])]
        ours(paths[:1])
        rounds = [(best(ours, paths), best(theirs, readable)) for _ in range(10)]
    here = min(own for (own, _), _ in rounds)
    there = min(other for _, (other, _) in rounds)
    print(f"agentkit            {here:6.3f} s for {len(paths)} files, {rounds[0][0][1]} load, findings included")
    print(f"python-frontmatter  {there:6.3f} s for the {len(readable)} it can load")
    print(f"ratio               {here / there:6.2f}")


if __name__ == "__main__":
    main()
