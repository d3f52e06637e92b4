"""Files of samples, and the place of what is wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentkit.errors import SampleError
from agentkit.experiment.sampling import samples


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_every_format_gives_the_same(tmp_path: Path) -> None:
    files = {
        "a.csv": 'input,id,target,topic\n"a, b",x,1,t\nsecond,y,,u\n',
        "a.tsv": "input\tid\ttarget\ttopic\na, b\tx\t1\tt\nsecond\ty\t\tu\n",
        "a.jsonl": '{"input":"a, b","id":"x","target":1,"topic":"t"}\n\n{"input":"second","id":"y","topic":"u"}\n',
        "a.json": '[{"input":"a, b","id":"x","target":"1","topic":"t"},{"input":"second","id":"y","topic":"u"}]',
        "a.yaml": "- input: a, b\n  id: x\n  target: 1\n  topic: t\n- {input: second, id: y, topic: u}\n",
    }
    made = [samples(written(tmp_path, name, text)) for name, text in files.items()]
    assert all(one == made[0] for one in made)
    assert made[0]["x"].input == "a, b"
    assert made[0]["x"].target == "1"
    assert made[0]["y"].metadata == {"topic": "u"}


def test_a_file_with_a_mark_and_windows_lines(tmp_path: Path) -> None:
    made = samples(written(tmp_path, "a.csv", b'\xef\xbb\xbfinput,id\r\n"two\r\nlines",x\r\n'))
    assert made["x"].input == "two\r\nlines"


def test_yaml_words_stay_text(tmp_path: Path) -> None:
    made = samples(written(tmp_path, "a.yml", "samples:\n- no\n- input: 12:30\n  id: 007\n  target: yes\n"))
    assert [one.input for one in made] == ["no", "12:30"]
    assert (made[1].id, made[1].target) == ("007", "yes")


def test_a_conversation_in_json_lines(tmp_path: Path) -> None:
    line = '{"input":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}'
    assert len(samples(written(tmp_path, "a.jsonl", line))[0].messages) == 3


@pytest.mark.parametrize(
    ("name", "text", "line", "column", "said"),
    [
        ("a.csv", "input,id\nfine,1\n,2\n", 3, "input", "empty"),
        ("a.csv", 'input,id\n"two\nlines",1\nx,2,extra\n', 4, 3, "3 columns and the header 2"),
        ("a.csv", "prompt\nx\n", 1, None, "no column 'input'"),
        ("a.csv", 'input,metadata\nx,"{bad"\n', 2, "metadata", "not JSON"),
        ("a.jsonl", '{"input":"a"}\n{"input": }\n', 2, 11, "not JSON"),
        ("a.jsonl", '{"input":"a"}\n{"input":[]}\n', 2, "input", "empty"),
        ("a.json", '[{"input":"a"},\n {"input": }]', 2, 12, "not JSON"),
        ("a.json", '{"a":1}', 1, None, "a list of samples"),
        ("a.yaml", "- input: a\n- id: b\n", 2, "input", "has no input"),
        ("a.yaml", "- input: a\n- input: 'b\n", 3, 1, "not YAML"),
        ("a.csv", "", None, None, "empty"),
        ("a.csv", b"input\nfine\n\xff\xfe\n", 3, 1, "not UTF-8"),
        ("a.txt", "x", None, None, "no samples format"),
    ],
)
def test_the_place_of_what_is_wrong(
    tmp_path: Path, name: str, text: str | bytes, line: int | None, column: object, said: str
) -> None:
    path = written(tmp_path, name, text)
    with pytest.raises(SampleError) as caught:
        samples(path)
    error = caught.value
    assert (error.file, error.line, error.column) == (str(path), line, column)
    assert said in str(error)


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "a.csv"
    folder.mkdir()
    with pytest.raises(SampleError, match="directory"):
        samples(folder)
