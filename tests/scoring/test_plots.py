from __future__ import annotations

from xml.etree import ElementTree

import pandas as pd
import pytest

from agentkit.errors import ScoreError
from agentkit.scoring.family import compare_all
from agentkit.scoring.plots import Figure, costs, differences, intervals, slopes, spread
from agentkit.scoring.verdict import compare


def frame() -> pd.DataFrame:
    rows = [
        (variant, f"s{i}", epoch, (i + shift + epoch) % 4 / 4, 0.01 * (1 + shift))
        for shift, variant in enumerate(("today", "ter$e <b>", "long"))
        for i in range(6)
        for epoch in (1, 2)
    ]
    return pd.DataFrame(rows, columns=["variant", "sample", "epoch", "score", "cost_usd"])


FIGURES = {
    "differences": lambda: differences(compare_all(frame(), "today", score="score")),
    "one difference": lambda: differences(compare(frame(), "today", "long", score="score")),
    "slopes": lambda: slopes(compare(frame(), "today", "ter$e <b>", score="score")),
    "costs": lambda: costs(frame(), "score"),
    "spread": lambda: spread(frame(), "score"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_each_plot_is_drawn_and_told(name: str) -> None:
    figure: Figure = FIGURES[name]()
    picture = figure.svg()
    ElementTree.fromstring(picture)
    assert picture == FIGURES[name]().svg()
    assert str(figure) == str(FIGURES[name]())
    assert len(str(figure).splitlines()) > 1
    bundle, _ = figure._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "image/png"}
    assert figure.png() == FIGURES[name]().png()
    assert "<script" not in picture
    assert "fill: #ffffff" not in picture
    assert "#000000" not in picture.replace("stroke: #000000; stroke-width: 0", "")


def test_text_twin_has_the_numbers() -> None:
    assert "ter$e <b>  $0.02  0.417" in str(costs(frame(), "score"))
    assert "epoch 2" in str(spread(frame(), "score"))


def test_pass_and_fail_with_missing_scores() -> None:
    checked = frame().assign(score=pd.array([True, False, None] * 12, dtype="boolean"))
    assert "today" in str(spread(checked, "score"))
    assert costs(checked, "score").svg()


def test_a_title_is_whole_where_it_fits() -> None:
    def titled(length: int) -> str:
        return intervals([("a", 0.5, (0.1, 0.9))], "x" * length).svg()

    assert f">{'x' * 60}<" in titled(60)
    assert f">{'x' * 59}…<" in titled(61)


def test_nothing_to_plot() -> None:
    with pytest.raises(ScoreError, match="no column taste"):
        costs(frame(), "taste")
    with pytest.raises(ScoreError, match="empty"):
        spread(frame()[:0], "score")
    with pytest.raises(ScoreError, match="nothing to plot"):
        slopes(compare(frame().assign(score=float("nan")), "today", "long", score="score"))
