"""Every view against every hostile text: nothing active is left, and what was written can be read."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from payloads import ALL, MARKUP, UNSEEN, Page

from agentkit.views import card, diff, safe, table, text
from agentkit.views.card import Card, Note
from agentkit.views.grid import Cell, Grid, GridRow
from agentkit.views.page import page

CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\U000e0000-\U000e0fff"
    "\u034f\u115f\u1160\u2800\u3164\uffa0\ufe00-\ufe0d\U0001bca0-\U0001bca3\U0001d173-\U0001d17a]|[a-z][\u200c\u200d]"
)


def grid(hostile: str) -> Grid:
    cells = [
        Cell(hostile, stop_reason=hostile, model=hostile, scores={hostile: 1.0}),
        Cell(None, epoch=2, error=hostile),
    ]
    long = Cell("\n\n".join([hostile, "filler words " * 120, hostile, "filler words " * 120]))
    return Grid([hostile, "b"], [GridRow(hostile, hostile, hostile, {hostile: cells, "b": [long]})], note=hostile)


def definition(hostile: str) -> Card:
    note = Note(hostile, hostile, hostile, 3, hostile)
    return Card(hostile, hostile, hostile, hostile, [(hostile, hostile)], [(hostile, 12)], 2, [note])


VIEWS: dict[str, Callable[[str], str]] = {
    "escape": safe.escape,
    "lines": safe.lines,
    "markdown": safe.markdown,
    "folded": lambda hostile: "".join(safe.folded(f"{hostile}\n\n{hostile}", len(hostile) + 1)),
    "oversized": lambda hostile: safe.markdown(hostile + " " * safe.RENDER_LIMIT),
    "table": lambda hostile: table.table_html(grid(hostile)),
    "reply": lambda hostile: table.reply_html(f"{hostile} " * 200),
    "unified": lambda hostile: diff.unified_html(f"a\n{hostile}", f"{hostile}\nb", hostile, hostile),
    "words": lambda hostile: diff.words_html(f"a {hostile}", f"{hostile} b"),
    "card": lambda hostile: card.card_html(definition(hostile)),
    "page": lambda hostile: page(hostile, [table.table_html(grid(hostile))], lead=hostile),
}
TEXTS: dict[str, Callable[[str], str]] = {
    "table": lambda hostile: text.table_text(grid(hostile)),
    "stacked": lambda hostile: text.table_text(Grid(list("abcdef"), grid(hostile).rows, note=hostile)),
    "card": lambda hostile: card.card_text(definition(hostile)),
    "words": lambda hostile: diff.words_text(f"a {hostile}", f"{hostile} b"),
}
BARE = {"escape", "lines", "table", "reply", "unified", "card", "page", "oversized", "markdown"}


def test_there_are_enough() -> None:
    assert len(set(ALL)) >= 60


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("hostile", ALL)
def test_nothing_active_is_left(view: str, hostile: str) -> None:
    html = VIEWS[view](hostile)
    html.encode()
    assert not CONTROLS.search(html)
    Page(html)


@pytest.mark.parametrize("view", sorted(BARE))
@pytest.mark.parametrize("hostile", MARKUP)
def test_markup_is_read_as_it_was_typed(view: str, hostile: str) -> None:
    shown = Page(VIEWS[view](hostile)).text
    # Markdown turns entities and typographic pairs; letters and digits are what a reader recognises.
    words = [word for word in re.findall(r"\w{3,}", re.sub(r"&#?\w+;", " ", hostile)) if "__" not in word]
    assert all(word in shown for word in words), (words, shown)
    assert "<" not in hostile or "<" in shown


@pytest.mark.parametrize("view", TEXTS)
@pytest.mark.parametrize("hostile", ALL)
def test_plain_text_holds_no_controls(view: str, hostile: str) -> None:
    shown = TEXTS[view](hostile)
    shown.encode()
    assert not CONTROLS.search(shown)


@pytest.mark.parametrize("hostile", UNSEEN)
def test_what_is_unseen_is_written_out(hostile: str) -> None:
    shown = Page(safe.markdown(hostile)).text
    assert re.search("⟨U\\+[0-9A-F]{4,5}⟩|[\u2400-\u2421]", shown), shown


def test_the_page_forbids_what_it_never_needs() -> None:
    document = page("x", [])
    assert "default-src 'none'" in document
    assert "<script" not in document
    assert "http" not in document.replace("http-equiv", "")


@pytest.mark.parametrize("fine", ["👩‍🔬 ❤️ 👨‍👩‍👧", "می‌خواهم", "नर्‍क", "日本語", "naïve ﬁ", "שלום"])
def test_what_scripts_and_emoji_need_stays(fine: str) -> None:
    assert safe.visible(fine) == fine
