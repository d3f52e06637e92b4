"""Files made to hurt: each must end soon, in a definition or a clear error."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import agentkit as ak
from agentkit.definition.document import Document

HEAD = "---\nname: a\ndescription: Use for b\n"
BIG = 20_000
FILES = {
    "a million keys": HEAD + "".join(f"k{number}: v\n" for number in range(20_000)) + "---\nYou",
    "open brackets": HEAD + "a: [\n" * 5_000 + "---\nYou",
    "open quotes": HEAD + 'a: "\n' * 5_000 + "---\nYou",
    "one open quote": HEAD + 'a: "' + "x\\y " * BIG + "\n---\nYou",
    "blanks in quotes": HEAD + 'a: "' + " " * BIG + "\\n" + "\n" * 3 + ' "\n---\nYou',
    "blanks": "---" + " " * BIG + "x",
    "blank lines": HEAD + "\n" * BIG + "---\nYou",
    "colons": HEAD + "a: " + ": " * BIG + "\n---\nYou",
    "hashes": HEAD + "a: " + " #" * BIG + "\n---\nYou",
    "a heading of blanks": HEAD + "---\n# a" + " " * BIG + "b\n" + "#" * BIG + "\n# " + " #" * BIG,
    "asterisks": HEAD + "---\n" + "**" * BIG + "\n\n" + "**a" * BIG,
    "fences": HEAD + "---\n" + "```\n" * 5_000,
    "examples": HEAD + "description: " + "<example>" * 5_000 + "user:" * 5_000 + "\n---\n",
    "turns of an example": HEAD
    + "description: |\n  <example>"
    + "user: \"a User: 'b\n  - user: c " * 2_000
    + "<user>" * 2_000
    + '" ' * BIG
    + "<function call>"
    + "</function" * 2_000
    + " " * BIG
    + "</example>\n---\n",
    "orders": HEAD + "---\n" + "Always do this now. Never do that now. " * 2_000,
    "aliases": HEAD
    + "a0: &a0 [x, x]\n"
    + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    + "---\n",
    "depth": HEAD + "a: " + "[" * BIG + "\n---\n",
    "NULs": "---\nname: a\0\n" + "\0" * BIG + "---\n",
    "a long name": f"---\nname: {'a' * BIG}\ndescription: b\n---\n",
    "tools": HEAD + f"tools: {'(,' * BIG}\n---\n",
    "unknown tools": HEAD + f"tools: Read, {', '.join(f'x{n}' for n in range(12_000))}\n---\n",
    "tools with specifiers": HEAD + f"tools: {', '.join(f'Bash(x{n})' for n in range(8_000))}\n---\n",
    "tools in two lists": HEAD
    + "".join(f"{key}: Read, {', '.join(f'{key}{n}' for n in range(6_000))}\n" for key in ("tools", "disallowedTools"))
    + "---\n",
    "keys that stand twice": HEAD + "".join(f"k{n}: 1\nk{n}: 2\n" for n in range(8_000)) + "---\n",
    "hyphens in an example": f'---\nname: a-b\ndescription: "Use <example>user: x assistant: {"a-" * BIG}x-q agent'
    '</example><example>z-q agent"\n---\n',
    "hashes before a return": "---\nname: a\ndescription: Use" + " #" * BIG + "\rmodel: opus\n---\n",
    "backslashes": "---\nname: a\ndescription: Use " + "\\x" * BIG + "\n---\n",
    "orders that contradict": HEAD + "---\nÄ\n" + "".join(f"Always a{n}.\nNever a{n}.\n" for n in range(4_000)),
    "blanks and a cut value": HEAD + "a: b --- c" + " " * BIG + "d\nx: y\n---\nYou",
    "blanks behind quotes": HEAD + "a: 'b'" + " " * 5 * BIG + "c\n---\nYou",
    "quotes that close nothing": "---\nname: a\ndescription: 'b" + " 'c" * BIG + "\nd: 'e' f\n---\nYou",
    "examples left open": "---\nname: a\ndescription: 'b' c\n" + "<example>\nuser: d\n" * 4_000 + "---\nYou",
    "fields that are no YAML": HEAD + "a: 'b' c\n" * 5_000 + "---\nYou",
    "list items": HEAD + "a:\n" + "- b\n" * BIG + "c: d: e\n---\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
def test_hostile_files(text: str) -> None:
    agent = ak.loads(text)
    assert agent.verdict in ("loads", "repaired", "dropped")
    assert len(agent.findings) >= 0
    assert "".join(section.text for section in agent.sections) == agent.system_prompt
    assert isinstance(agent.examples, tuple)
    assert repr(agent)
    try:
        edited = agent.replace(color="red")
    except ak.errors.EditError:
        return  # a clear refusal is as good as an edit
    assert edited.replace(color=None) == agent


def test_the_fields_of_a_file_are_found_in_time_that_grows_with_its_length() -> None:
    """Read characters, not seconds, are counted: a busy machine changes nothing."""

    class Counted(str):
        __slots__ = ()
        cut = 0

        def __getitem__(self, place: object) -> str:  # type: ignore[override]
            piece = super().__getitem__(place)  # type: ignore[index]
            Counted.cut += len(piece)
            return piece

    for number in (1_000, 10_000):
        text = Counted(HEAD + "".join(f"k{n}: v\n" for n in range(number)) + "---\nYou")
        Counted.cut = 0
        assert len(Document(text).entries) == number + 2
        assert Counted.cut < 3 * len(text)


def test_a_hundred_megabytes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    with pytest.raises(ak.errors.DefinitionError, match="too large"):
        ak.load(path)
    assert len(ak.load_folder(tmp_path).unread) == 1


def test_fuzz() -> None:
    seeds = [text[:400].encode() for text in FILES.values()]
    random_ = random.Random(20_261_122)
    for _ in range(600):
        source = bytearray(random_.choice(seeds))
        for _ in range(random_.randint(1, 6)):
            place = random_.randrange(len(source) + 1)
            kind = random_.random()
            if kind < 0.4:
                source[place:place] = random_.choice(
                    [b"---", b"\n", b": ", b"\t", b'"', b"'", b"[", b"{", b"|", b"&a ", b"*a", b"\xff"]
                )
            elif kind < 0.7:
                del source[place : place + random_.randint(1, 8)]
            else:
                source[place : place + 1] = bytes([random_.randrange(256)])
        agent = ak.loads(bytes(source))
        assert bytes(agent) == source
        assert agent.verdict in ("loads", "repaired", "dropped")
        assert agent.findings is not None
        assert bytes(agent.fix()) is not None
        try:
            edited = agent.replace(color="red")
        except ak.errors.EditError:
            continue
        assert edited.color == "red"
        assert edited.replace(color=agent.metadata.get("color")) == agent
