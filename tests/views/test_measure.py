"""Lines of text in a terminal's columns."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentkit.unseen import visible
from agentkit.views._measure import clip, width, wrap

TEXTS = st.lists(
    st.sampled_from(["a", "word", "x" * 30, " ", "   ", "\n", "\t", "日", "日本" * 20, "🙂", "é", "e\u0301",
                     "👩\u200d🔬", "\u3000", "\u3000" * 9, "\xa0", "\x85", "\u2028", "ก็"]),
    max_size=20,
).map("".join)  # fmt: skip


@given(TEXTS, st.integers(4, 40))
@settings(deadline=None, max_examples=300)
def test_wrapped_lines_fit_and_hold_the_whole_text(text: str, columns: int) -> None:
    lines = wrap(text, columns)
    assert all(width(line) <= columns for line in lines)
    assert "".join("".join(lines).split()) == "".join(visible(text).split())
    assert all(width(clip(line, columns - 2)) <= columns - 2 for line in lines)


@pytest.mark.parametrize("piece", ["z", "é", "日", "\x85", "\u3000", " ", "🙂", "e\u0301", "\u200d", "a ", "\n\u3000"])
def test_a_long_line_is_wrapped_in_time_that_grows_with_its_length(piece: str) -> None:
    text = piece * (100_000 // len(piece)) + "end"
    start = time.process_time()
    lines = wrap(text, 80)
    assert time.process_time() - start < 8
    assert lines[-1].endswith("d")
