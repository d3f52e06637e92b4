from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from agentkit.cli import main
from agentkit.errors import ScoreError
from agentkit.scoring.family import compare_all
from agentkit.scoring.gate import read_frame, summary


def frame_of(**variants: list[object]) -> pd.DataFrame:
    rows = [(name, f"00{i}", 1, value) for name, values in variants.items() for i, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["variant", "sample", "epoch", "passed"])


CASES = {
    "better": (frame_of(today=[False] * 8, new=[True] * 8), 0),
    "equivalent": (frame_of(today=[True] * 90, new=[True] * 90), 0),
    "worse": (frame_of(today=[True] * 8, new=[False] * 8), 1),
    "can't tell yet": (frame_of(today=[True, False] * 4, new=[True, True] * 4), 3),
}


@pytest.mark.parametrize("ending", [".parquet", ".csv", ".jsonl"])
@pytest.mark.parametrize("verdict", CASES)
def test_exit_codes_from_every_kind_of_file(
    verdict: str, ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame, code = CASES[verdict]
    path = tmp_path / f"results{ending}"
    if ending == ".parquet":
        frame.to_parquet(path)
    elif ending == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=True)
    assert main(["gate", str(path), "--baseline", "today", "--score", "passed", "--margin", "0.05"]) == code
    assert verdict in capsys.readouterr().out


def test_reports(tmp_path: Path) -> None:
    frame = frame_of(today=[True] * 12, bad=[False] * 12, same=[True] * 11 + [None])
    frame.to_parquet(tmp_path / "results.parquet")
    junit, markdown = tmp_path / "made" / "gate.xml", tmp_path / "made" / "gate.md"
    arguments = ["gate", str(tmp_path / "results.parquet"), "--baseline", "today", "--junit", str(junit)]
    assert main([*arguments, "--summary", str(markdown)]) == 1
    suite = ElementTree.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "1", "1")
    (failure,) = suite.iter("failure")
    assert failure.get("message") == "bad is worse than today"
    text = markdown.read_text()
    assert text.startswith("### ▼ bad is worse than today")
    assert "| same | ? can't tell yet | 0 |" in text
    assert "left out of same: 1 unscored" in text
    before = markdown.read_bytes(), junit.read_bytes()
    main([*arguments, "--summary", str(markdown)])
    assert (markdown.read_bytes(), junit.read_bytes()) == before


def test_one_candidate_and_lower_is_better(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = [(v, i, 2.0 + moved + 0.1 * rng.random()) for v, moved in (("a", 0), ("b", -1), ("c", 1)) for i in range(10)]
    pd.DataFrame(rows, columns=["variant", "sample", "seconds"]).to_parquet(tmp_path / "r.parquet")
    run = ["gate", str(tmp_path / "r.parquet"), "--baseline", "a", "--lower-is-better"]
    assert main([*run, "--candidate", "b"]) == 0
    assert main(run) == 1


def test_replies_cut_off_count_where_that_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = frame_of(today=[False] * 8, new=[True] * 8)
    frame["stop_reason"] = ["max_tokens"] * 8 + ["end_turn"] * 8
    frame.to_parquet(tmp_path / "r.parquet")
    run = ["gate", str(tmp_path / "r.parquet"), "--baseline", "today"]
    assert main(run) == 3
    assert main([*run, "--apart", "error", "--apart", "refusal"]) == 0
    assert main([*run, "--apart", "truncated"]) == 2
    assert "error, refusal, truncation" in capsys.readouterr().err


def test_hostile_names_stay_text() -> None:
    frame = frame_of(today=[True] * 3, **{"<script>|\n# x @me": [False] * 3})
    text = summary(compare_all(frame, "today"))
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert all(line.count(" | ") == 6 for line in text.splitlines() if line.startswith("| \\<"))


def test_names_that_look_like_numbers_stay_names(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("variant,sample,epoch,passed,error\n1,007,1,True,\nNA,007,1,,boom\n")
    frame = read_frame(path)
    assert list(frame["variant"]) == ["1", "NA"]
    assert list(frame["sample"]) == ["007", "007"]
    assert compare_all(frame, "1", score="passed").found[0].left_out_b.errors == 1


@pytest.mark.parametrize("name", ["missing.csv", "results.xlsx", "broken.parquet"])
def test_what_cannot_be_read_is_not_carried_out(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"no table")
    assert main(["gate", str(tmp_path / name), "--baseline", "a"]) == 2
    assert "agentkit:" in capsys.readouterr().err
    with pytest.raises(ScoreError):
        read_frame(tmp_path / name)


def test_an_unknown_baseline_is_not_carried_out(tmp_path: Path) -> None:
    frame_of(today=[True]).to_parquet(tmp_path / "r.parquet")
    assert main(["gate", str(tmp_path / "r.parquet"), "--baseline", "yesterday"]) == 2
