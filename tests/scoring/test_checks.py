from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentkit.errors import ScoreError
from agentkit.scoring import checks
from agentkit.scoring.score import REGISTRY, Score, Subject

TRANSCRIPT = [
    {"role": "user", "content": "find it"},
    {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "Looking."},
            {
                "type": "tool_use",
                "id": "1",
                "name": "Grep",
                "input": {"pattern": "cache", "options": {"i": True, "n": 3}},
            },
        ],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "src/a.py"}]},
    {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "2", "name": "Read", "input": {"path": "src/a.py"}}],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "2", "content": "…"}]},
    {"role": "assistant", "content": [{"type": "text", "text": "It is in "}, {"type": "text", "text": "src/a.py."}]},
]

CODE = """Here:
```python
def total(xs):
    return sum(xs)
```
```json
{"a": [1, 2]}
```
```js
const f = async (x) => { await x?.y; };
```
```sql
SELECT name FROM users WHERE id = 1;
```
```yaml
a: [1, 2]
```
```rust
this is not looked at
```
"""

CASES = [
    (checks.equals("Yes"), " Yes\n", True),
    (checks.equals("Yes"), "yes", False),
    (checks.equals("Yes", ignore_case=True), "yes", True),
    (checks.contains("cache", "ttl"), "A cache with a TTL", True),
    (checks.contains("cache", "ttl"), "A cache", False),
    (checks.contains("cache", "ttl", any=True), "A cache", True),
    (checks.contains("TTL", ignore_case=False), "ttl", False),
    (checks.starts_with("Sure"), "  Sure.", True),
    (checks.starts_with("Sure"), "Not sure", False),
    (checks.regex(r"^\d+ rows$"), "done\n12 rows\n", True),
    (checks.regex(r"^\d+ rows$"), "12 rows or so", False),
    (checks.is_refusal(), "I'm sorry, but I can't help with that.", True),
    (checks.is_refusal(), "I\u2019m sorry, but no.", True),
    (checks.is_refusal(), "I cannot assist with this request.", True),
    (checks.is_refusal(), "Sorry about the delay: the index cannot be used here.", False),
    (checks.max_words(3), "one two three", True),
    (checks.max_words("3"), "one two three four", False),
    (checks.is_json(), '{"a": 1}', True),
    (checks.is_json(), 'Here: {"a": 1}', False),
    (checks.json_schema({"type": "object", "required": ["a"]}), '{"a": 1}', True),
    (checks.json_schema({"type": "object", "required": ["a"]}), '{"b": 1}', False),
    (checks.contains_json(), 'Use {x} or {"a": 1}.', True),
    (checks.contains_json(), "Use {x}.", False),
    (checks.contains_json({"required": ["b"]}), 'First {"a": 1}, then {"b": 2}', True),
    (checks.contains_json({"required": ["b"], "type": "object"}), '{"a": 1}', False),
    (checks.code_block_parses(), CODE, True),
    (checks.code_block_parses("python"), CODE, True),
    (checks.code_block_parses(), "no code", False),
    (checks.code_block_parses("python"), "```\nx = 1\n```", True),
    (checks.code_block_parses(), "```python\ndef f(:\n```", False),
    (checks.code_block_parses(), "```json\n{'a': 1}\n```", False),
    (checks.code_block_parses(), "```yaml\na: [1, 2\n```", False),
    (checks.code_block_parses(), "```sql\nSELEC * FORM users\n```", False),
    (checks.code_block_parses(), "```sql\nSELECT FROM WHERE\n```", False),
    (checks.code_block_parses(), "```postgresql\nSELECT a->>'b' FROM t ON CONFLICT\n```", False),
    (checks.code_block_parses(), "```js\nconst f = (x => {;\n```", False),
    (checks.code_block_parses(), "```js\nlet a = 1\n", True),
    (checks.no_placeholder(), "def f():\n    return 1", True),
    (checks.no_placeholder(), "# ... rest of the code", False),
    (checks.no_placeholder(), "// Remaining methods unchanged", False),
    (checks.no_placeholder(), "key = '<your-api-key>'", False),
    (checks.no_placeholder(), "Wait ... then go on", True),
    (checks.has_section("Testing"), "## Testing and more\ntext", True),
    (checks.has_section("Testing"), "- **Testing**: use pytest", True),
    (checks.has_section("Testing"), "Testing matters", False),
    (checks.mentions("Redis", "TTL"), "redis with a ttl", True),
    (checks.mentions("cat"), "concatenate", False),
    (checks.mentions("cat", "con", any=True), "a cat", True),
    (checks.similarity("kitten", at_least=0.5), "sitting", True),
    (checks.similarity("kitten", at_least=0.6), "sitting", False),
    (checks.tool_called("Grep"), TRANSCRIPT, True),
    (checks.tool_called("Grep", times=2), TRANSCRIPT, False),
    (checks.tool_called("Write"), TRANSCRIPT, False),
    (checks.tool_sequence("Grep", "Read"), TRANSCRIPT, True),
    (checks.tool_sequence("Read", "Grep"), TRANSCRIPT, False),
    (checks.tool_sequence("Read", exact=True), TRANSCRIPT, False),
    (checks.tool_args_match("Grep", {"options": {"i": True}}), TRANSCRIPT, True),
    (checks.tool_args_match("Grep", {"pattern": "other"}), TRANSCRIPT, False),
    (checks.max_turns(3), TRANSCRIPT, True),
    (checks.max_turns(2), TRANSCRIPT, False),
    (checks.contains("src/a.py."), TRANSCRIPT, True),
]


@pytest.mark.parametrize(
    ("check", "reply", "passed"), CASES, ids=[f"{i}-{case[0].name}" for i, case in enumerate(CASES)]
)
def test_each_check_and_its_opposite(check: checks.Check, reply: object, passed: bool) -> None:
    assert check(reply).value is passed  # type: ignore[arg-type]
    assert (~check)(reply).value is (not passed)  # type: ignore[arg-type]
    assert (~~check).name == check.name


def test_every_registered_check_is_exported_and_tried_here() -> None:
    tried = {check.name.partition(":")[0] for check, _, _ in CASES} | {"latency", "cost", "max_tokens"}
    assert set(REGISTRY) == tried
    assert set(checks.names()) <= set(checks.__all__)


def test_numbers_time_and_price() -> None:
    subject = Subject("a reply", latency_s=1.5, cost_usd=0.02, output_tokens=40)
    assert checks.latency()(subject).value == 1.5
    assert checks.latency(2)(subject).value is True
    assert checks.cost("0.01")(subject).value is False
    assert checks.max_tokens(40)(subject).value is True
    assert checks.latency(2)("text alone").value is None
    assert (~checks.cost(1))("text alone").value is None
    assert (~checks.latency())(subject).value is None
    assert checks.similarity("kitten")("sitting").value == pytest.approx(4 / 7)
    assert checks.similarity("the cat sat", method="rougeL")("the cat").value == pytest.approx(0.8)


def test_the_target_stands_in() -> None:
    assert checks.equals()("42", target="42").value is True
    assert checks.contains()("It is 42.", target="42").value is True
    assert checks.equals()("42").value is None
    assert checks.similarity()("42").value is None


def test_forms_of_a_samples_file() -> None:
    forms = [
        "contains: cache",
        "not contains: password",
        "contains: [cache, ttl]",
        {"max_words": 10},
        {"contains": ["cache", "ttl"]},
        {"not": {"regex": "^no"}},
        {"not is_refusal": None},
        {"is_json": False},
        {"json_schema": {"type": "string"}},
        {"similarity": {"to": "cache", "at_least": 0.1}},
        {"tool_args_match": {"name": "Grep", "args": {"a": 1}}},
        lambda text: len(text) > 3,
    ]
    made = checks.parse(forms)
    assert [check.name for check in made[:5]] == [
        "contains: cache",
        "not contains: password",
        "contains: cache, ttl",
        "max_words: 10",
        "contains: cache, ttl",
    ]
    assert [check("a cache with ttl").value for check in made] == [True] * 8 + [False, True, False, True]
    assert checks.parse(None) == []
    cell = checks.parse("contains: a: b\nnot is_json")
    assert [check.name for check in cell] == ["contains: a: b", "not is_json"]
    assert [check.name for check in checks.parse(json.dumps(["is_json", {"max_words": 3}]))] == [
        "is_json",
        "max_words: 3",
    ]


def test_schema_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    path.write_text('{"type": "array"}')
    (check,) = checks.parse({"json_schema": str(path)})
    assert check("[1]").value is True
    assert check("{}").explanation == "$: {} is not of type 'array'"


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("contain: x", "no check 'contain'"),
        ({"max_words": "many"}, "cannot be made"),
        ({"regex": "("}, "no pattern"),
        ({"json_schema": {"type": "thing"}}, "no JSON schema"),
        ({"json_schema": "missing.json"}, "cannot be read"),
        ({"code_block_parses": "cobol"}, "cobol"),
        ({"tool_called": ["Grep", 1, 2]}, "cannot be made"),
        ({"not": []}, "one check"),
        ("[1, ", "not JSON"),
        (42, "no check"),
        ({"similarity": {"to": "a", "method": "cosine"}}, "cosine"),
    ],
)
def test_bad_forms_are_named(form: object, message: str) -> None:
    with pytest.raises(ScoreError, match=message):
        checks.parse(form)  # type: ignore[arg-type]


def test_a_function_of_the_subject_and_its_failures() -> None:
    def quick(subject: Subject) -> Score:
        return Score(1.0 if (subject.latency_s or 9) < 1 else 0.0, explanation="under a second")

    def broken(text: str) -> bool:
        raise KeyError("x")

    (found,) = checks.parse(quick)
    assert found.name == "quick"
    assert found(Subject("a", latency_s=0.5)).value == 1.0
    (failing,) = checks.parse([broken])
    assert failing("a") == Score(None, explanation="KeyError: 'x'")
    assert (~failing)("a").value is None
    with pytest.raises(ScoreError, match="no score"):
        checks.parse(lambda text: "good")[0]("a")
