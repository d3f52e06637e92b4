from __future__ import annotations

from dataclasses import replace

from agentkit.views.grid import Cell, Grid, GridRow
from agentkit.views.table import cell_html, table_html
from agentkit.views.text import table_text

REPLY = Cell(
    "**bold**", input_tokens=12, output_tokens=3, latency_s=1.5, cost_usd=0.0, stop_reason="end_turn", model="m"
)


def one(*cells: Cell) -> Grid:
    return Grid(["a"], [GridRow("s1", "say it", None, {"a": cells})])


def both(grid: Grid) -> tuple[str, str]:
    return table_html(grid), table_text(grid)


def test_every_state_is_told_in_words() -> None:
    for cell, words in (
        (Cell(None, error="timeout after 60 s"), "timeout after 60 s"),
        (replace(REPLY, stop_reason="refusal"), "Refused"),
        (replace(REPLY, stop_reason="max_tokens"), "Cut off"),
        (replace(REPLY, stop_reason="model_context_window_exceeded"), "context window"),
        (replace(REPLY, output=""), "empty reply"),
        (replace(REPLY, output=None), "no reply"),
    ):
        assert all(words in face for face in both(one(cell))), words
    assert all("not run" in face for face in both(one()))


def test_an_error_is_no_refusal() -> None:
    html = cell_html(Cell(None, error="overloaded"))
    assert "Error:" in html
    assert "Refused" not in html


def test_figures_stand_under_each_reply() -> None:
    for face in both(one(REPLY)):
        assert "12 in · 3 out · 1.5 s · free · end_turn" in face
    assert "price unknown" in table_html(one(replace(REPLY, cost_usd=None)))


def test_equal_epochs_are_shown_once() -> None:
    grid = one(*(replace(REPLY, epoch=epoch) for epoch in (1, 2)), replace(REPLY, epoch=3, output="other"))
    for face in both(grid):
        assert "epochs 1 and 2: the same reply" in face
        assert "epoch 3 of 3" in face
        assert face.count("bold") == table_html(one(REPLY)).count("bold") or "**bold**" in face


def test_equal_errors_are_not_called_replies() -> None:
    grid = one(*(Cell(None, epoch=epoch, error="overloaded") for epoch in (1, 2)))
    assert all("epochs 1 and 2: the same error" in face for face in both(grid))


def test_fifty_rows_are_shown_and_the_rest_counted() -> None:
    rows = [GridRow(f"sample-{n}", "x", None, {"a": [REPLY]}) for n in range(62)]
    for face in both(Grid(["a"], rows)):
        assert "sample-49" in face
        assert "sample-50" not in face
        assert "the other 12 are in results.frame" in face
        assert "62 replies" in face


def test_a_long_reply_folds() -> None:
    html = table_html(one(replace(REPLY, output="paragraph of words\n\n" * 200)))
    assert html.count("<details>") == 1
    assert "the rest of the reply" in html


def test_models_are_named_in_the_cells_only_where_they_differ() -> None:
    assert "Model: m." in table_html(one(REPLY))
    mixed = table_html(one(REPLY, replace(REPLY, epoch=2, output="x", model="other")))
    assert "Model:" not in mixed
    assert "end_turn · other" in mixed


def test_no_samples() -> None:
    assert all("No samples" in face for face in both(Grid(["a"], [])))


def test_unscored_is_not_zero() -> None:
    for face in both(one(replace(REPLY, scores={"tone": None, "exact": 0.0}))):
        assert "tone unscored · exact 0" in face


def test_the_same_grid_gives_the_same_bytes() -> None:
    assert both(one(REPLY)) == both(one(REPLY))


def test_inline_only() -> None:
    html = table_html(one(REPLY))
    assert all(word not in html for word in ("<script", "<style", " id="))


def test_what_reads_from_right_to_left_does_so_block_by_block() -> None:
    html = table_html(Grid(["a"], [GridRow("s1", "מה שלומך?", None, {"a": [Cell("שלום עולם.\n\nHello.")]})]))
    assert '<p dir="auto">שלום עולם.</p>' in html
    assert "<bdi>מה שלומך?</bdi>" in html
    plain = table_html(one(Cell("Hello.")))
    assert "dir=" not in plain
    assert "<bdi>" not in plain
