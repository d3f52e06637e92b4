"""What samples are made of, and how a bad one is told."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest

from agentkit.errors import SampleError
from agentkit.experiment.sampling import Sample, Samples, samples


def test_strings_rows_and_samples_mix() -> None:
    made = samples(["one", {"input": "two", "id": "second", "target": 2, "topic": "x"}, Sample("three")])
    assert made.ids == ("sample-1", "second", "sample-3")
    assert made["second"].target == "2"
    assert made["second"].metadata == {"topic": "x"}


def test_a_conversation_keeps_its_messages_and_blocks() -> None:
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}
    turns = [
        {"role": "user", "content": "look"},
        {"role": "assistant", "content": "at what?"},
        {"role": "user", "content": [image, {"type": "text", "text": "this"}]},
    ]
    made = samples([{"input": turns}])
    assert made[0].messages == turns
    assert made[0].text == "user: look\n\nassistant: at what?\n\nuser: [image]\nthis"


def test_examples_become_samples_with_what_is_known_of_them() -> None:
    example = SimpleNamespace(user="Do it", context="a project", assistant="I will", commentary=None)
    empty = SimpleNamespace(user="", context=None, assistant=None, commentary="no turn")
    agent = SimpleNamespace(examples=(example, empty), system_prompt="You")
    assert samples(agent) == samples(agent.examples)
    assert samples(agent).ids == ("example-1",)
    assert samples(agent)[0].metadata == {"context": "a project", "assistant": "I will"}


def test_a_frame_gives_rows_and_its_missing_values_are_left_out() -> None:
    frame = pd.DataFrame({"input": ["a", "b"], "id": ["x", "y"], "target": ["t", None], "level": [1.0, float("nan")]})
    made = samples(frame)
    assert [one.target for one in made] == ["t", None]
    assert [dict(one.metadata) for one in made] == [{"level": 1.0}, {}]
    assert list(made.frame.columns) == ["id", "input", "target", "level"]


def test_the_set_does_not_change_and_compares_by_value() -> None:
    made = samples(["a", "b"])
    assert made[:1] == Samples([Sample("a", id="sample-1")])
    assert samples(made) is made
    with pytest.raises(AttributeError):
        made[0].input = "c"  # type: ignore[misc]
    assert repr(samples(list("abcd"))) == "Samples(4: 'sample-1', 'sample-2', 'sample-3', …)"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ([], "there are no samples"),
        (["", "x"], "line 1, column input: the input is empty"),
        ([{"id": "x"}], "the row has no input"),
        ([{"input": 3}], "must be text or a list of messages"),
        ([{"input": [{"role": "system", "content": "x"}]}], "message 1 has an unknown role"),
        ([{"input": [{"role": "user"}]}], "needs a role and a content"),
        ([{"input": "a", "id": "x"}, {"input": "b", "id": "x"}], "two samples have the id 'x'"),
        ([{"input": "a", "metadata": "no"}], "the metadata must be a mapping"),
        ("What is two and two?", "put prompts in a list"),
        ("missing.csv", "there is no such file"),
        (7, "these are no samples"),
        (pd.DataFrame({"prompt": ["a"]}), "the frame has no column 'input'"),
    ],
)
def test_what_is_wrong_is_said(source: object, said: str) -> None:
    with pytest.raises(SampleError, match=said.replace("(", r"\(")):
        samples(source)
