from __future__ import annotations

from typing import Any

import pytest
from payloads import ALL, Page

import agentkit as ak
from agentkit.views.grid import Cell, Grid, GridRow
from agentkit.widgets._explore_cells import MODES, transcript_html
from agentkit.widgets._explore_data import SCORE_TESTS, SHOWS, SORTS, ExploreData
from agentkit.widgets.explore import CHUNK, Explorer


def row(name: str, a: Cell, b: Cell) -> GridRow:
    return GridRow(name, f"input of {name}", None, {"a": [a], "b": [b]})


DATA = ExploreData(
    Grid(
        ["a", "b"],
        [
            row("zeta", Cell("same"), Cell("same")),
            row("Alpha", Cell("long " * 50, cost_usd=2.0), Cell("short", latency_s=9.0)),
            row("beta", Cell(None, error="overloaded"), Cell("fine")),
            row("gamma", Cell("no", stop_reason="refusal"), Cell("no")),
        ],
    )
)


@pytest.fixture
def view() -> Explorer:
    def reply(request: Any) -> str:
        return f"**{request['messages'][0]['content']}** {request['system']}"

    variants = {"today": "You help.", "terse": "You are terse."}
    results = ak.run(variants, ["one", "two", "three"], backend=ak.Scripted(reply), store=False, progress=False)
    explorer = results.explore()
    assert isinstance(explorer, Explorer)
    return explorer


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({}, [0, 1, 2, 3]),
        ({"text": "OVERLOADED"}, [2]),
        ({"text": "input of"}, [0, 1, 2, 3]),
        ({"text": "nowhere"}, []),
        ({"show": "failed"}, [2]),
        ({"show": "cut or refused"}, [3]),
        ({"show": "empty"}, []),
        ({"show": "differing"}, [1, 2]),
        ({"show": "differing", "variants": ["a"]}, []),
        ({"show": "failed", "variants": ["b"]}, []),
        ({"text": "overloaded", "variants": ["b"]}, []),
        ({"show": "ticked"}, []),
        ({"show": "ticked", "picked": [3, 0, 99], "sort": "sample name"}, [3, 0]),
        ({"sort": "sample name"}, [1, 2, 3, 0]),
        ({"sort": "longest reply"}, [1, 0, 2, 3]),
        ({"sort": "most expensive", "show": "differing"}, [1, 2]),
        ({"sort": "slowest"}, [1, 0, 2, 3]),
    ],
)
def test_filters_and_order(asked: dict[str, Any], places: list[int]) -> None:
    assert DATA.order(**asked) == places


def scored(name: str, a: list[float | None], b: list[float | None]) -> GridRow:
    def cells(values: list[float | None]) -> list[Cell]:
        return [Cell(f"r{n}", n, output_tokens=10 * n, scores={"grade": value}) for n, value in enumerate(values, 1)]

    return GridRow(name, name, None, {"a": cells(a), "b": cells(b)})


SCORED = ExploreData(
    Grid(["a", "b"], [scored("x", [0.2, 0.4], [0.9, 0.9]), scored("y", [0.5], [0.5]), scored("z", [None], [1.0, 0.0])]),
    [{"topic": "Caching", "level": 3}, {"topic": "paging"}, {}],
)


@pytest.mark.parametrize(
    ("asked", "places"),
    [
        ({"score": ("grade", "at least", 0.6)}, [0]),
        ({"score": ("grade", "at most", 0.3)}, [0]),  # the mean of 0.2 and 0.4
        ({"score": ("grade", "at most", 0.29)}, []),
        ({"score": ("grade", "at least", None)}, [0, 1, 2]),
        ({"score": ("grade", "differing", None)}, [0]),
        ({"score": ("grade", "unscored", None)}, [2]),
        ({"score": ("no such score", "at least", 9.0)}, [0, 1, 2]),
        ({"field": ("topic", "CACH")}, [0]),
        ({"field": ("level", "3")}, [0]),
        ({"field": ("topic", "")}, [0, 1, 2]),
        ({"field": ("other", "x")}, []),
        ({"sort": "lowest grade"}, [0, 1, 2]),
        ({"sort": "highest grade"}, [0, 1, 2]),
        ({"sort": "furthest apart grade"}, [0, 1, 2]),
        ({"field": ("topic", "ing"), "score": ("grade", "at most", 0.5), "sort": "highest grade"}, [0, 1]),
    ],
)
def test_filters_by_score_and_by_metadata(asked: dict[str, Any], places: list[int]) -> None:
    assert SCORED.order(**asked) == places


def test_unscored_rows_come_last_in_every_order_by_score() -> None:
    data = ExploreData(Grid(["a"], [scored("n", [None], []), scored("l", [0.1], []), scored("h", [0.9], [])]))
    assert data.order(sort="lowest grade") == [1, 2, 0]
    assert data.order(sort="highest grade") == [2, 1, 0]


def test_epochs_fold_into_one_cell_with_their_spread() -> None:
    cell = SCORED.rows([0])[0]["cells"][0]
    assert "2 different in 2 epochs" in cell
    assert "grade: 0.3 (0.2 to 0.4)" in cell
    assert "15 (10 to 20) tokens" in cell
    assert "<summary>1 other reply</summary>" in cell
    assert "epochs" not in SCORED.rows([1])[0]["cells"][0]
    assert SCORED.order(show="differing by epoch") == [0, 2]


def test_an_epoch_is_compared_with_the_same_epoch_of_the_baseline() -> None:
    a = [Cell("one", 1), Cell("two", 2), Cell("three", 3)]
    b = [Cell("four", 1), Cell("four", 2), Cell("three!", 3)]
    cell = ExploreData(Grid(["a", "b"], [GridRow("x", "x", None, {"a": a, "b": b})])).rows([0], "diff", "a")[0][
        "cells"
    ][1]
    assert "three<ins" in cell
    assert "two" not in cell


@pytest.mark.parametrize("mode", MODES)
def test_scores_stand_beside_the_text_in_every_mode(mode: Any) -> None:
    cell = SCORED.rows([1], mode, "b")[0]["cells"][0]
    assert "grade: <strong>0.5</strong>" in cell
    assert cell.index("grade") < cell.index("r1")  # above a text that may be long


def test_what_went_wrong_and_the_scores_stand_above_a_long_reply() -> None:
    cells = [Cell("word " * 900, stop_reason="max_tokens", scores={"ok": True, "tone": None, "grade": 0.25})]
    cell = ExploreData(Grid(["a"], [GridRow("x", "x", None, {"a": cells})])).rows([0])[0]["cells"][0]
    shown = Row(cell).text
    assert shown.startswith("Cut off: the reply reached max_tokens")
    assert shown.index("ok: yes") < shown.index("tone: unscored") < shown.index("grade: 0.25") < shown.index("word")


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_reply_is_said(mode: Any) -> None:
    data = ExploreData(Grid(["a", "b"], [GridRow("x", "x", None, {"a": [Cell(" ")], "b": [Cell(" ")]})]))
    cell = data.rows([0], mode, "b")[0]["cells"][0]
    assert ("no difference" if mode == "diff" else "empty reply") in cell
    assert data.order(show="empty") == [0]


def test_the_page_may_ask_for_all_of_it() -> None:
    samples = [{"input": "one", "topic": "caching"}, {"input": "two", "topic": "paging"}]
    results = ak.run("You help.", samples, backend=ak.Scripted(["x", "yy"]), store=False, progress=False)
    view = results.score(long=lambda text: len(text)).explore()
    assert view.choices["fields"] == [["topic", ["caching", "paging"]]]
    assert "highest long" in view.choices["sorts"]

    def order(**asked: Any) -> Any:
        return view.answer({"kind": "order", "ticket": 1, **asked})["order"]

    assert order(sort=view.choices["sorts"].index("highest long")) == [1, 0]
    assert order(score=[0, 0, 2]) == [1]
    assert order(field=[0, "cach"]) == [0]
    view.picked = [1]
    assert order(show=SHOWS.index("ticked")) == [1]
    for nonsense in (
        {"score": "x"},
        {"score": [0, 99, 1]},
        {"score": [True, None, 1]},
        {"field": [1]},
        {"field": [-1, "x"]},
        {"score": [0, SCORE_TESTS.index("at least"), "2"]},
        {"show": 99, "sort": "__proto__", "variants": ["x", -1]},
    ):
        assert order(**nonsense) == [0, 1]


def test_what_the_page_offers_is_known() -> None:
    assert all(DATA.order(show=show, sort=sort) is not None for show in SHOWS for sort in SORTS)
    assert DATA.order(show="all") != DATA.order(show="failed")


def test_a_reply_is_shown_rendered_as_source_and_against_a_baseline(view: Explorer) -> None:
    rows = {mode: view.answer({"kind": "rows", "places": [0], "mode": mode, "baseline": 0}) for mode in MODES}
    cells = {mode: (answer or {})["rows"][0]["cells"] for mode, answer in rows.items()}
    assert "<strong>one</strong>" in cells["rendered"][0]
    assert "**one** You help." in cells["source"][0]
    assert "<ins" in cells["diff"][1]
    assert "<del" in cells["diff"][1]
    assert "<ins" not in cells["diff"][0]


def test_answers_carry_the_view_and_the_ticket_of_the_question(view: Explorer) -> None:
    asked = {"kind": "order", "ticket": 7, "view": "v", "text": "two", "show": 0, "sort": 0, "variants": [0, 1]}
    assert view.answer(asked) == {"kind": "order", "view": "v", "ticket": 7, "order": [1]}


def test_a_page_cannot_ask_for_what_is_not_there(view: Explorer) -> None:
    assert (view.answer({"kind": "rows", "places": [99, -1, "x", None]}) or {})["rows"] == []
    for at, variant in ((99, 0), (0, 9), (0, "today"), ("0", 0), (None, None)):
        assert view.answer({"kind": "copy", "at": at, "variant": variant}) is None
    assert view.answer({"kind": "anything"}) is None
    assert len((view.answer({"kind": "rows", "places": [0] * 1000}) or {})["rows"]) == CHUNK


def test_copying_gives_the_source(view: Explorer) -> None:
    answer = view.answer({"kind": "copy", "at": 1, "variant": 1}) or {}
    assert answer["text"] == "**two** You are terse."


def test_a_trial_opens_with_its_request(view: Explorer) -> None:
    html = (view.answer({"kind": "open", "at": 1, "variant": 1}) or {})["html"]
    assert "terse · sample-2 · epoch 1" in html
    assert "<strong>two</strong>" in html
    assert "&quot;system&quot;: &quot;You are terse.&quot;" in html


def test_a_failed_trial_opens_with_its_error_and_a_scored_one_with_the_reasons() -> None:
    def reply(request: Any) -> str:
        if "bad" in request["messages"][0]["content"]:
            raise ValueError("upstream closed")
        return "fine"

    run = ak.run("You.", ["good", "bad"], backend=ak.Scripted(reply), store=False, progress=False)
    view = run.score(tone=lambda text: ak.Score(0.5, answer="fi", explanation="too short <b>")).explore()
    opened = [(view.answer({"kind": "open", "at": at, "variant": 0}) or {})["html"] for at in (0, 1)]
    assert "tone: <strong>0.5</strong>" in opened[0]
    assert "fi; too short &lt;b&gt;" in opened[0]
    assert "upstream closed" in opened[1]


def test_names_reach_the_page_as_they_can_be_read() -> None:
    odd, proto = "a\u202eb", "__proto__"
    run = ak.run(
        {odd: "You."},
        [{"input": "x", proto: "y", odd: odd}],
        backend=ak.Scripted("x\ud800"),
        store=False,
        progress=False,
    )
    view = run.score(**{odd: lambda text: 1.0}).explore()
    assert view.variants == ["a⟨U+202E⟩b"]
    assert view.choices["scores"] == ["a⟨U+202E⟩b"]
    assert [proto, ["y"]] in view.choices["fields"]
    assert (view.answer({"kind": "order", "field": [1, "a⟨U+202E⟩b"]}) or {})["order"] == [0]
    assert (view.answer({"kind": "copy", "at": 0, "variant": 0}) or {})["text"] == "x?"


@pytest.mark.parametrize("hostile", ALL)
def test_no_transcript_is_active(hostile: str) -> None:
    blocks = [{"type": "text", "text": hostile}, {"type": "tool_use", "name": hostile, "input": {hostile: hostile}}]
    messages = [{"role": hostile, "content": hostile}, {"role": "assistant", "content": blocks}]
    Row(transcript_html({"system": hostile}, messages, hostile))


def test_the_selection_comes_back_as_a_frame(view: Explorer) -> None:
    assert len(view.selection) == 0
    view.picked = [2, 0]
    assert sorted(set(view.selection["sample"])) == ["sample-1", "sample-3"]
    assert len(view.selection) == 4


def test_the_plain_text_is_the_same_each_time(view: Explorer) -> None:
    assert repr(view) == "Explorer of 3 samples × 2 variants"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("hostile", ALL)
def test_no_row_is_active(hostile: str, mode: Any) -> None:
    cells = [Cell(hostile, stop_reason=hostile, scores={hostile: 1.0}), Cell(None, 2, error=hostile)]
    data = ExploreData(Grid(["a", "b"], [GridRow(hostile, hostile, hostile, {"a": cells, "b": [Cell("x")]})]))
    for shown in data.rows([0], mode, "b"):
        for html in (shown["head"], *shown["cells"]):
            Row(html)


class Row(Page):
    """As the views' pages, with the classes of the live view's own pieces and a source that can take the focus."""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        own = [("class", f"ak-{name}") for name in ("quiet", "score", "scores", "mark", "source", "title", "turn")]
        own.append(("tabindex", "-1"))
        super().handle_starttag(tag, [attribute for attribute in attributes if attribute not in own])
