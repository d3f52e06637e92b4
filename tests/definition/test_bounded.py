"""Time and memory grow with a file's length, messages do not, and no value breaks an edit."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agentkit as ak
from agentkit.brief import brief
from agentkit.definition import yamlcore, yamllibrary
from agentkit.definition.document import Document
from agentkit.errors import EditError

HEAD = "---\nname: a-b\ndescription: Use when x\n"
END = "\n---\nYou help."


def everything(text: str) -> None:
    agent = ak.loads(text)
    assert len(agent.findings) >= 0
    assert "".join(section.text for section in agent.sections) == agent.system_prompt
    assert len(agent.examples) >= 0
    assert agent._repr_mimebundle_()
    assert agent.fix().verdict
    for fields in ({"description": "Use when y"}, {"color": "red"}, {"color": None}, {"tools": ["Read"]}):
        try:
            agent.replace(**fields)
        except EditError:
            continue


SLOW = {
    "blanks before a second colon": lambda n: f"{HEAD}h:\n  y: z\na: b{' ' * (n // 10)}: c{END}",
    "blanks after an item": lambda n: f"{HEAD}h:\n  - b{' ' * (n // 10)}: c{END}",
    "one word for a model": lambda n: f"{HEAD}model: {'z' * n}{END}",
    "one word for a turn limit": lambda n: f"{HEAD}maxTurns: {'z' * n}{END}",
    "unseen characters for tools": lambda n: f"{HEAD}tools: {chr(0x85) * n}{END}",
    "wide blanks": lambda n: f"{HEAD}model: \"x\\n{chr(0x3000) * n}y\"{END}",
    "quotes within a word": lambda n: f"{HEAD}x: [a" + '\\"' * (n // 2) + f"]{END}",
    "quotes after blanks": lambda n: f"{HEAD}x: [" + ' \\"' * (n // 2) + f"]{END}",
    "blanks after a block's sign": lambda n: f"{HEAD}x: |{' ' * n}y{END}",
    "blocks": lambda n: HEAD + "".join(f"k{i}: |\n  x\n" for i in range(n // 12)) + END[1:],
    "folded lines": lambda n: f"{HEAD}x: >\n" + "  y\n\n" * (n // 6) + END[1:],
    "lists that are no keys": lambda n: f"{HEAD}x:\n" + '- ["}: x",\n   b]\n' * (n // 16) + END[1:],
    "lines that look like keys": lambda n: f"{HEAD}x: a" + "\n a: b" * (n // 6) + END,
    "keys below": lambda n: f"{HEAD}x:" + "\n a: b" * (n // 6) + END,
}  # fmt: skip
"""Of most the time grew with the square of the length, or its cube; some never ended."""


@pytest.mark.parametrize("made", SLOW.values(), ids=SLOW.keys())
def test_time_grows_with_the_length(made: Callable[[int], str]) -> None:
    everything(made(1_000))  # imports and tables are none of it
    start = time.process_time()
    everything(made(50_000))
    assert time.process_time() - start < 8


def test_the_card_of_a_long_word_keeps_no_memory() -> None:
    everything(f"{HEAD}model: short{END}")
    for text in ("z" * 200_000, "é" * 20_000):
        agent = ak.loads(f"{HEAD}model: {text}\nname: {text}{END}")
        tracemalloc.start()
        agent._repr_mimebundle_()
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert kept < 4_000_000


# Depth and aliases


def test_what_is_tried_and_given_up_leaves_no_depth() -> None:
    agent = ak.loads("---\nname: a\ndescription: d\nx:\n" + '- ["}: x",\n   b]\n' * 200 + "---\np")
    assert agent.verdict == "loads"
    assert agent.metadata["x"] == [["}: x", "b"]] * 200


@pytest.mark.parametrize("item", ['["}: x",\n   b]', '{"]: ": x,\n   b: c}', '[[["]: x",\n   b]]]'])
@pytest.mark.parametrize("times", [1, 150, 400])
def test_an_item_reads_alike_however_often_it_stands(item: str, times: int) -> None:
    (alone,) = yamlcore.read(f"- {item}\n")
    assert yamlcore.read(f"- {item}\n" * times) == [alone] * times


def test_depth_has_its_limit_after_an_attempt_too() -> None:
    for depth, fits in ((140, True), (160, False)):
        block = '- ["}: x",\n   b]\n' * 200 + "- " + "[" * depth + "]" * depth + "\n"
        if fits:
            assert len(yamlcore.read(block)) == 201
        else:
            with pytest.raises(yamlcore.YamlError, match="nested more than"):
                yamlcore.read(block)


def test_an_alias_costs_what_its_anchor_holds_and_not_what_stood_before() -> None:
    long = "".join(f"- {n}\n" for n in range(30_000))
    value = yamlcore.read(long + "- &a x\n" + "- *a\n" * 200)
    assert value[-200:] == ["x"] * 200


def test_an_anchor_within_an_anchor_of_the_same_name_hides_nothing() -> None:
    bomb = (
        "- &a [x]\n"
        + "- &a [*a, *a, *a, &a y]\n" * 2
        + "".join(f"- &b{n} [{', '.join([f'*b{n - 1}'] * 9 if n else ['*a'] * 9)}, &c z]\n" for n in range(12))
    )
    with pytest.raises(yamlcore.YamlError, match="expand to too much"):
        yamlcore.read(bomb)


def test_aliases_of_a_long_text_count_its_length() -> None:
    text = "x " * 10_000
    with pytest.raises(yamlcore.YamlError, match="expand to too much"):
        yamlcore.read(f"a: &a {text}\ntools: [{', '.join(['*a'] * 5_000)}]\n")
    with pytest.raises(yamlcore.YamlError, match="expand to too much"):
        yamlcore.read(f"a: &a {text}\nb: &b [{', '.join(['*a'] * 1_000)}]\n? [*b, *b]\n: x\n")


# The line forms given to the library

LINES = st.lists(
    st.sampled_from(["a", "b:", "k: ", "- ", " ", "  ", "    ", ":", ": ", " #", "#", '"', "'", "''", '\\"', "\\n",
                     "[x",
                     "]", ", ", "{", "}", "|", ">-", "é", ".", "x y"]),
    max_size=10,
).map("".join)  # fmt: skip


@given(st.lists(LINES, min_size=1, max_size=4))
@settings(max_examples=2_000, deadline=None)
def test_what_the_library_is_given_it_reads_as_our_own_reader(lines: list[str]) -> None:
    block = "a: b\n" + "".join(f"{line}\n" for line in lines)
    if yamllibrary.agreed(block) and (found := yamllibrary.load(block)) is not None:
        assert repr(found) == repr(yamlcore.read(block))


@pytest.mark.parametrize("rest", ["", " ", "   ", " # c", "   # c  "])
@pytest.mark.parametrize("value", ["", " b", ' "b"', " 'b'", " [b, c]", " {b: c}", " b:c", " b#c"])
def test_comments_and_blanks_after_a_value_are_still_left_to_the_library(value: str, rest: str) -> None:
    assert yamllibrary.agreed(f"a:{value}{rest}\n")
    if "#" not in rest:
        assert not yamllibrary.agreed(f"a:{value or ' b'}{rest}: c\n")


# Fields in brackets

BRACKETED = {
    "a quote within a word": '[a", "]",\n  b: c]',
    "escaped quotes": '["]\\"",\n  b: c, \'],\', d]',
    "quoted brackets": '{"}": "]",\n  b: \'}\'}',
    "an apostrophe": '[don\'t, "]",\n  b: c]',
    "an escaped line end": '["a\\\n  ]", b,\n  "]"]',
}


@pytest.mark.parametrize("value", BRACKETED.values(), ids=BRACKETED.keys())
def test_a_bracketed_value_over_lines_ends_where_it_ends(value: str) -> None:
    assert ak.loads(f"{HEAD}x: {value}\ncolor: red{END}").verdict == "loads"
    text = f"{HEAD}x: {value}\ncolor: red{END}".replace("\n  b:", "\nb:")  # only the bracket tells that b is no field
    assert [entry.key for entry in Document(text).entries] == ["name", "description", "x", "color"]


# Messages


def bomb(width: int = 9, levels: int = 5) -> str:
    lines = [f"z: &a0 [{', '.join(['zz'] * width)}]\n"]
    lines += [f"z{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]\n" for n in range(1, levels)]
    return "".join(lines)


@pytest.mark.parametrize(
    "fields",
    [f"name: [{'z' * 200_000}]\ndescription: x", f"name: a\ndescription: [{'z' * 200_000}]",
     f"name: a\ndescription: x\ny: *{'z' * 200_000}", f"{bomb()}name: *a4\ndescription: x",
     f"{bomb()}name: a\ndescription: *a4", f"{bomb()}name: a\ndescription: x\neffort: *a4\nmaxTurns: 3"],
)  # fmt: skip
def test_a_reason_and_a_card_stay_short(fields: str) -> None:
    agent = ak.loads(f"---\n{fields}\n---\nYou")
    assert len(agent.reading.reason or "") < 200
    if "zzz" not in fields:
        assert all(len(shown) < 10_000 for shown in agent._repr_mimebundle_().values())


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.binary(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=5),
            st.lists(inner, max_size=3).map(tuple),
            st.dictionaries(st.text(max_size=5), inner, max_size=4),
            st.frozensets(st.integers(), max_size=4),
        ),
        max_leaves=12,
    )
)
@settings(deadline=None)
def test_a_quoted_value_is_its_repr_or_begins_as_that(value: object) -> None:
    whole = repr(value)
    shown = brief(value)
    assert len(shown) <= 80
    assert shown == whole or (shown[-1] == "…" and whole.startswith(shown[:-1]))


def test_a_quoted_value_of_any_size_is_soon_there() -> None:
    endless: list[Any] = []
    endless.append(endless)
    wide: Any = [0] * 1_000_000
    for _ in range(100):
        wide = [wide, wide]
    for value in (endless, wide, 10**100_000, "x" * 10_000_000, {1: endless}, b"x" * 1_000_000):
        assert len(brief(value)) <= 80
        assert len(str(EditError("no", received=value))) < 400


@pytest.mark.parametrize("line", ["maxTurns: ", "", "tools: Read, grep(", "allowed-tools", "model: x "])
def test_a_card_and_a_repr_cut_what_is_long(line: str) -> None:
    word = "z" * 50_000
    agent = ak.loads(f"---\nname: {word}\ndescription: x\n{line}{word}: y\n---\nYou")
    for shown in (ak.loads(f"{HEAD}{line}{word}{': y' if ' ' not in line else ''}{END}"), agent):
        assert len(repr(shown)) < 400
        assert all(len(form) < 20_000 for form in shown._repr_mimebundle_().values())


# Values given to replace


def hostile_values() -> dict[str, dict[str, Any]]:
    endless: list[Any] = []
    endless.append(endless)
    circle: dict[str, Any] = {}
    circle["a"] = circle
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    doubled: Any = [1]
    for _ in range(60):
        doubled = [doubled, doubled]
    return {
        "a list that holds itself": {"x": endless},
        "a mapping that holds itself": {"x": circle},
        "a deep list": {"x": deep},
        "a list doubled sixty times": {"x": doubled},
        "a number of five thousand digits": {"x": 10**5_000},
        "such a number for a key": {"x": {10**5_000: 1}},
        "a number for a prompt": {"system_prompt": 5},
        "a number for an example": {"examples": [5]},
        "a number for the examples": {"examples": 5},
        "a text for the examples": {"examples": "user: x"},
        "a number for a description with examples": {"description": 5, "examples": []},
        "bytes": {"x": b"y"},
        "an object": {"x": [object()]},
        "a tuple for a key": {"x": {(1, 2): 3}},
    }


@pytest.mark.parametrize("fields", hostile_values().values(), ids=hostile_values().keys())
def test_a_value_that_no_file_can_hold_is_refused_in_words(fields: dict[str, Any]) -> None:
    agent = ak.loads(HEAD + END[1:])
    with pytest.raises(EditError) as caught:
        agent.replace(**fields)
    assert caught.value.received is not None
    assert caught.value.accepted
    assert caught.value.hint
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    ("value", "read"),
    [({1, "a"}, [1, "a"]), ({"b", "a"}, ["a", "b"]), (frozenset((2, 1)), [1, 2]), (10**390, 10**390), ((), [])],
)
def test_a_value_that_a_file_can_hold_is_written(value: object, read: object) -> None:
    agent = ak.loads(HEAD + END[1:])
    edited = agent.replace(x=value)
    assert edited.metadata["x"] == read
    assert edited.replace(x=value) == edited
    assert edited.replace(x=None) == agent


@pytest.mark.parametrize("value", [float("nan"), [float("nan")], {"a": [1, float("nan")]}])
def test_not_a_number_reads_back_wherever_it_stands(value: object) -> None:
    agent = ak.loads(HEAD + END[1:])
    edited = agent.replace(x=value)
    assert repr(edited.metadata["x"]) == repr(value)
    assert edited.replace(color="red").replace(color=None) == edited


def test_numbers_of_other_libraries_are_numbers() -> None:
    import numpy

    agent = ak.loads(HEAD + END[1:]).replace(x=numpy.float64(1.5))
    assert agent.metadata["x"] == 1.5
