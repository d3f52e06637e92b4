"""Blocks given to python-frontmatter: only where it makes of them what the loader does."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from agentkit.definition import yamlcore, yamllibrary

CASES = json.loads((Path(__file__).parent / "data" / "yaml_cases.json").read_text(encoding="utf-8"))

HOOKS = """\
name: guard
description: >
  Use when a command
  is to be checked
# the hooks
hooks:
  PreToolUse:
    - matcher: "Bash|Edit"
      hooks:
        - type: command
          command: ./check.sh   # relative
          timeout: 0x10
    - matcher: Write
  Stop: []
mcpServers:
  - github
  - local: {type: stdio, command: x}
background: no
since: 2024-01-02
"""


def test_a_usual_block_is_read_by_the_library() -> None:
    assert yamllibrary.agreed(HOOKS)
    assert yamllibrary.load(HOOKS) == yamlcore.read(HOOKS)
    value = yamllibrary.read(HOOKS)
    assert value["hooks"]["PreToolUse"][0]["hooks"][0]["timeout"] == 16
    assert (value["background"], value["since"]) == ("no", "2024-01-02")
    assert value["description"] == "Use when a command is to be checked\n"


@pytest.mark.parametrize(
    "block",
    ["a:\tb\n", "a: b\x00\n", "a: \x07\n", "a: &x b\n", "a: *x\n", "a: !!str 1\n", "<<: {a: b}\n", "%YAML 1.1\na: b\n",
     "a: b\n...\n", "? a\n: b\n", "a: b\r\n", "a: b\x85c\n", "a: b\u2028c\n", 'a: "b\n  c"\n', 'a: "\\x41"\n', "a: b",
     "a: |\n\n  b\n", "a: |+\n  b\n", "a: >\n  b\n    c\n", "a: |2\n  b\n", " a: b\n", "", "# no more\n", "- a\n"],
)  # fmt: skip
def test_the_library_is_not_asked_where_readers_differ(block: str) -> None:
    assert not yamllibrary.agreed(block)


@pytest.mark.parametrize("block", ["a: b\na: c\n", "null: x\n", "a: b\n  c: d\n", "a: 'b' c\n"])
def test_our_own_reader_decides_where_the_library_refuses(block: str) -> None:
    assert yamllibrary.load(block) is None
    try:
        expected = yamlcore.read(block)
    except yamlcore.YamlError:
        with pytest.raises(yamlcore.YamlError):
            yamllibrary.read(block)
    else:
        assert yamllibrary.read(block) == expected


@pytest.mark.parametrize("frame", ["{}", "{}\n", "k:\n  {}\n", "k:\n- {}\n", "k: |\n  {}\n", "k: >-\n  {}\nl: m\n"])
def test_recorded_cases_read_alike(frame: str) -> None:
    asked = 0
    for case in CASES:
        asked += _alike(frame.format(case["yaml"].replace("\n", "\n  " if "k" in frame else "\n")))
    assert asked or frame == "{}"


def test_made_up_blocks_read_alike() -> None:
    random_ = random.Random(5)
    texts = ["x", "no", "0o7", "1_000", "1:30", "a #b", '"q\\n"', "'it''s'", "[a, 1]", "{a: b}", "|", ">", ">-", "~",
             "é: ", "", "", ".x", "x: y", "a:b", "- z", "😀"]  # fmt: skip
    asked = 0
    for _ in range(20_000):
        lines = [
            " " * random_.choice((0, 0, 0, 2, 2, 4)) + random_.choice(("a: ", "b: ", "c:", "- ", "- d: ", "", "# "))
            + random_.choice(texts)
            for _ in range(random_.randint(1, 5))
        ]  # fmt: skip
        asked += _alike("\n".join(lines) + "\n")
    assert asked > 500


def _alike(block: str) -> bool:
    found = yamllibrary.load(block) if yamllibrary.agreed(block) else None
    if found is None:
        return False
    # The text tells 1 from 1.0 and True, and the order of the fields.
    assert repr(found) == repr(yamlcore.read(block)), block
    return True
